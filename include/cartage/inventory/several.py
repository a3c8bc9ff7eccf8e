"""Availability over several warehouses: what each can fill by itself, added up. Pure.

A warehouse counts for the SKUs that the routing rules can send to it. A kit counts where one warehouse has all of its
components. What is open and has a warehouse is taken from that one; what has none yet is taken from the first that can
fill it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cartage.inventory.availability import (
    Entry,
    LeftOut,
    Shelf,
    Units,
    UnitsOf,
    reservations,
    same_sku,
    target,
)

_NOTHING = Decimal(0)


def _anything(_: str) -> bool:
    return True


@dataclass
class WarehouseShelf:
    """The figures of one warehouse, what a SKU of the store takes there, and what of it is sold.

    `ships` says whether the routing rules can send a SKU of the store there.
    """

    name: str
    shelf: Shelf
    units_of: UnitsOf
    ships: Callable[[str], bool] = _anything
    reserved: dict[str, Decimal] = field(default_factory=dict)

    def reserve(self, units: Units, quantity: Decimal) -> None:
        """Take so many times these units off."""
        for sku, each in units.items():
            for found in self.shelf.find(sku):
                self.reserved[found] = self.reserved.get(found, _NOTHING) + quantity * each

    def fills(self, entry: Entry) -> int | LeftOut:
        """Return how many of an entry this warehouse can fill."""
        if not self.ships(entry.sku):
            return LeftOut.NOT_ROUTED
        return target(entry, self.units_of(entry.sku), self.shelf, self.reserved)


def reserve_open(
    shelves: Sequence[WarehouseShelf],
    units: Mapping[str, Decimal],
    routed: Mapping[str, Mapping[str, Decimal]],
    elsewhere: Mapping[str, Decimal],
) -> None:
    """Take what is open off the shelves.

    `units` is all that is open by the store's SKU, `routed` what of it has a warehouse, and `elsewhere` what other
    stores have sold, by the warehouse's SKU.
    """
    if len(shelves) == 1:
        routed = {shelves[0].name: units}
    for each in shelves:
        each.reserved = reservations(routed.get(each.name, {}), each.units_of, each.shelf)
    for sku, quantity in sorted(units.items()):
        left = quantity - sum((at.get(sku, _NOTHING) for at in routed.values()), _NOTHING)
        _reserve_unrouted(shelves, sku, left)
    for sku, quantity in sorted(elsewhere.items()):
        holding = [each for each in shelves if each.shelf.find(sku)]
        if holding:
            holding[0].reserve(same_sku(sku), quantity)


def _reserve_unrouted(shelves: Sequence[WarehouseShelf], sku: str, quantity: Decimal) -> None:
    """Take units without a warehouse from the first that can fill them; the rest from the first that knows the SKU."""
    known: WarehouseShelf | None = None
    for each in shelves:
        if quantity <= 0:
            return
        possible = each.fills(Entry(0, sku, _NOTHING))
        if isinstance(possible, LeftOut):
            continue
        known = known or each
        taken = min(quantity, Decimal(possible))
        each.reserve(each.units_of(sku), taken)
        quantity -= taken
    if known is not None and quantity > 0:
        known.reserve(known.units_of(sku), quantity)


def target_of_all(entry: Entry, shelves: Sequence[WarehouseShelf], share: int) -> int | LeftOut:
    """Return how many of an entry the store may show; or why it is left out, if no warehouse says."""
    found = [each.fills(entry) for each in shelves]
    possible = [each for each in found if not isinstance(each, LeftOut)]
    if not possible:
        # That a warehouse does not know it says more than that another does not ship it.
        reasons = [each for each in found if isinstance(each, LeftOut)]
        return min(reasons, key=lambda reason: reason is LeftOut.NOT_ROUTED)
    # An ambiguous SKU at one warehouse must not show only what the others have.
    unclear = [each for each in found if each in (LeftOut.AMBIGUOUS, LeftOut.UNCLEAR_KIT)]
    return unclear[0] if unclear else sum(possible) * share // 100
