"""Availability: how much of each product the store may sell. Pure.

Whole units that the warehouse can fill: what it has free, minus what is sold and not in its figures yet, minus a
buffer. docs/inventory.md states the rule and its limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from cartage.model.skus import folded
from cartage.model.wildcards import matches

# What one unit of a store's SKU takes from the warehouse: SKU -> quantity. Empty where that is not known.
Units = Mapping[str, Decimal]
UnitsOf = Callable[[str], Units]

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class StockOnHand:
    """The warehouse's figures for one SKU, in units. `available` includes what is ordered and not allocated."""

    sku: str
    available: Decimal
    ordered_not_allocated: Decimal = _NOTHING


@dataclass(frozen=True, slots=True)
class Buffer:
    """Units kept back of every SKU that matches the pattern; of several that match, the first counts."""

    pattern: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the store with a stock of its own: a product, or one combination of its options.

    `code` is the combination's present code, empty for the product itself; `written` is the SKU as the store spells it.
    """

    catalog_id: int
    sku: str
    stock: Decimal
    code: str = ""
    written: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """What identifies the entry, whatever the code of its options is today."""
        return self.catalog_id, folded(self.sku) if self.code else ""


class LeftOut(StrEnum):
    """Why an entry is left out of a push."""

    UNTRACKED = "untracked"  # the store does not keep its stock
    NO_SKU = "no_sku"
    NOT_AT_WAREHOUSE = "not_at_warehouse"
    AMBIGUOUS = "ambiguous"  # several SKUs of the warehouse differ in letter case only
    UNCLEAR_KIT = "unclear_kit"  # a component is unknown, or has options
    NOT_ROUTED = "not_routed"  # no warehouse whose figures count may ship it, by the routing rules


class Shelf:
    """The warehouse's figures by SKU; found exactly, else ignoring letter case and surrounding blanks."""

    def __init__(self, levels: Iterable[StockOnHand], buffers: Sequence[Buffer] = ()) -> None:
        self._levels = {level.sku: level for level in levels}
        self._buffers = buffers
        self._folded: dict[str, list[str]] = defaultdict(list)
        for sku in self._levels:
            self._folded[folded(sku)].append(sku)

    def __len__(self) -> int:
        return len(self._levels)

    def find(self, sku: str) -> Sequence[str]:
        """Return the warehouse's SKUs that match: none, one, or several if the SKU is ambiguous."""
        return (sku,) if sku in self._levels else self._folded.get(folded(sku), ())

    def free(self, sku: str, reserved: Mapping[str, Decimal]) -> Decimal:
        """Return how much of a warehouse SKU may be sold; negative where more is sold than there is."""
        level = self._levels[sku]
        taken = level.ordered_not_allocated + reserved.get(sku, _NOTHING)
        return level.available - taken - self.buffer(sku)

    def buffer(self, sku: str) -> Decimal:
        """Return how many units of a SKU are kept back."""
        return next((buffer.units for buffer in self._buffers if matches(buffer.pattern, sku)), _NOTHING)


def same_sku(sku: str) -> Units:
    """Return what one unit takes where the warehouse uses the store's own SKU."""
    return {sku: Decimal(1)}


def reservations(open_units: Mapping[str, Decimal], units_of: UnitsOf, shelf: Shelf) -> dict[str, Decimal]:
    """Convert open quantities of the store's SKUs to quantities of the warehouse's SKUs.

    An ambiguous SKU is reserved of each warehouse SKU that it may be.
    """
    reserved: dict[str, Decimal] = defaultdict(Decimal)
    for sku, quantity in open_units.items():
        for part, each in units_of(sku).items():
            for found in shelf.find(part):
                reserved[found] += quantity * each
    return dict(reserved)


def target(
    entry: Entry, units: Units, shelf: Shelf, reserved: Mapping[str, Decimal], share: int = 100
) -> int | LeftOut:
    """Return how many of an entry the store may show, in whole units and never below 0; or why it is left out.

    `units` is what one unit takes. A kit has as many as its scarcest component allows, minus the kit's own buffer. The
    store shows `share` percent of the result.
    """
    if not entry.sku:
        return LeftOut.NO_SKU
    possible: list[Decimal] = []
    for sku, each in units.items():
        found = shelf.find(sku)
        if not found:
            return LeftOut.NOT_AT_WAREHOUSE
        if len(found) > 1:
            return LeftOut.AMBIGUOUS
        possible.append((shelf.free(found[0], reserved) / each).to_integral_value(ROUND_FLOOR))
    if not possible:
        return LeftOut.UNCLEAR_KIT
    own = _NOTHING if folded(entry.sku) in map(folded, units) else shelf.buffer(entry.sku)
    return max(int(min(possible) - own), 0) * share // 100
