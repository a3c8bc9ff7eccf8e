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
from cartage.operations.required_actions.paused_pushes import APPROVE_PUSH, REFUSE_PUSH
from cartage.runtime.links import Links
from cartage_airflow.required_actions.actions import carry_out_decision, current_form, offered_choices
from cartage_airflow.required_actions.push_form import PUSH_CHOICES
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import goods, push, shown, writes
from tests.contract.required_actions.airflow_stub import AirflowStub, airflow, outcomes, sync
from tests.contract.world import World

__all__ = ["airflow"]  # a fixture


@pytest.fixture
def world(make_world: MakeWorld, airflow: AirflowStub) -> World:
    """A lane that asks in AirflowStub, whose warehouse says that it has nothing left of anything."""
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
        return carry_out_decision(context, action.id, ActionDecision(option, "bea") if option else None)
    finally:
        context.close()


def by_command(world: World, choice: str) -> None:
    with world.ledger.begin() as connection:
        paused_pushes.decide_push(connection, "demo", choice, By("ann", "cli"))


def test_each_revision_of_a_paused_push_has_one_run_in_airflow(world: World, airflow: AirflowStub) -> None:
    sync(world)
    sync(world)
    first = pending(world)
    assert list(airflow.runs) == [first.run_id] == [f"stock__{first.paused_push_id}__1"]
    assert airflow.runs[first.run_id]["conf"] == {"required_action": first.id, "closer": "keeper"}
    assert "20 of 20 stocks would go to 0" in airflow.runs[first.run_id]["note"]
    world.shop.warehouse.rules.update({"stock_response": "empty"})
    push(world)  # another reason makes it another revision
    sync(world)
    assert list(airflow.runs) == [first.run_id, f"stock__{first.paused_push_id}__2"]
    assert airflow.decisions == {first.run_id: ["Leave it as it is"]}
    assert outcomes(world) == ["fixed_elsewhere", None]


def test_the_form_shows_the_changes_and_links_to_the_stock_page(world: World, airflow: AirflowStub) -> None:
    sync(world)
    action = pending(world)
    with world.ledger.begin() as connection:
        form = current_form(connection, world.lane, action.id)
        assert offered_choices(connection, "demo", action.id) == PUSH_CHOICES
    assert form is not None
    assert form.choices == PUSH_CHOICES
    assert "20 in the store, would be 0" in form.body
    assert "/cartage/stock?lane=demo" in form.body


def test_an_approval_lets_the_next_run_push_and_names_the_person(world: World, airflow: AirflowStub) -> None:
    sync(world)
    result = decide(world, pending(world), APPROVE_PUSH)
    assert (result.outcome, "bea approved" in result.text) == (ActionOutcome.APPROVED, True)
    assert push(world)["written"] == 20
    assert shown(world, 1) == 0
    rows = world.rows("SELECT kind, actor, why FROM event WHERE kind LIKE 'push%' ORDER BY id")
    assert [(row.kind, row.actor, row.why.split(";")[-1]) for row in rows] == [
        ("push_paused", "update_stock", " 20 of 20 stocks would go to 0"),
        ("push_decided", "bea", "approve"),
        ("push_pause_over", "update_stock", "pushed"),
    ]
    sync(world)
    assert len(airflow.runs) == 1


def test_a_refusal_keeps_it_paused_and_asks_nobody_again(world: World, airflow: AirflowStub) -> None:
    sync(world)
    assert decide(world, pending(world), REFUSE_PUSH).outcome is ActionOutcome.REFUSED
    counts = push(world)
    assert (counts["paused"], counts["new"], writes(world)) == (1, 0, [])
    sync(world)
    assert len(airflow.runs) == 1


def test_left_as_it_is_it_still_waits_and_asks_nobody_again(world: World, airflow: AirflowStub) -> None:
    sync(world)
    assert decide(world, pending(world), LEAVE).outcome is ActionOutcome.LEFT
    push(world)
    sync(world)
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
    world: World, airflow: AirflowStub, meanwhile: Callable[[World], None]
) -> None:
    sync(world)
    action = pending(world)
    meanwhile(world)
    before = world.rows("SELECT decision, decided_by, revision, closed_at FROM paused_push")
    result = decide(world, action, APPROVE_PUSH)
    assert result.outcome is ActionOutcome.FIXED_ELSEWHERE
    assert "bea's decision, 'Approve this push', changed nothing" in result.text
    assert world.rows("SELECT decision, decided_by, revision, closed_at FROM paused_push") == before
    with world.ledger.begin() as connection:
        assert current_form(connection, world.lane, action.id) is None


def test_a_paused_push_that_was_decided_elsewhere_closes_its_required_action(
    world: World, airflow: AirflowStub
) -> None:
    sync(world)
    by_command(world, "approve")
    sync(world)
    assert list(airflow.decisions.values()) == [["Leave it as it is"]]
    assert outcomes(world) == ["fixed_elsewhere"]


def test_a_decision_about_a_paused_push_carried_out_twice_acts_once(
    world: World, airflow: AirflowStub
) -> None:
    sync(world)
    action = pending(world)
    first = decide(world, action, REFUSE_PUSH)
    by_command(world, "approve")
    assert decide(world, action, REFUSE_PUSH) == first
    assert world.rows("SELECT decision FROM paused_push")[0].decision == "approve"


def test_a_run_that_ended_without_a_known_decision_leaves_the_push_paused(
    world: World, airflow: AirflowStub
) -> None:
    sync(world)
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
