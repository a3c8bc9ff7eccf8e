"""A stopped push in Airflow's Required Actions: asked once for each asking, answered there, too late, or elsewhere."""

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


def question(world: World) -> PushAction:
    with world.ledger.begin() as connection:
        return required_actions.pending_push_actions(connection, "demo")[0]


def decided(world: World, asked: PushAction, option: str | None) -> ActionResult:
    context = world.context("carry_out")
    try:
        return carry_out_action(context, asked.id, ActionDecision(option, "bea") if option else None)
    finally:
        context.close()


def by_command(world: World, choice: str) -> None:
    with world.ledger.begin() as connection:
        paused_pushes.decide_push(connection, "demo", choice, By("ann", "cli"))


def test_a_stop_is_asked_about_by_one_run_and_asked_anew_by_another(world: World, airflow: Airflow) -> None:
    look(world)
    look(world)
    first = question(world)
    assert list(airflow.runs) == [first.run_id] == [f"stock__{first.paused_push_id}__1"]
    assert airflow.runs[first.run_id]["conf"] == {"question": first.id, "closer": "keeper"}
    assert "20 of 20 stocks would go to 0" in airflow.runs[first.run_id]["note"]
    world.shop.warehouse.rules.update({"stock_response": "empty"})
    push(world)  # for another reason: another question
    look(world)
    assert list(airflow.runs) == [first.run_id, f"stock__{first.paused_push_id}__2"]
    assert airflow.decisions == {first.run_id: ["Leave it as it is"]}
    assert outcomes(world) == ["fixed_elsewhere", None]


def test_it_shows_what_is_so_and_where_to_see_it_all(world: World, airflow: Airflow) -> None:
    look(world)
    asked = question(world)
    with world.ledger.begin() as connection:
        form = shown_now(connection, world.lane, asked.id)
        assert choices_of(connection, "demo", asked.id) == STOCK_CHOICES
    assert form is not None
    assert form.choices == STOCK_CHOICES
    assert "20 in the store, would be 0" in form.body
    assert "/cartage/stock?lane=demo" in form.body


def test_pushed_by_answer_it_is_pushed_by_the_next_run_and_names_who_answered(
    world: World, airflow: Airflow
) -> None:
    look(world)
    ending = decided(world, question(world), PUSH)
    assert (ending.outcome, "bea approved" in ending.text) == (ActionOutcome.APPROVED, True)
    assert push(world)["written"] == 20
    assert shown(world, 1) == 0
    rows = world.rows("SELECT kind, actor, why FROM event WHERE kind LIKE 'stock%' ORDER BY id")
    assert [(row.kind, row.actor, row.why.split(";")[-1]) for row in rows] == [
        ("push_paused", "update_stock", " 20 of 20 stocks would go to 0"),
        ("push_decided", "bea", "approve"),
        ("push_pause_over", "update_stock", "pushed"),
    ]
    look(world)
    assert len(airflow.runs) == 1


def test_refused_by_answer_it_stays_stopped_and_quiet(world: World, airflow: Airflow) -> None:
    look(world)
    assert decided(world, question(world), KEEP_PAUSED).outcome is ActionOutcome.REFUSED
    counts = push(world)
    assert (counts["stopped"], counts["new"], writes(world)) == (1, 0, [])
    look(world)
    assert len(airflow.runs) == 1


def test_left_as_it_is_it_waits_and_is_not_asked_about_again(world: World, airflow: Airflow) -> None:
    look(world)
    assert decided(world, question(world), LEAVE).outcome is ActionOutcome.LEFT
    push(world)
    look(world)
    assert len(airflow.runs) == 1
    with world.ledger.begin() as connection:
        assert paused_pushes.push_waits(connection, "demo")


def answered_elsewhere(world: World) -> None:
    by_command(world, "refuse")


def asked_anew(world: World) -> None:
    world.shop.warehouse.rules.update({"stock_response": "empty"})
    push(world)


def over(world: World) -> None:
    world.shop.warehouse.rules.update({"stock_response": "true"})
    push(world)


@pytest.mark.parametrize("meanwhile", [answered_elsewhere, asked_anew, over])
def test_a_late_answer_changes_nothing_and_says_so(
    world: World, airflow: Airflow, meanwhile: Callable[[World], None]
) -> None:
    look(world)
    asked = question(world)
    meanwhile(world)
    before = world.rows("SELECT decision, decided_by, revision, closed_at FROM paused_push")
    ending = decided(world, asked, PUSH)
    assert ending.outcome is ActionOutcome.FIXED_ELSEWHERE
    assert "bea's answer, 'Push it all the same', changed nothing" in ending.text
    assert world.rows("SELECT decision, decided_by, revision, closed_at FROM paused_push") == before
    with world.ledger.begin() as connection:
        assert shown_now(connection, world.lane, asked.id) is None


def test_answered_elsewhere_the_question_is_closed(world: World, airflow: Airflow) -> None:
    look(world)
    by_command(world, "approve")
    look(world)
    assert list(airflow.decisions.values()) == [["Leave it as it is"]]
    assert outcomes(world) == ["fixed_elsewhere"]


def test_carried_out_again_an_answer_does_no_more_and_says_the_same(world: World, airflow: Airflow) -> None:
    look(world)
    asked = question(world)
    first = decided(world, asked, KEEP_PAUSED)
    by_command(world, "approve")
    assert decided(world, asked, KEEP_PAUSED) == first
    assert world.rows("SELECT decision FROM paused_push")[0].decision == "approve"


def test_a_run_that_ended_without_an_answer_or_with_an_unknown_one_changes_nothing(
    world: World, airflow: Airflow
) -> None:
    look(world)
    asked = question(world)
    with pytest.raises(LedgerError, match="none of what question"):
        decided(world, asked, "Skip these orders")
    assert decided(world, asked, None).outcome is ActionOutcome.UNDECIDED
    with world.ledger.begin() as connection:
        assert paused_pushes.push_waits(connection, "demo")
        assert required_actions.pending_required_actions(connection, "demo") == []


def test_the_alert_of_a_stopped_push_leads_to_the_desks_page(world: World) -> None:
    links = Links(stock=lambda lane: f"https://airflow.example/cartage/stock?lane={lane}")
    watch_lane(world.ledger, world.lane, EnvironmentResolver(), links=links)
    rows: Any = world.rows("SELECT links FROM alert WHERE kind = 'push_paused'")
    assert [row.links for row in rows] == [{"Stock page": "https://airflow.example/cartage/stock?lane=demo"}]
