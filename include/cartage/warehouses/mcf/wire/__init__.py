"""What Amazon's responses look like, and how they are read."""

from __future__ import annotations

from cartage.warehouses.mcf.wire.resources import (
    DeliveryPreview,
    DestinationAddress,
    InventorySummary,
    LoginToken,
    OrderHead,
    OrderList,
    OutboundOrder,
    OutboundShipment,
    PreviewList,
    ShippedItem,
    SummaryList,
)
from cartage.warehouses.mcf.wire.values import AmazonOrderStatus, AmazonShipmentStatus

__all__ = [
    "AmazonOrderStatus",
    "AmazonShipmentStatus",
    "DeliveryPreview",
    "DestinationAddress",
    "InventorySummary",
    "LoginToken",
    "OrderHead",
    "OrderList",
    "OutboundOrder",
    "OutboundShipment",
    "PreviewList",
    "ShippedItem",
    "SummaryList",
]
