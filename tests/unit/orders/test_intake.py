"""Intake: which groups of an order ship, which are skipped and why, and that none vanishes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cartage.orders.intake import BEFORE_GO_LIVE, NO_SHIPPABLE_LINE, Intake, take_in
from cartage.orders.model import Address, LineKind, OrderLine, SalesOrder, ShipGroup
from cartage.orders.problems import Problem, ProblemKind

LIVE = datetime(2026, 1, 1, 5, tzinfo=UTC)
SOMEWHERE = Address(name="Robin Example", city="Springfield")


def line(line_id: int, quantity: str = "1", kind: LineKind = LineKind.ITEM) -> OrderLine:
    return OrderLine(line_id, f"SKU-{line_id}", Decimal(quantity), kind=kind)


def group(shipment_id: int, *lines: OrderLine) -> ShipGroup:
    return ShipGroup(shipment_id, SOMEWHERE, "UPS Ground", lines)


def taken(
    *groups: ShipGroup, ordered_at: datetime | None = LIVE, problems: tuple[Problem, ...] = ()
) -> Intake:
    order = SalesOrder(31882, 1, ordered_at=ordered_at, groups=groups, problems=problems)
    return take_in(order, bundle_parents=False, live_since=LIVE)


def test_every_ship_group_is_decided_by_itself() -> None:
    intake = taken(group(0, line(1)), group(77, line(2, kind=LineKind.DISCOUNT)))
    assert [(one.shipment_id, skip) for one, skip in intake.groups] == [(0, ""), (77, NO_SHIPPABLE_LINE)]


def test_a_group_keeps_only_the_lines_that_ship() -> None:
    intake = taken(group(0, line(1), line(2, "0"), line(3, kind=LineKind.DISCOUNT)))
    assert [one.line_id for one in intake.groups[0][0].lines] == [1]


def test_a_returned_quantity_does_not_ship() -> None:
    intake = taken(group(0, line(1), line(2, "-1")))
    assert [one.line_id for one in intake.groups[0][0].lines] == [1]


def test_an_order_placed_before_go_live_is_skipped_with_its_reason() -> None:
    intake = taken(group(0, line(1)), group(1, line(2)), ordered_at=LIVE - timedelta(seconds=1))
    assert [skip for _, skip in intake.groups] == [BEFORE_GO_LIVE, BEFORE_GO_LIVE]


def test_an_order_placed_at_the_stroke_of_go_live_ships() -> None:
    assert taken(group(0, line(1)), ordered_at=LIVE).groups[0][1] == ""


def test_an_order_of_unknown_time_ships() -> None:
    assert taken(group(0, line(1)), ordered_at=None).groups[0][1] == ""


def test_an_order_without_lines_is_kept_with_its_problem_not_skipped() -> None:
    intake = taken(group(0))
    assert [problem.kind for problem in intake.order.problems] == [ProblemKind.NO_LINES]
    assert intake.groups[0][1] == ""


def test_an_order_without_groups_keeps_an_empty_one_so_that_it_is_not_lost() -> None:
    intake = taken()
    assert [(one.shipment_id, one.lines, skip) for one, skip in intake.groups] == [(0, (), "")]
    assert [problem.kind for problem in intake.order.problems] == [ProblemKind.NO_LINES]


def test_an_empty_group_beside_a_full_one_is_skipped_and_no_problem() -> None:
    intake = taken(group(0, line(1)), group(1))
    assert [skip for _, skip in intake.groups] == ["", NO_SHIPPABLE_LINE]
    assert intake.order.problems == ()


def test_a_problem_that_was_found_twice_is_one() -> None:
    fault = Problem(ProblemKind.MALFORMED_FIELD, "OrderAmount", "not a number", "Correct it.")
    assert taken(group(0, line(1)), problems=(fault, fault)).order.problems == (fault,)
