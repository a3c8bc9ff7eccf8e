"""Read the account's stock, catalogue and shipping methods. A row that cannot be read is named, and stops no other.

Lists are read whole and filtered here: what the filters of products and stock match (parts of names, letter case) is
not documented.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from cartage.model.orders import ShipMethod
from cartage.model.skus import folded
from cartage.warehouses.api.rows import unreadable_row
from cartage.warehouses.contract import ItemPage
from cartage.warehouses.listed import CatalogueItem, StockLevel
from cartage.warehouses.shipbob import translate, wire
from cartage.warehouses.shipbob.client import RowsPage, ShipBobClient
from cartage.warehouses.shipbob.products import Products, is_active
from cartage.warehouses.shipbob.settings import ProductReference, ShipBobSettings, StockFigure
from cartage.warehouses.unreadable import RowKind, UnreadableRow

_STOCK = "/inventory-level"
_STOCK_AT = "/inventory-level/locations"
SHIPPING_METHODS = "/shipping-method"
_PAGE_SIZE = 250
# Orders have no carrier: ShipBob chooses one for the name of a shipping method.
CARRIER = "ShipBob"
_ITEM = ("variants", "variants[].sku", "variants[].status")
_LEVEL = ("sku", "total_on_hand_quantity", "total_committed_quantity")
_METHOD = ("name", "active")


class Lists:
    """The lists of one account, besides orders."""

    def __init__(self, client: ShipBobClient, settings: ShipBobSettings, products: Products) -> None:
        self._client, self._settings, self._products = client, settings, products

    def items(self, skus: Collection[str] | None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield what orders can name, as ShipBob spells it: the whole catalogue, or the items with the given SKUs."""
        if skus is not None and not skus:
            return
        wanted = None if skus is None else set(map(folded, skus))
        own = ("variants[].channel_metadata",) if self._names_channel else ()
        for page in self._products.pages():
            found: list[CatalogueItem] = []
            unreadable: list[UnreadableRow] = []
            for row in page.rows:
                if faults := row.faults_in((*_ITEM, *own)):
                    unreadable.append(unreadable_row(RowKind.ITEM, row, faults, ""))
                found += self._items_of(row.value, wanted)
            yield ItemPage(tuple(found), unreadable=tuple(unreadable))

    def inventory(self, skus: Collection[str] | None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock. The rows of a SKU are added up, so pages follow the last read.

        All levels are as old as the oldest response behind them. A SKU with a row that cannot be read has no level:
        half of its stock would be a wrong figure.
        """
        if skus is not None and not skus:
            return
        levels: dict[str, StockLevel] = {}
        unreadable: list[UnreadableRow] = []
        made: list[datetime] = []
        location = self._settings.location_id
        if location is None:
            for page in self._client.linked_pages(_STOCK, wire.InventoryLevel, {"PageSize": _PAGE_SIZE}):
                made += [page.made_at] if page.made_at else []
                self._add_levels(page, levels, unreadable)
        else:
            query = {"PageSize": _PAGE_SIZE, "LocationId": location}
            for places in self._client.linked_pages(_STOCK_AT, wire.InventoryPlaces, query):
                made += [places.made_at] if places.made_at else []
                self._add_places(places, str(location), levels, unreadable)
        for odd in unreadable:
            levels.pop(odd.name, None)
        wanted = None if skus is None else set(map(folded, skus))
        as_of = min(made, default=None)
        found = (level for level in levels.values() if wanted is None or folded(level.sku) in wanted)
        while slice_of := tuple(replace(level, as_of=as_of) for level in islice(found, _PAGE_SIZE)):
            yield ItemPage(slice_of, unreadable=tuple(unreadable))
            unreadable = []
        if unreadable:
            yield ItemPage((), unreadable=tuple(unreadable))

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Return the active shipping methods, each once. UNVERIFIED: whether pages count from 0 or 1."""
        methods: list[ShipMethod] = []
        unreadable: list[UnreadableRow] = []
        pages = self._client.numbered_pages(
            SHIPPING_METHODS, wire.ShippingMethod, size=_PAGE_SIZE, params={}, first=0
        )
        for page in pages:
            for row in page.rows:
                if faults := row.faults_in(_METHOD) or (() if row.value.name else ("name",)):
                    unreadable.append(unreadable_row(RowKind.CARRIER, row, faults, row.value.name))
                elif row.value.active is not False:
                    methods.append(ShipMethod(carrier=CARRIER, service=row.value.name))
        return ItemPage(tuple(dict.fromkeys(methods)), unreadable=tuple(unreadable))

    @property
    def _names_channel(self) -> bool:
        return self._settings.product_reference is ProductReference.SELLER_SKU

    def _items_of(self, product: wire.Product, wanted: set[str] | None) -> Iterator[CatalogueItem]:
        for variant in product.variants:
            name = self._products.name_of(variant)
            if not name or (wanted is not None and folded(name) not in wanted):
                continue
            written = name if self._names_channel else variant.written
            title = variant.name or product.name
            yield CatalogueItem(name, variant.id, title, is_active(variant), written)

    def _add_levels(
        self,
        page: RowsPage[wire.InventoryLevel],
        levels: dict[str, StockLevel],
        unreadable: list[UnreadableRow],
    ) -> None:
        sellable = self._settings.stock_figure is StockFigure.SELLABLE
        figure = "total_sellable_quantity" if sellable else "total_fulfillable_quantity"
        for row in page.rows:
            level = row.value
            if faults := row.faults_in((*_LEVEL, figure)) or _absent(
                level.inventory_id, getattr(level, figure), figure
            ):
                unreadable.append(unreadable_row(RowKind.STOCK, row, faults, level.sku))
            elif level.sku:
                levels[level.sku] = translate.stock_level(level, self._settings, levels.get(level.sku))

    @staticmethod
    def _add_places(
        page: RowsPage[wire.InventoryPlaces],
        location: str,
        levels: dict[str, StockLevel],
        unreadable: list[UnreadableRow],
    ) -> None:
        for row in page.rows:
            level = row.value
            if faults := row.faults_in(("sku", "locations")):
                unreadable.append(unreadable_row(RowKind.STOCK, row, faults, level.sku))
            elif level.sku:
                places = [place for place in level.locations if place.location_id == location]
                levels[level.sku] = translate.stock_level_at(level, places, levels.get(level.sku))


def _absent(identity: str, figure: object, name: str) -> tuple[str, ...]:
    """Return the places of what a row of stock must have and has not. An item without a SKU is nobody's to sell."""
    return tuple(
        place for place, value in (("inventory_id", identity or None), (name, figure)) if value is None
    )
