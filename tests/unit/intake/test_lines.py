"""Which lines ship: a bundle as its parent or its components, never both; no discounts, no zero quantities."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.intake.lines import shippable_lines
from cartage.model.orders import LineKind, LineOption, OrderLine


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


def texts(lines: tuple[OrderLine, ...], *, bundle_parents: bool) -> dict[int, list[str]]:
    shipped = shippable_lines(lines, bundle_parents=bundle_parents)
    return {line.line_id: [option.text for option in line.options] for line in shipped}


def with_options(*lines: OrderLine) -> tuple[OrderLine, ...]:
    return tuple(replace(line, options=(LineOption("Text", f"of {line.line_id}"),)) for line in lines)


def test_the_options_of_a_bundle_go_with_its_first_component() -> None:
    assert texts(with_options(*BUNDLE), bundle_parents=False) == {
        1: ["Text: of 1"],
        3: ["Text: of 3", "SKU-2 Text: of 2"],
        4: ["Text: of 4"],
    }


def test_the_options_of_components_go_with_their_parent() -> None:
    assert texts(with_options(*BUNDLE), bundle_parents=True) == {
        1: ["Text: of 1"],
        2: ["Text: of 2", "SKU-3 Text: of 3", "SKU-4 Text: of 4"],
    }


@pytest.mark.parametrize("bundle_parents", [False, True])
def test_the_options_of_what_nothing_ships_for_go_nowhere(bundle_parents: bool) -> None:
    lines = with_options(line(1), line(2, LineKind.DISCOUNT), line(3, quantity="0"))
    assert texts(lines, bundle_parents=bundle_parents) == {1: ["Text: of 1"]}


def test_lines_that_share_a_number_keep_their_own_options() -> None:
    first, second = with_options(line(1), replace(line(1), sku="OTHER"))
    shipped = shippable_lines((first, second), bundle_parents=False)
    assert [line.sku for line in shipped] == ["SKU-1", "OTHER"]
