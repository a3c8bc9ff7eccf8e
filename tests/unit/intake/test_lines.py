"""Which lines ship: a bundle as its parent or its components, never both; no discounts, no zero quantities."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cartage.intake.lines import shippable_lines
from cartage.model.orders import LineKind, OrderLine


def line(
    line_id: int, kind: LineKind = LineKind.ITEM, quantity: str = "1", parent: int | None = None
) -> OrderLine:
    return OrderLine(line_id, f"SKU-{line_id}", Decimal(quantity), kind=kind, parent_line_id=parent)


BUNDLE = (
    line(1),
    line(2, LineKind.BUNDLE_PARENT),
    line(3, LineKind.BUNDLE_COMPONENT, parent=2),
    line(4, LineKind.BUNDLE_COMPONENT, parent=2),
)


def ids(lines: tuple[OrderLine, ...], *, bundle_parents: bool) -> list[int]:
    return [shipped.line_id for shipped in shippable_lines(lines, bundle_parents=bundle_parents)]


def test_a_bundle_ships_as_its_components() -> None:
    assert ids(BUNDLE, bundle_parents=False) == [1, 3, 4]


def test_a_bundle_ships_as_its_parent() -> None:
    assert ids(BUNDLE, bundle_parents=True) == [1, 2]


@pytest.mark.parametrize("bundle_parents", [False, True])
def test_a_parent_without_components_ships_as_itself(bundle_parents: bool) -> None:
    assert ids((line(2, LineKind.BUNDLE_PARENT),), bundle_parents=bundle_parents) == [2]


def test_components_of_another_parent_do_not_represent_it() -> None:
    lines = (*BUNDLE, line(5, LineKind.BUNDLE_PARENT))
    assert ids(lines, bundle_parents=False) == [1, 3, 4, 5]


@pytest.mark.parametrize("bundle_parents", [False, True])
def test_discounts_and_zero_quantities_never_ship(bundle_parents: bool) -> None:
    lines = (line(1), line(2, LineKind.DISCOUNT), line(3, quantity="0"), line(4, quantity="0.000"))
    assert ids(lines, bundle_parents=bundle_parents) == [1]


def test_the_order_of_the_lines_is_kept() -> None:
    assert ids((line(9), line(2), line(5)), bundle_parents=False) == [9, 2, 5]
