"""The watchdog sends an alert once, repeats it while it is open, and sends once more when it is resolved."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.db.task_runs import record_task_run
from cartage.monitoring.checks.runs import DagState
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.monitoring.survey import survey_lanes
from cartage.monitoring.watch import report_finding, watch_lane
from cartage.runtime.links import Links
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World, at_once

RUNNING = {"orders__demo": DagState.ACTIVE, "shipments__demo": DagState.ACTIVE}


class Endpoint:
    """An HTTP endpoint for alerts that responds with `status`."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if endpoint.status == 200:
                    endpoint.got.append(body)
                    endpoint.headers.append(dict(self.headers))
                self.send_response(endpoint.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def take(self) -> list[tuple[str, str]]:
        """Return the state and kind of each alert received since the last call."""
        found = [(alert["state"], alert["kind"]) for alert in self.got]
        self.got.clear()
        return found


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Start two endpoints: one for Cartage's format (`http`), one for Slack's (`webhook`)."""
    opened = Endpoint(), Endpoint()
    for name, endpoint in zip(("http", "hook"), opened, strict=True):
        endpoint.thread.start()
        address = {"schema": "http", "host": "127.0.0.1", "port": endpoint.server.server_port}
        address |= (
            {"extra": {"X-Key": "k3y-of-the-endpoint"}} if name == "http" else {"password": "hook-secret"}
        )
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(address))
    yield opened
    for endpoint in opened:
        endpoint.server.shutdown()
        endpoint.thread.join()
        endpoint.server.server_close()


@pytest.fixture
def endpoint(endpoints: tuple[Endpoint, Endpoint]) -> Endpoint:
    return endpoints[0]


@pytest.fixture
def world(make_world: MakeWorld, endpoint: Endpoint) -> World:
    """Create a lane that alerts an HTTP endpoint and resolves alerts without a settling time."""
    return make_world(alerts={"http": {"connection": "http"}, "resolve_after": "0s"})


def look(world: World, dags: dict[str, DagState] | None = None, links: Links | None = None) -> dict[str, int]:
    """Check the lane, and check besides that the look at all lanes would have led to whatever this finds or does."""
    surveyed = survey_lanes(world.ledger, [world.lane])[world.lane.name]
    before = world.rows("SELECT * FROM alert ORDER BY id")
    counts = watch_lane(
        world.ledger, world.lane, EnvironmentResolver(), dags=dags or RUNNING, links=links or Links()
    )
    if not surveyed.needs_check and set((dags or RUNNING).values()) == {DagState.ACTIVE}:
        assert counts == {"open": 0, "sent": 0, "failed": 0}
        assert world.rows("SELECT * FROM alert ORDER BY id") == before
    return counts


def grow_old(world: World, hours: float) -> None:
    """Move everything in the ledger into the past by this many hours."""
    age = timedelta(hours=hours)
    for table, columns in {
        "fulfillment_order": ("created_at", "state_since"),
        "event": ("at",),
        "shipment": ("first_seen_at",),
        "alert": ("opened_at", "seen_at", "cleared_at", "closed_at"),
        "alert_delivery": ("alerted_at", "claimed_until"),
        "task_run": ("first_at", "started_at", "succeeded_at"),
        "lane_state": ("swept_at",),
    }.items():
        sets = ", ".join(f"{column} = {column} - CAST(:age AS interval)" for column in columns)
        world.execute(f"UPDATE {table} SET {sets}", age=age)


def test_a_cause_is_sent_once_then_repeated_with_its_count_and_once_when_it_is_resolved(
    world: World, endpoint: Endpoint
) -> None:
    world.place("unmapped_method", 2)
    world.go("import_orders", "validate_mappings")
    look(world)
    look(world)
    assert endpoint.take() == [("opened", "cause")]

    world.place("unmapped_method", 3)
    world.go("import_orders", "validate_mappings")
    look(world)
    assert endpoint.take() == []
    world.execute("UPDATE alert_delivery SET alerted_at = alerted_at - interval '4 h'")
    look(world)
    assert endpoint.got[0]["facts"]["count"] == 5
    assert endpoint.got[0]["title"].startswith("5 orders blocked")
    assert endpoint.take() == [("ongoing", "cause")]

    for order_id in [row.order_id for row in world.rows("SELECT order_id FROM sales_order")]:
        world.shop.store.edit(order_id, OrderStatusID=5)
    world.go("import_orders", "validate_mappings")
    world.read_long_ago()
    world.go("settle_outcomes", "transfer_to_warehouse")
    world.execute("UPDATE cause SET closed_at = clock_timestamp()")
    look(world)
    look(world)
    assert endpoint.take() == [("resolved", "cause")]


def test_a_failure_that_comes_and_goes_within_the_settling_time_is_one_alert(
    make_world: MakeWorld, endpoint: Endpoint
) -> None:
    world = make_world(alerts={"http": {"connection": "http"}, "resolve_after": "10m"})
    failing = AlertFinding(
        "failed_task", "import_orders/X", "import_orders", "it failed", "orders wait", "fix it"
    )
    for _ in range(4):
        report_finding(world.ledger, world.lane, EnvironmentResolver(), failing)
        with record_task_run(world.ledger, "demo", "import_orders"):
            pass
        look(world)
    assert endpoint.take() == [("opened", "failed_task")]
    world.execute("UPDATE alert SET cleared_at = cleared_at - interval '10 min'")
    look(world)
    assert endpoint.take() == [("resolved", "failed_task")]


def test_a_failed_task_is_resolved_by_its_next_success_only(world: World, endpoint: Endpoint) -> None:
    failing = AlertFinding(
        "failed_task", "import_orders/X", "import_orders", "it failed", "orders wait", "fix it"
    )
    report_finding(world.ledger, world.lane, EnvironmentResolver(), failing)
    with record_task_run(world.ledger, "demo", "poll_tracking"):
        pass
    with pytest.raises(RuntimeError), record_task_run(world.ledger, "demo", "import_orders"):
        raise RuntimeError
    look(world)
    assert endpoint.take() == [("opened", "failed_task")]
    with record_task_run(world.ledger, "demo", "import_orders"):
        pass
    look(world)
    assert endpoint.take() == [("resolved", "failed_task")]


def test_orders_that_wait_longer_than_the_lane_allows_alert_per_stage(
    world: World, endpoint: Endpoint
) -> None:
    world.place("single", 3)
    world.go("import_orders", "validate_mappings")
    look(world)
    assert endpoint.take() == []
    grow_old(world, 5)
    look(world)
    found = {alert["kind"]: alert for alert in endpoint.got}
    assert found["not_acknowledged"]["title"].startswith("3 orders have waited to be sent")
    assert set(found) == {"not_acknowledged", "not_imported"}
    endpoint.take()

    world.read_long_ago()
    world.go(*ORDERS_STAGES)
    look(world)
    assert ("resolved", "not_acknowledged") in endpoint.take()
    grow_old(world, 73)
    look(world)
    assert ("opened", "not_shipped") in endpoint.take()

    for row in world.rows("SELECT order_id FROM sales_order"):
        world.ship(row.order_id)
    world.go("poll_tracking")
    look(world)
    assert ("resolved", "not_shipped") in endpoint.take()
    grow_old(world, 3)
    look(world)
    assert ("opened", "not_posted_back") in endpoint.take()
    world.go("update_order_status")
    look(world)
    assert ("resolved", "not_posted_back") in endpoint.take()


def test_moving_between_waiting_states_does_not_reset_an_orders_age(world: World, endpoint: Endpoint) -> None:
    world.place("single")
    world.go("import_orders")
    grow_old(world, 5)
    world.go("validate_mappings")
    look(world)
    assert ("opened", "not_acknowledged") in endpoint.take()


def test_the_age_of_a_blocked_order_counts_from_its_release(world: World, endpoint: Endpoint) -> None:
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    grow_old(world, 50)
    world.settings["ship_methods"].append(
        {"store": world.rows("SELECT ship_method FROM fulfillment_order")[0].ship_method, "carrier": "UPS"}
    )
    world.go("validate_mappings")
    assert world.states() == {"ready": 1}
    look(world)
    assert "not_acknowledged" not in {kind for _, kind in endpoint.take()}


def test_an_outcome_that_stays_unknown_alerts(world: World, endpoint: Endpoint) -> None:
    world.place("single")
    world.go("import_orders", "validate_mappings")
    world.warehouse_fault("POST /orders", "close", "after")
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert world.states() == {"unknown": 1}
    look(world)
    assert endpoint.take() == []
    grow_old(world, 2)
    look(world)
    assert ("opened", "unknown") in endpoint.take()


def test_time_that_no_window_and_no_sweep_covers_alerts(world: World, endpoint: Endpoint) -> None:
    world.go("import_orders")
    look(world)
    assert endpoint.take() == []
    grow_old(world, 2)
    look(world, links=Links(coverage=lambda lane: f"https://airflow.example/cartage/coverage?lane={lane}"))
    [sent] = endpoint.got
    assert sent["links"] == {"Coverage": "https://airflow.example/cartage/coverage?lane=demo"}
    assert endpoint.take() == [("opened", "not_imported")]
    world.go("import_orders")
    look(world)
    assert endpoint.take() == [("resolved", "not_imported")]


def test_a_channel_that_is_down_loses_no_message_and_the_other_gets_none_twice(
    make_world: MakeWorld, endpoints: tuple[Endpoint, Endpoint]
) -> None:
    up, down = endpoints
    down.status = 400
    world = make_world(
        alerts={"http": {"connection": "http"}, "webhook": {"connection": "hook"}, "resolve_after": "0s"}
    )
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    assert look(world) == {"open": 1, "sent": 1, "failed": 1}
    assert look(world) == {"open": 1, "sent": 0, "failed": 1}
    down.status = 200
    assert look(world) == {"open": 1, "sent": 1, "failed": 0}
    assert (len(up.got), len(down.got)) == (1, 1)


def test_a_channel_that_was_down_is_sent_the_resolution(make_world: MakeWorld, endpoint: Endpoint) -> None:
    world = make_world(alerts={"http": {"connection": "http"}, "resolve_after": "0s"})
    endpoint.status = 400
    failing = AlertFinding(
        "failed_task", "import_orders/X", "import_orders", "it failed", "orders wait", "fix it"
    )
    report_finding(world.ledger, world.lane, EnvironmentResolver(), failing)
    with record_task_run(world.ledger, "demo", "import_orders"):
        pass
    look(world)
    endpoint.status = 200
    look(world)
    look(world)
    assert endpoint.take() == [("resolved", "failed_task")]


def test_concurrent_checks_send_one_message(world: World, endpoint: Endpoint) -> None:
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    at_once(*[lambda: look(world)] * 4)
    assert endpoint.take() == [("opened", "cause")]


def test_a_paused_or_missing_dag_alerts_after_a_grace_period(world: World, endpoint: Endpoint) -> None:
    seen = {"orders__demo": DagState.PAUSED, "shipments__demo": DagState.MISSING}
    look(world, seen)
    assert endpoint.take() == []
    world.execute("UPDATE alert SET opened_at = opened_at - interval '31 min'")
    look(world, seen)
    assert sorted(endpoint.take()) == [("opened", "dag_missing"), ("opened", "dag_paused")]
    look(world)
    assert sorted(endpoint.take()) == [("resolved", "dag_missing"), ("resolved", "dag_paused")]


def test_a_missed_run_alerts_until_the_next_run_starts(world: World, endpoint: Endpoint) -> None:
    for task in ("import_orders", "poll_tracking"):
        with record_task_run(world.ledger, "demo", task):
            pass
    look(world)
    grow_old(world, 0.9)
    with record_task_run(world.ledger, "demo", "poll_tracking"):
        pass
    look(world)
    assert endpoint.take() == []  # A run that is about to start is not reported.
    world.execute("UPDATE alert SET opened_at = opened_at - interval '5 min'")
    look(world)
    [sent] = endpoint.got
    assert "orders__demo" in sent["title"]
    assert endpoint.take() == [("opened", "run_missed")]
    with record_task_run(world.ledger, "demo", "import_orders", live=False):
        pass
    look(world)
    assert endpoint.take() == []
    with record_task_run(world.ledger, "demo", "import_orders"):
        pass
    look(world)
    assert endpoint.take() == [("resolved", "run_missed")]


def test_a_lane_that_is_not_live_is_not_expected_to_run_or_to_send(
    make_world: MakeWorld, endpoint: Endpoint
) -> None:
    world = make_world(alerts={"http": {"connection": "http"}, "resolve_after": "0s"}, mode="shadow")
    world.place("single")
    world.go("import_orders", "validate_mappings")
    look(world)
    grow_old(world, 100)
    look(world, dict.fromkeys(RUNNING, DagState.PAUSED))
    grow_old(world, 0.9)
    look(world, dict.fromkeys(RUNNING, DagState.PAUSED))
    assert endpoint.take() == []


def test_the_lanes_own_runs_report_a_stopped_watchdog(world: World, endpoint: Endpoint) -> None:
    look(world)
    world.go("blocked_orders")
    assert endpoint.take() == []
    grow_old(world, 0.9)
    world.go("blocked_orders")
    assert endpoint.take() == [("opened", "watchdog_silent")]
    look(world)
    assert endpoint.take() == [("resolved", "watchdog_silent")]


def test_a_hostile_order_leaks_no_personal_data_and_no_secret_into_a_message(
    world: World, endpoint: Endpoint
) -> None:
    hostile = (
        "<!channel> call Ann at ann@shopper.example\x07, card 4111 1111 1111 1111, key k3y-of-the-endpoint,"
        " for Maximiliane Unverwechselbar"
    )
    [order_id] = world.place("single")
    world.amend(
        order_id,
        shipment={
            "ShipmentMethodName": hostile[:200],
            "ShipmentFirstName": "Maximiliane",
            "ShipmentLastName": "Unverwechselbar",
        },
    )
    world.go("import_orders", "validate_mappings")
    assert world.states() == {"blocked": 1}
    look(world)
    [sent] = endpoint.got
    assert "has no mapping" in sent["title"]
    shown = json.dumps(sent)
    for word in (
        "ann@shopper.example",
        "4111",
        "k3y-of-the-endpoint",
        "Maximiliane",
        "Unverwechselbar",
        "\\u0007",
    ):
        assert word not in shown
    assert endpoint.headers[0]["X-Key"] == "k3y-of-the-endpoint"


def test_time_outside_business_hours_and_holidays_do_not_age_orders(
    make_world: MakeWorld, endpoint: Endpoint
) -> None:
    today = datetime.now(UTC).date()
    closed = [today - timedelta(days=days) for days in range(-1, 8)]
    hours = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "opens": "00:00", "closes": "24:00"}
    alerts: dict[str, Any] = {"http": {"connection": "http"}, "hours": {**hours, "holidays": closed}}
    world = make_world(alerts=alerts)
    world.place("single")
    world.go("import_orders", "validate_mappings")
    grow_old(world, 100)
    look(world)
    assert "not_acknowledged" not in {kind for _, kind in endpoint.take()}
    world.settings["alerts"] = {**alerts, "hours": hours}
    look(world)
    assert ("opened", "not_acknowledged") in endpoint.take()


def test_an_alert_links_to_the_last_move_of_its_oldest_order(world: World, endpoint: Endpoint) -> None:
    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings", dag_run="orders__demo/scheduled__1")
    look(world, links=Links(moved=lambda run: f"https://airflow.example/moved?run={run}"))
    [sent] = endpoint.got
    [(name, address)] = sent["links"].items()
    assert name == f"Order {world.rows('SELECT reference FROM fulfillment_order')[0].reference}"
    assert address == "https://airflow.example/moved?run=orders__demo/scheduled__1/validate_mappings/1"


def test_a_finding_after_a_closed_alert_is_a_new_alert(world: World, endpoint: Endpoint) -> None:
    from cartage.monitoring.repo.alerts import close_by_hand
    from cartage.monitoring.views import list_alerts

    world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    look(world)
    with world.ledger.begin() as connection:
        [listed] = list_alerts(connection, "demo")
        assert close_by_hand(connection, listed.alert.id)
        assert not close_by_hand(connection, listed.alert.id)
    look(world)
    assert endpoint.take() == [("opened", "cause"), ("resolved", "cause"), ("opened", "cause")]
