"""Decisions about a cause: save a mapping, or skip or hold its orders; once the cause is over, nothing."""

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
    """A lane whose mappings are in the ledger and may be chosen in Airflow; three orders lack one, one does not."""
    made = make_world(
        mappings="ledger", ship_methods=[], required_actions={"connection": "airflow", "decided_by": ["bea"]}
    )
    save(made, *SHIP_METHODS)
    made.place("unmapped_method", 3)
    made.place("single")
    made.go(*STAGES)
    return made


def ask(world: World, *, most: int = 50) -> list[RequiredAction]:
    """Open the required actions and offer their mappings, as runs in Airflow do; return those that are open."""
    with world.ledger.begin() as connection:
        required_actions.open_required_actions(connection, world.lane.name, most=most)
        found = required_actions.pending_required_actions(connection, world.lane.name)
        forms = [prepare_cause_action(connection, world.lane, action.id) for action in found]
    return [form[0] for form in forms if form]


def decide(world: World, action: RequiredAction, option: str | None, reason: str = "") -> ActionResult:
    mapping = "" if option in (None, SKIP, HOLD, LEAVE) else option
    given = None
    if option:
        given = ActionDecision(MAP if mapping else option, "bea", mapping or "", reason, timedelta(days=2))
    context = world.context("carry_out")
    try:
        return decide_cause(context, action.id, given)
    finally:
        context.close()


def label(action: RequiredAction) -> str:
    return labels(action)[0]


def labels(action: RequiredAction) -> list[str]:
    return [offer.label for offer in action.offers or ()]


def test_each_opening_of_a_cause_has_one_required_action(world: World) -> None:
    [first] = ask(world)
    assert ask(world) == [first]
    assert first.message == f"ship method '{UNMAPPED_METHOD}' has no mapping"
    assert decide(world, first, SKIP).outcome is ActionOutcome.SKIPPED
    assert ask(world) == []
    world.place("unmapped_method")
    world.go(*STAGES)
    [second] = ask(world)
    assert (first.opening, second.opening) == (1, 2)
    assert first.run_id != second.run_id


def test_the_chosen_mapping_is_saved_under_the_persons_name_and_releases_every_order_at_once(
    world: World,
) -> None:
    [action] = ask(world)
    result = decide(world, action, label(action))
    assert result.outcome is ActionOutcome.MAPPED
    assert "bea chose" in result.text
    assert world.states() == {"ready": 4}
    with world.ledger.begin() as connection:
        newest = rule_history(connection, world.lane.name, store=UNMAPPED_METHOD)[0]
    assert newest.author == "bea"
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 4}


def test_an_unknown_sku_is_fixed_by_an_alias(world: World) -> None:
    [order_id] = world.place("single")
    known = max((row.sku for row in world.rows("SELECT sku FROM catalogue WHERE active")), key=len)
    world.amend(order_id, line={"ItemID": f"{known}X"})
    world.go(*STAGES)
    action = next(action for action in ask(world) if action.subject == f"{known}X")
    assert known in labels(action)
    decide(world, action, known)
    assert world.state_of(order_id) == ["ready"]


def test_all_orders_of_the_cause_are_skipped_with_person_and_reason(world: World) -> None:
    [action] = ask(world)
    result = decide(world, action, SKIP, "sold twice")
    assert (result.outcome, result.orders) == (ActionOutcome.SKIPPED, 3)
    reasons = Counter(
        row.reason for row in world.rows("SELECT reason FROM fulfillment_order WHERE state = 'skipped'")
    )
    assert reasons == {"by hand, bea: sold twice": 3}
    assert world.causes() == {}


def test_all_orders_of_the_cause_are_held_for_some_days_with_the_cause_as_the_reason(world: World) -> None:
    [action] = ask(world)
    assert decide(world, action, HOLD).orders == 3
    rows = world.rows("SELECT reason, owner, until - placed_at AS lasting FROM hold")
    assert {(row.reason, row.owner, round(row.lasting / timedelta(days=1), 2)) for row in rows} == {
        (action.message, "bea", 2.0)
    }
    assert world.states() == {"held": 3, "ready": 1}
    assert world.causes() == {}


def test_a_cause_that_is_left_as_it_is_stays_open_and_asks_nobody_again(world: World) -> None:
    [action] = ask(world)
    assert decide(world, action, LEAVE).outcome is ActionOutcome.LEFT
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
    [action] = ask(world)
    save(world, UNMAPPED_METHOD)
    if is_seen:
        world.go("validate_mappings")
    result = decide(world, action, label(action) if late == "mapping" else late)
    assert result.outcome is ActionOutcome.FIXED_ELSEWHERE
    assert "changed nothing" in result.text
    assert world.states() == {"ready": 4}
    with world.ledger.begin() as connection:
        authors = {version.author for version in rule_history(connection, world.lane.name)}
    assert authors == {"ann"}


def test_a_decision_about_an_earlier_opening_does_not_touch_the_present_one(world: World) -> None:
    [action] = ask(world)
    world.execute("UPDATE cause SET openings = openings + 1")
    assert decide(world, action, SKIP).outcome is ActionOutcome.FIXED_ELSEWHERE
    assert world.causes() == {"unmapped_ship_method": 3}


def test_a_decision_about_a_cause_carried_out_twice_acts_once(world: World) -> None:
    [action] = ask(world)
    first = decide(world, action, SKIP, "sold twice")
    assert decide(world, action, SKIP, "sold twice") == first
    assert world.states() == {"ready": 1, "skipped": 3}


def test_a_run_that_ends_without_a_decision_settles_its_required_action(world: World) -> None:
    [action] = ask(world)
    assert decide(world, action, None).outcome is ActionOutcome.UNDECIDED
    assert world.causes() == {"unmapped_ship_method": 3}


def test_a_choice_that_was_not_offered_is_refused_and_another_may_follow(world: World) -> None:
    [action] = ask(world)
    with pytest.raises(LedgerError, match="does not offer"):
        decide(world, action, "A rocket")
    assert ask(world) == [action]


@pytest.mark.parametrize(
    "settings",
    [
        {"required_actions": {"connection": "airflow"}},
        {"mappings": "files", "required_actions": {"connection": "airflow", "decided_by": ["bea"]}},
    ],
    ids=["nobody is named", "mappings are in files"],
)
def test_no_mapping_is_offered_where_a_decision_must_not_or_cannot_save_it(
    world: World, settings: dict[str, object]
) -> None:
    world.settings = {**world.settings, **settings}
    [action] = ask(world)
    assert action.offers == ()


def test_only_so_many_required_actions_are_open_those_that_block_most_first(world: World) -> None:
    for number in range(3):
        [order_id] = world.place("single")
        world.amend(order_id, line={"ItemID": f"NOBODY-KNOWS-{number}"})
    world.go(*STAGES)
    actions = ask(world, most=2)
    assert len(actions) == 2
    assert actions[0].kind.value == "unmapped_ship_method"
    decide(world, actions[0], SKIP)
    assert len(ask(world, most=2)) == 2


def test_an_unreadable_entry_has_no_required_action(world: World) -> None:
    world.place("no_object")
    world.go(*STAGES)
    assert [action.kind.value for action in ask(world)] == ["unmapped_ship_method"]


def test_the_offered_mappings_stay_the_same_whatever_is_suggested_later(world: World) -> None:
    [action] = ask(world)
    world.execute("UPDATE cause SET suggestions = '[]'")
    with world.ledger.begin() as connection:
        kept = required_actions.find_required_action(connection, world.lane.name, action.id)
    assert kept == replace(action, suggestions=[])
