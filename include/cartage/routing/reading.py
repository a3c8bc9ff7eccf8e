"""What routing rules compare of orders: read from the ledger's rows and its copy of the store's order. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from cartage.model.documents import address_from, sales_order_from
from cartage.model.orders import OrderLine, RoutingChoice
from cartage.routing.facts import GroupKey, LineFacts, OrderFacts, facts_of


def read_facts(rows: Sequence[Row[Any]], first_orders: Collection[int]) -> list[OrderFacts]:
    """Return the facts of these orders; leave out those whose copy cannot be read: validation reports it.

    `first_orders` are the sales orders that are the first of their customers.
    """
    found = []
    for row in rows:
        try:
            found.append(_facts(row, is_first=row.sales_order_id in first_orders))
        except (ValueError, TypeError, LookupError, ArithmeticError):
            continue
    return found


def group_keys(rows: Sequence[Row[Any]]) -> dict[int, tuple[GroupKey, int]]:
    """Return the ship-to group and the part of each of these fulfillment orders, by its id."""
    return {row.id: ((row.sales_order_id, row.shipment_id), row.part) for row in rows}


def _facts(row: Row[Any], *, is_first: bool) -> OrderFacts:
    lines = {line.line_id: line for group in sales_order_from(row.document).groups for line in group.lines}
    return facts_of(
        row.id,
        [_line(each, lines) for each in row.lines],
        ship_to=address_from(row.ship_to),
        ship_method=row.ship_method,
        amount=row.amount,
        is_first=is_first,
        released=row.released,
        choice=RoutingChoice(row.routing_choice),
    )


def _line(shipped: Sequence[Any], lines: dict[int, OrderLine]) -> LineFacts:
    """Return a line as it ships; its weight, bundle and the store's warehouse are those of the store's line."""
    line_id, sku, quantity, position = shipped
    line = lines.get(line_id)
    if line is None:
        return LineFacts(position, sku, Decimal(quantity), line_id=line_id)
    return LineFacts(
        position, sku, Decimal(quantity), line.weight, line.store_warehouse_id, line.parent_line_id, line_id
    )
