"""Previews and backtests: what other rules would do to orders, without changing anything or calling a remote."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cartage.errors import SettingsError
from cartage.lanes.settings.lane import Lane
from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import MethodRule, Part, SkuRule
from cartage.model.orders import ShipMethod
from cartage.validation.compare_rules import Comparison, RequestDifference, RuleEffect, backtest_rules
from cartage.validation.judge import LaneRules
from cartage.validation.mapping_changes import (
    backtest_change,
    preview_mapping_change,
    propose_mapping_change,
    save_mapping_change,
)
from cartage_sandbox.generate import SHIP_METHODS, UNMAPPED_METHOD
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

FEDEX = ShipMethod("FedEx", "Home Delivery")
ALL_METHODS = tuple(MethodRule(name, ShipMethod("UPS", "Ground")) for name in SHIP_METHODS)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane whose mappings are kept in the ledger."""
    world = make_world(mappings="ledger", ship_methods=[])
    with world.ledger.begin() as connection:
        save_mapping_rules(connection, "demo", MappingChange(ALL_METHODS), author="ann")
    return world


def previewed(world: World, change: MappingChange) -> Comparison:
    context = world.context("mappings")
    try:
        return preview_mapping_change(context, propose_mapping_change(context, change))
    finally:
        context.close()


def backtested(world: World, change: MappingChange, days: int = 30) -> list[RequestDifference]:
    context = world.context("mappings")
    try:
        proposal = propose_mapping_change(context, change)
        return list(backtest_change(context, proposal.at, days, Comparison()))
    finally:
        context.close()


def one_of_each(world: World) -> tuple[int, int]:
    """Place a ready order, and an order with an unmapped ship method."""
    [ready], [blocked] = world.place("single"), world.place("unmapped_method")
    world.go(*ORDERS_STAGES[:2])
    return ready, blocked


def test_a_preview_shows_what_a_change_releases_alters_and_blocks(world: World) -> None:
    ready, blocked = one_of_each(world)
    mapped = MethodRule(UNMAPPED_METHOD, FEDEX)
    found = previewed(world, MappingChange((mapped,)))
    assert (found.validated, dict(found.counts)) == (2, {RuleEffect.RELEASED: 1})
    [released] = found.examples
    assert (released.order_id, released.state, released.after) == (blocked, "blocked", "")
    assert released.before == f"ship method '{UNMAPPED_METHOD}' has no mapping"

    found = previewed(world, MappingChange(tuple(replace(rule, method=FEDEX) for rule in ALL_METHODS)))
    [altered] = found.examples
    assert (altered.effect, altered.order_id) == (RuleEffect.ALTERED, ready)
    assert altered.after == "ship method UPS Ground (03) -> FedEx Home Delivery (90)"

    found = previewed(world, MappingChange((mapped,), whole=True))
    assert found.counts == {RuleEffect.RELEASED: 1, RuleEffect.BLOCKED: 1}


def test_a_preview_changes_nothing_and_calls_no_remote(world: World) -> None:
    one_of_each(world)
    before = world.rows("SELECT state, rules_hash, state_since FROM fulfillment_order ORDER BY id")
    events = world.rows("SELECT count(*) AS n FROM event")
    calls = len(world.shop.warehouse.journal.entries("request"))
    previewed(world, MappingChange((MethodRule(UNMAPPED_METHOD, FEDEX),)))
    assert world.rows("SELECT state, rules_hash, state_since FROM fulfillment_order ORDER BY id") == before
    assert world.rows("SELECT count(*) AS n FROM event") == events
    assert len(world.shop.warehouse.journal.entries("request")) == calls
    assert world.rows("SELECT count(*) AS n FROM mapping_rule WHERE store = :s", s=UNMAPPED_METHOD)[0].n == 0


def test_the_next_run_does_what_the_preview_showed(world: World) -> None:
    ready, blocked = one_of_each(world)
    context = world.context("mappings")
    save_mapping_change(context, MappingChange((MethodRule(UNMAPPED_METHOD, FEDEX),)), author="ann")
    context.close()
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in (ready, blocked)] == [["acknowledged"], ["acknowledged"]]


def test_a_backtest_shows_which_sent_orders_would_have_been_different(world: World) -> None:
    world.stock("MUG")
    [kit] = world.place("single")
    world.amend(kit, line={"ItemID": "MUG", "ItemQuantity": 1})
    world.place("single")
    world.go(*ORDERS_STAGES)
    change = MappingChange((SkuRule("MUG", (Part("MUG", 6),)),))
    [found] = backtested(world, change)
    assert (found.effect, found.order_id, found.state) == (RuleEffect.ALTERED, kit, "acknowledged")
    assert found.after == "SKU MUG: 1 -> 6"
    world.execute(
        "UPDATE sales_order SET ordered_at = ordered_at - CAST(:age AS interval)", age=timedelta(days=9)
    )
    assert backtested(world, change, days=7) == []
    assert len(backtested(world, change, days=10)) == 1


def test_a_backtest_includes_holds_and_checks(world: World) -> None:
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES)
    context = world.context("mappings")
    with world.ledger.begin() as connection:
        now = LaneRules.of(connection, world.lane)
    hold = {"name": "big", "reason": "a big order", "value_over": 0}
    for changes, effect, after in (
        ({"holds": [hold]}, RuleEffect.HELD, "held: a big order"),
        ({"checks": {"countries": ["NZ"]}}, RuleEffect.BLOCKED, "the lane does not ship to the country"),
    ):
        lane = Lane.model_validate({**world.settings, **changes})
        then = replace(now, checks=lane.checks, holds=lane.holds)
        [found] = backtest_rules(context, now, then, 30, Comparison())
        assert (found.effect, found.order_id) == (effect, order_id)
        assert after in found.after
    context.close()


def test_rules_in_the_lanes_file_are_proposed_and_never_saved(make_world: MakeWorld) -> None:
    world = make_world()
    _, blocked = one_of_each(world)
    change = MappingChange((MethodRule(UNMAPPED_METHOD, FEDEX),))
    assert [example.order_id for example in previewed(world, change).examples] == [blocked]
    context = world.context("mappings")
    with pytest.raises(SettingsError, match="kept in the lanes file"):
        save_mapping_change(context, change, author="ann")
    context.close()
