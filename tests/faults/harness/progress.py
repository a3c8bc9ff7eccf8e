"""Points of progress, as the sandboxes' journals count them, and the strikes when they are reached."""

from __future__ import annotations

from dataclasses import dataclass

IMPORT, VALIDATE, SETTLE, TRANSFER, ACKNOWLEDGE = (
    "import_orders",
    "validate_mappings",
    "settle_outcomes",
    "transfer_to_warehouse",
    "mark_processing",
)
POLL, POST_BACK = "poll_tracking", "update_order_status"
ORDERS_STAGES = (IMPORT, VALIDATE, SETTLE, TRANSFER, ACKNOWLEDGE)
SHIPMENT_STAGES = (POLL, POST_BACK)

# Counters of progress, as (whose journal, kind of entry), and the stage that increases each.
CREATED, STATUS_SET, POSTED = (
    ("warehouse", "order.created"),
    ("store", "order.status"),
    ("store", "shipment.written"),
)
STORE_CALLS, WAREHOUSE_CALLS = ("store", "request"), ("warehouse", "request")
# A warehouse that takes files: orders that it took, renames by its customer, files that it wrote.
TAKEN, RENAMED, FILE_WRITTEN = (
    ("warehouse", "order.taken"),
    ("warehouse", "file.renamed"),
    ("warehouse", "file.written"),
)
MADE_BY = {
    CREATED: TRANSFER,
    TAKEN: TRANSFER,
    RENAMED: TRANSFER,
    FILE_WRITTEN: POLL,
    STATUS_SET: ACKNOWLEDGE,
    POSTED: POST_BACK,
    STORE_CALLS: IMPORT,
    WAREHOUSE_CALLS: POLL,
}


@dataclass(frozen=True)
class Strike:
    """A fault in a process, in the ledger or in the warehouse, at a point of progress.

    It strikes when `counter` has reached `count`: at the process that runs `stage`, or else at any other.
    """

    act: str
    counter: tuple[str, str]
    count: int
    stage: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        at = f" {self.stage}" if self.stage else ""
        return f"{self.act}{at} at {self.counter[1]} {self.count}"
