"""Intake rules: which groups of an order ship, which are skipped and why; no group is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cartage.errors.problems import Problem, ProblemKind
from cartage.intake.lines import Exclusion
from cartage.intake.rules import IntakeResult, IntakeRules, apply_intake_rules
from cartage.model.orders import Address, LineKind, OrderLine, SalesOrder, ShipGroup
from cartage.model.skip_reasons import (
    AMOUNT_ZERO,
    BEFORE_GO_LIVE,
    GIFT_CERTIFICATES_ONLY,
    LEFT_IMPORT_STATUS,
    LEFT_TO_ANOTHER_SHIPPER,
    NO_SHIPPABLE_LINE,
    is_status_reason,
    not_ours,
)

LIVE = datetime(2026, 1, 1, 5, tzinfo=UTC)
SOMEWHERE = Address(name="Robin Example", city="Springfield")


def line(line_id: int, quantity: str = "1", kind: LineKind = LineKind.ITEM) -> OrderLine:
    return OrderLine(line_id, f"SKU-{line_id}", Decimal(quantity), kind=kind)


def group(shipment_id: int, *lines: OrderLine) -> ShipGroup:
    return ShipGroup(shipment_id, SOMEWHERE, "UPS Ground", lines)


def decide(
    *groups: ShipGroup, ordered_at: datetime | None = LIVE, problems: tuple[Problem, ...] = ()
) -> IntakeResult:
    order = SalesOrder(31882, 1, ordered_at=ordered_at, groups=groups, problems=problems)
    return apply_intake_rules(order, IntakeRules(live_since=LIVE))


def test_every_ship_group_is_decided_by_itself() -> None:
    intake = decide(group(0, line(1)), group(77, line(2, kind=LineKind.DISCOUNT)))
    assert [(kept.shipment_id, skip) for kept, skip in intake.groups] == [
        (0, ""),
        (77, NO_SHIPPABLE_LINE),
    ]


def test_a_group_keeps_only_the_lines_that_ship() -> None:
    intake = decide(group(0, line(1), line(2, "0"), line(3, kind=LineKind.DISCOUNT)))
    assert [line.line_id for line in intake.groups[0][0].lines] == [1]


def test_a_returned_quantity_does_not_ship() -> None:
    intake = decide(group(0, line(1), line(2, "-1")))
    assert [line.line_id for line in intake.groups[0][0].lines] == [1]


MALFORMED = Problem(ProblemKind.MALFORMED_FIELD, "OrderItemList[].ItemQuantity", "no quantity", "Correct it.")


def unread(line_id: int, kind: LineKind = LineKind.ITEM, parent: int | None = None) -> OrderLine:
    """A line whose quantity could not be read."""
    return OrderLine(
        line_id, f"SKU-{line_id}", Decimal(0), kind=kind, parent_line_id=parent, has_quantity=False
    )


def test_only_a_true_zero_is_no_shippable_line() -> None:
    assert [skip for _, skip in decide(group(0, line(1, "0"))).groups] == [NO_SHIPPABLE_LINE]
    intake = decide(group(0, unread(1)), problems=(MALFORMED,))
    assert [skip for _, skip in intake.groups] == [""]
    assert [problem.kind for problem in intake.order.problems] == [ProblemKind.MALFORMED_FIELD]


def test_a_component_without_a_quantity_does_not_make_its_bundle_no_shippable_line() -> None:
    bundle = line(1, kind=LineKind.BUNDLE_PARENT)
    component = unread(2, LineKind.BUNDLE_COMPONENT, parent=1)
    assert [skip for _, skip in decide(group(0, bundle, component)).groups] == [""]


def test_a_line_that_could_not_be_read_at_all_does_not_make_its_group_no_shippable_line() -> None:
    lost = Problem(ProblemKind.MALFORMED_FIELD, "OrderItemList[]", "no object", "Correct it.")
    intake = decide(group(0, line(1, "0")), group(77), problems=(lost,))
    assert [skip for _, skip in intake.groups] == ["", ""]


def test_a_line_of_another_shipper_is_left_to_it_whatever_its_quantity() -> None:
    order = SalesOrder(31882, 1, ordered_at=LIVE, groups=(group(0, unread(1)),), problems=(MALFORMED,))
    intake = apply_intake_rules(order, IntakeRules(exclusion=Exclusion(skus=("SKU-1",))))
    assert [skip for _, skip in intake.groups] == [LEFT_TO_ANOTHER_SHIPPER]


def test_an_order_placed_before_go_live_is_skipped_with_its_reason() -> None:
    intake = decide(group(0, line(1)), group(1, line(2)), ordered_at=LIVE - timedelta(seconds=1))
    assert [skip for _, skip in intake.groups] == [BEFORE_GO_LIVE, BEFORE_GO_LIVE]


def test_an_order_placed_exactly_at_go_live_ships() -> None:
    assert decide(group(0, line(1)), ordered_at=LIVE).groups[0][1] == ""


def test_an_order_without_a_time_ships() -> None:
    assert decide(group(0, line(1)), ordered_at=None).groups[0][1] == ""


def test_an_order_without_lines_is_kept_with_its_problem_not_skipped() -> None:
    intake = decide(group(0))
    assert [problem.kind for problem in intake.order.problems] == [ProblemKind.NO_LINES]
    assert intake.groups[0][1] == ""


def test_an_order_without_groups_keeps_an_empty_one_so_that_it_is_not_lost() -> None:
    intake = decide()
    assert [(kept.shipment_id, kept.lines, skip) for kept, skip in intake.groups] == [(0, (), "")]
    assert [problem.kind for problem in intake.order.problems] == [ProblemKind.NO_LINES]


def test_an_empty_group_beside_a_full_one_is_skipped_and_no_problem() -> None:
    intake = decide(group(0, line(1)), group(1))
    assert [skip for _, skip in intake.groups] == ["", NO_SHIPPABLE_LINE]
    assert intake.order.problems == ()


def test_a_problem_that_was_found_twice_counts_once() -> None:
    fault = Problem(ProblemKind.MALFORMED_FIELD, "OrderAmount", "not a number", "Correct it.")
    assert decide(group(0, line(1)), problems=(fault, fault)).order.problems == (fault,)


def decided(order: SalesOrder, **rules: Any) -> list[str]:
    return [skip for _, skip in apply_intake_rules(order, IntakeRules(**rules)).groups]


def order(*groups: ShipGroup, **fields: Any) -> SalesOrder:
    return SalesOrder(31882, 1, groups=groups or (group(0, line(1)),), **fields)


def test_an_order_of_amount_0_ships_or_is_skipped_as_the_lane_says() -> None:
    assert decided(order()) == [""]
    assert decided(order(), skips_zero_value=True) == [AMOUNT_ZERO]
    assert decided(order(amount=Decimal("0.01")), skips_zero_value=True) == [""]


def test_an_unreadable_amount_does_not_count_as_0() -> None:
    fault = Problem(ProblemKind.MALFORMED_FIELD, "OrderAmount", "not a number", "Correct it.")
    assert decided(order(problems=(fault,)), skips_zero_value=True) == [""]


def test_an_order_paid_with_gift_certificates_alone_ships_or_is_skipped_as_the_lane_says() -> None:
    paid = order(amount=Decimal(20), gift_certificate_only=True)
    assert decided(paid) == [""]
    assert decided(paid, skips_gift_certificates=True) == [GIFT_CERTIFICATES_ONLY]


def test_a_partly_excluded_order_ships_the_rest() -> None:
    intake = apply_intake_rules(
        order(group(0, line(1), line(2))), IntakeRules(exclusion=Exclusion(skus=("SKU-2",)))
    )
    [(kept, skip)] = intake.groups
    assert ([each.line_id for each in kept.lines], skip) == ([1], "")


def test_a_group_without_lines_of_ours_is_skipped_with_its_reason() -> None:
    groups = (group(0, line(1)), group(7, line(2)), group(8, line(3, kind=LineKind.DISCOUNT)))
    assert decided(order(*groups), exclusion=Exclusion(skus=("SKU-2",))) == [
        "",
        LEFT_TO_ANOTHER_SHIPPER,
        NO_SHIPPABLE_LINE,
    ]


def test_after_a_cutover_no_date_is_compared() -> None:
    assert decided(order(ordered_at=LIVE - timedelta(days=900)), live_since=None) == [""]


def test_skip_reasons_that_follow_the_status_are_recognised() -> None:
    assert not_ours("Unpaid", processed=False) == "status Unpaid"
    assert not_ours("Shipped", processed=True) == "status Shipped when first seen: not by Cartage"
    assert is_status_reason(not_ours("Hold", processed=False))
    assert not any(map(is_status_reason, (BEFORE_GO_LIVE, LEFT_IMPORT_STATUS, NO_SHIPPABLE_LINE)))
