"""Which lines of a sales order are shipped."""

from __future__ import annotations

from collections.abc import Sequence

from cartage.model.orders import LineKind, OrderLine


def shippable_lines(lines: Sequence[OrderLine], *, bundle_parents: bool) -> tuple[OrderLine, ...]:
    """The lines that a warehouse is to ship: no discounts, nothing of zero quantity.

    A bundle ships as its parent or as its components, never both. A parent without any component in the order is
    shipped as itself, since nothing else would represent it.
    """
    with_components = {line.parent_line_id for line in lines if line.kind is LineKind.BUNDLE_COMPONENT}

    def ships(line: OrderLine) -> bool:
        if line.kind is LineKind.DISCOUNT or line.quantity == 0:
            return False
        if line.kind is LineKind.BUNDLE_PARENT:
            return bundle_parents or line.line_id not in with_components
        return not (line.kind is LineKind.BUNDLE_COMPONENT and bundle_parents)

    return tuple(line for line in lines if ships(line))
