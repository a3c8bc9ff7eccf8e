"""How much of each thing the store may sell: the arithmetic of availability. Pure.

Whole units that the warehouse can fill: what it has free, less what was promised and is not in its figure yet, less a
buffer. docs/inventory.md states the rule, and what it cannot know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from cartage.model.skus import folded
from cartage.model.wildcards import matches

# What one unit of a SKU of the store takes from the warehouse: SKU -> how many. Empty where that cannot be said.
Units = Mapping[str, Decimal]
UnitsOf = Callable[[str], Units]

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class StockOnHand:
    """What the warehouse says of one SKU, in units. `available` holds what it has ordered and not allocated."""

    sku: str
    available: Decimal
    ordered_not_allocated: Decimal = _NOTHING


@dataclass(frozen=True, slots=True)
class Buffer:
    """Units that are kept back of every SKU that fits the pattern; of several that fit, the first counts."""

    pattern: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the store with a stock of its own: a product, or one combination of its options.

    `code` is the combination's present code, empty for the product itself; `written` the SKU as the store has it.
    """

    catalog_id: int
    sku: str
    stock: Decimal
    code: str = ""
    written: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """What it is, whatever its options' code is today."""
        return self.catalog_id, folded(self.sku) if self.code else ""


class Unsaid(StrEnum):
    """Why nothing is said to the store about an entry."""

    UNTRACKED = "untracked"  # the store does not keep its stock
    NO_SKU = "no_sku"
    NOT_AT_WAREHOUSE = "not_at_warehouse"
    AMBIGUOUS = "ambiguous"  # several SKUs of the warehouse are the same but for letter case
    UNCLEAR_KIT = "unclear_kit"  # a component cannot be told, or has options


class Shelf:
    """The warehouse's figures by SKU, found exactly, else without regard to letter case and outer blanks."""

    def __init__(self, levels: Iterable[StockOnHand], buffers: Sequence[Buffer] = ()) -> None:
        self._levels = {level.sku: level for level in levels}
        self._buffers = buffers
        self._folded: dict[str, list[str]] = defaultdict(list)
        for sku in self._levels:
            self._folded[folded(sku)].append(sku)

    def __len__(self) -> int:
        return len(self._levels)

    def find(self, sku: str) -> Sequence[str]:
        """The warehouse's SKUs that this one may be: none, one, or several where it is ambiguous."""
        return (sku,) if sku in self._levels else self._folded.get(folded(sku), ())

    def free(self, sku: str, reserved: Mapping[str, Decimal]) -> Decimal:
        """What may be promised of a SKU of the warehouse; negative where more is promised than there is."""
        level = self._levels[sku]
        taken = level.ordered_not_allocated + reserved.get(sku, _NOTHING)
        return level.available - taken - self.buffer(sku)

    def buffer(self, sku: str) -> Decimal:
        """How many units of a SKU are kept back."""
        return next((buffer.units for buffer in self._buffers if matches(buffer.pattern, sku)), _NOTHING)


def same_sku(sku: str) -> Units:
    """What one unit takes where the warehouse has it under the store's own SKU."""
    return {sku: Decimal(1)}


def reservations(open_units: Mapping[str, Decimal], units_of: UnitsOf, shelf: Shelf) -> dict[str, Decimal]:
    """Open quantities of the store's SKUs as quantities of the warehouse's.

    Where a SKU may be several of the warehouse's, it is reserved of each of them.
    """
    reserved: dict[str, Decimal] = defaultdict(Decimal)
    for sku, quantity in open_units.items():
        for part, each in units_of(sku).items():
            for found in shelf.find(part):
                reserved[found] += quantity * each
    return dict(reserved)


def target(
    entry: Entry, units: Units, shelf: Shelf, reserved: Mapping[str, Decimal], share: int = 100
) -> int | Unsaid:
    """How many of an entry the store may show: whole units, never less than 0; or why that cannot be said.

    `units` is what one of it takes. A kit has as many as its scarcest component allows, less the kit's own buffer. Of
    what is left the store shows `share` percent.
    """
    if not entry.sku:
        return Unsaid.NO_SKU
    possible: list[Decimal] = []
    for sku, each in units.items():
        found = shelf.find(sku)
        if not found:
            return Unsaid.NOT_AT_WAREHOUSE
        if len(found) > 1:
            return Unsaid.AMBIGUOUS
        possible.append((shelf.free(found[0], reserved) / each).to_integral_value(ROUND_FLOOR))
    if not possible:
        return Unsaid.UNCLEAR_KIT
    own = _NOTHING if folded(entry.sku) in map(folded, units) else shelf.buffer(entry.sku)
    return max(int(min(possible) - own), 0) * share // 100
