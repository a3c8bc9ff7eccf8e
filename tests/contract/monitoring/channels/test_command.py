from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cartage.cli.main import app

LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
    alerts:
      email: {connection: ops_mail, sender: cartage@example.com, to: [ops@example.com]}
      webhook: {connection: ops_hook}
"""


@pytest.fixture
def both(
    mail_server: Callable[..., Any], receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Any]:
    """Create a lane with both channels, and its connections in the environment in Airflow's format."""
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text(LANES)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    mail = mail_server()
    uri = f"smtp://127.0.0.1:{mail.port}/?disable_ssl=true&disable_tls=true"
    monkeypatch.setenv("AIRFLOW_CONN_OPS_MAIL", uri)
    hook = {
        "conn_type": "http",
        "host": "127.0.0.1",
        "schema": "http",
        "port": receiver.port,
        "password": "T/B/X",
    }
    monkeypatch.setenv("AIRFLOW_CONN_OPS_HOOK", json.dumps(hook))
    return mail, receiver


def test_a_test_alert_reaches_every_channel_of_the_lane(both: tuple[Any, Any]) -> None:
    mail, receiver = both
    result = CliRunner().invoke(app, ["alerts", "test", "--lane", "demo"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "sent: e-mail (connection 'ops_mail')",
        "sent: webhook (connection 'ops_hook')",
    ]
    assert "test of Cartage's alerts" in mail.box.mails[0]["Subject"]
    ((path, body),) = receiver.posts
    assert path == "/T/B/X"
    assert "test of Cartage's alerts" in body["text"]


def test_a_failed_webhook_does_not_stop_the_mail(both: tuple[Any, Any]) -> None:
    mail, receiver = both
    receiver.statuses = [404]
    result = CliRunner().invoke(app, ["--quiet", "alerts", "test", "--lane", "demo"])
    assert result.exit_code == 1
    assert "was not delivered through 1 of 2 channels" in result.stderr
    assert len(mail.box.mails) == 1
