"""Goods, orders and shipments of an emulated seller account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

JsonObject = dict[str, Any]


class Status(StrEnum):
    """The status of a fulfillment order."""

    NEW = "New"
    RECEIVED = "Received"
    PLANNING = "Planning"
    PROCESSING = "Processing"
    CANCELLED = "Cancelled"
    COMPLETE = "Complete"
    COMPLETE_PARTIALLED = "CompletePartialled"
    UNFULFILLABLE = "Unfulfillable"
    INVALID = "Invalid"


# Orders that the seller can still cancel.
CANCELLABLE = frozenset({Status.NEW, Status.RECEIVED, Status.PLANNING})
LIVE = CANCELLABLE | {Status.PROCESSING}


class ShipmentStatus(StrEnum):
    """The status of a shipment."""

    PENDING = "PENDING"
    SHIPPED = "SHIPPED"
    CANCELLED_BY_FULFILLER = "CANCELLED_BY_FULFILLER"
    CANCELLED_BY_SELLER = "CANCELLED_BY_SELLER"


@dataclass
class Goods:
    """The units of one seller SKU in Amazon's network."""

    sku: str
    fn_sku: str
    name: str
    updated_at: datetime
    fulfillable: int = 0
    reserved: int = 0
    unfulfillable: int = 0
    inbound: int = 0

    @property
    def total(self) -> int:
        """Return all units, those on their way included."""
        return self.fulfillable + self.reserved + self.unfulfillable + self.inbound


@dataclass
class Line:
    """A line of an order. `document` is what the seller sent besides SKU, id and quantity."""

    sku: str
    item_id: str
    quantity: int
    document: JsonObject
    cancelled: int = 0
    unfulfillable: int = 0

    @property
    def wanted(self) -> int:
        """Return how many units are still to ship, or have shipped."""
        return self.quantity - self.cancelled - self.unfulfillable


@dataclass
class Content:
    """Units of a line in a shipment; `package` is None before they are packed."""

    line: Line
    quantity: int
    package: int | None = None


@dataclass
class Parcel:
    """A package of a shipment."""

    number: int
    carrier: str
    tracking: str


@dataclass
class Shipment:
    """A shipment of an order, from one fulfillment center. `at` is when it left, or is expected to."""

    shipment_id: str
    center: str
    status: ShipmentStatus
    at: datetime
    contents: list[Content]
    parcels: list[Parcel] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Return whether it shipped or will."""
        return self.status in (ShipmentStatus.PENDING, ShipmentStatus.SHIPPED)


@dataclass
class Order:
    """A fulfillment order. `place` counts the changes of status in the account: the list is sorted by it."""

    seller_id: str
    document: JsonObject
    lines: list[Line]
    received_at: datetime
    status: Status
    status_at: datetime
    place: int = 0
    shipments: list[Shipment] = field(default_factory=list)
    cancel_due: datetime | None = None

    def allotted(self, line: Line) -> int:
        """Return how many units of a line are in live shipments."""
        return sum(
            content.quantity
            for shipment in self.shipments
            if shipment.live
            for content in shipment.contents
            if content.line is line
        )

    def outstanding(self) -> list[tuple[Line, int]]:
        """Return what is in no live shipment yet."""
        left = [(line, line.wanted - self.allotted(line)) for line in self.lines]
        return [(line, quantity) for line, quantity in left if quantity > 0]
