"""The circuit breaker: each disaster stops the push, and a person is asked once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.errors import LedgerError
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


def stop(world: World) -> Any:
    with world.ledger.begin() as connection:
        return paused_pushes.paused_push_of(connection, "demo")


def decision(world: World, choice: str) -> None:
    with world.ledger.begin() as connection:
        paused_pushes.decide_push(connection, "demo", choice, ANN)


def say(world: World, **rules: RuleValue) -> None:
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
    ids=lambda one: str(one["stock_response"]) if isinstance(one, dict) else "",
)
def test_a_disaster_stops_the_push_and_a_person_is_asked(
    world: World, disaster: dict[str, RuleValue], reasons: set[str]
) -> None:
    say(world, **disaster)
    counts = push(world)
    assert (counts["stopped"], counts["new"], counts["written"]) == (1, 1, 0)
    assert set(stop(world).reasons) == {Reason(reason) for reason in reasons}
    assert stop(world).waits
    assert writes(world) == []
    counts = push(world)
    assert (counts["stopped"], counts["new"]) == (1, 0)


def test_an_answer_older_than_the_one_before_is_stale(world: World) -> None:
    say(world, stock_response="cached_date", stock_age_seconds=600)
    assert push(world)["stopped"] == 1
    assert stop(world).reasons == (Reason.STALE,)


def test_figures_that_were_read_too_long_ago_are_stale(world: World) -> None:
    world.execute("UPDATE stock_reading SET began_at = began_at - interval '61 min'")
    assert world.go("update_stock")["update_stock"]["stopped"] == 1
    assert stop(world).reasons == (Reason.STALE,)


def test_a_stop_ends_by_itself_when_the_doubt_is_over(world: World) -> None:
    say(world, stock_response="empty")
    push(world)
    say(world, stock_response="true")
    assert push(world)["stopped"] == 0
    assert stop(world) is None
    assert [row.close_reason for row in world.rows("SELECT close_reason FROM paused_push")] == ["over"]


def test_an_approved_push_is_carried_out_once(world: World) -> None:
    say(world, stock_response="zeros")
    push(world)
    decision(world, "approve")
    assert push(world)["written"] == 20
    assert stop(world) is None
    assert shown(world, 1) == 0
    say(world, stock_response="true")
    assert push(world)["stopped"] == 1  # back to where they were is a swing of its own


def test_an_approval_is_of_what_was_shown_and_no_more(world: World) -> None:
    for number in range(5):
        world.stock(f"MUG-{number}", qty=0)
    push(world)
    assert {suspect.sku for suspect in stop(world).suspects} == {f"MUG-{number}" for number in range(5)}
    decision(world, "approve")
    for number in range(12):
        world.stock(f"MUG-{number}", qty=0)
    counts = push(world)
    assert (counts["stopped"], counts["new"], counts["written"]) == (1, 1, 0)
    assert {suspect.sku for suspect in stop(world).suspects} == {f"MUG-{number}" for number in range(5, 12)}


def test_a_refused_push_stays_stopped_and_quiet_until_another_doubt_comes(world: World) -> None:
    for number in range(5):
        world.stock(f"MUG-{number}", qty=0)
    push(world)
    decision(world, "refuse")
    counts = push(world)
    assert (counts["stopped"], counts["new"], counts["written"]) == (1, 0, 0)
    assert stop(world).decision == "refuse"
    world.stock("MUG-9", qty=0)
    assert push(world)["new"] == 1
    assert stop(world).waits


def test_an_answer_given_while_a_run_looks_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    say(world, stock_response="zeros")
    push(world)
    asked = paused_pushes.pause_push

    def after_ann_has_answered(*given: Any, **more: Any) -> None:
        decision(world, "approve")
        asked(*given, **more)

    monkeypatch.setattr(paused_pushes, "pause_push", after_ann_has_answered)
    assert push(world)["stopped"] == 1
    monkeypatch.undo()
    assert stop(world).decision == "approve"


def test_an_old_answer_that_a_person_waives_is_pushed(world: World) -> None:
    say(world, stock_response="cached_age")
    world.stock("MUG-1", qty=15)
    push(world)
    decision(world, "approve")
    assert push(world)["written"] == 1
    assert push(world)["stopped"] == 1  # the next answer is old again, and asked about again


def test_what_only_an_earlier_answer_named_is_gone(world: World) -> None:
    say(world, stock_empty_rows=False)
    world.stock("MUG-1", qty=0)
    assert push(world)["written"] == 1
    assert shown(world, 2) == 0


def test_a_poll_that_breaks_off_leaves_the_figures_before_it(world: World) -> None:
    world.stock("MUG-1", qty=3)
    world.warehouse_fault("stocksummaries", "status", status=500, times=9)
    with pytest.raises(Exception, match="Extensiv"):
        world.go("poll_stock")
    assert world.go("update_stock")["update_stock"]["written"] == 0


def test_a_warehouse_that_was_never_read_is_no_empty_one(make_world: MakeWorld) -> None:
    world = make_world(inventory={})
    with pytest.raises(LedgerError, match="was never read"):
        world.go("update_stock")


def test_the_first_push_of_a_store_that_shows_something_else_is_asked_about(make_world: MakeWorld) -> None:
    world = make_world(inventory={"max_age": timedelta(hours=2)})
    goods(world, STOCKS)
    assert push(world)["new"] == 1
    decision(world, "approve")
    assert push(world)["written"] == 20


def test_there_is_nothing_to_answer_where_nothing_is_stopped(world: World) -> None:
    with pytest.raises(LedgerError, match="no push of stock of lane 'demo' is stopped"):
        decision(world, "approve")


def test_a_stopped_push_is_an_alert_until_somebody_answers(world: World) -> None:
    def open_alerts() -> list[str]:
        watch_lane(world.ledger, world.lane, EnvironmentResolver())
        rows = world.rows("SELECT kind FROM alert WHERE cleared_at IS NULL AND kind = 'push_paused'")
        return [row.kind for row in rows]

    assert open_alerts() == []
    say(world, stock_response="zeros")
    push(world)
    assert open_alerts() == ["push_paused"]
    push(world)  # green and quiet, and the question still stands
    assert open_alerts() == ["push_paused"]
    decision(world, "refuse")
    assert open_alerts() == []
