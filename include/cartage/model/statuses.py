"""The four statuses of the store on an order's way, and over which of the store's own we may write.

Two kinds of numbers. The store's own ids (`StatusMap`): what it lists and what it is written; a lane may name custom
ones. Our own meaning (`PROCESSING`, `PARTIAL`, `SHIPPED`): what the ledger keeps as `posted_status`, ordered, and the
same whatever a lane's settings say or said. They meet in `StatusMap.of`, just before a call to the store.

3dcart-api.md, section 5: OrderStatusIDs are fixed, labels are the merchant's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROCESSING = 2
PARTIAL = 3
SHIPPED = 4

NAMES = {PROCESSING: "Processing", PARTIAL: "Partial", SHIPPED: "Shipped"}

SYSTEM_NAMES: Mapping[int, str] = {
    1: "New",
    **NAMES,
    5: "Cancel",
    6: "Hold",
    7: "Not Completed",
    8: "Custom 1",
    9: "Custom 2",
    10: "Custom 3",
    11: "Unpaid",
    12: "Recurring Orders",
    13: "Review",
    14: "POS",
    15: "Custom 4",
    16: "Custom 5",
    17: "Custom 6",
    18: "Custom 7",
    19: "Custom 8",
}


@dataclass(frozen=True, slots=True)
class StatusMap:
    """The store's own ids of the statuses that a lane's orders take, one after the other; all four differ.

    `labels` has the merchant's names, as far as they are known.
    """

    import_status: int
    processing: int = PROCESSING
    partial: int = PARTIAL
    shipped: int = SHIPPED
    labels: Mapping[int, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def path(self) -> tuple[int, int, int, int]:
        """The four ids in the order in which an order takes them."""
        return self.import_status, self.processing, self.partial, self.shipped

    def may_move(self, current: int, target: int) -> bool:
        """Whether writing `target`, an id on the path, moves the order forward, and over nothing a person chose."""
        return current in self.path and self.path.index(current) < self.path.index(target)

    def reached(self, current: int, target: int) -> bool:
        """Whether the order is at `target`, an id on the path, or beyond it on the path."""
        return current in self.path and self.path.index(current) >= self.path.index(target)

    def set_by_person(self, current: int) -> bool:
        """Whether the status is none on the path: a person (or another system) chose it, and it stands."""
        return current not in self.path

    def of(self, posted: int) -> int:
        """The store's id of what we mean by PROCESSING, PARTIAL or SHIPPED."""
        return {PROCESSING: self.processing, PARTIAL: self.partial, SHIPPED: self.shipped}[posted]

    def name(self, status_id: int) -> str:
        """What people call the status: the merchant's label, else the system's name, else its number."""
        return self.labels.get(status_id) or SYSTEM_NAMES.get(status_id) or f"status {status_id}"
