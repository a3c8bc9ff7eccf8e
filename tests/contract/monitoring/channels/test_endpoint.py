"""Any HTTP endpoint: JSON in the documented format, with the headers and login of the Airflow connection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cartage.connections import Connection
from cartage.lanes.settings.alerts import HttpAlerts
from cartage.monitoring import Alert, ChannelFailed
from cartage.monitoring.channels.alert import AlertState
from cartage.monitoring.channels.endpoint import EndpointChannel, headers_of
from cartage.monitoring.channels.render import alert_document
from cartage.monitoring.heartbeat import CONNECTION, call_monitor

MANUAL = Path(__file__).resolve().parents[4] / "docs" / "alerts.md"
ALERT = Alert(
    "demo",
    "import_orders",
    "A & B",
    "Orders wait.",
    "Check.",
    link="https://a.example/x",
    links={"Order A": "https://a.example/order", "Sly": "javascript:alert(1)"},
    facts={"count": 3},
    runbook="docs/runbooks/cause.md",
    state=AlertState.ONGOING,
    kind="cause",
    id=7,
)


class _Only:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, connection_id: str) -> Connection | None:
        return self._connection


def channel(port: int, **fields: Any) -> EndpointChannel:
    connection = Connection(id="ops", host="127.0.0.1", schema="http", port=port, **fields)
    return EndpointChannel(HttpAlerts(connection="ops"), _Only(connection))


def test_an_alert_arrives_unchanged_and_unescaped(receiver: Any) -> None:
    channel(receiver.port).deliver(ALERT)
    ((_, body),) = receiver.posts
    assert body == {
        "source": "cartage",
        "version": 1,
        "id": 7,
        "state": "ongoing",
        "kind": "cause",
        "lane": "demo",
        "stage": "import_orders",
        "title": "A & B",
        "meaning": "Orders wait.",
        "fix": "Check.",
        "facts": {"count": 3},
        "links": {"Log": "https://a.example/x", "Order A": "https://a.example/order"},
        "runbook": "docs/runbooks/cause.md",
    }


def test_the_manual_shows_exactly_this_format() -> None:
    shown = MANUAL.read_text().partition("```json\n")[2].partition("```")[0]
    assert list(json.loads(shown)) == list(alert_document(ALERT))


def test_extras_are_headers_and_login_and_password_are_basic_authorization() -> None:
    assert headers_of(
        Connection(id="x", login="ann", password="pw", extra={"X-Team": "ops", "timeout": 5})
    ) == {
        "X-Team": "ops",
        "Authorization": "Basic YW5uOnB3",
    }
    own = Connection(id="x", login="ann", password="pw", extra={"Authorization": "Bearer t"})
    assert headers_of(own)["Authorization"] == "Bearer t"
    assert headers_of(Connection(id="x")) == {}


def test_a_refusal_is_reported_without_the_secret(receiver: Any) -> None:
    receiver.statuses = [401]
    with pytest.raises(ChannelFailed) as caught:
        channel(receiver.port, extra={"Authorization": "Bearer s3cr3t"}).deliver(ALERT)
    assert "HTTP 401" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_an_outside_monitor_is_called_at_its_secret_address_and_its_failure_is_only_logged(
    receiver: Any, caplog: pytest.LogCaptureFixture
) -> None:
    address = Connection(
        id=CONNECTION, host="127.0.0.1", schema="http", port=receiver.port, password="ping/s3cr3t"
    )
    assert call_monitor(_Only(address), 2) is True
    assert receiver.posts == [("/ping/s3cr3t", {"source": "cartage", "lanes": 2})]
    receiver.statuses = [404]
    assert call_monitor(_Only(address), 2) is False
    assert "s3cr3t" not in caplog.text
