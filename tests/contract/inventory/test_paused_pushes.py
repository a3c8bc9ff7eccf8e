"""A paused push in Airflow's Required Actions: asked once per revision, decided there, too late, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.errors import LedgerError
from cartage.inventory.repo import paused_pushes
from cartage.lifecycle.transitions import By
from cartage.monitoring.watch import watch_lane
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome, PushAction
from cartage.operations.required_actions.causes import LEAVE, ActionDecision, ActionResult
from cartage.operations.required_actions.paused_pushes import KEEP_PAUSED, PUSH
from cartage.runtime.links import Links
from cartage_airflow.required_actions.matters import carry_out_action, choices_of, shown_now
from cartage_airflow.required_actions.push_action import STOCK_CHOICES
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import goods, push, shown, writes
from tests.contract.recovery.test_verify_before_send import Airflow, airflow, look, outcomes
from tests.contract.world import World

__all__ = ["airflow"]  # a fixture


@pytest.fixture
def world(make_world: MakeWorld, airflow: Airflow) -> World:
    """A lane that asks in Airflow, whose warehouse says that it has nothing left of anything."""
    found = make_world(inventory={}, required_actions={"connection": "airflow_api"})
    goods(found, {f"MUG-{number}": 20 for number in range(20)}, in_store=20)
    found.shop.warehouse.rules.update({"stock_response": "zeros"})
    push(found)
    return found


def pending(world: World) -> PushAction:
    with world.ledger.begin() as connection:
        return required_actions.pending_push_actions(connection, "demo")[0]


def decide(world: World, action: PushAction, option: str | None) -> ActionResult:
    context = world.context("carry_out")
    try:
        return carry_out_action(context, action.id, ActionDecision(option, "bea") if option else None)
    finally:
        context.close()


def by_command(world: World, choice: str) -> None:
    with world.ledger.begin() as connection:
        paused_pushes.decide_push(connection, "demo", choice, By("ann", "cli"))


def test_each_revision_of_a_paused_push_has_one_run_in_airflow(world: World, airflow: Airflow) -> None:
    look(world)
    look(world)
    first = pending(world)
    assert list(airflow.runs) == [first.run_id] == [f"stock__{first.paused_push_id}__1"]
    assert airflow.runs[first.run_id]["conf"] == {"question": first.id, "closer": "keeper"}
    assert "20 of 20 stocks would go to 0" in airflow.runs[first.run_id]["note"]
    world.shop.warehouse.rules.update({"stock_response": "empty"})
    push(world)  # another reason makes it another revision
    look(world)
    assert list(airflow.runs) == [first.run_id, f"stock__{first.paused_push_id}__2"]
    assert airflow.decisions == {first.run_id: ["Leave it as it is"]}
    assert outcomes(world) == ["fixed_elsewhere", None]


def test_the_form_shows_the_changes_and_links_to_the_stock_page(world: World, airflow: Airflow) -> None:
    look(world)
    action = pending(world)
    with world.ledger.begin() as connection:
        form = shown_now(connection, world.lane, action.id)
        assert choices_of(connection, "demo", action.id) == STOCK_CHOICES
    assert form is not None
    assert form.choices == STOCK_CHOICES
    assert "20 in the store, would be 0" in form.body
    assert "/cartage/stock?lane=demo" in form.body


def test_an_approval_lets_the_next_run_push_and_names_the_person(world: World, airflow: Airflow) -> None:
    look(world)
    result = decide(world, pending(world), PUSH)
    assert (result.outcome, "bea approved" in result.text) == (ActionOutcome.APPROVED, True)
    assert push(world)["written"] == 20
    assert shown(world, 1) == 0
    rows = world.rows("SELECT kind, actor, why FROM event WHERE kind LIKE 'push%' ORDER BY id")
    assert [(row.kind, row.actor, row.why.split(";")[-1]) for row in rows] == [
        ("push_paused", "update_stock", " 20 of 20 stocks would go to 0"),
        ("push_decided", "bea", "approve"),
        ("push_pause_over", "update_stock", "pushed"),
    ]
    look(world)
    assert len(airflow.runs) == 1


def test_a_refusal_keeps_it_paused_and_asks_nobody_again(world: World, airflow: Airflow) -> None:
    look(world)
    assert decide(world, pending(world), KEEP_PAUSED).outcome is ActionOutcome.REFUSED
    counts = push(world)
    assert (counts["paused"], counts["new"], writes(world)) == (1, 0, [])
    look(world)
    assert len(airflow.runs) == 1


def test_left_as_it_is_it_still_waits_and_asks_nobody_again(world: World, airflow: Airflow) -> None:
    look(world)
    assert decide(world, pending(world), LEAVE).outcome is ActionOutcome.LEFT
    push(world)
    look(world)
    assert len(airflow.runs) == 1
    with world.ledger.begin() as connection:
        assert paused_pushes.push_waits(connection, "demo")


def decided_elsewhere(world: World) -> None:
    by_command(world, "refuse")


def revised(world: World) -> None:
    world.shop.warehouse.rules.update({"stock_response": "empty"})
    push(world)


def over(world: World) -> None:
    world.shop.warehouse.rules.update({"stock_response": "true"})
    push(world)


@pytest.mark.parametrize("meanwhile", [decided_elsewhere, revised, over])
def test_a_late_decision_about_a_paused_push_changes_nothing_and_says_so(
    world: World, airflow: Airflow, meanwhile: Callable[[World], None]
) -> None:
    look(world)
    action = pending(world)
    meanwhile(world)
    before = world.rows("SELECT decision, decided_by, revision, closed_at FROM paused_push")
    result = decide(world, action, PUSH)
    assert result.outcome is ActionOutcome.FIXED_ELSEWHERE
    assert "bea's decision, 'Push it anyway', changed nothing" in result.text
    assert world.rows("SELECT decision, decided_by, revision, closed_at FROM paused_push") == before
    with world.ledger.begin() as connection:
        assert shown_now(connection, world.lane, action.id) is None


def test_a_paused_push_that_was_decided_elsewhere_closes_its_required_action(
    world: World, airflow: Airflow
) -> None:
    look(world)
    by_command(world, "approve")
    look(world)
    assert list(airflow.decisions.values()) == [["Leave it as it is"]]
    assert outcomes(world) == ["fixed_elsewhere"]


def test_a_decision_about_a_paused_push_carried_out_twice_acts_once(world: World, airflow: Airflow) -> None:
    look(world)
    action = pending(world)
    first = decide(world, action, KEEP_PAUSED)
    by_command(world, "approve")
    assert decide(world, action, KEEP_PAUSED) == first
    assert world.rows("SELECT decision FROM paused_push")[0].decision == "approve"


def test_a_run_that_ended_without_a_known_decision_leaves_the_push_paused(
    world: World, airflow: Airflow
) -> None:
    look(world)
    action = pending(world)
    with pytest.raises(LedgerError, match="does not offer 'Skip these orders'"):
        decide(world, action, "Skip these orders")
    assert decide(world, action, None).outcome is ActionOutcome.UNDECIDED
    with world.ledger.begin() as connection:
        assert paused_pushes.push_waits(connection, "demo")
        assert required_actions.pending_required_actions(connection, "demo") == []


def test_the_alert_of_a_paused_push_links_to_the_stock_page(world: World) -> None:
    links = Links(stock=lambda lane: f"https://airflow.example/cartage/stock?lane={lane}")
    watch_lane(world.ledger, world.lane, EnvironmentResolver(), links=links)
    rows: Any = world.rows("SELECT links FROM alert WHERE kind = 'push_paused'")
    assert [row.links for row in rows] == [{"Stock page": "https://airflow.example/cartage/stock?lane=demo"}]
