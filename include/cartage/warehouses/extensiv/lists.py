"""Read a customer's stock, catalogue and carriers. A row that cannot be read is named, and stops no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from cartage.model.orders import ShipMethod
from cartage.warehouses.api.rows import unreadable_row
from cartage.warehouses.contract import ItemPage
from cartage.warehouses.extensiv import rql, translate, wire
from cartage.warehouses.extensiv.client import ExtensivClient
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.listed import CatalogueItem, StockLevel
from cartage.warehouses.unreadable import RowKind, UnreadableRow

_STOCK = "/inventory/stocksummaries"
_CARRIERS = "/properties/carriers"
# The largest pages that the API gives (warehouse-apis.md section 2, "Tracking").
_STOCK_PAGE = 500
_ITEMS_PAGE = 100
# What the store shows depends on. The other figures are for people (docs/decisions/0126).
_LEVELS = ("itemIdentifier", "facilityId", "available", "orderedNotAllocated")
_ITEM = ("sku", "readOnly.deactivated")
_CARRIER = ("name", "deactivated", "disallowOnOrder", "shipmentServices")
_DEFAULTS = ("defaultShipmentServices",)

R = TypeVar("R", bound=wire.Resource)


class Lists:
    """The lists of one customer, besides orders."""

    def __init__(self, client: ExtensivClient, settings: ExtensivSettings) -> None:
        self._client, self._settings = client, settings
        self.items_path = f"/customers/{settings.customer_id}/items"

    def inventory(self, skus: Collection[str] | None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock in the lane's facility. The rows of a SKU are added up, so pages follow the last read.

        All levels are as old as the oldest response behind them. A SKU with a row that does not say what is available
        has no level: half of its stock would be a wrong figure.
        """
        levels: dict[str, StockLevel] = {}
        unreadable: list[UnreadableRow] = []
        made: list[datetime] = []
        own = rql.equal("customeridentifier.id", self._settings.customer_id)
        for query in _queries("itemidentifier.sku", skus, own):
            # What is ordered and not allocated is null unless it is asked for.
            params = {"rql": query, "orderednotallocated": "true"}
            for page in self._client.pages(
                _STOCK, wire.StockSummary, size=_STOCK_PAGE, params=params, must_be_whole=True
            ):
                made += [page.made_at] if page.made_at else []
                for row in page.rows:
                    sku = row.value.item_identifier.sku
                    if not row.faults_in(("facilityId",)) and not self._in_facility(row.value):
                        continue
                    if faults := _stock_faults(row):
                        unreadable.append(unreadable_row(RowKind.STOCK, row, faults, sku))
                    else:
                        levels[sku] = translate.stock_level(row.value, levels.get(sku))
        for odd in unreadable:
            levels.pop(odd.name, None)
        as_of = min(made, default=None)
        found = iter(levels.values())
        while levels_of_page := tuple(replace(level, as_of=as_of) for level in islice(found, _STOCK_PAGE)):
            yield ItemPage(levels_of_page, unreadable=tuple(unreadable))
            unreadable = []
        if unreadable:
            yield ItemPage((), unreadable=tuple(unreadable))

    def items(self, skus: Collection[str] | None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the customer's catalogue, or its items with the given SKUs, as the warehouse spells them."""
        for query in _queries("sku", skus):
            params = {"rql": query} if query else {}
            for page in self._client.pages(self.items_path, wire.Item, size=_ITEMS_PAGE, params=params):
                found: list[CatalogueItem] = []
                unreadable: list[UnreadableRow] = []
                for row in page.rows:
                    if faults := _faults(row, _ITEM, row.value.sku, "sku"):
                        unreadable.append(unreadable_row(RowKind.ITEM, row, faults, row.value.sku))
                    else:
                        found.append(translate.catalogue_item(row.value))
                yield ItemPage(tuple(found), unreadable=tuple(unreadable))

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Return what the 3PL offers. Of a carrier with a service that cannot be read, the others are offered."""
        defaults, rows = self._client.whole_list(_CARRIERS, wire.CarrierDefaults, wire.CarrierEntry)
        unreadable: list[UnreadableRow] = []
        if faults := defaults.faults_in(_DEFAULTS):
            unreadable.append(unreadable_row(RowKind.CARRIER, defaults, faults, ""))
        methods: list[ShipMethod] = []
        for row in rows:
            carrier = row.value
            if faults := _faults(row, _CARRIER, carrier.name, "name"):
                unreadable.append(unreadable_row(RowKind.CARRIER, row, faults, carrier.name))
            # A carrier whose own services cannot be read does not have the default ones.
            own_unknown = row.faults_in(("shipmentServices",)) and not carrier.shipment_services
            if carrier.name and not own_unknown and not row.faults_in(("deactivated", "disallowOnOrder")):
                methods += translate.ship_methods(carrier, defaults.value.default_shipment_services)
        return ItemPage(tuple(dict.fromkeys(methods)), unreadable=tuple(unreadable))

    def _in_facility(self, row: wire.StockSummary) -> bool:
        return row.facility_id in {"", str(self._settings.facility_id)}


def _faults(row: wire.ReadRow[R], needed: Collection[str], identity: str, place: str) -> tuple[str, ...]:
    """Return the places of what is needed and cannot be read, or of the identity, if the row has none."""
    found = row.faults_in(needed)
    return found if found or identity else (place,)


def _stock_faults(row: wire.ReadRow[wire.StockSummary]) -> tuple[str, ...]:
    """Return the places of what cannot be read of a row of stock, or must be there and is not."""
    found = _faults(row, _LEVELS, row.value.item_identifier.sku, "itemIdentifier.sku")
    return found if found or row.value.available is not None else ("available",)


def _queries(name: str, skus: Collection[str] | None, condition: str = "") -> Iterator[str]:
    """Yield one query for everything, or one per group of those SKUs that a query can have."""
    if skus is None:
        yield condition
    else:
        for chunk in rql.chunks(sorted(filter(rql.can_ask, set(skus)))):
            yield rql.every(rql.any_of(name, chunk), condition)
