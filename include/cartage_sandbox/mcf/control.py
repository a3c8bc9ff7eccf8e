"""The emulator's part of the control API: seeding, what happens at Amazon, and the oracle.

Orders are named by the id that the seller gave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.kernel.control import control_route
from cartage_sandbox.kernel.jsonwire import json_response, payload
from cartage_sandbox.mcf.data.model import Goods, JsonObject, Order
from cartage_sandbox.mcf.parts import SellerParts


class ControlApi:
    """Handlers under /_sandbox."""

    def __init__(self, parts: SellerParts) -> None:
        self._parts, self._state, self._floor = parts, parts.state, parts.floor

    def routes(self) -> list[BaseRoute]:
        """Return the routes, relative to /_sandbox."""
        return [
            control_route("/items", GET=self.list_items, POST=self.seed_items),
            control_route("/orders", GET=self.list_orders),
            control_route("/references", GET=self.count_references),
            control_route("/plan", POST=self.plan),
            control_route("/pick", POST=self.pick),
            control_route("/ship", POST=self.ship),
            control_route("/abandon", POST=self.abandon),
            control_route("/lose", POST=self.lose),
            control_route("/invalidate", POST=self.invalidate),
            control_route("/cancel", POST=self.cancel),
            control_route("/correct", POST=self.correct),
            control_route("/roles", POST=self.set_roles),
            control_route("/tokens", DELETE=self.revoke_tokens),
        ]

    async def list_items(self, request: Request) -> Response:
        """Return all SKUs with their stock."""
        return json_response({"items": [_goods(goods) for goods in self._state.goods.values()]})

    async def seed_items(self, request: Request) -> Response:
        """Add or change SKUs: [{"sku", "description", "qty", "unfulfillable", "inbound"}]."""
        given = await payload(request)
        rows = given if isinstance(given, list) else [given]
        with self._state.lock:
            for row in rows:
                self._state.put_goods(row)
        return json_response({"items": len(rows)}, 201)

    async def list_orders(self, request: Request) -> Response:
        """The oracle: return every order with its status, lines and packages."""
        with self._state.lock:
            self._floor.settle()
            return json_response({"orders": order_facts(list(self._state.orders.values()))})

    async def count_references(self, request: Request) -> Response:
        """The oracle of "exactly once": return how often each id was accepted."""
        return json_response(dict(self._state.accepted))

    async def plan(self, request: Request) -> Response:
        """Begin to plan: {"references" or "all"}."""
        orders = self._chosen(await payload(request))
        self._floor.plan(orders)
        return _facts(orders)

    async def pick(self, request: Request) -> Response:
        """Begin to pick a shipment, of all or some units: {"references" or "all", "quantities": {"MUG": 1}}."""
        body = await payload(request)
        orders = self._chosen(body)
        for order in orders:
            self._floor.pick(order, body.get("quantities"))
        return _facts(orders)

    async def ship(self, request: Request) -> Response:
        """Ship: {"references" or "all", "packages_per_order", "carrier", "pick": false for what is pending alone}."""
        body = await payload(request)
        shipped = self._floor.ship(
            self._chosen(body),
            packages=int(body.get("packages_per_order", 1)),
            carrier=body.get("carrier"),
            pick=bool(body.get("pick", True)),
        )
        return _facts(shipped)

    async def abandon(self, request: Request) -> Response:
        """Let the fulfillment centers give up pending shipments, which are replaced: {"references" or "all"}."""
        orders = self._chosen(await payload(request))
        for order in orders:
            self._floor.abandon(order)
        return _facts(orders)

    async def lose(self, request: Request) -> Response:
        """Find units missing: {"references" or "all", "quantities": {"MUG": 1}}."""
        body = await payload(request)
        orders = self._chosen(body)
        for order in orders:
            self._floor.lose(order, body["quantities"])
        return _facts(orders)

    async def invalidate(self, request: Request) -> Response:
        """Find accepted orders invalid: {"references" or "all"}."""
        orders = self._chosen(await payload(request))
        for order in orders:
            self._floor.invalidate(order)
        return _facts(orders)

    async def cancel(self, request: Request) -> Response:
        """Cancel orders as the seller does in Seller Central: {"references" or "all"}."""
        orders = self._chosen(await payload(request))
        self._floor.cancel(orders)
        return _facts(orders)

    async def correct(self, request: Request) -> Response:
        """Give the first package of each order another tracking number: {"references" or "all", "new"}."""
        body = await payload(request)
        orders = self._chosen(body)
        self._floor.correct(orders, body.get("new"))
        return _facts(orders)

    async def set_roles(self, request: Request) -> Response:
        """Set an application's roles: {"client_id", "roles": [...]}."""
        body = await payload(request)
        self._parts.login.set_roles(str(body["client_id"]), frozenset(body["roles"]))
        return json_response({"client_id": body["client_id"], "roles": sorted(body["roles"])})

    async def revoke_tokens(self, request: Request) -> Response:
        """Revoke every access token issued so far."""
        return json_response({"revoked": self._parts.login.revoke_all()})

    def _chosen(self, body: Mapping[str, Any]) -> list[Order]:
        self._floor.settle()
        return list(self._state.orders.values()) if body.get("all") else self._state.named(body["references"])


def order_facts(orders: Sequence[Order]) -> list[JsonObject]:
    """Return orders as the oracle reports them."""
    return [
        {
            "reference": order.seller_id,
            "status": order.status.value,
            "ship_to": order.document.get("destinationAddress"),
            "speed": order.document.get("shippingSpeedCategory"),
            "comment": order.document.get("displayableOrderComment"),
            "received_at": order.received_at,
            "status_at": order.status_at,
            "lines": [
                {
                    "sku": line.sku,
                    "qty": line.quantity,
                    "cancelled": line.cancelled,
                    "unfulfillable": line.unfulfillable,
                }
                for line in order.lines
            ],
            "packages": [
                {
                    "shipment_id": shipment.shipment_id,
                    "number": parcel.number,
                    "tracking_number": parcel.tracking,
                    "carrier": parcel.carrier,
                }
                for shipment in order.shipments
                for parcel in shipment.parcels
            ],
        }
        for order in orders
    ]


def _facts(orders: Sequence[Order]) -> Response:
    return json_response({"orders": order_facts(orders)})


def _goods(goods: Goods) -> JsonObject:
    return {
        "sku": goods.sku,
        "fn_sku": goods.fn_sku,
        "description": goods.name,
        "fulfillable": goods.fulfillable,
        "reserved": goods.reserved,
        "unfulfillable": goods.unfulfillable,
        "inbound": goods.inbound,
    }
