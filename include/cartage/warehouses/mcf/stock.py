"""Read the seller's FBA inventory: stock levels, and the SKUs that can be ordered.

The token of a next page dies after 30 seconds (the description of getInventorySummaries), so a list is read without a
pause, and only then given on.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cartage.errors import Refused
from cartage.model.skus import folded
from cartage.warehouses.api.rows import ReadRow, read_row, unreadable_row
from cartage.warehouses.contract import ItemPage
from cartage.warehouses.listed import CatalogueItem, StockLevel
from cartage.warehouses.mcf import translate, wire
from cartage.warehouses.mcf.client import Operation, SellingPartnerClient
from cartage.warehouses.mcf.orders import next_token
from cartage.warehouses.mcf.settings import McfSettings
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

_PATH = "/fba/inventory/v1/summaries"
_SUMMARIES = Operation("getInventorySummaries", "GET", _PATH)
_MOST_SKUS = 50
_LONGEST_SKU = 50
_MOST_TRIES = 3
_PAGE = 100
_FULFILLABLE = "inventoryDetails.fulfillableQuantity"

T = TypeVar("T")
SummaryRow = ReadRow[wire.InventorySummary]


@dataclass(frozen=True, slots=True)
class Summaries:
    """Rows of the inventory, and when the oldest response behind them was made."""

    rows: tuple[SummaryRow, ...] = ()
    as_of: datetime | None = None


class FbaInventory:
    """The inventory of one seller in one marketplace."""

    def __init__(self, client: SellingPartnerClient, settings: McfSettings) -> None:
        self._client, self._settings = client, settings
        marketplace = settings.place().id
        self._query = {
            "details": "true",
            "granularityType": "Marketplace",
            "granularityId": marketplace,
            "marketplaceIds": marketplace,
        }

    def levels(self, skus: Collection[str] | None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock of all SKUs, or of the given ones. The rows of a SKU are added up.

        A SKU with a row that cannot be read has no level: half of its stock would be a wrong figure.
        """
        found = self._summaries(skus)
        levels: dict[str, StockLevel] = {}
        unreadable: list[UnreadableRow] = []
        for row in found.rows:
            sku = row.value.seller_sku
            if faults := _stock_faults(row):
                unreadable.append(unreadable_row(RowKind.STOCK, row, faults, sku))
            else:
                levels[sku] = translate.stock_level(row.value, levels.get(sku))
        for odd in unreadable:
            levels.pop(odd.name, None)
        dated = [replace(level, as_of=found.as_of) for level in levels.values()]
        yield from _pages(dated, unreadable)

    def items(self, skus: Collection[str] | None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the SKUs of the inventory, or those of the given ones that it has, as Amazon spells them."""
        items: dict[str, CatalogueItem] = {}
        unreadable: list[UnreadableRow] = []
        for row in self._summaries(skus).rows:
            sku = row.value.seller_sku
            if faults := row.faults_in(("sellerSku",)) or (() if sku else ("sellerSku",)):
                unreadable.append(unreadable_row(RowKind.ITEM, row, faults, sku))
            else:
                items[sku] = translate.catalogue_item(row.value)
        yield from _pages(list(items.values()), unreadable)

    def first(self) -> Summaries:
        """Return the first page of the inventory: one call."""
        return self._page({})[0]

    def _summaries(self, skus: Collection[str] | None) -> Summaries:
        if skus is None:
            return self._whole()
        wanted = [sku for sku in dict.fromkeys(skus) if _can_exist(sku)]
        # The filter is a list with commas: a SKU that has one cannot be named in it.
        named = [sku for sku in wanted if "," not in sku]
        parts = [self._page({"sellerSkus": ",".join(chunk)})[0] for chunk in _chunks(named, _MOST_SKUS)]
        found = _together(parts)
        known = {row.value.seller_sku for row in found.rows}
        missing = {folded(sku) for sku in wanted if sku not in known and self._may_be_there(sku)}
        if not missing:
            return found
        whole = self._whole()
        others = tuple(
            row
            for row in whole.rows
            if folded(row.value.seller_sku) in missing and row.value.seller_sku not in known
        )
        return _together([found, Summaries(others, whole.as_of)])

    def _may_be_there(self, sku: str) -> bool:
        """Return whether the inventory may have a SKU that the filter did not find."""
        return "," in sku or self._settings.sku_letter_case_counts

    def _whole(self) -> Summaries:
        """Read the whole inventory. If a page token dies on the way, begin again."""
        for _ in range(_MOST_TRIES - 1):
            try:
                return self._read_whole()
            except Refused as refusal:
                log.warning("Amazon MCF ends the list of stock early (%s); it is read again", refusal.what)
        return self._read_whole()

    def _read_whole(self) -> Summaries:
        parts: list[Summaries] = []
        token = ""
        while True:
            before = token
            part, token = self._page({"nextToken": token} if token else {})
            parts.append(part)
            if not token:
                return _together(parts)
            if token == before:
                raise self._client.malformed(_SUMMARIES.at(_PATH), "a page leads to itself", safe=True)

    def _page(self, query: dict[str, str]) -> tuple[Summaries, str]:
        response = self._client.read(_SUMMARIES, params={**self._query, **query})
        page = self._client.validated(wire.SummaryList, response.payload, _SUMMARIES.at(_PATH))
        rows = tuple(read_row(wire.InventorySummary, raw) for raw in page.inventory_summaries)
        return Summaries(rows, response.made_at), next_token(response.body.get("pagination"))


def _pages(items: Sequence[T], unreadable: Sequence[UnreadableRow]) -> Iterator[ItemPage[T]]:
    """Yield pages of items; the first has what cannot be read."""
    odd = tuple(unreadable)
    for chunk in _chunks(items, _PAGE):
        yield ItemPage(tuple(chunk), unreadable=odd)
        odd = ()
    if odd:
        yield ItemPage((), unreadable=odd)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _together(parts: Sequence[Summaries]) -> Summaries:
    made = [part.as_of for part in parts if part.as_of]
    return Summaries(tuple(row for part in parts for row in part.rows), min(made, default=None))


def _can_exist(sku: str) -> bool:
    """Return whether Amazon could have a SKU, and be asked for it."""
    return 0 < len(sku) <= _LONGEST_SKU and sku.isprintable()


def _stock_faults(row: SummaryRow) -> tuple[str, ...]:
    """Return the places of what cannot be read in a row of stock, or is not there."""
    found = row.faults_in(("sellerSku", "inventoryDetails"))
    absent = {
        "sellerSku": not row.value.seller_sku,
        _FULFILLABLE: row.value.inventory_details.fulfillable_quantity is None,
    }
    return found or tuple(place for place, is_absent in absent.items() if is_absent)
