"""The Fulfillment Outbound API 2020-07-01: create, list, read and cancel orders, and previews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from starlette.routing import BaseRoute, Route

from cartage_sandbox.mcf.api.call import Call, Gate, Handler, PageTokens
from cartage_sandbox.mcf.data.model import JsonObject
from cartage_sandbox.mcf.data.state import MARKETPLACE_ID
from cartage_sandbox.mcf.operations.intake import address_faults, line_faults
from cartage_sandbox.mcf.operations.tokens import OUTBOUND
from cartage_sandbox.mcf.parts import SellerParts
from cartage_sandbox.mcf.wire.documents import order_document, order_head
from cartage_sandbox.mcf.wire.refusals import invalid

ROOT = "/fba/outbound/2020-07-01/fulfillmentOrders"
_SPEEDS = ("Standard", "Expedited", "Priority")


class OutboundApi:
    """Handlers of the fulfillment orders."""

    def __init__(self, parts: SellerParts, gate: Gate) -> None:
        self._parts, self._gate = parts, gate
        self._state = parts.state
        self._tokens = PageTokens(parts.state, "list_token_seconds")

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        by_id = f"{ROOT}/{{seller_id}}"
        return [
            self._route(f"{ROOT}/preview", "POST", "getFulfillmentPreview", self.preview),
            self._route(ROOT, "POST", "createFulfillmentOrder", self.create),
            self._route(ROOT, "GET", "listAllFulfillmentOrders", self.list_orders),
            self._route(f"{by_id}/cancel", "PUT", "cancelFulfillmentOrder", self.cancel),
            self._route(by_id, "GET", "getFulfillmentOrder", self.read),
        ]

    def create(self, call: Call) -> JsonObject:
        """Accept an order: a success of createFulfillmentOrder says nothing about the order."""
        self._parts.desk.create(call.body)
        return {}

    def read(self, call: Call) -> JsonObject:
        """Show everything about an order: getFulfillmentOrder."""
        order = self._parts.desk.read(call.path["seller_id"])
        return {"payload": order_document(order, self._state.rules)}

    def cancel(self, call: Call) -> JsonObject:
        """Accept a cancel: a success of cancelFulfillmentOrder does not say that the order is cancelled."""
        self._parts.desk.cancel(self._parts.desk.read(call.path["seller_id"]))
        return {}

    def list_orders(self, call: Call) -> JsonObject:
        """List what changed its status at or after queryStartDate, page by page: listAllFulfillmentOrders."""
        rules = self._state.rules
        since, last = call.moment("queryStartDate"), None
        if token := call.params.get("nextToken"):
            last, query = self._tokens.read(token)
            since = datetime.fromisoformat(query["since"]) if query["since"] else None
        newest_first = rules.text("list_order") == "descending"
        found = sorted(self._state.changed_since(since), key=lambda order: order.place, reverse=newest_first)
        if last is not None:
            found = [order for order in found if (order.place < last if newest_first else order.place > last)]
        page = found[: rules.integer("list_page_size")]
        listed: JsonObject = {"fulfillmentOrders": [order_head(order, rules) for order in page]}
        if len(found) > len(page):
            listed["nextToken"] = self._tokens.issue(page[-1].place, since=since.isoformat() if since else "")
        return {"payload": listed}

    def preview(self, call: Call) -> JsonObject:
        """Say by speed whether the items could ship now, and keep nothing: getFulfillmentPreview."""
        posted = call.body if isinstance(call.body, dict) else {}
        skus = {str(item.get("sellerSku")) for item in posted.get("items") or [] if isinstance(item, dict)}
        faults = [
            *address_faults(posted.get("address"), "address"),
            *line_faults(posted.get("items"), skus),
        ]
        if posted.get("marketplaceId", MARKETPLACE_ID) != MARKETPLACE_ID:
            faults.append("Value for parameter marketplaceId is invalid.")
        if faults:
            raise invalid(*faults)
        speeds = posted.get("shippingSpeedCategories") or _SPEEDS
        return {
            "payload": {"fulfillmentPreviews": [self._preview(speed, posted["items"]) for speed in speeds]}
        }

    def _preview(self, speed: str, items: Sequence[dict[str, Any]]) -> JsonObject:
        late = speed != "Standard" and self._state.rules.text("speeds") == "standard"
        missing = list(self._missing(items))
        shown: JsonObject = {
            "shippingSpeedCategory": speed,
            "isFulfillable": not late and not missing,
            "isCODCapable": False,
            "marketplaceId": MARKETPLACE_ID,
        }
        if missing:
            shown["unfulfillablePreviewItems"] = missing
        if late:
            shown["orderUnfulfillableReasons"] = ["DeliverySLAUnavailable"]
        return shown

    def _missing(self, items: Sequence[dict[str, Any]]) -> Iterator[JsonObject]:
        for item in items:
            goods = self._state.goods.get(item["sellerSku"])
            if goods is None or goods.fulfillable < item["quantity"]:
                reason = "InvalidSKU" if goods is None else "InsufficientInventory"
                kept = ("sellerSku", "quantity", "sellerFulfillmentOrderItemId")
                yield {**{name: item[name] for name in kept}, "itemUnfulfillableReasons": [reason]}

    def _route(self, path: str, method: str, operation: str, handler: Handler) -> Route:
        return Route(path, self._gate.endpoint(operation, OUTBOUND, handler), methods=[method])
