"""The ledger's tables. PostgreSQL enforces the invariants: checks, unique and partial unique indexes."""

from cartage.db.schema.alerts import alert, alert_delivery, task_run
from cartage.db.schema.base import metadata
from cartage.db.schema.causes import cause, event, exception, unreadable_order, unreadable_row
from cartage.db.schema.desk import attention, desk_job, desk_upload, saved_view, ship_method_offer
from cartage.db.schema.differences import difference, reconciliation
from cartage.db.schema.documents import document_counter, outbound_document
from cartage.db.schema.inbound import inbound_document, inbound_finding
from cartage.db.schema.lanes import (
    call_bucket,
    catalogue,
    catalogue_refresh,
    circuit,
    coverage,
    installation,
    lane_state,
    lookout,
    reading,
    store,
    store_status,
    store_trait,
    warehouse_state,
)
from cartage.db.schema.mappings import hold, mapping_rule
from cartage.db.schema.orders import fulfillment_line, fulfillment_order, sales_order
from cartage.db.schema.reports import (
    report_block,
    report_carrier,
    report_day,
    report_delivery,
    report_dirty,
    report_lane,
    report_month,
    report_order,
    report_progress,
)
from cartage.db.schema.required_actions import required_action
from cartage.db.schema.shipping import package, post_back, shipment, transfer
from cartage.db.schema.stock import (
    paused_push,
    stock_change,
    stock_level,
    stock_listed,
    stock_movement,
    stock_push,
    stock_reading,
)

__all__ = [
    "alert",
    "alert_delivery",
    "attention",
    "call_bucket",
    "catalogue",
    "catalogue_refresh",
    "cause",
    "circuit",
    "coverage",
    "desk_job",
    "desk_upload",
    "difference",
    "document_counter",
    "event",
    "exception",
    "fulfillment_line",
    "fulfillment_order",
    "hold",
    "inbound_document",
    "inbound_finding",
    "installation",
    "lane_state",
    "lookout",
    "mapping_rule",
    "metadata",
    "outbound_document",
    "package",
    "paused_push",
    "post_back",
    "reading",
    "reconciliation",
    "report_block",
    "report_carrier",
    "report_day",
    "report_delivery",
    "report_dirty",
    "report_lane",
    "report_month",
    "report_order",
    "report_progress",
    "required_action",
    "sales_order",
    "saved_view",
    "ship_method_offer",
    "shipment",
    "stock_change",
    "stock_level",
    "stock_listed",
    "stock_movement",
    "stock_push",
    "stock_reading",
    "store",
    "store_status",
    "store_trait",
    "task_run",
    "transfer",
    "unreadable_order",
    "unreadable_row",
    "warehouse_state",
]
