"""Sales orders as they enter the ledger, and as the rows that its statements take."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from cartage.model.documents import address_document, sales_order_document
from cartage.model.orders import Address, OrderLine, SalesOrder


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A ship group as it enters the ledger. With a `skip` reason it is kept, and not shipped."""

    shipment_id: int
    reference: str
    ship_to: Address
    ship_method: str
    lines: tuple[OrderLine, ...]
    skip: str = ""
    generation: int = 0


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


def order_row(one: NewOrder, *, dump: bool = False) -> dict[str, Any]:
    """The sales order's row; with `dump` its document as text, for a parameter of its own."""
    order, document = one.order, sales_order_document(one.order)
    return {
        "order_id": order.order_id,
        "invoice": order.invoice,
        "status_id": order.status_id,
        "ordered_at": order.ordered_at.isoformat() if order.ordered_at else None,
        "content_hash": one.content_hash,
        "intake_hash": one.intake_hash,
        "amount": str(order.amount),
        "document": json.dumps(document) if dump else document,
    }


def group_row(row_id: int, one: NewOrder, group: NewGroup) -> dict[str, Any]:
    """The row of a ship group of the sales order `row_id`, with its lines."""
    return {
        "sales_order_id": row_id,
        "order_id": one.order_id,
        "shipment_id": group.shipment_id,
        "generation": group.generation,
        "reference": group.reference,
        "ship_method": group.ship_method,
        "ship_to": address_document(group.ship_to),
        "skip": group.skip,
        "lines": line_rows(group),
    }


def line_rows(group: NewGroup) -> list[dict[str, Any]]:
    """The rows of a group's lines."""
    return [
        {
            "position": position,
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": str(line.quantity),
            "description": line.description,
        }
        for position, line in enumerate(group.lines)
    ]


def single_group(new: NewOrder, shipment_id: int, generation: int, reference: str) -> NewOrder | None:
    """The order with this one group, as a later generation of it; None if the store has the group no longer."""
    groups = tuple(
        replace(group, generation=generation, reference=reference, skip="")
        for group in new.groups
        if group.shipment_id == shipment_id
    )
    return replace(new, groups=groups) if groups else None
