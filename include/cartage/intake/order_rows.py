"""Sales orders as they enter the ledger, and the rows that its statements take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cartage.model.documents import address_document, options_document, sales_order_document
from cartage.model.orders import Address, OrderLine, SalesOrder


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A ship group as it enters the ledger. With a `skip` reason it is kept but not shipped.

    `likeness` is equal for groups that may be duplicates of each other. A further `part` has some of the store's lines:
    `positions` are their places among all of the group's; without them, the lines are all.
    """

    shipment_id: int
    reference: str
    ship_to: Address
    ship_method: str
    lines: tuple[OrderLine, ...]
    skip: str = ""
    generation: int = 0
    likeness: str = ""
    part: int = 0
    positions: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A sales order as it enters the ledger. `intake_hash` stands for the rules that made its groups."""

    order: SalesOrder
    content_hash: str
    groups: tuple[NewGroup, ...]
    intake_hash: str = ""

    @property
    def order_id(self) -> int:
        """The store's OrderID."""
        return self.order.order_id


def order_row(new: NewOrder) -> dict[str, Any]:
    """Return the sales order's row."""
    order = new.order
    return {
        "order_id": order.order_id,
        "invoice": order.invoice,
        "status_id": order.status_id,
        "ordered_at": order.ordered_at.isoformat() if order.ordered_at else None,
        "content_hash": new.content_hash,
        "intake_hash": new.intake_hash,
        "amount": str(order.amount),
        "document": sales_order_document(order),
    }


def group_row(sales_order_id: int, new: NewOrder, group: NewGroup) -> dict[str, Any]:
    """Return the row of a ship group of this sales order, with its lines."""
    return {
        "sales_order_id": sales_order_id,
        "order_id": new.order_id,
        "shipment_id": group.shipment_id,
        "part": group.part,
        "generation": group.generation,
        "reference": group.reference,
        "ship_method": group.ship_method,
        "ship_to": address_document(group.ship_to),
        "likeness": group.likeness,
        "skip": group.skip,
        "lines": line_rows(group),
    }


def line_rows(group: NewGroup) -> list[dict[str, Any]]:
    """Return the rows of a group's lines."""
    return [
        {
            "position": position,
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": str(line.quantity),
            "description": line.description,
            "options": options_document(line.options),
        }
        for position, line in zip(positions_of(group), group.lines, strict=True)
    ]


def positions_of(group: NewGroup) -> Iterable[int]:
    """Return the places of the group's lines among all lines of the ship group."""
    return range(len(group.lines)) if group.positions is None else group.positions
