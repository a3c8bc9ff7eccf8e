"""The resources of orders and shipments: create, list, read, cancel, mark as synced.

It parses and renders; `OrderDesk` decides what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.shipbob.api.call import Call, guarded
from cartage_sandbox.shipbob.data.model import SHIPPED, Order, Shipment
from cartage_sandbox.shipbob.parts import ShipBobParts
from cartage_sandbox.shipbob.wire.errors import Refusal, bad_query

_SORTS = {"oldest": False, "newest": True}


class OrdersApi:
    """Handlers of /order and /shipment."""

    def __init__(self, parts: ShipBobParts) -> None:
        self._parts = parts
        self._state = parts.state

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        parts = self._parts
        return [
            guarded(parts, "/order", "POST", "orders_write", self.create),
            guarded(parts, "/order", "GET", "orders_read", self.list_orders),
            guarded(parts, "/order/{order_id:int}:cancel", "POST", "orders_write", self.cancel),
            guarded(parts, "/order/{order_id}", "GET", "orders_read", self.read),
            guarded(parts, "/shipment:batchUpdateTrackingUpload", "POST", "orders_write", self.mark),
        ]

    def create(self, call: Call) -> Response:
        """POST /order: 201."""
        channel = call.channel(required=True)
        if channel is None or "orders_write" not in channel.scopes:
            raise Refusal(403)
        order = self._parts.desk.create(call.body, channel)
        return call.response(self._parts.resources.order(order), 201)

    def list_orders(self, call: Call) -> Response:
        """GET /order: all filters must match."""
        now = self._state.now()
        filters = list(self._filters(call))
        found = [
            order
            for order in self._candidates(call)
            if self._state.is_listed(order, now) and all(matches(order) for matches in filters)
        ]
        by_change = self._state.rules.text("order_sort") == "updated"
        found.sort(key=lambda order: (order.updated_at if by_change else order.created_at, order.id))
        if _SORTS.get(call.params.get("SortOrder", "newest").casefold(), True):
            found.reverse()
        return call.numbered_page(found, self._parts.resources.order)

    def read(self, call: Call) -> Response:
        """GET /order/{id}."""
        order = self._order(call)
        channel = call.channel()
        if channel is not None and channel.id != order.channel.id:
            raise Refusal(404)
        return call.response(self._parts.resources.order(order))

    def cancel(self, call: Call) -> Response:
        """POST /order/{id}:cancel."""
        order = self._order(call)
        done = self._parts.desk.cancel(order)
        return call.response(
            {
                "order_id": order.id,
                "order": self._parts.resources.order(order),
                "status": done["status"],
                "canceled_shipment_results": done["results"],
            }
        )

    def mark(self, call: Call) -> Response:
        """POST /shipment:batchUpdateTrackingUpload."""
        body = call.body if isinstance(call.body, dict) else {}
        shipments = {each.id: each for order in self._state.orders.values() for each in order.shipments}
        results = []
        for number in body.get("shipment_ids") or ():
            shipment = shipments.get(number)
            missing = {"code": "NotFound", "message": "There is no such shipment."}
            error = {} if shipment else {"error": missing}
            if shipment:
                self._mark(shipment, uploaded=bool(body.get("is_tracking_uploaded")))
            results.append({"shipmentId": number, "isSuccess": shipment is not None, **error})
        done = sum(result["isSuccess"] is True for result in results)
        summary = {"total": len(results), "successful": done, "failed": len(results) - done}
        return call.response({"results": results, "summary": summary})

    def _mark(self, shipment: Shipment, *, uploaded: bool) -> None:
        shipment.uploaded = uploaded
        if self._state.rules.flag("upload_counts_as_change"):
            shipment.updated_at = shipment.order.updated_at = self._state.now()
        self._state.journal.record_effect("shipment.marked", str(shipment.id), {"uploaded": uploaded})

    def _order(self, call: Call) -> Order:
        text = str(call.path["order_id"])
        order = self._state.orders.get(int(text)) if text.isdecimal() else None
        if order is None:
            raise Refusal(404)
        return order

    def _candidates(self, call: Call) -> list[Order]:
        """Return the orders with the given references, or all."""
        references = call.listed("ReferenceIds")
        if references is None:
            return list(self._state.orders.values())
        found = (order for reference in references for order in self._state.with_reference(reference))
        return list({order.id: order for order in found}.values())

    def _filters(self, call: Call) -> Iterator[Callable[[Order], bool]]:
        channel = call.channel()
        if channel is not None:
            yield lambda order: order.channel.id == channel.id
        ids = call.listed("IDs")
        if ids is not None:
            if not all(each.isdecimal() for each in ids):
                raise bad_query("IDs", "The value is not a list of numbers.")
            numbers = set(map(int, ids))
            yield lambda order: order.id in numbers
        for name, value in (("StartDate", call.instant("StartDate")), ("EndDate", call.instant("EndDate"))):
            if value is not None:
                yield _between(lambda order: order.created_at, value, start=name == "StartDate")
        for name in ("LastUpdateStartDate", "LastUpdateEndDate"):
            limit = call.instant(name)
            if limit is not None:
                yield _between(lambda order: order.updated_at, limit, start=name == "LastUpdateStartDate")
        tracked = call.params.get("HasTracking")
        if tracked is not None:
            yield lambda order: any(_is_tracked(each) for each in order.shipments) == (tracked == "true")
        uploaded = call.params.get("IsTrackingUploaded")
        if uploaded is not None:
            yield lambda order: _is_uploaded(order) == (uploaded == "true")


def _between(at: Callable[[Order], datetime], limit: datetime, *, start: bool) -> Callable[[Order], bool]:
    def is_in(order: Order) -> bool:
        moment = at(order)
        return moment >= limit if start else moment <= limit

    return is_in


def _is_tracked(shipment: Shipment) -> bool:
    return shipment.status in SHIPPED and shipment.tracking_number is not None


def _is_uploaded(order: Order) -> bool:
    tracked = [shipment for shipment in order.shipments if _is_tracked(shipment)]
    return bool(tracked) and all(shipment.uploaded for shipment in tracked)
