"""Answers to a cause: a mapping releases its orders, or they are skipped or held; once the cause is over, nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from cartage.errors import LedgerError
from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import rule_history, save_mapping_rules
from cartage.mappings.rules import MethodRule
from cartage.model.orders import ShipMethod
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome, RequiredAction
from cartage.operations.required_actions.causes import (
    HOLD,
    LEAVE,
    MAP,
    SKIP,
    ActionDecision,
    ActionResult,
    decide_cause,
    prepare_cause_action,
)
from cartage_sandbox.generate import SHIP_METHODS, UNMAPPED_METHOD
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

STAGES = ("import_orders", "validate_mappings", "blocked_orders")


def save(world: World, *methods: str) -> None:
    rules = tuple(MethodRule(name, ShipMethod("UPS", "Ground")) for name in methods)
    with world.ledger.begin() as connection:
        save_mapping_rules(connection, world.lane.name, MappingChange(rules), author="ann")


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane whose mappings are in the ledger and may be chosen by answer; three orders lack one, one does not."""
    made = make_world(
        mappings="ledger", ship_methods=[], required_actions={"connection": "airflow", "decided_by": ["bea"]}
    )
    save(made, *SHIP_METHODS)
    made.place("unmapped_method", 3)
    made.place("single")
    made.go(*STAGES)
    return made


def ask(world: World, *, most: int = 50) -> list[RequiredAction]:
    """Note the questions, and offer their mappings, as a run of Airflow does; returns those that are open."""
    with world.ledger.begin() as connection:
        required_actions.open_required_actions(connection, world.lane.name, most=most)
        found = required_actions.pending_required_actions(connection, world.lane.name)
        asked = [prepare_cause_action(connection, world.lane, one.id) for one in found]
    return [one[0] for one in asked if one]


def decision(world: World, question: RequiredAction, option: str | None, reason: str = "") -> ActionResult:
    mapping = "" if option in (None, SKIP, HOLD, LEAVE) else option
    given = None
    if option:
        given = ActionDecision(MAP if mapping else option, "bea", mapping or "", reason, timedelta(days=2))
    context = world.context("carry_out")
    try:
        return decide_cause(context, question.id, given)
    finally:
        context.close()


def label(question: RequiredAction) -> str:
    return labels(question)[0]


def labels(question: RequiredAction) -> list[str]:
    return [offer.label for offer in question.offers or ()]


def test_an_opening_is_asked_about_once_and_the_next_one_anew(world: World) -> None:
    [first] = ask(world)
    assert ask(world) == [first]
    assert first.message == f"ship method '{UNMAPPED_METHOD}' has no mapping"
    assert decision(world, first, SKIP).outcome is ActionOutcome.SKIPPED
    assert ask(world) == []
    world.place("unmapped_method")
    world.go(*STAGES)
    [second] = ask(world)
    assert (first.opening, second.opening) == (1, 2)
    assert first.run_id != second.run_id


def test_the_chosen_mapping_is_saved_by_its_author_and_releases_every_order_at_once(world: World) -> None:
    [question] = ask(world)
    ending = decision(world, question, label(question))
    assert ending.outcome is ActionOutcome.MAPPED
    assert "bea chose" in ending.text
    assert world.states() == {"ready": 4}
    with world.ledger.begin() as connection:
        newest = rule_history(connection, world.lane.name, store=UNMAPPED_METHOD)[0]
    assert newest.author == "bea"
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 4}


def test_a_sku_is_mended_by_an_alias(world: World) -> None:
    [order_id] = world.place("single")
    known = max((row.sku for row in world.rows("SELECT sku FROM catalogue WHERE active")), key=len)
    world.amend(order_id, line={"ItemID": f"{known}X"})
    world.go(*STAGES)
    question = next(one for one in ask(world) if one.subject == f"{known}X")
    assert known in labels(question)
    decision(world, question, known)
    assert world.state_of(order_id) == ["ready"]


def test_all_orders_of_the_cause_are_skipped_with_person_and_reason(world: World) -> None:
    [question] = ask(world)
    ending = decision(world, question, SKIP, "sold twice")
    assert (ending.outcome, ending.orders) == (ActionOutcome.SKIPPED, 3)
    reasons = Counter(
        row.reason for row in world.rows("SELECT reason FROM fulfillment_order WHERE state = 'skipped'")
    )
    assert reasons == {"by hand, bea: sold twice": 3}
    assert world.causes() == {}


