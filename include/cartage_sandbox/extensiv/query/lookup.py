"""Narrow an order query with an index, so that a search for a reference does not read all orders.

It may return too many orders, never too few: the caller tests each order against the query.
"""

from __future__ import annotations

from collections.abc import Callable

from cartage_sandbox.extensiv import rql
from cartage_sandbox.extensiv.data.model import Order
from cartage_sandbox.extensiv.data.order_book import OrderBook
from cartage_sandbox.extensiv.rql import Comparison, Node, Value
from cartage_sandbox.extensiv.timestamps import Timestamps


def candidates(node: Node | None, book: OrderBook, timestamps: Timestamps) -> list[Order]:
    """Return a superset of the orders that match `node`."""
    narrowed = None if node is None else _narrowed(node, book, timestamps)
    return list(book) if narrowed is None else narrowed


def _narrowed(node: Node, book: OrderBook, timestamps: Timestamps) -> list[Order] | None:
    if isinstance(node, Comparison):
        return _compared(node, book, timestamps)
    found = [_narrowed(part, book, timestamps) for part in node.parts]
    known = [orders for orders in found if orders is not None]
    if isinstance(node, rql.All):
        return min(known, key=len, default=None)
    if len(known) < len(found):
        return None
    return list({order.order_id: order for orders in known for order in orders}.values())


def _compared(node: Comparison, book: OrderBook, timestamps: Timestamps) -> list[Order] | None:
    if node.operator in ("==", "=in="):
        if node.name == "referencenum":
            return _each(node.values, lambda value: _by_reference(value, book))
        if node.name == "readonly.orderid":
            return _each(node.values, lambda value: _by_id(value, book))
    if node.operator in ("=ge=", "=gt=") and node.name == "readonly.lastmodifieddate":
        return book.changed_since(timestamps.earliest(timestamps.read(node.values[0].text)))
    return None


def _each(values: tuple[Value, ...], find: Callable[[Value], list[Order] | None]) -> list[Order] | None:
    orders: dict[int, Order] = {}
    for value in values:
        found = find(value)
        if found is None:
            return None
        orders |= {order.order_id: order for order in found}
    return list(orders.values())


def _by_reference(value: Value, book: OrderBook) -> list[Order] | None:
    if value.open_prefix:
        return None
    return book.with_prefix(value.text) if value.open_suffix else book.with_reference(value.text)


def _by_id(value: Value, book: OrderBook) -> list[Order] | None:
    if not value.text.isdecimal():
        return None
    order = book.get(int(value.text))
    return [] if order is None else [order]
