"""Which warehouse ships which lines, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cartage.lanes.settings.several.routing import RoutingRule
from cartage.model.orders import Address
from cartage.model.skus import folded
from cartage.routing import LineFacts, OrderFacts, Router, RoutingDecision, StockView, decide, facts_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def router(*rules: dict[str, Any]) -> Router:
    named = [{"name": f"rule{number}", **rule} for number, rule in enumerate(rules, 1)]
    return Router(tuple(map(RoutingRule.model_validate, named)), "east")


def order(*lines: LineFacts | tuple[str, float], key: int = 1, **facts: Any) -> OrderFacts:
    made = [
        line if isinstance(line, LineFacts) else LineFacts(place, line[0], Decimal(str(line[1])))
        for place, line in enumerate(lines)
    ]
    return OrderFacts(key, tuple(made), **facts)


def stock(*, minutes: int = 5, **units: dict[str, float]) -> StockView:
    """What each warehouse has, read so many minutes ago; figures are good for an hour."""
    return StockView(
        NOW,
        {
            (name, folded(sku)): Decimal(str(count))
            for name, skus in units.items()
            for sku, count in skus.items()
        },
        dict.fromkeys(units, NOW - timedelta(minutes=minutes)),
        dict.fromkeys(units, timedelta(hours=1)),
    )


def decided(rules: Router, *orders: OrderFacts, seen: StockView | None = None) -> list[RoutingDecision]:
    return decide(orders, rules, seen or stock())


def places(decision: RoutingDecision) -> dict[str, list[tuple[int, float]]]:
    return {
        part.warehouse: [(line.position, float(line.quantity)) for line in part.lines]
        for part in decision.parts
    }


def where(decisions: Iterable[RoutingDecision]) -> list[tuple[str, ...]]:
    return [decision.warehouses for decision in decisions]


def test_a_line_that_no_rule_takes_goes_to_the_first_warehouse() -> None:
    [decision] = decided(router(), order(("MUG", 2)))
    assert places(decision) == {"east": [(0, 2)]}
    assert decision.rules == ()
    assert decision.sentence == "1 line to east: no rule took it"


@pytest.mark.parametrize(
    ("when", "facts", "applies"),
    [
        ({"countries": ["CA"]}, {"countries": frozenset({"CA"})}, True),
        ({"countries": ["CA"]}, {"countries": frozenset({"US", "PR"})}, False),
        ({"states": ["California"]}, {"state": "CA"}, True),
        ({"states": ["ca", "wa"]}, {"state": "WA"}, True),
        ({"states": ["ca"]}, {"state": ""}, False),
        ({"postal_codes": ["900-961"]}, {"postal_code": "90210-1234"}, True),
        ({"postal_codes": ["900-961"]}, {"postal_code": "96200"}, False),
        ({"postal_codes": ["900-961"]}, {"postal_code": "89"}, False),
        ({"postal_codes": ["SW1"]}, {"postal_code": "sw1a 1aa"}, True),
        ({"postal_codes": ["0"]}, {"postal_code": "02134"}, True),
        ({"ship_methods": ["*Express*"]}, {"ship_method": "UPS Express Saver"}, True),
        ({"ship_methods": ["Ground"]}, {"ship_method": "UPS Ground"}, False),
        ({"amount_from": 100}, {"amount": Decimal(100)}, True),
        ({"amount_below": 100}, {"amount": Decimal(100)}, False),
        ({"first_order": True}, {"is_first": True}, True),
        ({"first_order": False}, {"is_first": True}, False),
        ({"weight_from": 5}, {}, False),
        ({"skus": ["mug*"]}, {}, True),
        ({"skus": ["*ug-?"]}, {}, True),
        ({"skus": ["TEA"]}, {}, False),
        ({"store_warehouses": [0]}, {}, True),
        ({"store_warehouses": [4]}, {}, False),
        ({"skus": ["MUG-1"], "states": ["CA"]}, {"state": "NY"}, False),
        ({"skus": ["MUG-1"], "states": ["CA"]}, {"state": "CA"}, True),
    ],
)
def test_a_rule_applies_if_all_its_conditions_are_met(
    when: dict[str, Any], facts: dict[str, Any], applies: bool
) -> None:
    [decision] = decided(router({"when": when, "to": "west"}), order(("MUG-1", 1), **facts))
    assert decision.warehouses == (("west",) if applies else ("east",))


def test_weight_is_that_of_all_lines_and_unknown_if_one_is() -> None:
    heavy = router({"when": {"weight_from": 10}, "to": "west"})
    light = router({"when": {"weight_below": 10}, "to": "west"})
    known = order(LineFacts(0, "A", Decimal(4), Decimal(2)), LineFacts(1, "B", Decimal(1), Decimal(2)))
    unknown = order(LineFacts(0, "A", Decimal(4), Decimal(2)), LineFacts(1, "B", Decimal(1)))
    assert where([*decided(heavy, known, unknown), *decided(light, known, unknown)]) == [
        ("west",),
        ("east",),
        ("east",),
        ("east",),
    ]


def test_the_first_rule_that_a_line_meets_takes_it_and_the_rest_falls_on() -> None:
    rules = router(
        {"when": {"skus": ["ICE-*"]}, "to": "cold"},
        {"when": {"store_warehouses": [9]}, "nobody": True},
        {"when": {"states": ["CA"]}, "to": "west"},
    )
    lines = [
        LineFacts(0, "MUG", Decimal(1)),
        LineFacts(1, "ICE-1", Decimal(3)),
        LineFacts(2, "SOFA", Decimal(1), store_warehouse_id=9),
    ]
    [decision] = decided(rules, order(*lines, state="CA"))
    assert places(decision) == {"cold": [(1, 3)], "west": [(0, 1)]}
    assert decision.nobody == (2,)
    assert decision.rules == ("rule1", "rule2", "rule3")


def test_a_rule_for_all_lines_takes_what_is_left() -> None:
    rules = router({"when": {"skus": ["ICE-*"]}, "lines": "all", "to": "cold"})
    [decision] = decided(rules, order(("MUG", 1), ("ICE-1", 1)))
    assert places(decision) == {"cold": [(0, 1), (1, 1)]}


def test_a_hold_holds_the_whole_group_until_it_is_released() -> None:
    rules = router({"when": {"amount_from": 500}, "hold": "call the buyer"}, {"to": "west"})
    held, free = decided(
        rules,
        order(("A", 1), amount=Decimal(900)),
        order(("A", 1), amount=Decimal(900), released=frozenset({"rule1"})),
    )
    assert held.hold is not None
    assert (held.hold.rule, held.hold.reason, held.parts) == ("rule1", "call the buyer", ())
    assert (free.hold, free.warehouses) == (None, ("west",))


PREFER = {"prefer": ["west", "east"]}


def test_the_first_warehouse_that_has_everything_ships() -> None:
    seen = stock(west={"A": 5}, east={"A": 5, "B": 5})
    assert where(decided(router(PREFER), order(("A", 1)), order(("A", 1), ("B", 1)), seen=seen)) == [
        ("west",),
        ("east",),
    ]


def test_what_one_order_takes_the_next_does_not_get() -> None:
    seen = stock(west={"A": 3}, east={"A": 3})
    orders = [order(("A", 2), key=key) for key in range(3)]
    first, second, third = decided(router(PREFER), *orders, seen=seen)
    assert where([first, second]) == [("west",), ("east",)]
    assert (third.parts, [(line.sku, line.quantity) for line in third.waits]) == ((), [("A", Decimal(2))])


def test_two_lines_of_one_sku_are_taken_together() -> None:
    seen = stock(west={"mug": 3}, east={"mug": 9})
    [decision] = decided(router(PREFER), order(("MUG", 2), ("mug", 2)), seen=seen)
    assert decision.warehouses == ("east",)


def test_figures_that_are_too_old_are_no_stock() -> None:
    seen = stock(west={"A": 9}, east={"A": 9})
    old = StockView(NOW, seen.units, {**seen.read_at, "west": NOW - timedelta(days=1)}, seen.max_age)
    [decision] = decided(router(PREFER), order(("A", 1)), seen=old)
    assert decision.warehouses == ("east",)
    assert "west too old, 24 h" in decision.sentence
    assert "east had 9, 5 min ago" in decision.sentence


def test_an_order_that_waits_takes_no_stock_from_the_next() -> None:
    rules = router({"when": {"skus": ["B"]}, **PREFER}, {"prefer": ["west"]})
    seen = stock(west={"A": 1}, east={})
    waits, goes = decided(rules, order(("B", 1), ("A", 1)), order(("A", 1)), seen=seen)
    assert [line.sku for line in waits.waits] == ["B"]
    assert waits.sentence.startswith(
        "1 line waits: no warehouse of rule rule1 has it (B, 1 wanted: west had 0,"
    )
    assert goes.warehouses == ("west",)


def test_a_backorder_goes_whole_where_the_rule_says() -> None:
    [decision] = decided(router({**PREFER, "backorder_at": "east"}), order(("A", 1), ("B", 1)))
    assert places(decision) == {"east": [(0, 1), (1, 1)]}
    assert decision.waits == ()
    assert "backorder" in decision.sentence


def test_when_needed_splits_between_as_few_warehouses_as_can_be() -> None:
    rules = router({"prefer": ["north", "west", "east"], "split": "when_needed"})
    seen = stock(north={"A": 1, "B": 0}, west={"B": 1}, east={"A": 1, "C": 1, "B": 1})
    [decision] = decided(rules, order(("A", 1), ("B", 1), ("C", 1)), seen=seen)
    assert places(decision) == {"east": [(0, 1), (1, 1), (2, 1)]}
    seen = stock(north={"A": 1}, west={"B": 1}, east={"C": 1, "B": 1})
    [decision] = decided(rules, order(("A", 1), ("B", 1), ("C", 1)), seen=seen)
    assert places(decision) == {"north": [(0, 1)], "east": [(1, 1), (2, 1)]}


def test_when_needed_divides_a_line_in_whole_units() -> None:
    rules = router({**PREFER, "split": "when_needed"})
    seen = stock(west={"A": 2.9}, east={"A": 3})
    [decision] = decided(rules, order(("A", 5)), seen=seen)
    assert places(decision) == {"west": [(0, 2)], "east": [(0, 3)]}
    [decision] = decided(rules, order(("A", 6)), seen=seen)
    assert [(line.position, line.quantity) for line in decision.waits] == [(0, Decimal(1))]


def test_by_line_sends_each_line_whole_to_the_first_that_has_it() -> None:
    rules = router({**PREFER, "split": "by_line"})
    seen = stock(west={"A": 4, "B": 1}, east={"A": 9, "B": 9})
    [decision] = decided(rules, order(("A", 5), ("B", 1)), seen=seen)
    assert places(decision) == {"east": [(0, 5), (1, 1)]}, "one warehouse has all"
    seen = stock(west={"A": 4, "B": 1}, east={"A": 9})
    [decision] = decided(rules, order(("A", 5), ("B", 1)), seen=seen)
    assert places(decision) == {"east": [(0, 5)], "west": [(1, 1)]}


@pytest.mark.parametrize("split", ["when_needed", "by_line"])
def test_the_components_of_a_bundle_stay_together_unless_the_rule_allows(split: str) -> None:
    lines = [
        LineFacts(0, "POT", Decimal(1), bundle=7),
        LineFacts(1, "LID", Decimal(1), bundle=7),
        LineFacts(2, "TEA", Decimal(1)),
    ]
    seen = stock(west={"POT": 1, "TEA": 1}, east={"LID": 1})
    together = router({**PREFER, "split": split})
    [decision] = decided(together, order(*lines), seen=seen)
    assert [line.position for line in decision.waits] == [0, 1]
    apart = router({**PREFER, "split": split, "split_bundles": True})
    [decision] = decided(apart, order(*lines), seen=seen)
    assert places(decision) == {"west": [(0, 1), (2, 1)], "east": [(1, 1)]}


def test_a_rule_that_takes_a_component_takes_its_bundle() -> None:
    lines = [LineFacts(0, "POT", Decimal(1), bundle=7), LineFacts(1, "LID", Decimal(1), bundle=7)]
    [decision] = decided(router({"when": {"skus": ["LID"]}, "to": "west"}), order(*lines))
    assert places(decision) == {"west": [(0, 1), (1, 1)]}
    alone = {"when": {"skus": ["LID"]}, "to": "west", "split_bundles": True}
    [decision] = decided(router(alone), order(*lines))
    assert places(decision) == {"west": [(1, 1)], "east": [(0, 1)]}


def test_in_stock_asks_for_all_the_lines_that_the_rule_would_take() -> None:
    rules = router({"when": {"in_stock": ["west"]}, "to": "west"})
    seen = stock(west={"A": 1})
    both, first = decided(rules, order(("A", 1), ("B", 1)), order(("A", 1)), seen=seen)
    assert where([both, first]) == [("east",), ("west",)]


def test_a_decision_is_a_document_with_the_stock_it_saw() -> None:
    [decision] = decided(router(PREFER), order(("A", 2)), seen=stock(west={"A": 1}, east={"A": 4}))
    assert decision.document() == {
        "parts": [{"warehouse": "east", "lines": [[0, "2"]]}],
        "nobody": [],
        "waits": [],
        "goes_ahead": False,
        "hold": None,
        "steps": [
            {
                "rule": "rule1",
                "outcome": "sent",
                "lines": [0],
                "warehouses": ["east"],
                "stock": [
                    {"warehouse": "west", "sku": "A", "wanted": "2", "available": "1", "age_seconds": 300},
                    {"warehouse": "east", "sku": "A", "wanted": "2", "available": "4", "age_seconds": 300},
                ],
            }
        ],
    }
    assert decision.sentence == (
        "1 line to east by rule rule1 (A, 2 wanted: west had 1, 5 min ago, east had 4, 5 min ago)"
    )


def test_each_rule_that_does_not_apply_is_told_with_its_reason() -> None:
    rules = router(
        {"when": {"states": ["CA"]}, "to": "west"},
        {"when": {"skus": ["B"]}, "to": "west"},
        {"when": {"in_stock": ["west"]}, "to": "west"},
        {"to": "east"},
        {"to": "west"},
    )
    told: list[tuple[int, str]] = []
    decide(
        [order(("A", 1), state="NY")], rules, stock(), on_unmet=lambda number, why: told.append((number, why))
    )
    assert told == [(0, "states"), (1, "skus"), (2, "in_stock")]


def test_the_facts_of_an_address_are_its_codes() -> None:
    facts = facts_of(
        5,
        [LineFacts(0, "A", Decimal(1))],
        ship_to=Address(city="Los Angeles", state="California", zip_code="90001", country="United States"),
        ship_method="UPS Ground",
        amount=Decimal(10),
        is_first=False,
    )
    assert (facts.state, facts.postal_code, facts.countries) == ("CA", "90001", frozenset({"US"}))
