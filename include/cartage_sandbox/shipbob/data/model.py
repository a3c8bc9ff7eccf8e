"""What the emulated account holds: channels, items, orders, shipments.

Plain data; `operations` decides what may happen to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

JsonObject = dict[str, Any]

DEFAULT_CHANNEL_ID = 128944
DEFAULT_LOCATION_ID = 30
SCOPES = frozenset(
    {
        "channels_read",
        "inventory_read",
        "locations_read",
        "orders_read",
        "orders_write",
        "products_read",
    }
)


class Status(StrEnum):
    """The status of a shipment."""

    PROCESSING = "Processing"
    COMPLETED = "Completed"
    EXCEPTION = "Exception"
    ON_HOLD = "OnHold"
    CANCELLED = "Cancelled"
    CLEAN_SWEEPED = "CleanSweeped"
    LABELED_CREATED = "LabeledCreated"
    IMPORT_REVIEW = "ImportReview"


SHIPPED = frozenset({Status.COMPLETED, Status.LABELED_CREATED})
OPEN = frozenset({Status.PROCESSING, Status.EXCEPTION, Status.ON_HOLD, Status.IMPORT_REVIEW})


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the merchant, and what a token may do in it."""

    id: int
    name: str
    application: str = "SMA"
    scopes: frozenset[str] = SCOPES


@dataclass(slots=True, eq=False)
class Item:
    """A variant with its stock. A bundle has parts, and no stock of its own."""

    product_id: int
    variant_id: int
    inventory_id: int
    sku: str
    name: str
    created_at: datetime
    updated_at: datetime
    seller_skus: dict[int, str] = field(default_factory=dict)
    parts: list[tuple[Item, int]] = field(default_factory=list)
    status: str = "Active"
    on_hand: int = 0
    committed: int = 0
    lacking: int = 0

    @property
    def free(self) -> int:
        """Return what is on hand, and committed to no order."""
        return self.on_hand - self.committed

    def components(self, quantity: int) -> list[tuple[Item, int]]:
        """Return what lies on the shelf for so many units."""
        return [(part, each * quantity) for part, each in self.parts] or [(self, quantity)]


@dataclass(slots=True, eq=False)
class Line:
    """A product of an order."""

    item: Item
    quantity: int
    document: JsonObject


@dataclass(frozen=True, slots=True)
class Detail:
    """Why a shipment has its status."""

    name: str
    description: str = ""
    inventory_id: int | None = None


@dataclass(slots=True, eq=False)
class Shipment:
    """A part of an order. `committed` says whether its stock is."""

    id: int
    order: Order
    contents: list[tuple[Line, int]]
    created_at: datetime
    updated_at: datetime
    status: Status = Status.PROCESSING
    details: list[Detail] = field(default_factory=list)
    committed: bool = False
    tracking_number: str | None = None
    carrier: str | None = None
    shipped_at: datetime | None = None
    fulfilled_at: datetime | None = None
    tracking_updated_at: datetime | None = None
    uploaded: bool = False

    def needs(self) -> dict[Item, int]:
        """Return what lies on the shelf for it."""
        needed: dict[Item, int] = {}
        for line, quantity in self.contents:
            for item, units in line.item.components(quantity):
                needed[item] = needed.get(item, 0) + units
        return needed


@dataclass(slots=True, eq=False)
class Order:
    """An order, as it was posted, with its shipments."""

    id: int
    channel: Channel
    reference: str
    document: JsonObject
    lines: list[Line]
    created_at: datetime
    updated_at: datetime
    shipments: list[Shipment] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Return the order's own status, which follows from its shipments."""
        statuses = [shipment.status for shipment in self.shipments]
        live = [status for status in statuses if status is not Status.CANCELLED]
        if not live:
            return "Cancelled"
        if Status.IMPORT_REVIEW in live:
            return "ImportReview"
        if all(status is Status.COMPLETED for status in live):
            return "Fulfilled"
        if Status.COMPLETED in live:
            return "PartiallyFulfilled"
        return "Exception" if Status.EXCEPTION in live else "Processing"
