"""Why rules decide as they do, and what other rules would change."""

from __future__ import annotations

from dataclasses import replace

from cartage.model.orders import RoutingChoice
from cartage.routing.views.comparison import PassedRule, compare_routing, explain, place_text
from tests.unit.routing.test_decide import PREFER, order, router, stock


def test_an_explanation_names_each_rule_that_did_not_decide_and_why() -> None:
    rules = router(
        {"when": {"states": ["CA"]}, "to": "west"},
        {"when": {"skus": ["A"]}, "to": "west"},
        {"to": "east"},
    )
    found = explain(order(("A", 1), state="NY"), rules, stock())
    assert found.decision.warehouses == ("west",)
    assert found.passed == (PassedRule("rule1", "states"), PassedRule("rule3", ""))


def test_a_preview_counts_the_orders_that_go_elsewhere() -> None:
    orders = [order(("A", 1), key=1, state="CA"), order(("A", 1), key=2, state="NY"), order(("B", 1), key=3)]
    before = router({"when": {"states": ["CA"]}, "to": "west"})
    after = router({"when": {"states": ["NY"]}, "to": "west"}, {"when": {"skus": ["B"]}, "hold": "look"})
    found = compare_routing(orders, before, after, stock())
    assert [each.id for each in found.rerouted] == [1, 2, 3]
    assert found.ways == {("west", "east"): 1, ("east", "west"): 1, ("east", "held by rule2"): 1}
    assert found.orders == 3


def test_another_rule_with_the_same_result_is_no_change() -> None:
    before, after = router({"when": {"skus": ["A"]}, "to": "west"}), router({"to": "west"})
    assert compare_routing([order(("A", 1))], before, after, stock()).rerouted == ()


def test_each_order_of_a_preview_sees_the_whole_stock() -> None:
    orders = [order(("A", 2), key=key) for key in range(3)]
    found = compare_routing(orders, router(PREFER), router({"to": "west"}), stock(west={"A": 2}, east={}))
    assert found.rerouted == ()


def test_places_are_named_in_a_few_words() -> None:
    rules = router({"when": {"skus": ["A"]}, "nobody": True}, {"when": {"skus": ["B"]}, "prefer": ["west"]})
    mixed = explain(order(("A", 1), ("C", 1)), rules, stock()).decision
    waits = explain(order(("B", 1)), rules, stock()).decision
    assert (place_text(mixed), place_text(waits)) == ("east + nobody", "waits")


def test_an_order_that_goes_ahead_says_that_its_rest_waits() -> None:
    rules = router({"prefer": ["west", "east"]})
    some, none = order(("B", 3)), order(("C", 1))
    split = [
        explain(replace(each, choice=RoutingChoice.SPLIT), rules, stock(west={"B": 2}, east={})).decision
        for each in (some, none)
    ]
    assert [place_text(each) for each in split] == ["west; the rest waits", "waits"]
