"""The tasks `ask` and `carry_out`: how a decision is read, who may decide, and when a task is skipped."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from cartage.errors import SettingsError
from cartage.lanes.settings.lane import Lane
from cartage.operations.repo.required_actions import ActionOutcome
from cartage.operations.required_actions.causes import ActionDecision, ActionResult
from cartage_airflow.operators import base
from cartage_airflow.operators.required_actions import (
    AskOperator,
    CarryOutOperator,
    _assigned,
    action_id_of,
    decision_of,
)
from cartage_airflow.required_actions import actions
from cartage_airflow.required_actions.form import ActionChoices
from cartage_airflow.required_actions.push_form import PUSH_CHOICES

PERSON = {"id": "7", "name": "bea"}


def context(conf: dict[str, Any] | None, response: Any = None) -> Any:
    task = SimpleNamespace(xcom_pull=lambda *, task_ids: response if task_ids == "ask" else None)
    return {"dag_run": SimpleNamespace(conf=conf), "ti": task}


def lane(**required: Any) -> Lane:
    return Lane.model_validate(
        {
            "name": "demo",
            "store": {"connection": "store", "time_zone": "America/New_York", "go_live": "2026-11-01"},
            "warehouse": {"connector": "extensiv", "connection": "warehouse"},
            "required_actions": required,
        }
    )


def test_a_decision_is_read_with_its_fields() -> None:
    given = {"mapping": "UPS Ground", "reason": "sold\x00 twice", "hold_days": 5}
    response = {"chosen_options": ["Hold these orders"], "params_input": given, "responded_by_user": PERSON}
    assert decision_of(response) == ActionDecision(
        "Hold these orders", "bea", "UPS Ground", "sold twice", timedelta(days=5)
    )


@pytest.mark.parametrize("days", [None, 0, 91, "5", 2.5])
def test_days_that_are_not_valid_are_three(days: object) -> None:
    response = {"chosen_options": ["x"], "params_input": {"hold_days": days}, "responded_by_user": None}
    assert decision_of(response) == ActionDecision("x", "unknown")


@pytest.mark.parametrize("response", [None, {}, {"chosen_options": []}])
def test_a_run_without_a_response_has_no_decision(response: Any) -> None:
    assert decision_of(response) is None


@pytest.mark.parametrize("conf", [None, {}, {"required_action": "7"}, {"required_action": True}])
def test_a_run_that_was_started_by_hand_is_refused_with_the_reason(conf: dict[str, Any] | None) -> None:
    with pytest.raises(SettingsError, match="Cartage starts these runs itself"):
        action_id_of(context(conf))


def test_the_users_who_may_decide_include_the_one_who_closes_actions() -> None:
    given = context({"required_action": 1, "closer": "keeper"})
    assert _assigned(lane(decided_by=["bea"]), given) == [
        {"id": "bea", "name": "bea"},
        {"id": "keeper", "name": "keeper"},
    ]
    assert _assigned(lane(), given) is None


def test_the_form_offers_mappings_only_where_there_are_some() -> None:
    operator = AskOperator(task_id="ask", lane="demo")
    operator._offer(ActionChoices(("Skip these orders",)))
    assert list(operator.params) == ["reason", "hold_days"]
    operator._offer(ActionChoices(("Save this mapping",), ("UPS Ground", "UPS Next Day")))
    assert operator.serialized_params["mapping"]["schema"]["enum"] == ["UPS Ground", "UPS Next Day"]
    assert operator.options[0] == "Save this mapping"


def test_a_required_action_about_stock_has_no_form_fields() -> None:
    operator = AskOperator(task_id="ask", lane="demo")
    operator._offer(PUSH_CHOICES)
    assert list(operator.params) == []
    assert operator.options == list(PUSH_CHOICES.options)


@pytest.mark.parametrize(
    ("outcome", "is_skipped"),
    [
        (ActionOutcome.MAPPED, False),
        (ActionOutcome.SKIPPED, False),
        (ActionOutcome.HELD, False),
        (ActionOutcome.APPROVED, False),
        (ActionOutcome.REFUSED, False),
        (ActionOutcome.LEFT, False),
        (ActionOutcome.FIXED_ELSEWHERE, True),
        (ActionOutcome.UNDECIDED, True),
    ],
)
def test_a_task_that_changed_nothing_is_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, outcome: ActionOutcome, *, is_skipped: bool
) -> None:
    operator = CarryOutOperator(task_id="carry_out", lane="demo")
    world: Any = SimpleNamespace(lane=lane(), run=SimpleNamespace(dag_run="d/r"))
    seen: list[Any] = []

    def carry_out(_: object, action_id: int, decision: ActionDecision | None) -> ActionResult:
        seen.append((action_id, decision))
        return ActionResult(outcome, 3, "the result")

    monkeypatch.setattr(actions, "carry_out_decision", carry_out)
    monkeypatch.setattr(base.StageOperator, "execute", lambda self, _: self.run_stage(world))
    given = context({"required_action": 7}, {"chosen_options": ["x"], "responded_by_user": PERSON})
    if is_skipped:
        with pytest.raises(AirflowSkipException, match="the result"):
            operator.execute(given)
    else:
        assert operator.execute(given) == {"orders": 3}
    assert seen == [(7, ActionDecision("x", "bea"))]
