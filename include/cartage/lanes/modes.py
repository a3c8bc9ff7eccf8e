"""What a lane does to the outside."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What a lane does to the outside."""

    OFF = "off"  # nothing at all
    SHADOW = "shadow"  # everything but writes: payloads are shown instead of sent
    LIVE = "live"
    DRAIN = "drain"  # takes in no new order, finishes what it has
