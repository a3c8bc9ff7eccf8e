from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db.retention import KINDS
from cartage.lifecycle.transitions import By
from cartage.recovery.installation import recognise
from cartage.runtime.known_lanes import ensure_lane
from cartage.storefront.repo.stores import ensure_store

if TYPE_CHECKING:
    from cartage.db import Ledger
    from cartage_sandbox.stack.postgres import EmbeddedPostgres


def _cartage(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


@pytest.fixture
def empty_ledger(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgres.create_database("cli_empty_ledger")
    monkeypatch.setenv("CARTAGE_LEDGER_URL", url)


def test_a_new_ledger_is_migrated_once_and_then_up_to_date(empty_ledger: None) -> None:
    before = _cartage("ledger", "status")
    assert before.exit_code == 1
    assert "Run `cartage ledger migrate`" in before.stdout
    first, second = _cartage("ledger", "migrate"), _cartage("ledger", "migrate")
    assert first.exit_code == second.exit_code == 0, first.output + second.output
    assert first.stdout == second.stdout
    assert _cartage("ledger", "status").exit_code == 0
    assert json.loads(_cartage("ledger", "status", "--json").stdout)["up_to_date"] is True


def test_no_order_is_blocked_in_a_new_ledger(
    ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    result = _cartage("orders", "blocked", "--lane", "demo", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_a_ledger_without_tables_says_what_to_do(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", postgres.create_database("cli_bare_ledger"))
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    result = _cartage("orders", "blocked", "--lane", "demo")
    assert result.exit_code == 1
    assert "cartage ledger migrate" in result.stderr


def test_purge_counts_what_it_deleted_also_for_removed_lanes(
    ledger: Ledger, ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text("lanes: {}\n")
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    with ledger.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO alert (lane, kind, key, stage, title, meaning, fix, cleared_at, closed_at)"
                " VALUES ('gone', 'cause', '1', 's', 't', 'm', 'm', now(), now() - interval '91 days')"
            )
        )
    purged = [
        json.loads(CliRunner().invoke(app, ["-q", "ledger", "purge", "--json"]).stdout) for _ in range(2)
    ]
    assert purged == [{"gone": {**dict.fromkeys(KINDS, 0), "alerts": 1}}, {}]


def test_a_new_ledger_has_nothing_to_recover(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    result = _cartage("ledger", "recover")
    assert result.exit_code == 0
    assert "verifies before it sends" in result.stdout


def test_status_names_the_installation_and_the_quarantined_lanes(
    ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    with ledger.begin() as connection:
        recognise(connection, By("test", "test"), name="production")
        ensure_lane(connection, "east", ensure_store(connection, "one.example.com").id)
    assert "installation production" in _cartage("ledger", "status").stdout
    assert json.loads(_cartage("ledger", "status", "--json").stdout)["quarantined_lanes"] == ["east"]


def test_the_figures_of_reports_are_rebuilt_by_one_command(
    ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    result = _cartage("ledger", "rebuild-reports", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"orders": 0, "days": 0})
