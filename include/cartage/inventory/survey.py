"""What the store shows of its stock, and what it should show: every entry, compared. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cartage.inventory.availability import Buffer, Entry, Shelf, Unsaid, reservations, same_sku, target
from cartage.inventory.open_orders import OpenOrders, OpenUnits
from cartage.inventory.repo import levels as stock_levels
from cartage.inventory.repo.levels import StockReading
from cartage.inventory.units import CatalogueUnits, StockUnits, mapped_units
from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.store import Bundles
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.runtime.context import StageContext
from cartage.storefront.catalogue import Product


@dataclass(frozen=True, slots=True)
class StockDifference:
    """An entry whose stock in the store is compared with what it should be."""

    entry: Entry
    value: int

    @property
    def changes(self) -> bool:
        """Whether the store shows something else."""
        return self.entry.stock != self.value


class StockSurvey:
    """A store's entries, and the warehouse's figures by which they are judged.

    The entries are read once; open orders, which age within seconds, as often as `differences` is asked.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        units: StockUnits,
        shelf: Shelf,
        reading: StockReading,
        unsaid: Counter[Unsaid],
        open_orders: OpenOrders,
        share: int,
    ) -> None:
        self.reading, self._shelf, self._units, self._entries = reading, shelf, units, entries
        self._untracked = unsaid
        self._open_orders, self._share = open_orders, share

    def read_orders(self) -> OpenUnits:
        """The open units that the figures do not hold, as of now."""
        return self._open_orders.read(self.reading.began_at)

    def differences(self, open_units: OpenUnits) -> tuple[list[StockDifference], Counter[Unsaid]]:
        """Every entry of which something can be said, with what it should show; and how many are left out, and why."""
        reserved = reservations(open_units.units, self._units.units, self._shelf)
        for sku, quantity in reservations(open_units.elsewhere, same_sku, self._shelf).items():
            reserved[sku] = reserved.get(sku, Decimal(0)) + quantity
        unsaid = Counter(self._untracked)
        found: list[StockDifference] = []
        for entry in self._entries:
            value = target(entry, self._units.units(entry.sku), self._shelf, reserved, self._share)
            if isinstance(value, Unsaid):
                unsaid[value] += 1
            else:
                found.append(StockDifference(entry, value))
        return found, unsaid


def survey_stock(context: StageContext, inventory: Inventory, reading: StockReading) -> StockSurvey:
    """Read the store's products, page by page; of each only its stocks are kept.

    Raises:
        RemoteError: if the store cannot be read.
    """
    with context.ledger.begin() as connection:
        skus = SkuTable(mappings_of(connection, context.lane).skus)
    units = CatalogueUnits(mapped_units(skus))
    entries: list[Entry] = []
    unsaid: Counter[Unsaid] = Counter()
    kits = context.lane.store.bundles is Bundles.COMPONENTS
    for page in context.store.products():
        for product in page:
            units.add_product(product.info.catalog_id, product.info.sku, has_options=bool(product.options))
            if kits and product.bundle:
                units.add_kit(product.info.sku, _components(product))
            found = list(_entries(product))
            if product.inventory_control in inventory.untracked_controls:
                unsaid[Unsaid.UNTRACKED] += len(found)
            else:
                entries += found
    with context.ledger.begin() as connection:
        levels = stock_levels.levels(connection, context.lane.name)
    buffers = [Buffer(buffer.skus, Decimal(buffer.units)) for buffer in inventory.buffers]
    shelf, open_orders = Shelf(levels, buffers), OpenOrders(context, inventory)
    return StockSurvey(entries, units, shelf, reading, unsaid, open_orders, inventory.share)


def _entries(product: Product) -> Iterator[Entry]:
    """The product's own stock, and that of each combination of options: the store keeps them apart (section 7)."""
    info = product.info
    yield Entry(info.catalog_id, info.sku, info.stock, written=info.written)
    for option in product.options:
        yield Entry(info.catalog_id, option.sku, option.stock, option.code, option.written)


def _components(product: Product) -> dict[int, Decimal]:
    """Every choice counts: that some are alternatives cannot be told (UNVERIFIED), and too few are no oversale."""
    taken: dict[int, Decimal] = {}
    for catalog_id, each in product.components:
        taken[catalog_id] = taken.get(catalog_id, Decimal(0)) + each
    return taken
