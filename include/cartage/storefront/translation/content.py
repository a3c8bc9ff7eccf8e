"""The content hash of an order: two copies with the same hash ship the same things to the same places."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

from cartage.model.orders import Address, OrderLine, SalesOrder, ShipGroup


def content_hash(order: SalesOrder) -> str:
    """Return a stable SHA-256 of what affects shipping: number, addresses, methods, lines, options, texts, problems.

    It leaves out status, times, amount, tracking, the staff's own comments, and the names and prices of lines.
    Those change without changing what ships, some of them through our own writes.
    """
    content: list[object] = [
        order.order_id,
        order.invoice,
        order.comments,
        sorted(_group(group) for group in order.groups),
        sorted(f"{problem.kind.value}:{problem.subject}" for problem in order.problems),
    ]
    if order.external_comments or order.questions:
        content += [
            order.external_comments,
            [[question.title, question.answer] for question in order.questions],
        ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _group(group: ShipGroup) -> list[object]:
    address = [getattr(group.ship_to, name) for name in Address.__slots__]
    return [group.shipment_id, address, group.ship_method, sorted(_line(line) for line in group.lines)]


def _line(line: OrderLine) -> list[object]:
    content: list[object] = [
        line.line_id,
        line.sku,
        _quantity(line.quantity),
        line.kind.value,
        line.parent_line_id or 0,
    ]
    return [*content, [[option.title, option.value] for option in line.options]] if line.options else content


def _quantity(quantity: Decimal) -> str:
    """Return the same text for 1, 1.0 and 1.00."""
    return format(quantity.normalize(), "f")
