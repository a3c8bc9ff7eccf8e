"""The ShipBob emulator's part of the control API: seeding, the fulfillment centres, and the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.kernel.control import control_route
from cartage_sandbox.kernel.jsonwire import json_response, payload
from cartage_sandbox.shipbob.data.model import Detail, Item, Order, Status
from cartage_sandbox.shipbob.parts import ShipBobParts


class ShipBobControl:
    """Handlers under /_sandbox."""

    def __init__(self, parts: ShipBobParts) -> None:
        self._parts = parts
        self._state = parts.state
        self._floor = parts.floor

    def routes(self) -> list[BaseRoute]:
        """Return the routes, relative to /_sandbox."""
        return [
            control_route("/items", GET=self.list_items, POST=self.seed_items),
            control_route("/orders", GET=self.list_orders),
            control_route("/references", GET=self.count_references),
            control_route("/ship", POST=self.ship),
            control_route("/hand_over", POST=self.hand_over),
            control_route("/split", POST=self.split),
            control_route("/void", POST=self.void),
            control_route("/correct", POST=self.correct),
            control_route("/cancel", POST=self.cancel),
            control_route("/trouble", POST=self.trouble),
            control_route("/scopes", POST=self.set_scopes),
            control_route("/tokens", DELETE=self.revoke_tokens),
        ]

    async def list_items(self, request: Request) -> Response:
        """Return all items with their stock."""
        return json_response({"items": [_item(item) for item in self._state.items]})

    async def seed_items(self, request: Request) -> Response:
        """Add or change items: [{"sku", "name", "quantity", "active", "seller_sku", "parts": {"MUG": 2}}]."""
        given = await payload(request)
        rows = given if isinstance(given, list) else [given]
        with self._state.lock:
            for row in rows:
                self._state.put_item(row)
            self._floor.settle()
        return json_response({"items": len(rows)}, 201)

    async def list_orders(self, request: Request) -> Response:
        """The oracle: return every order with reference, state, lines and shipments."""
        self._floor.settle()
        return json_response({"orders": [order_facts(order) for order in self._state.orders.values()]})

    async def count_references(self, request: Request) -> Response:
        """The oracle of "exactly once": return how often an order of each reference was accepted."""
        return json_response(dict(self._state.accepted))

    async def ship(self, request: Request) -> Response:
        """Ship: {"references": [...] or "all": true, "packages_per_order", "carrier"}."""
        body = await payload(request)
        carrier = {"carrier": str(body["carrier"])} if body.get("carrier") else {}
        packages = int(body.get("packages_per_order", 1))
        return _facts(self._floor.ship(self._chosen(body), packages=packages, **carrier))

    async def hand_over(self, request: Request) -> Response:
        """Hand labelled shipments over to the carrier: {"references" or "all"}."""
        return _facts(self._floor.hand_over(self._chosen(await payload(request))))

    async def split(self, request: Request) -> Response:
        """Divide open shipments: {"references" or "all", "parts"}."""
        body = await payload(request)
        orders = self._chosen(body)
        for order in orders:
            self._floor.split(order, int(body.get("parts", 2)))
        return _facts(orders)

    async def void(self, request: Request) -> Response:
        """Void labels: {"references" or "all"}."""
        return _facts(self._floor.void(self._chosen(await payload(request))))

    async def correct(self, request: Request) -> Response:
        """Give shipped shipments other tracking numbers: {"references" or "all"}."""
        return _facts(self._floor.correct(self._chosen(await payload(request))))

    async def cancel(self, request: Request) -> Response:
        """Cancel open shipments as ShipBob itself: {"references" or "all"}."""
        return _facts(self._floor.cancel(self._chosen(await payload(request))))

    async def trouble(self, request: Request) -> Response:
        """Give open shipments another status: {"references" or "all", "status", "details": [{"name"}, ...]}."""
        body = await payload(request)
        details = [Detail(**detail) for detail in body.get("details", ())]
        return _facts(self._floor.trouble(self._chosen(body), Status(body["status"]), details))

    async def set_scopes(self, request: Request) -> Response:
        """Set what a personal access token may do: {"token", "scopes": [...]}."""
        body = await payload(request)
        self._parts.tokens.set_scopes(str(body["token"]), frozenset(body["scopes"]))
        return json_response({"scopes": sorted(body["scopes"])})

    async def revoke_tokens(self, request: Request) -> Response:
        """Revoke every access token of an application."""
        return json_response({"revoked": self._parts.tokens.revoke_all()})

    def _chosen(self, body: Mapping[str, Any]) -> list[Order]:
        self._floor.settle()
        if body.get("all"):
            return list(self._state.orders.values())
        chosen = []
        for reference in body["references"]:
            found = self._state.with_reference(reference)
            if not found:
                raise KeyError(f"no order with reference {reference}")
            chosen += found
        return chosen


def order_facts(order: Order) -> dict[str, Any]:
    """Return an order as the oracle reports it."""
    return {
        "order_id": order.id,
        "reference": order.reference,
        "channel_id": order.channel.id,
        "status": order.status,
        "order_number": order.document.get("order_number"),
        "shipping_method": order.document.get("shipping_method"),
        "recipient": order.document.get("recipient"),
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "lines": [{"sku": line.item.sku, "qty": line.quantity} for line in order.lines],
        "shipments": [
            {
                "shipment_id": shipment.id,
                "status": shipment.status.value,
                "tracking_number": shipment.tracking_number,
                "uploaded": shipment.uploaded,
                "contents": [{"sku": line.item.sku, "qty": qty} for line, qty in shipment.contents],
            }
            for shipment in order.shipments
        ],
    }


def _facts(orders: list[Order]) -> Response:
    return json_response({"orders": [order_facts(order) for order in orders]})


def _item(item: Item) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "name": item.name,
        "status": item.status,
        "on_hand": item.on_hand,
        "committed": item.committed,
        "lacking": item.lacking,
        "parts": {part.sku: quantity for part, quantity in item.parts},
    }
