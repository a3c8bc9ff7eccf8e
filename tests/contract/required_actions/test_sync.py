"""Airflow's Required Actions are kept in step with the causes, over real HTTP, and never fail a run."""

from __future__ import annotations

import logging

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
