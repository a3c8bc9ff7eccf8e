"""The resources of products, stock, channels, locations and shipping methods."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from cartage_sandbox.shipbob.api.call import Call, guarded
from cartage_sandbox.shipbob.data.model import Item, JsonObject
from cartage_sandbox.shipbob.parts import ShipBobParts
from cartage_sandbox.shipbob.wire.resources import channel_shown, method_shown


class CatalogueApi:
    """Handlers of /product, /inventory-level, /channel, /location and /shipping-method."""

    def __init__(self, parts: ShipBobParts) -> None:
        self._parts = parts
        self._state = parts.state

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        parts = self._parts
        return [
            guarded(parts, "/product", "GET", "products_read", self.products),
            guarded(parts, "/inventory-level", "GET", "inventory_read", self.levels),
            guarded(parts, "/inventory-level/locations", "GET", "inventory_read", self.levels_at),
            guarded(parts, "/channel", "GET", "channels_read", self.channels),
            guarded(parts, "/location", "GET", "locations_read", self.locations),
            guarded(parts, "/shipping-method", "GET", "orders_read", self.methods),
        ]

    def products(self, call: Call) -> Response:
        """GET /product: SKU, SellerSKU, VariantId."""
        found = self._state.items
        if sku := call.params.get("SKU"):
            found = [item for item in found if self._has(item.sku, sku)]
        if sku := call.params.get("SellerSKU"):
            found = [
                item for item in found if any(self._has(each, sku) for each in item.seller_skus.values())
            ]
        if number := call.params.get("VariantId"):
            found = [item for item in found if str(item.variant_id) == number]
        return call.linked_page(found, self._product)

    def levels(self, call: Call) -> Response:
        """GET /inventory-level: SearchBy."""
        return call.linked_page(self._stocked(call), self._parts.resources.level)

    def levels_at(self, call: Call) -> Response:
        """GET /inventory-level/locations: SearchBy, LocationId."""
        location = call.number("LocationId", 0) or None
        return call.linked_page(
            self._stocked(call), lambda item: self._parts.resources.level_at(item, location)
        )

    def channels(self, call: Call) -> Response:
        """GET /channel."""
        return call.linked_page(list(self._state.channels.values()), channel_shown, "RecordsPerPage")

    def locations(self, call: Call) -> Response:
        """GET /location: an array without pages."""
        return call.response(self._parts.resources.locations())

    def methods(self, call: Call) -> Response:
        """GET /shipping-method, whose pages may begin with 0."""
        first = self._state.rules.integer("method_pages_from")
        rows = sorted(self._state.methods.items())
        return call.numbered_page(rows, lambda row: method_shown(*row), first=first, least=0)

    def _product(self, item: Item) -> JsonObject:
        bundles = [bundle for bundle in self._state.items if item in dict(bundle.parts)]
        return self._parts.resources.product(item, bundles)

    def _stocked(self, call: Call) -> list[Item]:
        wanted = call.params.get("SearchBy", "").casefold()
        return [
            item
            for item in self._state.items
            if not item.parts and (not wanted or wanted in f"{item.sku} {item.name}".casefold())
        ]

    def _has(self, sku: str, wanted: str) -> bool:
        folded, text = sku.casefold(), wanted.casefold()
        return text in folded if self._state.rules.text("sku_filter") == "part" else folded == text
