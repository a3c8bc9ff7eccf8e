"""What a decision means for a ship-to group, and which fulfillment order gets which part."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cartage.routing import LineFacts, OrderFacts
from cartage.routing.facts import whole_groups
from cartage.routing.group_plan import GroupPlan, PlannedPart, fit_members, plan_group
from tests.unit.routing.test_decide import decided, order, router, stock

EAST, WEST = "east", "west"


def planned(rules: object, facts: OrderFacts, **units: dict[str, float]) -> GroupPlan:
    [decision] = decided(rules, facts, seen=stock(**units))  # type: ignore[arg-type]
    return plan_group(decision, facts, EAST)


def shape(plan: GroupPlan) -> list[tuple[str, dict[int, int]]]:
    return [
        (part.warehouse or part.nobody or "waits", {place: int(units) for place, units in part.lines.items()})
        for part in plan.parts
    ]


def test_each_warehouse_gets_a_part() -> None:
    rules = router({"when": {"skus": ["MUG"]}, "to": WEST})
    assert shape(planned(rules, order(("MUG", 2), ("PAN", 1)))) == [(WEST, {0: 2}), (EAST, {1: 1})]


def test_an_order_that_waits_keeps_all_of_its_lines_together() -> None:
    rules = router({"prefer": [WEST, EAST]})
    plan = planned(rules, order(("MUG", 2), ("PAN", 1)), west={"MUG": 5})
    assert shape(plan) == [("waits", {0: 2, 1: 1})]
    assert plan.parts[0].problems


def test_by_line_only_what_nobody_has_waits() -> None:
    rules = router({"prefer": [WEST, EAST], "split": "by_line"})
    plan = planned(rules, order(("MUG", 2), ("PAN", 1)), west={"MUG": 5})
    assert shape(plan) == [(WEST, {0: 2}), ("waits", {1: 1})]


def test_lines_for_nobody_are_a_part_with_the_rule() -> None:
    rules = router({"when": {"skus": ["PAN"]}, "nobody": True})
    assert shape(planned(rules, order(("MUG", 2), ("PAN", 1)))) == [(EAST, {0: 2}), ("rule1", {1: 1})]


def test_a_held_order_stays_whole_at_the_first_warehouse() -> None:
    plan = planned(router({"hold": "look"}), order(("MUG", 2), ("PAN", 1)))
    assert shape(plan) == [(EAST, {0: 2, 1: 1})]
    assert plan.hold is not None


def test_an_order_without_lines_goes_to_the_first_warehouse() -> None:
    assert shape(planned(router(), order())) == [(EAST, {})]


@pytest.mark.parametrize(
    ("parts", "members", "fitted"),
    [
        ([WEST], [(1, ""), (2, WEST)], [1]),
        ([WEST, EAST], [(1, EAST)], [None, 1]),
        ([WEST, EAST], [(1, EAST), (2, WEST)], [2, 1]),
        ([WEST, ""], [(1, ""), (2, WEST)], [2, 1]),
        ([WEST, EAST], [(1, "north"), (2, WEST), (3, EAST)], [1, 3]),
        (["", WEST], [(1, "")], [1, None]),
    ],
)
def test_a_part_stays_where_it_is_and_the_first_member_always_has_one(
    parts: list[str], members: list[tuple[int, str]], fitted: list[int | None]
) -> None:
    assert fit_members([PlannedPart({}, name) for name in parts], members) == fitted


def facts(key: int, *lines: tuple[int, str, int, int], choice: str = "") -> OrderFacts:
    made = [LineFacts(place, sku, Decimal(units), line_id=line_id) for place, sku, units, line_id in lines]
    return OrderFacts(key, tuple(made), choice=choice)  # type: ignore[arg-type]


def test_parts_of_one_group_are_decided_together() -> None:
    orders = [
        facts(7, (1, "PAN", 1, 12), choice="split"),
        facts(3, (0, "MUG", 2, 11), (1, "PAN", 2, 12)),
        facts(5, (0, "TEA", 1, 9)),
    ]
    keys = {3: ((1, 0), 0), 7: ((1, 0), 1), 5: ((2, 0), 0)}
    whole, other = whole_groups(orders, keys)
    assert (whole.key, whole.members, whole.facts.id, whole.facts.choice) == ((1, 0), (3, 7), 3, "split")
    assert [(line.position, int(line.quantity)) for line in whole.facts.lines] == [(0, 2), (1, 3)]
    assert other.members == (5,)


def test_parts_of_different_copies_of_an_order_are_decided_by_themselves() -> None:
    orders = [facts(3, (0, "MUG", 2, 11)), facts(7, (0, "PAN", 1, 12))]
    groups = whole_groups(orders, {3: ((1, 0), 0), 7: ((1, 0), 1)})
    assert [group.members for group in groups] == [(3,), (7,)]
