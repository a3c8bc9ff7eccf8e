"""Which lines a lane leaves to others: digital goods, drop-shippers, SKUs by name. Pure.

The store does not say what kind a product is (3dcart-api.md, section 4.2), so the lane has to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cartage.model.orders import OrderLine
from cartage.model.wildcards import matches


@dataclass(frozen=True, slots=True)
class Exclusion:
    """`skus` are patterns, `store_warehouses` the store's own warehouse ids. By default nothing is left out."""

    skus: tuple[str, ...] = ()
    weightless: bool = False
    store_warehouses: tuple[int, ...] = ()

    def remaining(
        self, lines: Sequence[OrderLine], all_lines: Mapping[int, OrderLine]
    ) -> tuple[OrderLine, ...]:
        """The lines that are not left to others; `all_lines` of the order, by line id, know their parents."""
        return tuple(line for line in lines if not self._excludes(line, all_lines))

    def _excludes(self, line: OrderLine, all_lines: Mapping[int, OrderLine]) -> bool:
        return (
            line.store_warehouse_id in self.store_warehouses
            or any(matches(pattern, line.sku) for pattern in self.skus)
            or (self.weightless and _is_weightless(line, all_lines))
        )


def _is_weightless(line: OrderLine, all_lines: Mapping[int, OrderLine]) -> bool:
    """A weight that is not told is not none, and a component may have its weight in its parent's."""
    parent = all_lines.get(line.parent_line_id) if line.parent_line_id is not None else None
    return line.weight == 0 and (parent is None or parent.weight == 0)
