"""Plain values of stock that the ledger's tables also use."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a push was paused."""

    EMPTY = "empty"  # the warehouse's response contained no SKU
    STALE = "stale"  # the warehouse's response is old, or older than the previous one
    ZEROED = "zeroed"  # too many entries would go to 0
    SWUNG = "swung"  # too many entries would change by too much
