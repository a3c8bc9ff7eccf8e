"""What every section of a lane's settings is: closed to unknown names, and never changed once read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A section of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)
