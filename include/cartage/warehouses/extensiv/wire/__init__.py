"""What Extensiv's responses look like, and how they are read."""

from __future__ import annotations

from cartage.warehouses.api.rows import ReadRow, content_hash, read_row
from cartage.warehouses.extensiv.wire.resources import (
    CarrierDefaults,
    CarrierEntry,
    Contact,
    Created,
    CustomerIdentifier,
    Facility,
    Item,
    ItemIdentifier,
    LineIdentifier,
    Listing,
    Order,
    OrderItem,
    PackageContentEntry,
    PackageEntry,
    Routing,
    ShipmentService,
    StockSummary,
    Token,
)
from cartage.warehouses.extensiv.wire.values import Resource

__all__ = [
    "CarrierDefaults",
    "CarrierEntry",
    "Contact",
    "Created",
    "CustomerIdentifier",
    "Facility",
    "Item",
    "ItemIdentifier",
    "LineIdentifier",
    "Listing",
    "Order",
    "OrderItem",
    "PackageContentEntry",
    "PackageEntry",
    "ReadRow",
    "Resource",
    "Routing",
    "ShipmentService",
    "StockSummary",
    "Token",
    "content_hash",
    "read_row",
]
