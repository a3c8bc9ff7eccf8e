"""Survey: every stock that the store shows, compared with what it should show. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from sqlalchemy import Connection

from cartage.inventory.availability import Buffer, Entry, LeftOut, Shelf
from cartage.inventory.open_orders import OpenOrders, OpenUnits
from cartage.inventory.repo.levels import StockReading, stock_levels
from cartage.inventory.several import WarehouseShelf, reserve_open, target_of_all
from cartage.inventory.units import CatalogueUnits, mapped_units
from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.store import Bundles
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.routing.reach import RuleReach
from cartage.runtime.context import StageContext
from cartage.storefront.catalogue import Product


@dataclass(frozen=True, slots=True)
class StockDifference:
    """An entry and the stock that it should show."""

    entry: Entry
    value: int

    @property
    def changes(self) -> bool:
        """Whether the store shows another figure."""
        return self.entry.stock != self.value


class StockSurvey:
    """A store's entries and the figures of its warehouses.

    The entries are read once; the open orders, which change within seconds, on each call of `read_orders`.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        shelves: Sequence[WarehouseShelf],
        readings: Mapping[str, StockReading],
        left_out: Counter[LeftOut],
        open_orders: OpenOrders,
        share: int,
    ) -> None:
        self._shelves, self._entries = shelves, entries
        self._figures = {name: reading.figures for name, reading in readings.items()}
        self._untracked = left_out
        self._open_orders, self._share = open_orders, share

    def read_orders(self) -> OpenUnits:
        """Return the open units, as of now, that the figures do not leave out."""
        return self._open_orders.read(self._figures)

    def differences(self, open_units: OpenUnits) -> tuple[list[StockDifference], Counter[LeftOut]]:
        """Return every entry that can be judged with its target, and how many entries are left out, by reason."""
        reserve_open(self._shelves, open_units.units, open_units.routed, open_units.elsewhere)
        left_out = Counter(self._untracked)
        found: list[StockDifference] = []
        for entry in self._entries:
            value = target_of_all(entry, self._shelves, self._share)
            if isinstance(value, LeftOut):
                left_out[value] += 1
            else:
                found.append(StockDifference(entry, value))
        return found, left_out


def survey_stock(
    context: StageContext, inventory: Inventory, readings: Mapping[str, StockReading]
) -> StockSurvey:
    """Read the store's products page by page; keep only the stocks of each. `readings` are those of each warehouse.

    Raises:
        RemoteError: if the store cannot be read.
    """
    places = [place for place in context.every_warehouse() if place.warehouse_name in readings]
    with context.ledger.begin() as connection:
        units = [
            CatalogueUnits(mapped_units(SkuTable(mappings_of(connection, place.lane).skus)))
            for place in places
        ]
    entries: list[Entry] = []
    left_out: Counter[LeftOut] = Counter()
    kits = context.lane.store.bundles is Bundles.COMPONENTS
    for page in context.store.products():
        for product in page:
            for each in units:
                each.add_product(product.info.catalog_id, product.info.sku, has_options=bool(product.options))
                if kits and product.bundle:
                    each.add_kit(product.info.sku, _components(product))
            found = list(_entries(product))
            if product.inventory_control in inventory.untracked_controls:
                left_out[LeftOut.UNTRACKED] += len(found)
            else:
                entries += found
    reach = RuleReach(context.lane)
    with context.ledger.begin() as connection:
        shelves = [
            WarehouseShelf(
                place.warehouse_name,
                _shelf(connection, place, inventory),
                own.units,
                partial(_ships, reach, own, place.warehouse_name),
            )
            for place, own in zip(places, units, strict=True)
        ]
    open_orders = OpenOrders(context, inventory)
    return StockSurvey(entries, shelves, readings, left_out, open_orders, inventory.share)


def _ships(reach: RuleReach, units: CatalogueUnits, warehouse: str, sku: str) -> bool:
    """Return whether the routing rules can send all lines of an order of this SKU to a warehouse."""
    return all(warehouse in reach.warehouses(line) for line in units.lines_of(sku))


def _shelf(connection: Connection, place: StageContext, inventory: Inventory) -> Shelf:
    levels = stock_levels(connection, place.lane.name, place.warehouse_name)
    buffers = (place.lane.inventory or inventory).buffers
    return Shelf(levels, [Buffer(buffer.skus, Decimal(buffer.units)) for buffer in buffers])


def _entries(product: Product) -> Iterator[Entry]:
    """Yield the product's own stock and that of each combination of options; the store keeps them apart (section 7)."""
    info = product.info
    yield Entry(info.catalog_id, info.sku, info.stock, written=info.written)
    for option in product.options:
        yield Entry(info.catalog_id, option.sku, option.stock, option.code, option.written)


def _components(product: Product) -> dict[int, Decimal]:
    """Count every choice: whether some are alternatives is UNVERIFIED, and too low a figure never oversells.

    A component with a quantity of 0, or one that could not be read, stays 0: what the kit takes is then not known.
    """
    taken: dict[int, Decimal] = {}
    unknown = {catalog_id for catalog_id, each in product.components if not each}
    for catalog_id, each in product.components:
        taken[catalog_id] = Decimal(0) if catalog_id in unknown else taken.get(catalog_id, Decimal(0)) + each
    return taken
