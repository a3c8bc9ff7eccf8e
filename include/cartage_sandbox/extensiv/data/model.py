"""What the emulated warehouse holds: items, orders, lines, packages.

Plain data; `state` and `floor` decide what may happen to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

JsonObject = dict[str, Any]


class Status(IntEnum):
    """readOnly.status (warehouse-apis.md section 2)."""

    OPEN = 0
    CLOSED = 1
    CANCELED = 2


@dataclass(frozen=True, slots=True)
class Party:
    """A customer of the 3PL, or one of its facilities."""

    id: int
    name: str
    external_id: str | None = None


@dataclass(slots=True, eq=False)
class Item:
    """An SKU of a customer, with its stock in the facility."""

    item_id: int
    customer_id: int
    facility_id: int
    sku: str
    description: str
    upc: str | None
    created_at: datetime
    modified_at: datetime
    on_hand: Decimal = Decimal(0)
    on_hold: Decimal = Decimal(0)
    allocated: Decimal = Decimal(0)
    ordered_not_allocated: Decimal = Decimal(0)
    shipped: Decimal = Decimal(0)
    deactivated: bool = False

    @property
    def available(self) -> Decimal:
        """Return what can still be promised."""
        return max(self.on_hand - self.on_hold - self.allocated, Decimal(0))

    def leave(self, qty: Decimal, allocated: Decimal) -> None:
        """Take a shipped quantity from stock. A shortage is found on the shelf when it ships."""
        self.on_hand = max(self.on_hand - qty, Decimal(0))
        self.allocated -= allocated
        self.ordered_not_allocated -= qty - allocated
        self.shipped += qty

    def return_to_order(self, qty: Decimal, allocated: Decimal) -> None:
        """Undo `leave` when an order is reopened."""
        self.on_hand += qty
        self.allocated += allocated
        self.ordered_not_allocated += qty - allocated
        self.shipped -= qty


@dataclass(slots=True, eq=False)
class Line:
    """A line of an order. `document` is what the client sent, without the fields that the server sets."""

    order_item_id: int
    item: Item
    qty: Decimal
    allocated: Decimal
    document: JsonObject


@dataclass(slots=True, eq=False)
class Package:
    """A carton with its tracking number and the quantity of each line in it."""

    package_id: int
    tracking_number: str
    carrier: str
    service: str
    weight: Decimal
    created_at: datetime
    contents: list[Content] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Content:
    """A quantity of one line in a package."""

    content_id: int
    line: Line
    qty: Decimal


@dataclass(slots=True, eq=False)
class Order:
    """An order. `accepted_as` is the referenceNum that the client sent, kept when a split renames the order."""

    order_id: int
    customer: Party
    facility: Party
    reference: str
    accepted_as: str
    document: JsonObject
    created_at: datetime
    modified_at: datetime
    lines: list[Line] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    status: Status = Status.OPEN
    processed_at: datetime | None = None
    loaded_at: datetime | None = None
    cancel_reason: str | None = None
    parent_id: int | None = None
    version: int = 1
    incomplete: bool = False

    @property
    def etag(self) -> str:
        """Return the version as in the ETag header."""
        return f'"{self.order_id:x}-{self.version}"'

    @property
    def is_closed(self) -> bool:
        """Return whether it is confirmed, that is shipped."""
        return self.status is Status.CLOSED

    @property
    def fully_allocated(self) -> bool:
        """Return whether stock is allocated for every line."""
        return all(line.allocated >= line.qty for line in self.lines)
