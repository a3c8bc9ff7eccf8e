"""The ledger's tables. PostgreSQL itself defends the invariants: checks, unique and partial unique indexes."""

from cartage.ledger.tables.base import metadata
from cartage.ledger.tables.causes import cause, event, exception, unreadable_order
from cartage.ledger.tables.lanes import (
    call_bucket,
    catalogue,
    catalogue_refresh,
    circuit,
    coverage,
    installation,
    lane_state,
    reading,
    store,
    store_status,
)
from cartage.ledger.tables.orders import fulfillment_line, fulfillment_order, sales_order
from cartage.ledger.tables.shipping import package, post_back, shipment, transfer

__all__ = [
    "call_bucket",
    "catalogue",
    "catalogue_refresh",
    "cause",
    "circuit",
    "coverage",
    "event",
    "exception",
    "fulfillment_line",
    "fulfillment_order",
    "installation",
    "lane_state",
    "metadata",
    "package",
    "post_back",
    "reading",
    "sales_order",
    "shipment",
    "store",
    "store_status",
    "transfer",
    "unreadable_order",
]
