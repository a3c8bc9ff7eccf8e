"""What a failed task logs, and the alert that it sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cartage import connections, lanes
from cartage.errors import AuthFailed, SettingsError
from cartage.lanes.settings.alerts import Alerts
from cartage.monitoring import Alert, AlertsFailed, ChannelFailed, delivery, watch
from cartage.monitoring.repo.alerts import AlertFinding
from cartage_airflow.alarms import CartageNotifier, log_failure, run_is_late
from cartage_airflow.stopping import StageStopped

REFUSED = AuthFailed(
    "3dcart store demo",
    "GET /Orders",
    "the credentials were not accepted",
    fix="Check Private key and Token of the connection 'threedcart_demo' (Airflow: Admin > Connections).",
    status=401,
)


def context(failure: BaseException | None) -> Any:
    task = SimpleNamespace(
        task_id="import_orders", run_id="manual__1", try_number=1, log_url="http://airflow.example/dags/x"
    )
    found: dict[str, Any] = {"ti": task, "task": SimpleNamespace(lane="demo")}
    return found if failure is None else found | {"exception": failure}


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, AlertFinding]]:
    """The alerts that reached the ledger, with their lane."""
    found: list[tuple[str, AlertFinding]] = []
    monkeypatch.setattr(lanes, "get_lane", lambda name: SimpleNamespace(name=name, alerts=Alerts()))
    monkeypatch.setattr(connections, "ledger_url", lambda _: "postgresql+psycopg://nowhere/")
    monkeypatch.setattr(
        watch, "report_finding", lambda _, lane, __, finding: found.append((lane.name, finding))
    )
    return found


def test_a_failure_at_one_of_several_warehouses_names_it(reported: list[tuple[str, AlertFinding]]) -> None:
    found = context(REFUSED)
    found["ti"].task_id = "transfer_to_warehouse__west"
    CartageNotifier().notify(found)
    [(_, alert)] = reported
    assert alert.title == "Warehouse west: 3dcart store demo does not accept the credentials"
    assert alert.stage == "transfer_to_warehouse__west"


def test_the_log_says_which_credential_to_check_and_where(caplog: pytest.LogCaptureFixture) -> None:
    log_failure(context(REFUSED))
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    for text in (
        "does not accept the credentials",
        "Private key and Token",
        "threedcart_demo",
        "Admin > Connections",
    ):
        assert text in record.getMessage()


def test_an_alert_names_lane_stage_meaning_fix_log_and_try(reported: list[tuple[str, AlertFinding]]) -> None:
    CartageNotifier()(context(REFUSED))
    [(lane, found)] = reported
    assert (lane, found.kind, found.stage) == ("demo", "failed_task", "import_orders")
    assert "does not accept the credentials" in found.title
    assert found.meaning
    assert "Private key and Token" in found.fix
    assert found.links == {"Log": "http://airflow.example/dags/x"}
    assert found.facts == {"run": "manual__1", "try": 1}


def test_each_kind_of_failure_of_a_task_has_its_own_alert(reported: list[tuple[str, AlertFinding]]) -> None:
    for failure in (REFUSED, REFUSED, StageStopped("x"), None):
        CartageNotifier()(context(failure))
    keys = [found.key for _, found in reported]
    assert keys == [
        "import_orders/AuthFailed", "import_orders/AuthFailed", "import_orders/StageStopped", "import_orders/killed",
    ]  # fmt: skip


def test_a_task_whose_process_died_alerts_too(reported: list[tuple[str, AlertFinding]]) -> None:
    """Airflow then runs the callback in the dag-processor, without an exception."""
    CartageNotifier()(context(None))
    [(_, found)] = reported
    assert "process ended without an error message" in found.title
    assert found.fix


def test_the_alert_of_a_stopped_stage_says_what_it_did(reported: list[tuple[str, AlertFinding]]) -> None:
    CartageNotifier()(context(StageStopped("transfer_to_warehouse was stopped: 7 sent.")))
    assert "7 sent" in reported[0][1].title
    assert "limits.task_timeout" in reported[0][1].fix


def test_a_notifier_may_name_the_lane_for_any_operator(reported: list[tuple[str, AlertFinding]]) -> None:
    given = context(REFUSED)
    given["task"] = SimpleNamespace()
    CartageNotifier(lane="other")(given)
    assert reported[0][0] == "other"


def test_a_late_run_alerts_and_a_run_of_a_backfill_does_not(
    reported: list[tuple[str, AlertFinding]],
) -> None:
    for kind in ("scheduled", "backfill"):
        run = {"dag_run_id": "scheduled__1", "run_type": kind}
        run_is_late("demo", "orders__demo", "mark_processing", {"dag_run": run})
    [(lane, found)] = reported
    assert (lane, found.kind, found.stage) == ("demo", "run_late", "mark_processing")
    assert found.title == "A run of orders__demo has not ended within 30m"
    assert found.facts == {"run": "scheduled__1"}


DUE = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "ended", "is_late"),
    [
        ("running", None, True),
        ("queued", None, True),
        ("failed", DUE - timedelta(minutes=1), False),
        ("failed", DUE + timedelta(minutes=1), False),
        ("success", DUE - timedelta(minutes=1), False),
        ("success", DUE, False),
        ("success", DUE + timedelta(minutes=1), True),
        ("success", None, True),
        ("success", "soon", True),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_a_run_that_ended_red_or_in_time_is_not_late(
    reported: list[tuple[str, AlertFinding]], state: str, ended: Any, is_late: bool, as_text: bool
) -> None:
    """Airflow keeps the deadline of a run that failed, and calls back when it passes."""
    run = {"dag_run_id": "r", "run_type": "scheduled", "state": state}
    due: Any = DUE
    if as_text:
        ended = ended.isoformat() if isinstance(ended, datetime) else ended
        due = DUE.isoformat().replace("+00:00", "Z")
    deadline = {"id": "d", "deadline_time": due}
    late = {"dag_run": run | {"end_date": ended}, "deadline": deadline}
    run_is_late("demo", "orders__demo", "mark_processing", late)
    assert bool(reported) == is_late


class Channel:
    """A channel that records each alert, or refuses it."""

    name = "channel"

    def __init__(self) -> None:
        self.taken: list[Alert] = []
        self.refuses = False

    def deliver(self, alert: Alert) -> None:
        if self.refuses:
            raise ChannelFailed(self.name, "refused", "Check it.")
        self.taken.append(alert)


@pytest.fixture
def without_ledger(reported: list[tuple[str, AlertFinding]], monkeypatch: pytest.MonkeyPatch) -> Channel:
    def fails(*_: object) -> None:
        raise SettingsError("the ledger", ["  CARTAGE_LEDGER_URL: missing."])

    channel = Channel()
    monkeypatch.setattr(watch, "report_finding", fails)
    monkeypatch.setattr(delivery, "channels_of", lambda *_: [channel])
    monkeypatch.setattr(delivery, "secrets_named", lambda *_: {"s3cr3t-token"})
    return channel


def test_without_the_ledger_the_alert_is_still_sent_and_holds_no_secret(
    without_ledger: Channel,
) -> None:
    CartageNotifier()(context(StageStopped("the token s3cr3t-token was refused")))
    [alert] = without_ledger.taken
    assert (alert.lane, alert.stage, alert.link) == ("demo", "import_orders", "http://airflow.example/dags/x")
    assert "s3cr3t-token" not in alert.title


def test_an_alert_that_cannot_be_sent_is_an_error_for_airflow(without_ledger: Channel) -> None:
    without_ledger.refuses = True
    with pytest.raises(AlertsFailed):
        CartageNotifier()(context(REFUSED))
