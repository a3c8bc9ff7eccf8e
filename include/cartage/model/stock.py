"""Stock as plain values that the ledger's tables name, too."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a push was stopped."""

    EMPTY = "empty"  # the warehouse's answer named no SKU
    STALE = "stale"  # the warehouse's answer is old, or older than the one before
    ZEROED = "zeroed"  # too many would go from some to none
    SWUNG = "swung"  # too many would change by too much
