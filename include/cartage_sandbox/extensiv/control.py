"""The Extensiv emulator's part of the control API: seeding, the warehouse floor, and the oracle.

Orders are named by the reference that a client sent, or by the one that a split gave them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.extensiv.data.catalogue import DEFAULT_CUSTOMER_ID
from cartage_sandbox.extensiv.data.model import Item, Order
from cartage_sandbox.extensiv.data.stock import set_stock
from cartage_sandbox.extensiv.parts import WarehouseParts
from cartage_sandbox.kernel.control import control_route
from cartage_sandbox.kernel.jsonwire import json_response, payload


class ControlApi:
    """Handlers under /_sandbox."""

    def __init__(self, parts: WarehouseParts) -> None:
        self._parts = parts
        self._state = parts.state
        self._floor = parts.floor

    def routes(self) -> list[BaseRoute]:
        """Return the routes, relative to /_sandbox."""
        return [
            control_route("/items", GET=self.list_items, POST=self.seed_items),
            control_route("/customers", POST=self.seed_customers),
            control_route("/carriers", POST=self.seed_carriers),
            control_route("/stock", POST=self.change_stock),
            control_route("/orders", GET=self.list_orders),
            control_route("/references", GET=self.count_references),
            control_route("/ship", POST=self.ship),
            control_route("/pick", POST=self.pick),
            control_route("/load_out", POST=self.load_out),
            control_route("/void", POST=self.void),
            control_route("/correct", POST=self.correct),
            control_route("/split", POST=self.split),
            control_route("/cancel", POST=self.cancel),
            control_route("/roles", POST=self.set_roles),
            control_route("/tokens", DELETE=self.revoke_tokens),
        ]

    async def list_items(self, request: Request) -> Response:
        """Return all items with their stock."""
        return json_response({"items": [_item(item) for item in self._state.catalogue.items()]})

    async def seed_items(self, request: Request) -> Response:
        """Add or change items: [{"sku", "description", "qty", "upc", "active", "customer_id"}]."""
        rows = _rows(await payload(request))
        with self._state.lock:
            for row in rows:
                self._state.catalogue.put_item(row, self._state.now())
        return json_response({"items": len(rows)}, 201)

    async def seed_customers(self, request: Request) -> Response:
        """Add customers: [{"id", "name", "external_id"}]."""
        rows = _rows(await payload(request))
        for row in rows:
            self._state.catalogue.put_customer(row)
        return json_response({"customers": len(rows)}, 201)

    async def seed_carriers(self, request: Request) -> Response:
        """Replace carriers: [{"name", "scac", "services": [{"code", "description"}], "billing_codes", ...}]."""
        rows = _rows(await payload(request))
        self._state.catalogue.put_carriers(rows)
        return json_response({"carriers": len(rows)}, 201)

    async def change_stock(self, request: Request) -> Response:
        """Set stock: [{"sku", "on_hand", "on_hold", "add", "customer_id"}]."""
        rows = _rows(await payload(request))
        with self._state.lock:
            for row in rows:
                item = self._state.item(int(row.get("customer_id", DEFAULT_CUSTOMER_ID)), str(row["sku"]))
                if item is None:
                    raise KeyError(row["sku"])
                set_stock(item, row, self._state.now())
        return json_response({"stock": len(rows)})

    async def list_orders(self, request: Request) -> Response:
        """The oracle: return every order with reference, state, lines and packages."""
        self._floor.settle()
        return json_response({"orders": [order_facts(order) for order in self._state.book]})

    async def count_references(self, request: Request) -> Response:
        """The oracle of "exactly once": return how often each reference was accepted."""
        return json_response(dict(self._state.accepted))

    async def ship(self, request: Request) -> Response:
        """Ship: {"references": [...] or "all": true, "packages_per_order", "carrier", "confirm"}."""
        body = await payload(request)
        shipped = self._floor.ship(
            self._chosen(body),
            packages=int(body.get("packages_per_order", 1)),
            carrier=body.get("carrier"),
            confirm=bool(body.get("confirm", True)),
        )
        return _facts(shipped)

    async def pick(self, request: Request) -> Response:
        """Change what ships: {"references", "quantities": {"MUG": 1}, "instead": {"TEA": "COFFEE"}}."""
        body = await payload(request)
        quantities = {sku: Decimal(str(qty)) for sku, qty in body.get("quantities", {}).items()}
        orders = self._chosen(body)
        for order in orders:
            self._floor.pick(order, quantities, body.get("instead"))
        return _facts(orders)

    async def load_out(self, request: Request) -> Response:
        """Hand shipped orders over to the carrier: {"references" or "all"}."""
        return _facts(self._floor.load_out(self._chosen(await payload(request))))

    async def void(self, request: Request) -> Response:
        """Remove packages: {"references" or "all", "reopen"}."""
        body = await payload(request)
        return _facts(self._floor.void(self._chosen(body), reopen=bool(body.get("reopen", False))))

    async def correct(self, request: Request) -> Response:
        """Replace a tracking number: {"references" or "all", "old", "new"}."""
        body = await payload(request)
        return _facts(self._floor.correct(self._chosen(body), str(body["old"]), body.get("new")))

    async def split(self, request: Request) -> Response:
        """Split orders: {"references" or "all", "parts"}."""
        body = await payload(request)
        parts = int(body.get("parts", 2))
        made = [each for order in self._chosen(body) for each in self._floor.split(order, parts)]
        return _facts(made)

    async def cancel(self, request: Request) -> Response:
        """Cancel open orders as the warehouse itself: {"references" or "all", "reason"}."""
        body = await payload(request)
        wanted = {"reason": body.get("reason", "Cancelled by the warehouse")}
        orders = self._chosen(body)
        for order in orders:
            self._parts.desk.cancel(order, order.etag, wanted)
        return _facts(orders)

    async def set_roles(self, request: Request) -> Response:
        """Set a credential's roles: {"client_id", "roles": [...]}."""
        body = await payload(request)
        self._parts.tokens.set_roles(str(body["client_id"]), frozenset(body["roles"]))
        return json_response({"client_id": body["client_id"], "roles": sorted(body["roles"])})

    async def revoke_tokens(self, request: Request) -> Response:
        """Revoke every token issued so far."""
        return json_response({"revoked": self._parts.tokens.revoke_all()})

    def _chosen(self, body: Mapping[str, Any]) -> list[Order]:
        self._floor.settle()
        if body.get("all"):
            return list(self._state.book)
        references = body["references"]
        found = self._floor.named(references)
        known = {name.casefold() for order in found for name in (order.reference, order.accepted_as)}
        missing = [reference for reference in references if reference.casefold() not in known]
        if missing:
            raise KeyError(f"no order with reference {', '.join(missing)}")
        return found


