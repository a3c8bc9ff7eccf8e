"""Open orders: what customers have ordered and the warehouse's figures do not leave out yet.

The store is read first and the ledger second, so that an order that moves on meanwhile is seen by at least one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from time import monotonic

from sqlalchemy import Connection

from cartage.intake.lane_intake import intake_rules_of
from cartage.intake.rules import apply_intake_rules
from cartage.inventory.repo.open_quantities import Figures, Group, known_quantities
from cartage.inventory.repo.shared_stock import ByGroup, sold_elsewhere
from cartage.inventory.units import mapped_units
from cartage.lanes.settings.inventory import Inventory
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.model.orders import OrderLine
from cartage.runtime.context import StageContext
from cartage.storefront import OrderQuery, Unreadable, translate_order
from cartage.storefront.status_table import find_open_statuses


@dataclass(frozen=True, slots=True)
class OpenUnits:
    """Open units by the store's SKU, and those of other stores by the warehouse's SKU.

    `routed` is what of `units` goes to one of several warehouses, by its name: its figures do not include it.

    `listed` is what the store itself lists as open. `read_at` is the monotonic time, in seconds, before the first
    request.
    """

    units: dict[str, Decimal]
    elsewhere: dict[str, Decimal]
    listed: ByGroup
    orders: int
    read_at: float
    routed: dict[str, dict[str, Decimal]] = field(default_factory=dict)


class OpenOrders:
    """Reads the open orders of a lane's store, as often as needed."""

    def __init__(self, context: StageContext, inventory: Inventory) -> None:
        self._context, self._inventory = context, inventory
        # Orders placed before the go-live count too: what is sold is sold.
        self._rules = intake_rules_of(context.lane, cut_over=True)

    def read(self, figures: Mapping[str, Figures]) -> OpenUnits:
        """Return the open units that the figures of these warehouses do not leave out yet.

        Raises:
            SettingsError: if a status of the lane's settings cannot be found in the store.
            RemoteError: if the store cannot be read.
        """
        read_at = monotonic()
        context = self._context
        listed = {group: units for status in self._statuses() for group, units in self._listed(status)}
        store_id = context.store_row.id
        with context.ledger.begin() as connection:
            known = known_quantities(
                connection,
                store_id,
                {order_id for order_id, _ in listed},
                lane=context.lane.name,
                figures=figures,
                sharing=[lane.name for lane in context.lanes_sharing_stock],
            )
            elsewhere = self._elsewhere(connection, figures)
        listed = {group: units for group, units in listed.items() if group[0] not in known.left}
        total = _total(listed, known.open, known.held)
        orders = len({order_id for order_id, _ in listed.keys() | known.open.keys()})
        return OpenUnits(total, elsewhere, listed, orders, read_at, known.routed)

    def _elsewhere(self, connection: Connection, figures: Mapping[str, Figures]) -> dict[str, Decimal]:
        """Return what other lanes' stores have sold from the same stock, each by its own lane's SKU mappings."""
        context = self._context
        taken: dict[str, Decimal] = defaultdict(Decimal)
        if not context.lanes_sharing_stock:
            return taken
        lanes = {lane.name: lane for lane in context.lanes_sharing_stock}
        sold = sold_elsewhere(connection, lanes, store_id=context.store_row.id, figures=figures)
        for name, sold_there in sold.items():
            units_of = mapped_units(SkuTable(mappings_of(connection, lanes[name]).skus))
            for sku, quantity in _total(sold_there.listed, sold_there.open, sold_there.held).items():
                for part, each in units_of(sku).items():
                    taken[part] += quantity * each
        return taken

    def _statuses(self) -> list[int]:
        """Return the open statuses with the import status last: an order that moves there meanwhile is not missed."""
        last = self._context.statuses.import_status
        return [*(status for status in self._open_statuses if status != last), last]

    @cached_property
    def _open_statuses(self) -> tuple[int, ...]:
        return find_open_statuses(self._context.status_table, self._context.lane, self._inventory)

    def _listed(self, status: int) -> Iterator[tuple[Group, dict[str, Decimal]]]:
        zone, rules = self._context.lane.store.zone(), self._rules
        for page in self._context.store.list_orders(self._query(status)):
            for entry in page.entries:
                order = translate_order(entry, zone)
                if isinstance(order, Unreadable):
                    continue
                for group, skipped in apply_intake_rules(order, rules).groups:
                    if not skipped:
                        yield (order.order_id, group.shipment_id), _by_sku(group.lines)

    def _query(self, status: int) -> OrderQuery:
        within = self._inventory.open_within
        since = None
        if isinstance(within, timedelta) and status != self._context.statuses.import_status:
            since = self._context.ledger.now() - within
        return OrderQuery(self._context.lane.store.zone(), status=status, ordered_from=since)


def _by_sku(lines: Sequence[OrderLine]) -> dict[str, Decimal]:
    units: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        units[line.sku] += line.quantity
    return dict(units)


def _total(listed: ByGroup, known: ByGroup, held: ByGroup) -> dict[str, Decimal]:
    """Of all ship groups together, what is open by SKU."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for group in listed.keys() | known.keys():
        for sku, quantity in _open(*(side.get(group, {}) for side in (listed, known, held))).items():
            total[sku] += quantity
    return dict(total)


def _open(
    listed: dict[str, Decimal], known: dict[str, Decimal], held: dict[str, Decimal]
) -> dict[str, Decimal]:
    """Of one ship group: what the store lists beyond what the warehouse holds, or what the ledger has open, if more."""
    return {
        sku: max(
            listed.get(sku, Decimal(0)) - held.get(sku, Decimal(0)), known.get(sku, Decimal(0)), Decimal(0)
        )
        for sku in listed.keys() | known.keys()
    }
