"""The modes of a lane."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What a lane does outside Cartage."""

    OFF = "off"  # nothing
    SHADOW = "shadow"  # reads everything and writes nothing: requests are shown instead of sent
    LIVE = "live"
    DRAIN = "drain"  # imports no new orders, finishes open ones
