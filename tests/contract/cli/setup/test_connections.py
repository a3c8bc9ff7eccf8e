"""`cartage connections check` with and without a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage_sandbox.stack.shop import Shop

LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Shop(store_rules={"throttle": False}) as opened:
        yield opened


@pytest.fixture(autouse=True)
def connected(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure a lane and its connections, and no ledger."""
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES, encoding="utf-8")
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    for name, value in shop.connections().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CARTAGE_LEDGER_URL", raising=False)
    monkeypatch.setattr("cartage.connections.entry_points", lambda **_: ())


def check() -> Result:
    return CliRunner().invoke(app, ["connections", "check", "--lane", "demo", "--json"])


def test_with_a_ledger_both_connections_are_checked(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    result = check()
    assert result.exit_code == 0, result.output
    assert [row["ok"] for row in json.loads(result.stdout)] == [True, True]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "There is none yet: no address: set CARTAGE_LEDGER_URL"),
        ("postgresql://nobody@127.0.0.1:9/none", "It is not available: connection failed"),
    ],
)
def test_before_there_is_a_ledger_both_connections_are_checked_and_the_rest_is_named(
    url: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url:
        monkeypatch.setenv("CARTAGE_LEDGER_URL", url)
    result = check()
    assert result.exit_code == 0, result.output
    store, warehouse, ledger = json.loads(result.stdout)
    assert (store["ok"], warehouse["ok"], ledger["ok"]) == (True, True, None)
    assert ledger["text"].startswith(reason)
    assert "cartage ledger migrate" in ledger["text"]
    assert "call budget" in ledger["text"]


def test_without_a_ledger_a_failed_connection_does_not_hide_the_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"AIRFLOW_CONN_{shop.store_connection.upper()}")
    result = check()
    assert result.exit_code == 1
    store, warehouse, _ = json.loads(result.stdout)
    assert (store["ok"], warehouse["ok"]) == (False, True)


def test_a_secret_under_its_former_name_is_reported(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"AIRFLOW_CONN_{shop.warehouse_connection.upper()}"
    monkeypatch.setenv(name, shop.connections()[name].replace("tpl_secret", "tpl"))
    _, warehouse, _ = json.loads(check().stdout)
    assert warehouse["ok"]
    assert "TPL GUID is kept as 'extra.tpl', which Airflow does not mask" in warehouse["text"]
