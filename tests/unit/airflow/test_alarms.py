"""What a failed task says, in its log and through the lane's channels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cartage import alerts, lanes
from cartage.alerts import Alert, AlertsFailed
from cartage.errors import AuthFailed
from cartage_airflow.alarms import CartageNotifier, say_what_failed
from cartage_airflow.stopping import StageStopped

REFUSED = AuthFailed(
    "3dcart store demo",
    "GET /Orders",
    "the credentials were not accepted",
    mend="Check Private key and Token of the connection 'threedcart_demo' (Airflow: Admin > Connections).",
    status=401,
)


def context(failure: BaseException | None) -> Any:
    task = SimpleNamespace(
        task_id="import_orders", run_id="manual__1", try_number=1, log_url="http://airflow.example/dags/x"
    )
    found: dict[str, Any] = {"ti": task, "task": SimpleNamespace(lane="demo")}
    return found if failure is None else found | {"exception": failure}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    """Alerts that went out, through one channel of lane demo."""
    found: list[Alert] = []
    monkeypatch.setattr(lanes, "get_lane", lambda name: SimpleNamespace(name=name))
    monkeypatch.setattr(alerts, "channels_of", lambda *_: ["channel"])
    monkeypatch.setattr(alerts, "send", lambda alert, _: found.append(alert))
    return found


def test_the_log_says_which_credential_to_check_and_where(caplog: pytest.LogCaptureFixture) -> None:
    say_what_failed(context(REFUSED))
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    for said in (
        "does not accept the credentials",
        "Private key and Token",
        "threedcart_demo",
        "Admin > Connections",
    ):
        assert said in record.getMessage()


def test_an_alert_names_lane_stage_meaning_mend_log_and_try(sent: list[Alert]) -> None:
    CartageNotifier()(context(REFUSED))
    (alert,) = sent
    assert (alert.lane, alert.stage) == ("demo", "import_orders")
    assert "does not accept the credentials" in alert.title
    assert alert.what_it_means
    assert "Private key and Token" in alert.mend
    assert alert.link == "http://airflow.example/dags/x"
    assert alert.facts == {"run": "manual__1", "try": 1}


def test_a_task_whose_process_died_alerts_too(sent: list[Alert]) -> None:
    """Airflow then runs the callback in the dag-processor, and knows no exception."""
    CartageNotifier()(context(None))
    (alert,) = sent
    assert "process ended without a word" in alert.title
    assert alert.mend


def test_a_stopped_stage_says_what_it_had_done(sent: list[Alert]) -> None:
    CartageNotifier()(context(StageStopped("transfer_to_warehouse was stopped: 7 sent.")))
    assert "7 sent" in sent[0].title
    assert "limits.task_timeout" in sent[0].mend


def test_an_operator_of_ones_own_may_name_the_lane(sent: list[Alert]) -> None:
    given = context(REFUSED)
    given["task"] = SimpleNamespace()
    CartageNotifier(lane="other")(given)
    assert sent[0].lane == "other"


def test_a_lane_without_channels_sends_nothing(sent: list[Alert], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "channels_of", lambda *_: [])
    CartageNotifier()(context(REFUSED))
    assert sent == []


def test_an_alert_that_does_not_go_out_is_an_error_for_airflow(
    sent: list[Alert], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(alert: Alert, channels: list[object]) -> None:
        raise AlertsFailed(alert, {"smtp": "refused"}, 1)

    monkeypatch.setattr(alerts, "send", fails)
    with pytest.raises(AlertsFailed):
        CartageNotifier()(context(REFUSED))
