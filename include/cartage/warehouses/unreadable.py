"""Rows of a warehouse's responses that cannot be used: what a connector says about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RowKind(StrEnum):
    """What a row of the warehouse's response is about."""

    ORDER = "order"
    ITEM = "item"
    STOCK = "stock"
    CARRIER = "carrier"


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that cannot be used: `what` names the fields at fault, never their content.

    `name` is what is known of its identity: an order's reference or number, a SKU, a carrier. `remote_id` is an order's
    number at the warehouse, by which it is read again; empty if it is not known. When the same row comes again, it has
    the same `content_hash`.
    """

    kind: RowKind
    what: str
    content_hash: str
    name: str = ""
    remote_id: str = ""

    @property
    def subject(self) -> str:
        """What rows with the same fault have in common: their kind and the first field at fault."""
        return f"{self.kind}: {self.what.split(', ')[0]}"
