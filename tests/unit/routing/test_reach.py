"""Which warehouses the rules can send a SKU to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.lanes.settings.lane import Lane
from cartage.routing import LineFacts, OrderFacts, StockView, compile_routing, decide
from cartage.routing.reach import RuleReach

NOW = datetime(2026, 11, 29, tzinfo=UTC)
WAREHOUSES = {
    name: {"connector": "extensiv", "connection": name, "settings": {"customer_id": 1, "facility_id": number}}
    for number, name in enumerate(("ohio", "west", "cold"), 1)
}


def lane(*rules: dict[str, Any]) -> Lane:
    return Lane.model_validate(
        {
            "name": "demo",
            "store": {"connection": "a", "time_zone": "UTC", "go_live": "2026-01-01"},
            "warehouses": WAREHOUSES,
            "routing": [{"name": f"r{place}", **rule} for place, rule in enumerate(rules)],
            "inventory": {},
        }
    )


@pytest.mark.parametrize(
    ("rules", "reached"),
    [
        ([], {"ohio"}),
        ([{"when": {"states": ["CA"]}, "to": "west"}], {"ohio", "west"}),
        ([{"to": "west"}], {"west"}),
        ([{"when": {"skus": ["ICE*"]}, "to": "cold"}], {"ohio"}),
        ([{"when": {"skus": ["MUG"]}, "to": "cold"}], {"cold"}),
        ([{"when": {"skus": ["mug", "x"], "states": ["CA"]}, "to": "cold"}], {"ohio", "cold"}),
        ([{"prefer": ["west", "cold"]}, {"to": "ohio"}], {"west", "cold"}),
        (
            [{"when": {"amount_from": 9}, "prefer": ["west"], "backorder_at": "cold"}],
            {"ohio", "west", "cold"},
        ),
        ([{"hold": "look"}, {"to": "west"}], {"west"}),
        ([{"when": {"skus": ["M*"]}, "nobody": True}], set()),
        ([{"when": {"first_order": False}, "to": "cold"}, {"nobody": True}], {"cold"}),
        ([{"when": {"store_warehouses": [3]}, "to": "cold"}], {"ohio", "cold"}),
        ([{"when": {"skus": ["ICE"]}, "lines": "all", "to": "cold"}], {"ohio"}),
    ],
)
def test_the_rules_say_where_an_order_of_a_sku_can_go(rules: list[dict[str, Any]], reached: set[str]) -> None:
    assert RuleReach(lane(*rules)).warehouses("MUG") == reached


def test_a_lane_with_one_warehouse_sends_everything_there() -> None:
    one = {"warehouse": WAREHOUSES["ohio"], "name": "demo"}
    one |= {"store": {"connection": "a", "time_zone": "UTC", "go_live": "2026-01-01"}}
    assert RuleReach(Lane.model_validate(one)).warehouses("MUG") == {""}


NAMES = st.sampled_from([*WAREHOUSES])
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "skus": st.lists(st.sampled_from(["MUG", "M*", "*G", "ICE-?", "POT", "*"]), min_size=1, max_size=2),
        "states": st.lists(st.sampled_from(["CA", "ME"]), min_size=1, max_size=1),
        "amount_from": st.integers(0, 20),
    },
)
RULE = st.fixed_dictionaries({"when": CONDITIONS, "lines": st.sampled_from(["matching", "all"])}).flatmap(
    lambda rule: st.one_of(
        NAMES.map(lambda name: {**rule, "to": name}),
        st.lists(NAMES, min_size=1, max_size=3, unique=True).map(lambda names: {**rule, "prefer": names}),
        st.just({**rule, "nobody": True}),
    )
)


@given(
    st.lists(RULE, max_size=6),
    st.sampled_from(["MUG", "ICE-1", "POT", "PAN"]),
    st.sampled_from(["CA", "ME", "TX"]),
    st.integers(0, 30),
    st.dictionaries(NAMES, st.integers(0, 2)),
)
def test_no_order_of_a_sku_goes_to_a_warehouse_that_it_cannot_reach(
    rules: list[dict[str, Any]], sku: str, state: str, amount: int, stock: dict[str, int]
) -> None:
    ours = lane(*rules)
    order = OrderFacts(
        1, (LineFacts(0, sku, Decimal(1)),), frozenset({"US"}), state=state, amount=Decimal(amount)
    )
    view = StockView(
        NOW,
        {(name, sku.casefold()): Decimal(many) for name, many in stock.items()},
        dict.fromkeys(WAREHOUSES, NOW),
    )
    [decision] = decide([order], compile_routing(ours), view)
    assert set(decision.warehouses) <= RuleReach(ours).warehouses(sku)
