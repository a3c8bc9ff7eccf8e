"""The watchdog's task: it checks every lane, and calls the outside monitor only if all were checked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from cartage import connections, lanes
from cartage import db as ledger
from cartage.errors import LedgerError
from cartage.lanes.settings.lane import Lane
from cartage.monitoring import heartbeat, measures, survey, watch
from cartage.monitoring.checks.runs import DagState, expected_dags
from cartage.monitoring.survey import LaneSurvey
from cartage.reports import rollup
from cartage.reports.rollup import Refreshed
from cartage_airflow.operators.watchdog import WatchdogOperator, WatchFailed, dag_state

Looks = dict[str, dict[str, DagState]]


def lane(name: str, mode: str = "live") -> Lane:
    settings = {
        "name": name,
        "mode": mode,
        "store": {"connection": "store", "time_zone": "America/New_York", "go_live": "2026-11-01"},
        "warehouse": {"connector": "extensiv", "connection": "warehouse"},
    }
    return Lane.model_validate(settings)


def refused(status: int) -> AirflowRuntimeError:
    return AirflowRuntimeError(
        ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status})
    )


class Task:
    """A task instance whose Airflow has these DAGs: paused, not paused, or an error."""

    def __init__(self, **dags: bool | AirflowRuntimeError) -> None:
        self.dags = dags

    def get_dag(self, dag_id: str) -> Any:
        found = self.dags.get(dag_id, False)
        if isinstance(found, AirflowRuntimeError):
            raise found
        return SimpleNamespace(is_paused=found)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of lanes in each call of the outside monitor."""
    found: list[int] = []

    def call(_: object, count: int) -> bool:
        found.append(count)
        return True

    monkeypatch.setattr(heartbeat, "call_monitor", call)
    return found


@pytest.fixture
def refreshed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lanes whose reports were refreshed."""
    found: list[str] = []

    def refresh(_: object, lanes: list[Lane], *, most_events: int | None = None) -> Refreshed:
        assert most_events
        found.extend(lane.name for lane in lanes)
        return Refreshed()

    monkeypatch.setattr(rollup, "refresh_reports", refresh)
    return found


@pytest.fixture
def looks(
    monkeypatch: pytest.MonkeyPatch, called: list[int], recorded: list[str], refreshed: list[str]
) -> Looks:
    """The DAG states of each lane that was checked; lane `broken` cannot be checked."""
    found: Looks = {}

    def look(
        _: object, lane: Lane, __: object, *, dags: dict[str, DagState], links: object
    ) -> dict[str, int]:
        found[lane.name] = dags
        if lane.name == "broken":
            raise LedgerError("no")
        return {"open": 1, "sent": 0, "failed": 0}

    given = [lane("broken"), lane("off", "off"), lane("shadow", "shadow"), lane("fine")]
    monkeypatch.setattr(lanes, "valid_lanes", lambda: given)
    monkeypatch.setattr(connections, "ledger_url", lambda _: "")
    monkeypatch.setattr(ledger, "open_ledger", lambda *_, **__: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(watch, "watch_lane", look)
    monkeypatch.setattr(measures, "gauges", lambda *_: [])
    monkeypatch.setattr(
        survey,
        "survey_lanes",
        lambda _, lanes: {lane.name: LaneSurvey(overdue=expected_dags(lane)) for lane in lanes},
    )
    monkeypatch.setattr(survey, "record_watched", lambda _, names: recorded.extend(names))
    return found


@pytest.fixture
def recorded() -> list[str]:
    """The lanes that were recorded as checked without a check of their own."""
    return []


def execute(task: Task) -> dict[str, dict[str, int]]:
    context: Any = {"ti": task}
    return WatchdogOperator(task_id="watch").execute(context)


def test_a_lane_that_cannot_be_checked_stops_no_other_and_the_monitor_is_not_called(
    looks: Looks, called: list[int]
) -> None:
    with pytest.raises(WatchFailed, match="could not check lane broken"):
        execute(Task())
    assert list(looks) == ["broken", "shadow", "fine"]
    assert called == []


def test_the_monitor_is_called_when_all_lanes_were_checked(
    looks: Looks, called: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "valid_lanes", lambda: [lane("fine")])
    assert execute(Task(orders__fine=True, shipments__fine=refused(404))) == {
        "fine": {"open": 1, "sent": 0, "failed": 0}
    }
    assert looks["fine"] == {"orders__fine": DagState.PAUSED, "shipments__fine": DagState.MISSING}
    assert called == [1]


def test_the_figures_of_all_lanes_are_refreshed(looks: Looks, refreshed: list[str]) -> None:
    with pytest.raises(WatchFailed):
        execute(Task())
    assert refreshed == ["broken", "off", "shadow", "fine"]


def test_figures_that_cannot_be_refreshed_stop_no_alert(
    looks: Looks, called: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Refreshed:
        raise LedgerError("no")

    monkeypatch.setattr(rollup, "refresh_reports", fail)
    monkeypatch.setattr(lanes, "valid_lanes", lambda: [lane("fine")])
    assert list(execute(Task())) == ["fine"]
    assert called == [1]


def test_a_failing_api_server_does_not_make_a_dag_missing() -> None:
    context: Any = {"ti": Task(orders__x=refused(500))}
    with pytest.raises(AirflowRuntimeError):
        dag_state(context, "orders__x")
    assert dag_state(context, "shipments__x") is DagState.ACTIVE


def test_a_lane_that_is_not_live_needs_no_dags(looks: Looks) -> None:
    with pytest.raises(WatchFailed):
        execute(Task())
    assert looks["shadow"] == {}


def test_a_lane_with_which_nothing_is_wrong_gets_no_check_of_its_own(
    looks: Looks, called: list[int], recorded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    surveyed = {
        "fine": LaneSurvey(needs_check=False),
        "late": LaneSurvey(needs_check=False, overdue=["orders__late"]),
        "paused": LaneSurvey(needs_check=False, overdue=["orders__paused"]),
        "wrong": LaneSurvey(needs_check=True),
    }
    monkeypatch.setattr(lanes, "valid_lanes", lambda: [lane(name) for name in surveyed])
    monkeypatch.setattr(survey, "survey_lanes", lambda *_: surveyed)
    assert set(execute(Task(orders__paused=True))) == {"paused", "wrong"}
    assert looks == {"paused": {"orders__paused": DagState.PAUSED}, "wrong": {}}
    assert recorded == ["fine", "late"]
    assert called == [4]