def test_all_orders_of_the_cause_are_held_for_some_days_with_the_cause_as_the_reason(world: World) -> None:
    [question] = ask(world)
    assert decision(world, question, HOLD).orders == 3
    rows = world.rows("SELECT reason, owner, until - placed_at AS lasting FROM hold")
    assert {(row.reason, row.owner, round(row.lasting / timedelta(days=1), 2)) for row in rows} == {
        (question.message, "bea", 2.0)
    }
    assert world.states() == {"held": 3, "ready": 1}
    assert world.causes() == {}


def test_left_as_it_is_the_cause_stays_and_is_not_asked_about_again(world: World) -> None:
    [question] = ask(world)
    assert decision(world, question, LEAVE).outcome is ActionOutcome.LEFT
    world.go(*STAGES)
    assert world.causes() == {"unmapped_ship_method": 3}
    assert ask(world) == []


@pytest.mark.parametrize(
    ("late", "is_seen"),
    [("mapping", True), ("mapping", False), (SKIP, False)],
    ids=["seen", "unseen", "skip"],
)
def test_a_late_decision_about_a_cause_changes_nothing_and_says_so(
    world: World, late: str, *, is_seen: bool
) -> None:
    [question] = ask(world)
    save(world, UNMAPPED_METHOD)
    if is_seen:
        world.go("validate_mappings")
    ending = decision(world, question, label(question) if late == "mapping" else late)
    assert ending.outcome is ActionOutcome.FIXED_ELSEWHERE
    assert "changed nothing" in ending.text
    assert world.states() == {"ready": 4}
    with world.ledger.begin() as connection:
        authors = {one.author for one in rule_history(connection, world.lane.name)}
    assert authors == {"ann"}


def test_an_answer_to_an_earlier_opening_does_not_touch_the_present_one(world: World) -> None:
    [question] = ask(world)
    world.execute("UPDATE cause SET openings = openings + 1")
    assert decision(world, question, SKIP).outcome is ActionOutcome.FIXED_ELSEWHERE
    assert world.causes() == {"unmapped_ship_method": 3}


def test_a_decision_about_a_cause_carried_out_twice_acts_once(world: World) -> None:
    [question] = ask(world)
    first = decision(world, question, SKIP, "sold twice")
    assert decision(world, question, SKIP, "sold twice") == first
    assert world.states() == {"ready": 1, "skipped": 3}


def test_a_run_that_ends_without_an_answer_settles_its_question(world: World) -> None:
    [question] = ask(world)
    assert decision(world, question, None).outcome is ActionOutcome.UNDECIDED
    assert world.causes() == {"unmapped_ship_method": 3}


def test_what_was_not_offered_is_refused_and_may_be_answered_again(world: World) -> None:
    [question] = ask(world)
    with pytest.raises(LedgerError, match="does not offer"):
        decision(world, question, "A rocket")
    assert ask(world) == [question]


@pytest.mark.parametrize(
    "settings",
    [
        {"required_actions": {"connection": "airflow"}},
        {"mappings": "files", "required_actions": {"connection": "airflow", "decided_by": ["bea"]}},
    ],
    ids=["nobody is named", "mappings are in files"],
)
def test_no_mapping_is_offered_where_an_answer_must_not_or_cannot_change_them(
    world: World, settings: dict[str, object]
) -> None:
    world.settings = {**world.settings, **settings}
    [question] = ask(world)
    assert question.offers == ()


def test_so_many_are_asked_at_once_the_ones_that_block_most_first(world: World) -> None:
    for number in range(3):
        [order_id] = world.place("single")
        world.amend(order_id, line={"ItemID": f"NOBODY-KNOWS-{number}"})
    world.go(*STAGES)
    questions = ask(world, most=2)
    assert len(questions) == 2
    assert questions[0].kind.value == "unmapped_ship_method"
    decision(world, questions[0], SKIP)
    assert len(ask(world, most=2)) == 2


def test_an_entry_that_is_no_order_is_not_asked_about(world: World) -> None:
    world.place("no_object")
    world.go(*STAGES)
    assert [one.kind.value for one in ask(world)] == ["unmapped_ship_method"]


def test_the_options_stay_what_they_were_whatever_is_suggested_later(world: World) -> None:
    [question] = ask(world)
    world.execute("UPDATE cause SET suggestions = '[]'")
    with world.ledger.begin() as connection:
        kept = required_actions.find_required_action(connection, world.lane.name, question.id)
    assert kept == replace(question, suggestions=[])
