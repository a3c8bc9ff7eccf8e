"""Plain values of stock that the ledger's tables also use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a push was paused."""

    EMPTY = "empty"  # the warehouse's response contained no SKU
    STALE = "stale"  # the warehouse's response is old, or older than the previous one
    ZEROED = "zeroed"  # too many entries would go to 0
    SWUNG = "swung"  # too many entries would change by too much


class MovementKind(StrEnum):
    """A stock movement that a warehouse reports beside its levels."""

    RECEIPT = "receipt"  # X12 944
    ADJUSTMENT = "adjustment"  # X12 947


@dataclass(frozen=True, slots=True)
class StockMovement:
    """A movement of one SKU, in units: more than 0 came in. `reason` is the warehouse's code or text."""

    sku: str
    quantity: int
    kind: MovementKind
    reason: str = ""
    reference: str = ""
    at: datetime | None = None
