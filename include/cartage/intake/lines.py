"""Which lines of a sales order the lane ships. Pure.

A lane may leave lines to other shippers: digital goods, drop-shipped goods, SKUs by name. The store does not say what
kind a product is (3dcart-api.md, section 4.2), so the lane's settings do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cartage.model.orders import LineKind, LineOption, OrderLine
from cartage.model.wildcards import matches


def shippable_lines(lines: Sequence[OrderLine], *, bundle_parents: bool) -> tuple[OrderLine, ...]:
    """Return the lines that a warehouse ships: no discounts, and nothing with quantity zero.

    A line whose quantity could not be read may ship, so it is returned.

    A bundle ships either as its parent or as its components. A parent without any component in the order ships as
    itself, since nothing else represents it. The options of what is left out go with what ships for it, named by SKU:
    those of a parent with its first component, and those of components with their parent.
    """
    with_components = {line.parent_line_id for line in lines if line.kind is LineKind.BUNDLE_COMPONENT}

    def ships(line: OrderLine) -> bool:
        if line.kind is LineKind.DISCOUNT or (line.has_quantity and line.quantity == 0):
            return False
        if line.kind is LineKind.BUNDLE_PARENT:
            return bundle_parents or line.line_id not in with_components
        return not (line.kind is LineKind.BUNDLE_COMPONENT and bundle_parents)

    return _with_options_of_others(lines, [line for line in lines if ships(line)])


def _with_options_of_others(
    lines: Sequence[OrderLine], shipped: Sequence[OrderLine]
) -> tuple[OrderLine, ...]:
    carried: dict[int, tuple[LineOption, ...]] = defaultdict(tuple)
    shipped_ids = {line.line_id for line in shipped}
    for line in lines:
        carrier = _carrier(line, shipped) if line.options and line.line_id not in shipped_ids else None
        if carrier is not None:
            carried[carrier.line_id] += tuple(replace(option, item=line.sku) for option in line.options)
    return tuple(
        replace(line, options=line.options + carried.pop(line.line_id)) if line.line_id in carried else line
        for line in shipped
    )


def _carrier(line: OrderLine, shipped: Sequence[OrderLine]) -> OrderLine | None:
    """Return the line that ships for this one: its first component, or its parent; None if nothing does."""
    if line.kind is LineKind.BUNDLE_PARENT:
        return next((other for other in shipped if other.parent_line_id == line.line_id), None)
    if line.kind is LineKind.BUNDLE_COMPONENT and line.quantity > 0:
        return next((other for other in shipped if other.line_id == line.parent_line_id), None)
    return None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The lines that a lane leaves to other shippers; by default none.

    `skus` are patterns, `store_warehouses` the store's own warehouse ids.
    """

    skus: tuple[str, ...] = ()
    weightless: bool = False
    store_warehouses: tuple[int, ...] = ()

    def remaining(
        self, lines: Sequence[OrderLine], all_lines: Mapping[int, OrderLine]
    ) -> tuple[OrderLine, ...]:
        """Return the lines that this lane ships; `all_lines` has every line of the order, by line id."""
        return tuple(line for line in lines if not self._excludes(line, all_lines))

    def _excludes(self, line: OrderLine, all_lines: Mapping[int, OrderLine]) -> bool:
        return (
            line.store_warehouse_id in self.store_warehouses
            or any(matches(pattern, line.sku) for pattern in self.skus)
            or (self.weightless and _is_weightless(line, all_lines))
        )


def _is_weightless(line: OrderLine, all_lines: Mapping[int, OrderLine]) -> bool:
    """Return whether the weight is zero; a missing weight is not, and a component's may be part of its parent's."""
    parent = all_lines.get(line.parent_line_id) if line.parent_line_id is not None else None
    return line.weight == 0 and (parent is None or parent.weight == 0)
