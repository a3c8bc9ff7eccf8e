"""What ShipBob's responses look like, and how they are read."""

from __future__ import annotations

from cartage.warehouses.api.rows import ReadRow, content_hash, read_row
from cartage.warehouses.shipbob.wire.catalogue import (
    BundlePart,
    Channel,
    InventoryLevel,
    InventoryPlaces,
    LevelAtLocation,
    Location,
    Product,
    ShippingMethod,
    Variant,
)
from cartage.warehouses.shipbob.wire.orders import (
    Cancellation,
    Created,
    InventoryItem,
    Order,
    OrderedProduct,
    OrderStatus,
    Recipient,
    RecipientAddress,
    ShipBobShipment,
    ShipmentStatus,
    ShippedProduct,
    StatusDetail,
    TokenGrant,
    Tracking,
    UploadResults,
)

__all__ = [
    "BundlePart",
    "Cancellation",
    "Channel",
    "Created",
    "InventoryItem",
    "InventoryLevel",
    "InventoryPlaces",
    "LevelAtLocation",
    "Location",
    "Order",
    "OrderStatus",
    "OrderedProduct",
    "Product",
    "ReadRow",
    "Recipient",
    "RecipientAddress",
    "ShipBobShipment",
    "ShipmentStatus",
    "ShippedProduct",
    "ShippingMethod",
    "StatusDetail",
    "TokenGrant",
    "Tracking",
    "UploadResults",
    "Variant",
    "content_hash",
    "read_row",
]