def order_facts(order: Order) -> dict[str, Any]:
    """Return an order as the oracle reports it."""
    return {
        "order_id": order.order_id,
        "reference": order.reference,
        "accepted_as": order.accepted_as,
        "parent_id": order.parent_id,
        "customer_id": order.customer.id,
        "state": order.status.name.lower(),
        "po_num": order.document.get("poNum"),
        "routing": order.document.get("routingInfo"),
        "ship_to": order.document.get("shipTo"),
        "created_at": order.created_at,
        "modified_at": order.modified_at,
        "shipped_at": order.processed_at,
        "incomplete": order.incomplete,
        "lines": [{"sku": line.item.sku, "qty": line.qty} for line in order.lines],
        "packages": [
            {
                "package_id": package.package_id,
                "tracking_number": package.tracking_number,
                "carrier": package.carrier,
                "contents": [{"sku": each.line.item.sku, "qty": each.qty} for each in package.contents],
            }
            for package in order.packages
        ],
    }


def _facts(orders: list[Order]) -> Response:
    return json_response({"orders": [order_facts(order) for order in orders]})


def _item(item: Item) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "customer_id": item.customer_id,
        "description": item.description,
        "on_hand": item.on_hand,
        "on_hold": item.on_hold,
        "allocated": item.allocated,
        "available": item.available,
        "active": not item.deactivated,
    }


def _rows(given: Any) -> list[Mapping[str, Any]]:
    return given if isinstance(given, list) else [given]
