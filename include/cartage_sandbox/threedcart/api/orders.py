"""GET and PUT of orders and of their parts: shipments, items, questions, transactions.

There is no POST of orders and no DELETE: the control API seeds orders, and the real API deletes none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.api.paging import listed, page_of
from cartage_sandbox.threedcart.api.results import CREATED, Outcome, Results, attempt
from cartage_sandbox.threedcart.data.entries import Entry, padded_shipment
from cartage_sandbox.threedcart.data.filters import criteria_of
from cartage_sandbox.threedcart.data.order_writes import OrderWriter
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire.fields import FieldError
from cartage_sandbox.threedcart.wire.messages import ApiError, Call, Reply, array_of, encode

# Name in the path -> (field of the order, element in XML).
_PARTS = {
    "shipments": ("ShipmentList", "Shipment"),
    "items": ("OrderItemList", "OrderItem"),
    "questions": ("QuestionList", "Question"),
    "transactions": ("TransactionList", "Transaction"),
}


class OrderRoutes:
    """The handlers. Each is called under the state's lock."""

    def __init__(self, state: StoreState, writer: OrderWriter, results: Results) -> None:
        self._state, self._writer, self._results = state, writer, results
        self._rules = state.rules

    def list_orders(self, call: Call) -> Reply:
        """GET /Orders."""
        page = page_of(call.query, self._rules.integer("orders_page_max"), self._rules)
        ids = self._state.orders.select(criteria_of(call.query, self._rules))
        return listed(ids, page, call.query, self._bodies, "Order")

    def get_order(self, call: Call) -> Reply:
        """GET /Orders/{order_id}: an array with one order, never stale."""
        return Reply(200, array_of([self._served(self._entry(call))]), "Order")

    def update_orders(self, call: Call) -> Reply:
        """PUT /Orders: many partial updates."""
        rows = call.objects(self._rules.integer("bulk_orders_max"))
        if not all(isinstance(each, dict) for each in rows):
            raise ApiError(400, "Every element must be an object")
        if self._rules["bulk_bad_item"] == "whole":
            self._refuse_if_any_fails(rows)
        return self._results.bulk([self._update(each) for each in rows])

    def update_order(self, call: Call) -> Reply:
        """PUT /Orders/{order_id}: a partial update."""
        order_id, changes = call.number("order_id"), call.object()
        write = partial(self._writer.update_order, order_id, changes)
        return self._results.single(attempt("OrderID", order_id, write))

    def list_parts(self, call: Call) -> Reply:
        """GET /Orders/{order_id}/Shipments, /Items, /Questions or /Transactions."""
        field, element = _PARTS[call.arguments["part"].lower()]
        data = self._entry(call).data()
        rows = data.get(field) if isinstance(data, dict) else None
        if field == "ShipmentList" and self._rules.flag("tracking_padding"):
            rows = [padded_shipment(each) for each in dicts(rows)]
        page = page_of(call.query, self._rules.integer("others_page_max"), self._rules)
        return listed(rows or [], page, call.query, _encoded, element)

    def update_shipments(self, call: Call) -> Reply:
        """PUT /Orders/{order_id}/Shipments: many, each with its ShipmentID."""
        return self._update_parts(call, "ShipmentID", self._writer.update_shipment)

    def update_shipment(self, call: Call) -> Reply:
        """PUT /Orders/{order_id}/Shipments/{number}: a single shipment."""
        return self._update_part(call, "ShipmentID", self._writer.update_shipment)

    def add_shipment(self, call: Call) -> Reply:
        """POST /Orders/{order_id}/Shipments: another shipment, as an object or as an array with one object."""
        body = call.body[0] if isinstance(call.body, list) and len(call.body) == 1 else call.body
        if not isinstance(body, dict):
            raise ApiError(400, "An object is required")
        try:
            number = self._writer.add_shipment(call.number("order_id"), body)
        except KeyError as error:
            raise ApiError(404, "OrderID not found") from error
        except FieldError as error:
            raise ApiError(400, str(error)) from error
        return self._results.single(Outcome("ShipmentID", str(number), 201, CREATED))

    def update_items(self, call: Call) -> Reply:
        """PUT /Orders/{order_id}/Items: many lines, each with its ItemIndexID."""
        return self._update_parts(call, "ItemIndexID", self._writer.update_item)

    def update_item(self, call: Call) -> Reply:
        """PUT /Orders/{order_id}/Items/{number}: a single line."""
        return self._update_part(call, "ItemIndexID", self._writer.update_item)

    def _update(self, changes: Json) -> Outcome:
        order_id = changes.get("OrderID")
        return attempt("OrderID", order_id, lambda: self._write(order_id, changes))

    def _write(self, order_id: object, changes: Json) -> None:
        if not isinstance(order_id, int):
            raise FieldError("OrderID is required")
        self._writer.update_order(order_id, changes, nested=True)

    def _refuse_if_any_fails(self, rows: Sequence[Json]) -> None:
        for changes in rows:
            try:
                self._writer.check_order(changes)
            except (KeyError, FieldError) as error:
                raise ApiError(400, "The request is invalid") from error

    def _update_parts(self, call: Call, key: str, write: Callable[[int, int, Json], None]) -> Reply:
        order_id = self._entry(call).order_id
        rows = call.objects(self._rules.integer("others_page_max"))
        if not all(isinstance(each, dict) and isinstance(each.get(key), int) for each in rows):
            raise ApiError(400, f"Every element must be an object with {key}")
        return self._results.bulk(
            [attempt(key, each[key], partial(write, order_id, each[key], each)) for each in rows]
        )

    def _update_part(self, call: Call, key: str, write: Callable[[int, int, Json], None]) -> Reply:
        number = call.number("number")
        update = partial(write, call.number("order_id"), number, call.object())
        return self._results.single(attempt(key, number, update))

    def _entry(self, call: Call) -> Entry:
        try:
            return self._state.orders.entry(call.number("order_id"))
        except KeyError as error:
            raise ApiError(404, "OrderID not found") from error

    def _bodies(self, ids: Sequence[int]) -> list[bytes]:
        return [self._served(each) for each in self._state.orders.listed(ids)]

    def _served(self, entry: Entry) -> bytes:
        return entry.padded if self._rules.flag("tracking_padding") else entry.body


def _encoded(rows: Sequence[Any]) -> list[bytes]:
    return [encode(each) for each in rows]
