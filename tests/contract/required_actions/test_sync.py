"""Airflow's Required Actions are kept in step with the causes, over real HTTP, and never fail a run."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.required_actions.airflow_stub import AirflowStub, airflow, outcomes, pending, sync
from tests.contract.world import World

__all__ = ["airflow"]

STAGES = ("import_orders", "validate_mappings", "blocked_orders")


@pytest.fixture
def world(make_world: MakeWorld, airflow: AirflowStub) -> World:
    """Return a lane with two orders whose ship method has no mapping."""
    made = make_world(required_actions={"connection": "airflow_api"})
    made.place("unmapped_method", 2)
    made.go(*STAGES)
    return made


def fix(world: World) -> None:
    """Close the cause: it blocks nothing any more."""
    world.execute("UPDATE cause SET closed_at = clock_timestamp()")


def test_a_cause_has_one_run_however_often_tasks_sync(world: World, airflow: AirflowStub) -> None:
    sync(world)
    sync(world)
    [(run_id, run)] = airflow.runs.items()
    [action] = pending(world)
    assert run_id == action.run_id
    assert run["conf"] == {"required_action": action.id, "closer": "keeper"}
    assert run["note"] == action.message
    assert len(airflow.calls) == 2, "the second sync found nothing to do and made no call"


def test_a_run_that_was_started_but_not_recorded_is_not_started_again(
    world: World, airflow: AirflowStub
) -> None:
    sync(world)
    world.execute("UPDATE required_action SET started_at = NULL")
    sync(world)
    assert len(airflow.runs) == 1
    assert pending(world)[0].started_at is not None


def test_a_cause_that_is_fixed_elsewhere_closes_its_action_without_changing_anything(
    world: World, airflow: AirflowStub
) -> None:
    sync(world)
    fix(world)
    sync(world)
    assert list(airflow.decisions.values()) == [["Leave it as it is"]]
    assert outcomes(world) == ["fixed_elsewhere"]


def test_a_cause_that_opens_again_closes_the_old_action_and_starts_another(
    world: World, airflow: AirflowStub
) -> None:
    sync(world)
    world.execute("UPDATE cause SET openings = openings + 1")
    sync(world)
    assert [run_id[-3:] for run_id in airflow.runs] == ["__1", "__2"]
    assert [run_id[-3:] for run_id in airflow.decisions] == ["__1"]


def test_a_cause_that_is_fixed_before_its_run_starts_starts_none(world: World, airflow: AirflowStub) -> None:
    airflow.refusal = 403
    sync(world)
    airflow.refusal = 0
    fix(world)
    sync(world)
    assert airflow.runs == {}
    assert outcomes(world) == ["fixed_elsewhere"]


@pytest.mark.parametrize("state", ["running", "failed", None])
def test_an_action_that_is_not_open_yet_waits_and_one_whose_run_ended_is_settled(
    world: World, airflow: AirflowStub, state: str | None
) -> None:
    sync(world)
    if state is None:
        airflow.runs.clear()  # somebody deleted it
    for run in airflow.runs.values():
        run |= {"state": state, "is_not_open": True}
    fix(world)
    sync(world)
    assert outcomes(world) == [None if state == "running" else "undecided"]


def test_an_action_that_is_decided_at_the_same_moment_is_settled(world: World, airflow: AirflowStub) -> None:
    sync(world)
    airflow.decisions = {run_id: ["Skip these orders"] for run_id in airflow.runs}
    fix(world)
    sync(world)
    assert outcomes(world) == ["fixed_elsewhere"]


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_airflow_that_refuses_fails_no_run_is_logged_and_tried_again(
    world: World, airflow: AirflowStub, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    airflow.refusal = status
    with caplog.at_level(logging.ERROR):
        sync(world)
    assert "Required Actions are not in step: of 1 to start" in caplog.text
    assert "airflow_api" in caplog.text
    assert "secret" not in caplog.text
    airflow.refusal = 0
    sync(world)
    assert len(airflow.runs) == 1


def test_a_missing_connection_fails_no_run_and_is_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AIRFLOW_API")
    with caplog.at_level(logging.ERROR):
        sync(world)
    assert "airflow_api" in caplog.text


def test_a_lane_without_required_actions_makes_no_call(world: World, airflow: AirflowStub) -> None:
    world.settings["required_actions"] = {}
    sync(world)
    assert airflow.calls == []
    assert world.rows("SELECT FROM required_action") == []


def a_day_later(world: World) -> None:
    """Let the last look at the runs be more than a day ago."""
    world.execute(
        "UPDATE required_action SET started_at = started_at - interval '25 h', seen_at = seen_at - interval '25 h'"
    )


def test_a_run_that_was_cleaned_from_airflow_is_started_again_while_its_cause_is_open(
    make_world: MakeWorld, airflow: AirflowStub
) -> None:
    world = make_world(required_actions={"connection": "airflow_api", "max_open": 1})
    world.place("unmapped_method", 2)
    world.place("unknown_sku")
    world.go(*STAGES)
    sync(world)
    [(run_id, run)] = airflow.runs.items()
    world.execute("UPDATE required_action SET offers = '[]'")
    airflow.runs.clear()  # `airflow db clean`
    a_day_later(world)
    sync(world)
    assert airflow.runs == {run_id: run}
    [action] = pending(world)
    assert (action.run_id, action.offers) == (run_id, None)
    assert action.started_at is not None and action.seen_at is not None
    assert timedelta() <= action.seen_at - action.started_at < timedelta(hours=1), "both are of now"
    assert world.rows("SELECT FROM required_action WHERE started_at > clock_timestamp() - interval '1 h'")
    assert outcomes(world) == [None], "it still uses one number, not two"


def test_a_run_that_is_still_there_is_looked_for_once_a_day(world: World, airflow: AirflowStub) -> None:
    sync(world)
    sync(world)
    before = len(airflow.calls)
    a_day_later(world)
    sync(world)
    sync(world)
    assert [call.split()[0] for call in airflow.calls[before:]] == ["POST", "GET"], "a login and one look"
    assert outcomes(world) == [None]


def test_a_cause_that_was_fixed_meanwhile_is_not_asked_again(world: World, airflow: AirflowStub) -> None:
    sync(world)
    airflow.runs.clear()
    a_day_later(world)
    fix(world)
    sync(world)
    assert (airflow.runs, outcomes(world)) == ({}, ["undecided"])


@pytest.mark.parametrize(
    ("state", "outcome"), [("success", "undecided"), ("failed", None), ("running", None)]
)
def test_a_run_that_a_person_ended_by_hand_does_not_keep_its_number(
    world: World, airflow: AirflowStub, state: str, outcome: str | None
) -> None:
    """One that failed keeps it: its task can be cleared, and then carries its decision out."""
    sync(world)
    for run in airflow.runs.values():
        run["state"] = state
    a_day_later(world)
    sync(world)
    assert outcomes(world) == [outcome]


def test_a_paused_push_whose_run_was_cleaned_is_asked_again(world: World, airflow: AirflowStub) -> None:
    world.execute(
        "INSERT INTO paused_push (lane, reasons, compared, zeroed, swung, suspects, run_id)"
        " VALUES ('demo', '{zeroed}', 9, 9, 0, '[]', 'r')"
    )
    sync(world)
    pushes = {run_id for run_id in airflow.runs if run_id.startswith("stock__")}
    assert len(pushes) == 1
    airflow.runs.clear()
    a_day_later(world)
    sync(world)
    assert pushes <= set(airflow.runs)
