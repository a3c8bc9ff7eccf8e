"""Problems of orders, and the fingerprint by which equal problems become one cause."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """Every kind of problem that blocks an order, or hides one. The manual has a line for each."""

    UNREADABLE_ORDER = "unreadable_order"
    UNREADABLE_AT_WAREHOUSE = "unreadable_at_warehouse"
    MALFORMED_FIELD = "malformed_field"
    NO_LINES = "no_lines"
    QUANTITY_NOT_WHOLE = "quantity_not_whole"
    EMPTY_SKU = "empty_sku"
    UNKNOWN_SKU = "unknown_sku"
    AMBIGUOUS_SKU = "ambiguous_sku"
    INACTIVE_ITEM = "inactive_item"
    UNMAPPED_SHIP_METHOD = "unmapped_ship_method"
    ADDRESS_INCOMPLETE = "address_incomplete"
    UNSUPPORTED_COUNTRY = "unsupported_country"
    PO_BOX = "po_box"
    MILITARY_ADDRESS = "military_address"
    FIELD_TOO_LONG = "field_too_long"
    REFUSED_BY_WAREHOUSE = "refused_by_warehouse"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault found in one order: its subject, a message, and the fix.

    Problems with the same kind and subject are one cause, so `message` must not name a single order.
    """

    kind: ProblemKind
    subject: str
    message: str
    fix: str

    @property
    def fingerprint(self) -> str:
        """Return a short stable name of the cause: the same for every order with this problem."""
        text = f"{self.kind.value}\x1f{self.subject}"
        return f"{self.kind.value}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


# Problems that several modules find; each is one cause.
NO_LINES = Problem(
    ProblemKind.NO_LINES,
    "lines",
    "the order has no lines to ship",
    "Open the order in 3dcart and add its items, or cancel it.",
)
EMPTY_SKU = Problem(
    ProblemKind.EMPTY_SKU,
    "line without SKU",
    "a line has no SKU",
    "Give the product (or its option) a SKU in 3dcart, and correct the order's line.",
)
