"""What Airflow retries, what fails at the first try, and what `default_args` brings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction
from sqlalchemy.exc import OperationalError

from cartage import errors
from cartage.errors import SettingsError, table
from cartage.lanes import get_lane
from cartage_airflow import CartageNotifier, ThreeDCartGetOrderOperator, default_args
from cartage_airflow.stopping import StageStopped
from cartage_airflow.task_defaults import retry_policy

REMOTE = ("3dcart store", "GET /Orders", "what")


def decision(failure: BaseException) -> RetryAction:
    return retry_policy().evaluate(failure, try_number=1, max_tries=3).action


@pytest.mark.parametrize(
    "failure",
    [
        errors.SettingsError("lane", ["mistake"]),
        errors.AuthFailed(*REMOTE, status=401),
        errors.PermissionDenied(*REMOTE, status=403),
        errors.NotSupported("splits"),
    ],
)
def test_what_a_person_must_fix_is_not_retried(failure: Exception) -> None:
    assert decision(failure) is RetryAction.FAIL


@pytest.mark.parametrize(
    "failure",
    [
        errors.RateLimited(*REMOTE, status=429),
        errors.RemoteUnavailable(*REMOTE, status=503),
        errors.NotSent(*REMOTE),
        errors.MalformedResponse(*REMOTE),
        errors.OutcomeUnknown(*REMOTE),
        errors.LeaseLost("lost"),
        errors.TransitionRefused("refused"),
        OperationalError("SELECT 1", {}, Exception("server closed the connection")),
    ],
)
def test_what_may_pass_is_retried_after_a_delay(failure: Exception) -> None:
    found = retry_policy().evaluate(failure, try_number=1, max_tries=3)
    assert found.action is RetryAction.RETRY
    assert found.retry_delay is not None
    assert found.reason


def test_a_stopped_stage_and_a_bug_follow_the_tasks_own_retries() -> None:
    assert decision(StageStopped("stopped")) is RetryAction.DEFAULT
    assert decision(KeyError("fault")) is RetryAction.DEFAULT


def test_every_error_of_the_engine_that_ends_a_task_has_a_rule() -> None:
    """A fault of one order never ends a task, so those three errors need no rule."""
    of_one_order = {errors.Refused, errors.ReferenceConflict, errors.NotFound, errors.StaleVersion}
    bases = {errors.CartageError, errors.RemoteError}
    every = {
        found
        for found in vars(errors.types).values()
        if isinstance(found, type) and issubclass(found, errors.CartageError)
    }
    rules = retry_policy().rules
    covered = {kind for kind in every if any(rule.matches(kind.__new__(kind)) for rule in rules)}
    assert every - covered == of_one_order | bases


@pytest.mark.parametrize("kind", table.ACTIONS, ids=lambda kind: kind.__name__)
def test_airflow_retries_what_the_table_of_failures_says_may_pass(kind: type[errors.RemoteError]) -> None:
    for_good = {table.Action.REFRESH, table.Action.FAIL, table.Action.WAIT}
    again = {table.Action.RETRY, table.Action.SLOW_DOWN, table.Action.ASK}
    made = decision(kind(*REMOTE))
    if table.ACTIONS[kind] in for_good:
        assert made is RetryAction.FAIL
    if table.ACTIONS[kind] in again:
        assert made is RetryAction.RETRY


@pytest.fixture
def lanes_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text(
        """
lanes:
  demo:
    store: {connection: store, time_zone: America/Chicago, go_live: 2026-11-01}
    warehouse: {connector: extensiv, connection: wms, settings: {customer_id: 1, facility_id: 1}}
    limits: {task_timeout: 7m}
"""
    )
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))


def test_default_args_bring_lane_retries_timeout_and_alerts(lanes_file: None) -> None:
    with DAG("mine", schedule=None, default_args=default_args("demo")):
        task = ThreeDCartGetOrderOperator(task_id="get", order_id=1)
        other = EmptyOperator(task_id="other")
    for found in (task, other):
        assert found.retries == 3
        assert found.execution_timeout == timedelta(minutes=7)
        assert isinstance(found.retry_policy, ExceptionRetryPolicy)
        assert any(isinstance(notifier, CartageNotifier) for notifier in found.on_failure_callback)
    assert task.lane == "demo"


def test_default_args_of_a_lane_and_of_its_name_are_the_same(lanes_file: None) -> None:
    by_name, by_lane = default_args("demo"), default_args(get_lane("demo"))
    assert by_name.keys() == by_lane.keys()
    assert by_name["execution_timeout"] == by_lane["execution_timeout"]


def test_default_args_of_an_unknown_lane_are_refused(lanes_file: None) -> None:
    with pytest.raises(SettingsError, match="no such lane"):
        default_args("other")
