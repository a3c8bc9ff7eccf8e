"""The store's statuses that an order goes through, and which of them Cartage may overwrite.

There are two kinds of numbers. The store's ids (`StatusMap`) are what it lists and what is written to it; a lane may
use custom ones. `PROCESSING`, `PARTIAL` and `SHIPPED` are their meanings: what the ledger keeps as `posted_status`,
in ascending order, whatever the lane's settings. `StatusMap.of` converts a meaning to an id just before a call to the
store.

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
    """The store's ids of the four statuses that a lane's orders go through; all differ.

    `labels` has the merchant's names, if known.
    """

    import_status: int
    processing: int = PROCESSING
    partial: int = PARTIAL
    shipped: int = SHIPPED
    labels: Mapping[int, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def path(self) -> tuple[int, int, int, int]:
        """The four ids in order."""
        return self.import_status, self.processing, self.partial, self.shipped

    def may_move(self, current: int, target: int) -> bool:
        """Return whether `target`, an id on the path, is a step forward that overwrites no person's choice."""
        return current in self.path and self.path.index(current) < self.path.index(target)

    def reached(self, current: int, target: int) -> bool:
        """Return whether the order is at `target`, an id on the path, or further along the path."""
        return current in self.path and self.path.index(current) >= self.path.index(target)

    def set_by_person(self, current: int) -> bool:
        """Return whether the status is not on the path: a person or another system set it, and it stands."""
        return current not in self.path

    def of(self, posted: int) -> int:
        """Return the store's id for PROCESSING, PARTIAL or SHIPPED."""
        return {PROCESSING: self.processing, PARTIAL: self.partial, SHIPPED: self.shipped}[posted]

    def name(self, status_id: int) -> str:
        """Return the status's name: the merchant's label, or else 3dcart's name, or else its number."""
        return self.labels.get(status_id) or SYSTEM_NAMES.get(status_id) or f"status {status_id}"
