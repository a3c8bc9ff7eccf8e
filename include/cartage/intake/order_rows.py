"""Sales orders as they enter the ledger, and the rows that its statements take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cartage.model.documents import address_document, options_document, sales_order_document
from cartage.model.orders import Address, OrderLine, SalesOrder


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A ship group as it enters the ledger. With a `skip` reason it is kept but not shipped.

    `likeness` is equal for groups that may be duplicates of each other.
    """

    shipment_id: int
    reference: str
    ship_to: Address
    ship_method: str
    lines: tuple[OrderLine, ...]
    skip: str = ""
    generation: int = 0
    likeness: str = ""


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
        for position, line in enumerate(group.lines)
    ]


def single_group(new: NewOrder, shipment_id: int, generation: int, reference: str) -> NewOrder | None:
    """Return the order with only this ship group, as a later generation; None if the store no longer has the group."""
    groups = tuple(
        replace(group, generation=generation, reference=reference, skip="")
        for group in new.groups
        if group.shipment_id == shipment_id
    )
    return replace(new, groups=groups) if groups else None
