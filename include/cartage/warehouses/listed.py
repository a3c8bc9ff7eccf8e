"""What the lists of a warehouse show: its items, their stock, and which parts of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class ListedPart(StrEnum):
    """A part of an order that the list shows, besides its reference and state."""

    LINES = "lines"
    ADDRESS = "address"
    SHIP_METHOD = "ship method"
    PACKAGES = "packages"


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item that the warehouse knows. `written` is the SKU with the warehouse's own padding, if any."""

    sku: str
    remote_id: str
    description: str = ""
    active: bool = True
    written: str = ""


@dataclass(frozen=True, slots=True)
class StockLevel:
    """The warehouse's stock of one SKU, in units. `as_of` is the time that the response is from, if it says so.

    `available` is without what the warehouse has to ship for orders that it has. With `on_hand_only` it is not: the
    warehouse says no more than what is there.
    """

    sku: str
    on_hand: Decimal
    available: Decimal
    allocated: Decimal = Decimal(0)
    on_hold: Decimal = Decimal(0)
    ordered_not_allocated: Decimal = Decimal(0)
    as_of: datetime | None = None
    on_hand_only: bool = False
