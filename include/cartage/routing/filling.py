"""Which of several warehouses fill the lines of a rule, by preference and stock. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from itertools import combinations

from cartage.lanes.settings.several.routing import RoutingRule, SplitPolicy
from cartage.routing.facts import LineFacts
from cartage.routing.stock_view import Shelf

# Of more warehouses, only the first so many are combined: the number of combinations doubles with each.
_MOST_COMBINED = 8

Share = tuple[str, LineFacts, Decimal]
_Atom = tuple[LineFacts, ...]


@dataclass(slots=True)
class Filled:
    """Which quantity of which line comes from where, and what is left that no warehouse has."""

    shares: list[Share] = field(default_factory=list)
    lacking: list[tuple[LineFacts, Decimal]] = field(default_factory=list)


def fill(rule: RoutingRule, lines: Sequence[LineFacts], shelf: Shelf, split: SplitPolicy) -> Filled:
    """Return how the warehouses of a rule with `prefer` fill these lines; what they fill is taken from the shelf.

    `split` is the rule's own policy, or the one that a person chose for the order.
    """
    found = _fill_whole(rule.prefer, lines, shelf)
    if found is None and split is SplitPolicy.NEVER:
        return Filled(lacking=[(line, line.quantity) for line in lines])
    if found is None:
        atoms = _atoms(lines, apart=rule.split_bundles)
        if split is SplitPolicy.BY_LINE:
            found = _fill_from(rule.prefer, atoms, shelf, divide=False)
        else:
            found = _fill_fewest(rule.prefer, atoms, shelf)
    for warehouse, line, quantity in found.shares:
        shelf.take(warehouse, line.sku, quantity)
    return found


def has_all(warehouse: str, lines: Sequence[LineFacts], shelf: Shelf) -> bool:
    """Return whether a warehouse has all of these lines, two lines of the same SKU taken together."""
    return _Draft(shelf).take_all(warehouse, lines) is not None


def _fill_whole(warehouses: Sequence[str], lines: Sequence[LineFacts], shelf: Shelf) -> Filled | None:
    for warehouse in warehouses:
        if (shares := _Draft(shelf).take_all(warehouse, lines)) is not None:
            return Filled(shares)
    return None


def _fill_fewest(warehouses: Sequence[str], atoms: Sequence[_Atom], shelf: Shelf) -> Filled:
    """Return the filling by the fewest warehouses, the preferred ones first; if none fills all, what all have."""
    known = [name for name in warehouses if shelf.is_known(name)]
    for count in range(2, len(known) + 1):
        for chosen in combinations(known[:_MOST_COMBINED], count):
            found = _fill_from(chosen, atoms, shelf, divide=True)
            if not found.lacking:
                return found
    return _fill_from(known, atoms, shelf, divide=True)


def _fill_from(warehouses: Sequence[str], atoms: Sequence[_Atom], shelf: Shelf, *, divide: bool) -> Filled:
    """Give each atom to the first warehouse that has all of it; `divide` a line in whole units if none has."""
    draft, found = _Draft(shelf), Filled()
    for atom in atoms:
        for warehouse in warehouses:
            if (shares := draft.take_all(warehouse, atom)) is not None:
                found.shares += shares
                break
        else:
            if not divide or len(atom) > 1 or atom[0].quantity % 1:  # Only whole units are divided.
                found.lacking += [(line, line.quantity) for line in atom]
                continue
            [line] = atom
            divided = list(draft.take_units(warehouses, line))
            found.shares += divided
            rest = line.quantity - sum((quantity for *_, quantity in divided), Decimal(0))
            if rest:
                found.lacking.append((line, rest))
    return found


def _atoms(lines: Sequence[LineFacts], *, apart: bool) -> list[_Atom]:
    """Return the lines, the components of a bundle together unless they may come from different warehouses."""
    groups: dict[tuple[str, int], list[LineFacts]] = {}
    for line in lines:
        together = line.bundle is not None and not apart
        key = ("bundle", line.bundle or 0) if together else ("line", line.position)
        groups.setdefault(key, []).append(line)
    return [tuple(group) for group in groups.values()]


class _Draft:
    """What would be taken from a shelf, which stays as it is."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._taken: dict[tuple[str, str], Decimal] = {}

    def take_all(self, warehouse: str, lines: Sequence[LineFacts]) -> list[Share] | None:
        """Take all lines from one warehouse, or nothing."""
        if not self._shelf.is_known(warehouse):
            return None
        before = dict(self._taken)
        for line in lines:
            if self._left(warehouse, line.sku) < line.quantity:
                self._taken = before
                return None
            self._take(warehouse, line.sku, line.quantity)
        return [(warehouse, line, line.quantity) for line in lines]

    def take_units(self, warehouses: Sequence[str], line: LineFacts) -> Iterator[Share]:
        """Take as many whole units of a line as the warehouses have, in their order."""
        wanted = line.quantity
        for warehouse in warehouses:
            left = self._left(warehouse, line.sku)
            units = wanted if left >= wanted else left.to_integral_value(ROUND_FLOOR)
            if units > 0:
                self._take(warehouse, line.sku, units)
                wanted -= units
                yield warehouse, line, units

    def _left(self, warehouse: str, sku: str) -> Decimal:
        key = warehouse, self._shelf.key(sku)
        return self._shelf.left(warehouse, sku) - self._taken.get(key, Decimal(0))

    def _take(self, warehouse: str, sku: str, quantity: Decimal) -> None:
        key = warehouse, self._shelf.key(sku)
        self._taken[key] = self._taken.get(key, Decimal(0)) + quantity
