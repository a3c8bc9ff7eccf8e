"""The store's statuses that Cartage writes, and over which of the store's own it may write them.

3dcart-api.md, section 5: OrderStatusIDs are fixed, labels are the merchant's.
"""

from __future__ import annotations

PROCESSING = 2
PARTIAL = 3
SHIPPED = 4

NAMES = {PROCESSING: "Processing", PARTIAL: "Partial", SHIPPED: "Shipped"}

_RANK = {PROCESSING: 1, PARTIAL: 2, SHIPPED: 3}


def may_move(current: int, target: int, *, import_status: int) -> bool:
    """Whether our write would move the order forward along our own path, and over nothing that a person chose."""
    if current == import_status:
        return True
    return current in _RANK and _RANK[current] < _RANK[target]


def set_by_person(current: int, *, import_status: int) -> bool:
    """Whether the status is none of those on our path: a person (or another system) chose it, and it stands."""
    return current != import_status and current not in _RANK
