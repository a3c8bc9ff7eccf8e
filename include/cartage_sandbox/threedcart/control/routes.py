"""The emulated store's part of the control API: seeding, a person's edits, tokens, the actual state.

It needs no credentials, is not throttled, and leaves no request in the journal.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.kernel.control import control_route
from cartage_sandbox.kernel.jsonwire import json_response, payload
from cartage_sandbox.threedcart.control.admin import Admin
from cartage_sandbox.threedcart.control.interventions import Interventions
from cartage_sandbox.threedcart.control.oracle import DEFAULT_FIELDS, described, overview
from cartage_sandbox.threedcart.control.population import Population, Wanted
from cartage_sandbox.threedcart.data.checkout import Checkout, OutOfStock
from cartage_sandbox.threedcart.data.credentials import Credentials
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire.messages import encode

_DEFAULT_ORDERS = 300
_DEFAULT_SPAN = timedelta(days=7)


class StoreControl:
    """The handlers. Each works on the state under its lock."""

    def __init__(
        self,
        state: StoreState,
        credentials: Credentials,
        admin: Admin,
        interventions: Interventions,
        population: Population,
    ) -> None:
        self._state, self._credentials, self._admin = state, credentials, admin
        self._interventions, self._population = interventions, population

    def routes(self) -> list[BaseRoute]:
        """Return the routes, relative to /_sandbox."""
        return [
            control_route("/orders", GET=self.list_orders, POST=self.place_orders),
            control_route("/orders/{order_id:int}", GET=self.get_order, POST=self.edit_order),
            control_route("/literals", POST=self.place_literals),
            control_route("/generate", POST=self.generate),
            control_route("/products", POST=self.stock_products),
            control_route("/checkout", POST=self.check_out),
            control_route("/products/{catalog_id:int}/rebuild", POST=self.rebuild_options),
            control_route("/statuses/{status_id:int}", POST=self.relabel_status, DELETE=self.remove_status),
            control_route("/tokens", GET=self.list_tokens, POST=self.change_token),
            control_route("/interventions", POST=self.arm, DELETE=self.disarm),
            control_route("/effects", GET=self.effects, DELETE=self.clear_effects),
        ]

    async def list_orders(self, request: Request) -> Response:
        """Return every order's actual state, with some fields: ?fields=OrderID,OrderStatusID,TrackingCodes."""
        fields = [each for each in request.query_params.get("fields", "").split(",") if each]
        with self._state.lock:
            return json_response(overview(self._state, fields or DEFAULT_FIELDS))

    async def place_orders(self, request: Request) -> Response:
        """Store a list of orders, completed where they leave something out, or {"orders", "raw": true}."""
        body = await payload(request)
        raw = isinstance(body, dict) and bool(body.get("raw"))
        entries: Sequence[Any] = body["orders"] if isinstance(body, dict) else body
        with self._state.lock:
            return json_response({"ids": [self._state.place(each, fill=not raw) for each in entries]}, 201)

    async def place_literals(self, request: Request) -> Response:
        """Store texts, or {"base64": ...}, that are served byte for byte in place of orders."""
        texts = [
            base64.b64decode(each["base64"]) if isinstance(each, dict) else each.encode()
            for each in await payload(request)
        ]
        with self._state.lock:
            return json_response({"ids": [self._state.place_literal(each) for each in texts]}, 201)

    async def get_order(self, request: Request) -> Response:
        """Return the actual state of an order, unpadded, with its kind and the API's writes to it."""
        with self._state.lock:
            return Response(encode(described(self._state, request.path_params["order_id"])))

    async def edit_order(self, request: Request) -> Response:
        """Edit as a person: {"set": {...}, "shipments": {"0": {...}}, "items": {"90211": {...}}}."""
        body, order_id = await payload(request), request.path_params["order_id"]
        with self._state.lock:
            self._admin.edit(order_id, body.get("set", {}), body.get("shipments"), body.get("items"))
            return Response(encode(described(self._state, order_id)))

    async def generate(self, request: Request) -> Response:
        """Generate {"seed", "orders", "start", "end", "mix", "products"}. Return the ids by kind."""
        body = await payload(request)
        now = self._state.clock.now()
        end = _instant(body["end"]) if "end" in body else now
        wanted = Wanted(
            seed=int(body.get("seed", 1)),
            orders=int(body.get("orders", _DEFAULT_ORDERS)),
            start=_instant(body["start"]) if "start" in body else end - _DEFAULT_SPAN,
            end=end,
            mix=body.get("mix"),
            products=int(body.get("products", 0)),
        )
        with self._state.lock:
            return json_response(self._population.grow(wanted), 201)

    async def stock_products(self, request: Request) -> Response:
        """Add or replace products: a list, completed where they leave something out."""
        given = await payload(request)
        with self._state.lock:
            return json_response({"ids": self._state.stock(given)}, 201)

    async def check_out(self, request: Request) -> Response:
        """Buy {"lines": [{"catalog_id", "sku", "quantity"}], "order": {...}}; 409 if the store does not sell it."""
        body = await payload(request)
        with self._state.lock:
            try:
                order_id = Checkout(self._state).buy(body["lines"], body.get("order"))
            except OutOfStock as refusal:
                return json_response({"refused": str(refusal)}, 409)
        return json_response({"order_id": order_id}, 201)

    async def rebuild_options(self, request: Request) -> Response:
        """Renumber a product's options. Return the new codes by the old ones."""
        with self._state.lock:
            return json_response(
                {"codes": self._state.goods.rebuild_options(request.path_params["catalog_id"])}
            )

    async def relabel_status(self, request: Request) -> Response:
        """Change a status's label or visibility: {"text": ..., "visible": ...}."""
        body = await payload(request)
        with self._state.lock:
            row = self._state.statuses.relabel(
                request.path_params["status_id"], body.get("text"), body.get("visible")
            )
            return json_response(row)

    async def remove_status(self, request: Request) -> Response:
        """Remove a status from the store's list."""
        with self._state.lock:
            self._state.statuses.remove(request.path_params["status_id"])
            return json_response({})

    async def list_tokens(self, request: Request) -> Response:
        """Return the valid tokens with their scopes."""
        return json_response({"tokens": self._credentials.tokens})

    async def change_token(self, request: Request) -> Response:
        """Grant {"token", "scope": {"*": "write", "orders": "read"}}, or revoke {"token", "scope": null}."""
        body = await payload(request)
        if body["scope"] is None:
            self._credentials.revoke(body["token"])
        else:
            self._credentials.grant(body["token"], body["scope"])
        return await self.list_tokens(request)

    async def arm(self, request: Request) -> Response:
        """Arm {"route", "nth", "moment", "edits": [{"order_id", "changes"}], "place": [...]}, or several."""
        body = await payload(request)
        with self._state.lock:
            for each in body if isinstance(body, list) else [body]:
                self._interventions.arm(each)
        return json_response({}, 201)

    async def disarm(self, request: Request) -> Response:
        """Disarm all interventions."""
        self._interventions.clear()
        return json_response({})

    async def effects(self, request: Request) -> Response:
        """Return how often the API wrote each order's status and tracking."""
        with self._state.lock:
            return json_response({"orders": self._state.effects.summary()})

    async def clear_effects(self, request: Request) -> Response:
        """Reset the counts."""
        with self._state.lock:
            self._state.effects.clear()
        return json_response({})


def _instant(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
