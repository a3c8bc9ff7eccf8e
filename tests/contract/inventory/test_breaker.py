"""The circuit breaker: each disaster pauses the push, and a person is asked once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.errors import LedgerError
from cartage.inventory import update_stock
from cartage.inventory.repo import paused_pushes
from cartage.lifecycle.transitions import By
from cartage.model.stock import Reason
from cartage.monitoring.watch import watch_lane
from cartage_sandbox.kernel.rules import RuleValue
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import goods, push, shown, writes
from tests.contract.world import World

ANN = By("Ann", "desk")
STOCKS = {f"MUG-{number}": 20 for number in range(20)}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane whose store shows what the warehouse has, and whose first push is done."""
    found = make_world(inventory={})
    goods(found, STOCKS, in_store=20)
    push(found)
    return found


def paused(world: World) -> Any:
    with world.ledger.begin() as connection:
        return paused_pushes.paused_push_of(connection, "demo")


def decide(world: World, choice: str) -> None:
    with world.ledger.begin() as connection:
        paused_pushes.decide_push(connection, "demo", choice, ANN)


def set_rules(world: World, **rules: RuleValue) -> None:
    world.shop.warehouse.rules.update(rules)


@pytest.mark.parametrize(
    ("disaster", "reasons"),
    [
        ({"stock_response": "empty"}, {"empty", "zeroed", "swung"}),
        ({"stock_response": "zeros"}, {"zeroed", "swung"}),
        ({"stock_response": "halved"}, {"zeroed", "swung"}),
        ({"stock_response": "cached_age"}, {"stale"}),
        ({"stock_response": "cached_date"}, {"stale"}),
        ({"stock_response": "other_facility"}, {"empty", "zeroed", "swung"}),
    ],
    ids=lambda case: str(case["stock_response"]) if isinstance(case, dict) else "",
)
def test_a_disaster_pauses_the_push_and_a_person_has_to_approve_it(
    world: World, disaster: dict[str, RuleValue], reasons: set[str]
) -> None:
    set_rules(world, **disaster)
    counts = push(world)
    assert (counts["paused"], counts["new"], counts["written"]) == (1, 1, 0)
    assert set(paused(world).reasons) == {Reason(reason) for reason in reasons}
    assert paused(world).waits
    assert writes(world) == []
    counts = push(world)
    assert (counts["paused"], counts["new"]) == (1, 0)


def test_a_response_older_than_the_one_before_is_stale(world: World) -> None:
    set_rules(world, stock_response="cached_date", stock_age_seconds=600)
    assert push(world)["paused"] == 1
    assert paused(world).reasons == (Reason.STALE,)


def test_figures_that_were_read_too_long_ago_are_stale(world: World) -> None:
    world.execute("UPDATE stock_reading SET began_at = began_at - interval '61 min'")
    assert world.go("update_stock")["update_stock"]["paused"] == 1
    assert paused(world).reasons == (Reason.STALE,)


def test_a_paused_push_closes_by_itself_when_the_figures_are_right_again(world: World) -> None:
    set_rules(world, stock_response="empty")
    push(world)
    set_rules(world, stock_response="true")
    assert push(world)["paused"] == 0
    assert paused(world) is None
    assert [row.close_reason for row in world.rows("SELECT close_reason FROM paused_push")] == ["over"]


def test_an_approved_push_is_carried_out_once(world: World) -> None:
    set_rules(world, stock_response="zeros")
    push(world)
    decide(world, "approve")
    assert push(world)["written"] == 20
    assert paused(world) is None
    assert shown(world, 1) == 0
    set_rules(world, stock_response="true")
    assert push(world)["paused"] == 1  # back to where they were is a swing of its own


def test_an_approval_covers_what_was_shown_and_no_more(world: World) -> None:
    for number in range(5):
        world.stock(f"MUG-{number}", qty=0)
    push(world)
    assert {suspect.sku for suspect in paused(world).suspects} == {f"MUG-{number}" for number in range(5)}
    decide(world, "approve")
    for number in range(12):
        world.stock(f"MUG-{number}", qty=0)
    counts = push(world)
    assert (counts["paused"], counts["new"], counts["written"]) == (1, 1, 0)
    assert {suspect.sku for suspect in paused(world).suspects} == {f"MUG-{number}" for number in range(5, 12)}


def test_a_refused_push_stays_paused_without_alerts_until_other_figures_look_wrong(world: World) -> None:
    for number in range(5):
        world.stock(f"MUG-{number}", qty=0)
    push(world)
    decide(world, "refuse")
    counts = push(world)
    assert (counts["paused"], counts["new"], counts["written"]) == (1, 0, 0)
    assert paused(world).decision == "refuse"
    world.stock("MUG-9", qty=0)
    assert push(world)["new"] == 1
    assert paused(world).waits


def test_a_decision_made_while_a_run_is_under_way_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rules(world, stock_response="zeros")
    push(world)

    def after_ann_has_decided(*given: Any, **more: Any) -> None:
        decide(world, "approve")
        paused_pushes.pause_push(*given, **more)

    monkeypatch.setattr(update_stock, "pause_push", after_ann_has_decided)
    assert push(world)["paused"] == 1
    monkeypatch.undo()
    assert paused(world).decision == "approve"


def test_old_figures_that_a_person_approves_are_pushed_once(world: World) -> None:
    set_rules(world, stock_response="cached_age")
    world.stock("MUG-1", qty=15)
    push(world)
    decide(world, "approve")
    assert push(world)["written"] == 1
    assert push(world)["paused"] == 1  # the next response is old again, and needs another approval


def test_a_sku_that_only_an_earlier_response_named_is_gone(world: World) -> None:
    set_rules(world, stock_empty_rows=False)
    world.stock("MUG-1", qty=0)
    assert push(world)["written"] == 1
    assert shown(world, 2) == 0


def test_a_poll_that_fails_halfway_leaves_the_figures_before_it(world: World) -> None:
    world.stock("MUG-1", qty=3)
    world.warehouse_fault("stocksummaries", "status", status=500, times=9)
    with pytest.raises(Exception, match="Extensiv"):
        world.go("poll_stock")
    assert world.go("update_stock")["update_stock"]["written"] == 0


def test_a_warehouse_that_was_never_read_does_not_count_as_empty(make_world: MakeWorld) -> None:
    world = make_world(inventory={})
    with pytest.raises(LedgerError, match="was never read"):
        world.go("update_stock")


def test_a_first_push_that_changes_much_needs_an_approval(make_world: MakeWorld) -> None:
    world = make_world(inventory={"max_age": timedelta(hours=2)})
    goods(world, STOCKS)
    assert push(world)["new"] == 1
    decide(world, "approve")
    assert push(world)["written"] == 20


def test_there_is_nothing_to_decide_where_no_push_is_paused(world: World) -> None:
    with pytest.raises(LedgerError, match="no push of stock of lane 'demo' is paused"):
        decide(world, "approve")


def test_a_paused_push_is_an_alert_until_a_person_decides(world: World) -> None:
    def open_alerts() -> list[str]:
        watch_lane(world.ledger, world.lane, EnvironmentResolver())
        rows = world.rows("SELECT kind FROM alert WHERE cleared_at IS NULL AND kind = 'push_paused'")
        return [row.kind for row in rows]

    assert open_alerts() == []
    set_rules(world, stock_response="zeros")
    push(world)
    assert open_alerts() == ["push_paused"]
    push(world)  # the task is green, and the push still waits
    assert open_alerts() == ["push_paused"]
    decide(world, "refuse")
    assert open_alerts() == []
