from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Cartage = Callable[..., Result]

ALERTS = """\
    alerts:
      email: {connection: smtp_ops, sender: cartage@example.com, to: [ops@example.com]}
      webhook: {connection: hook_ops}
"""


def test_a_lane_without_channels_gets_the_settings_to_add(cartage: Cartage) -> None:
    result = cartage("alerts", "test", "--lane", "demo")
    assert result.exit_code == 1
    assert "alerts.email, alerts.webhook or alerts.http" in result.stderr


def test_every_channel_that_fails_is_named(cartage: Cartage, lanes_file: Path) -> None:
    lanes_file.write_text(lanes_file.read_text() + ALERTS)
    result = cartage("--quiet", "alerts", "test", "--lane", "demo")
    assert result.exit_code == 1
    assert "was not delivered through 2 of 2 channels" in result.stderr
    assert "AIRFLOW_CONN_SMTP_OPS" in result.stderr
    assert "AIRFLOW_CONN_HOOK_OPS" in result.stderr
