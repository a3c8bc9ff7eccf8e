from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app

LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
"""

Cartage = Callable[..., Result]


@pytest.fixture
def lanes_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create the deployment's lanes file with one valid lane `demo`, and no other configuration."""
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.delenv("CARTAGE_LEDGER_URL", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_CARTAGE_LEDGER", raising=False)
    monkeypatch.setattr("cartage.connections.entry_points", lambda **_: ())
    return file


@pytest.fixture
def cartage(lanes_file: Path) -> Cartage:
    """Return a function that calls the command line: `cartage("lanes", "check")`."""
    return lambda *arguments: CliRunner().invoke(app, [*arguments])
