"""The demo's REST client: it logs in once, reads every page, and says what it was waiting for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from responses import matchers

from cartage_sandbox.stack.client import AirflowApiError, AirflowClient, NotInTime
from cartage_sandbox.stack.records import log_line

URL = "http://127.0.0.1:18080"
API = f"{URL}/api/v2"


def run(**changes: Any) -> dict[str, Any]:
    return {
        "dag_id": "orders__demo",
        "dag_run_id": "manual__1",
        "run_type": "manual",
        "state": "running",
        "logical_date": None,
        "data_interval_start": "2026-11-01T00:00:00Z",
        "data_interval_end": "2026-11-01T00:05:00Z",
        "start_date": None,
        "end_date": None,
    } | changes


@pytest.fixture
def client() -> AirflowClient:
    responses.get(f"{URL}/auth/token", json={"access_token": "a-token"})
    return AirflowClient(URL)


@responses.activate
def test_a_user_logs_in_once_and_then_sends_the_token() -> None:
    login = responses.post(
        f"{URL}/auth/token",
        json={"access_token": "a-token"},
        match=[matchers.json_params_matcher({"username": "ops", "password": "made up"})],
    )
    responses.patch(
        f"{API}/dags/orders__demo",
        json={},
        match=[matchers.header_matcher({"Authorization": "Bearer a-token"})],
    )
    client = AirflowClient(URL, "ops", "made up")
    client.unpause("orders__demo")
    client.pause("orders__demo")
    assert login.call_count == 1


@responses.activate
def test_a_long_list_is_read_to_its_end(client: AirflowClient) -> None:
    for offset, ids in ((0, ["a", "b"]), (2, ["c"])):
        responses.get(
            f"{API}/dags",
            json={"dags": [{"dag_id": each} for each in ids], "total_entries": 3},
            match=[matchers.query_param_matcher({"limit": 100, "offset": offset})],
        )
    assert client.dag_ids() == ["a", "b", "c"]


@responses.activate
def test_times_of_a_run_are_aware_and_missing_ones_are_none(client: AirflowClient) -> None:
    responses.get(f"{API}/dags/orders__demo/dagRuns/manual__1", json=run())
    found = client.run("orders__demo", "manual__1")
    assert found.window_start == datetime(2026, 11, 1, tzinfo=UTC)
    assert found.logical_date is None


@responses.activate
def test_a_run_id_with_colons_and_a_plus_is_a_single_part_of_the_path(client: AirflowClient) -> None:
    path = "/dags/orders__demo/dagRuns/scheduled__2026-11-01T00%3A00%3A00%2B00%3A00"
    responses.get(f"{API}{path}", json=run())
    client.run("orders__demo", "scheduled__2026-11-01T00:00:00+00:00")


@responses.activate
def test_a_wait_that_times_out_names_the_state_of_the_run_and_of_its_tasks(client: AirflowClient) -> None:
    responses.get(f"{API}/dags/orders__demo/dagRuns/manual__1", json=run())
    task = {"task_id": "import_orders", "map_index": -1, "state": "queued", "try_number": 1}
    times = {"start_date": None, "end_date": None, "duration": None}
    responses.get(
        f"{API}/dags/orders__demo/dagRuns/manual__1/taskInstances",
        json={"task_instances": [task | times], "total_entries": 1},
    )
    with pytest.raises(NotInTime, match=r"state='running'.*'import_orders': 'queued'"):
        client.wait_for_run("orders__demo", "manual__1", seconds=0)


@responses.activate
def test_a_refusal_has_its_status_and_message(client: AirflowClient) -> None:
    responses.get(f"{API}/dags/orders__demo/dagRuns/none", status=404, body="DagRun not found")
    with pytest.raises(AirflowApiError, match=r"GET .*dagRuns/none got 404: DagRun not found") as caught:
        client.run("orders__demo", "none")
    assert caught.value.status == 404


@responses.activate
def test_an_existing_pool_gets_the_new_number_of_slots(client: AirflowClient) -> None:
    responses.post(f"{API}/pools", status=409, json={})
    changed = responses.patch(
        f"{API}/pools/store",
        json={},
        match=[matchers.json_params_matcher({"pool": "store", "slots": 4, "include_deferred": False})],
    )
    client.create_pool("store", 4)
    assert changed.call_count == 1


def test_a_log_line_shows_the_event_and_its_special_fields() -> None:
    record = {
        "timestamp": "2026-11-01T00:00:00Z",
        "event": "moved 3",
        "dag_id": "d",
        "try_number": 1,
        "count": 3,
    }
    assert log_line(record) == "2026-11-01T00:00:00Z moved 3 {'count': 3}"
