"""The /orders resource: create, list, read, change, cancel.

It parses and renders; `OrderDesk` decides what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cartage_sandbox.extensiv import rql
from cartage_sandbox.extensiv.api.call import Call, guarded
from cartage_sandbox.extensiv.data.model import Order
from cartage_sandbox.extensiv.parts import WarehouseParts
from cartage_sandbox.extensiv.query.lookup import candidates
from cartage_sandbox.extensiv.query.pages import Query, page_of
from cartage_sandbox.extensiv.query.properties import order_properties
from cartage_sandbox.extensiv.wire.errors import Refusal, bad_query
from cartage_sandbox.extensiv.wire.rels import ITEM_REL, ORDER_REL, PACKAGE_REL
from cartage_sandbox.extensiv.wire.resources import DETAILS, ITEM_DETAILS

_DEFAULT_SIZE = 100
_EVERYTHING = frozenset({"all"})
Read = TypeVar("Read")


class OrdersApi:
    """Handlers of /orders."""

    def __init__(self, parts: WarehouseParts) -> None:
        self._parts = parts
        self._state = parts.state

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        by_id = "/orders/{order_id}"
        return [
            self._route("/orders", "POST", "OrderImport", self.create),
            self._route("/orders", "GET", "OrderView", self.list_orders),
            self._route(f"{by_id}/canceler", "POST", "OrderWrite", self.cancel),
            self._route(f"{by_id}/completer", "POST", "OrderWrite", self.complete),
            self._route(f"{by_id}/packages", "GET", "OrderView", self.packages),
            self._route(f"{by_id}/items", "GET", "OrderView", self.items),
            self._route(by_id, "GET", "OrderView", self.read),
            self._route(by_id, "PUT", "OrderWrite", self.replace),
        ]

    def create(self, call: Call) -> Response:
        """POST /orders: 201 with ETag."""
        order = self._parts.desk.create(call.body)
        headers = {"ETag": order.etag, "Location": f"/orders/{order.order_id}"}
        return call.response(self._shown(order), 201, headers)

    def list_orders(self, call: Call) -> Response:
        """GET /orders: rql, sort, pgnum, pgsiz, detail, itemdetail."""
        rules = self._state.rules
        clamp = rules.text("oversized_page") == "clamp"
        size = call.page_size(_DEFAULT_SIZE, rules.integer("max_page_orders"), clamp=clamp)
        detail = _details(call, "detail", DETAILS)
        item_detail = _details(call, "itemdetail", ITEM_DETAILS)
        page = page_of(self._found(call), call.number("pgnum", 1), size)
        rows = [self._parts.resources.order(order, detail, item_detail) for order in page.rows]
        return call.response(
            {
                "totalResults": page.total,
                "_embedded": {ORDER_REL: rows},
                "_links": call.page_links(page),
            }
        )

    def read(self, call: Call) -> Response:
        """GET /orders/{id}, with ETag."""
        order = self._order(call)
        detail = _details(call, "detail", DETAILS)
        item_detail = _details(call, "itemdetail", ITEM_DETAILS)
        shown = self._parts.resources.order(order, detail, item_detail)
        return call.response(shown, headers={"ETag": order.etag})

    def packages(self, call: Call) -> Response:
        """GET /orders/{id}/packages."""
        order = self._order(call)
        rows = [self._parts.resources.package(order, package) for package in order.packages]
        return call.response({"totalResults": len(rows), "_embedded": {PACKAGE_REL: rows}})

    def items(self, call: Call) -> Response:
        """GET /orders/{id}/items."""
        rows = [self._parts.resources.line(line, _EVERYTHING) for line in self._order(call).lines]
        return call.response({"totalResults": len(rows), "_embedded": {ITEM_REL: rows}})

    def replace(self, call: Call) -> Response:
        """PUT /orders/{id}, with If-Match."""
        order = self._order(call)
        self._parts.desk.replace(order, call.headers.get("if-match"), call.body)
        return call.response(self._shown(order), headers={"ETag": order.etag})

    def cancel(self, call: Call) -> Response:
        """POST /orders/{id}/canceler, with If-Match: 204."""
        self._parts.desk.cancel(self._order(call), call.headers.get("if-match"), call.body)
        return Response(status_code=204)

    def complete(self, call: Call) -> Response:
        """POST /orders/{id}/completer, with If-Match: 204."""
        self._parts.desk.complete(self._order(call), call.headers.get("if-match"))
        return Response(status_code=204)

    def _route(self, path: str, method: str, role: str, handler: Callable[[Call], Response]) -> Route:
        return Route(path, guarded(self._parts, role, handler), methods=[method])

    def _shown(self, order: Order) -> dict[str, Any]:
        return self._parts.resources.order(order, _EVERYTHING, _EVERYTHING)

    def _order(self, call: Call) -> Order:
        text = call.path["order_id"]
        order = self._state.book.get(int(text)) if text.isdecimal() else None
        if order is None:
            raise Refusal(404)
        return order

    def _found(self, call: Call) -> list[Order]:
        state, rules = self._state, self._state.rules
        properties = order_properties(
            status_reliable=rules.flag("rql_status_reliable"), process_date=rules.flag("rql_process_date")
        )
        query = Query(properties, state.timestamps, case_sensitive=rules.flag("text_case_sensitive"))
        node = parsed(call, "rql", rql.parse if rules.flag("rql_alternatives") else rql.parse_plain)
        sort = parsed(call, "sort", query.sorter)
        matches = parsed(call, "rql", lambda _: query.matcher(node)) if node else None
        now = state.now()
        found = [
            order
            for order in candidates(node, state.book, state.timestamps)
            if (matches is None or matches(order)) and state.listed(order, now)
        ]
        (sort or query.sorter("readonly.orderid"))(found)
        return found


def parsed(call: Call, parameter: str, parse: Callable[[str], Read]) -> Read | None:
    """Return a query parameter, parsed; None if it is not given. Raises Refusal (400 NotParsable)."""
    text = call.params.get(parameter)
    if not text:
        return None
    try:
        return parse(text)
    except rql.RqlError as error:
        raise bad_query(parameter, str(error)) from error


def _details(call: Call, parameter: str, known: frozenset[str]) -> frozenset[str]:
    requested = frozenset(name.strip().lower() for name in call.params.get(parameter, "none").split(","))
    unknown = requested - known
    if unknown:
        raise bad_query(parameter, f"Values not supported: {', '.join(sorted(unknown))}", "ValueNotSupported")
    return requested
