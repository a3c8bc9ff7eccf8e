"""Settings of a lane's required actions: causes and paused pushes that people decide in Airflow."""

from __future__ import annotations

from pydantic import Field

from cartage.lanes.kinds import ConnectionId, Settings


class RequiredActions(Settings):
    """Decisions in Airflow's Required Actions."""

    connection: ConnectionId | None = Field(
        default=None,
        description="Airflow connection of type HTTP to this Airflow's own API, with a user of few rights; none: no "
        "required actions are created.",
    )
    decided_by: tuple[str, ...] = Field(
        default=(),
        description="Ids of the Airflow users who may decide, also by adding a mapping. Empty: everyone who may "
        "respond to required actions in Airflow, but without adding mappings.",
    )
    max_open: int = Field(
        default=50, ge=1, le=500, description="Maximum number of required actions open at the same time."
    )
