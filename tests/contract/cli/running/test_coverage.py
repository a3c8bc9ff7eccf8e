"""`cartage coverage` on a real ledger: what it prints, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.intake.coverage.repo import extend_coverage, note_failed_window

Cartage = Callable[..., Result]
LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: UTC, go_live: GO_LIVE}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
"""
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def days_ago(count: float) -> datetime:
    return TODAY - timedelta(days=count)


@pytest.fixture
def cartage(tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """Return the command line with an empty ledger and a lane that went live twelve days ago."""
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES.replace("GO_LIVE", f"{days_ago(12):%Y-%m-%d}"))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    return lambda *more: CliRunner().invoke(app, ["coverage", "--lane", "demo", *more])


def cover(ledger: Ledger, start: datetime, end: datetime) -> None:
    with ledger.begin() as connection:
        extend_coverage(connection, "demo", start, end)


def test_a_gap_of_days_is_shown_and_its_command_printed(cartage: Cartage, ledger: Ledger) -> None:
    cover(ledger, days_ago(12), days_ago(8))
    cover(ledger, days_ago(5), datetime.now(UTC))
    result = cartage()
    assert result.exit_code == 0, result.output
    assert (
        f"airflow backfill create --dag-id orders_history__demo --from-date {days_ago(8):%F}T00:00:00Z "
        f"--to-date {days_ago(6):%F}T00:00:00Z --reprocess-behavior failed --max-active-runs 2"
        in result.output
    )
    marks = "".join(
        line[9:].strip() for line in result.output.splitlines() if line[:2] == "20" and line[7:9] == "  "
    )
    assert marks == "####...######"[: len(marks)]
    assert "3 d" in result.output


def test_a_complete_history_is_reported_as_such(cartage: Cartage, ledger: Ledger) -> None:
    cover(ledger, days_ago(12), datetime.now(UTC))
    result = cartage("--fail-on-gaps")
    assert result.exit_code == 0, result.output
    assert "No gap" in result.output
    assert "airflow" not in result.output


def test_the_time_of_the_next_run_and_the_time_before_the_go_live_are_no_gaps(
    cartage: Cartage, ledger: Ledger
) -> None:
    cover(ledger, days_ago(12), datetime.now(UTC) - timedelta(minutes=10))
    assert cartage("--fail-on-gaps").exit_code == 0


def test_fail_on_gaps_exits_1(cartage: Cartage, ledger: Ledger) -> None:
    assert cartage().exit_code == 0
    assert cartage("--fail-on-gaps").exit_code == 1


def test_json_contains_the_whole_history(cartage: Cartage, ledger: Ledger) -> None:
    cover(ledger, days_ago(12), days_ago(3))
    with ledger.begin() as connection:
        note_failed_window(connection, "demo", days_ago(3), days_ago(2))
    found = json.loads(cartage("--json").output)
    assert found["days"][f"{days_ago(4):%F}"] == "covered"
    assert found["days"][f"{days_ago(3):%F}"] == "failed"
    assert found["days"][f"{days_ago(1):%F}"] == "missing"
    assert [gap["failed"] for gap in found["gaps"]] == [True, False]
    assert found["backfills"][0]["dag_id"] == "orders_history__demo"
    assert found["backfills"][0]["command"].startswith("airflow backfill create")


@pytest.mark.parametrize("mode", ["off", "drain"])
def test_no_command_is_printed_if_it_would_fill_no_gap(
    cartage: Cartage, ledger: Ledger, tmp_path: Path, mode: str
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text(file.read_text().replace("  demo:\n", f'  demo:\n    mode: "{mode}"\n'))
    result = cartage()
    assert result.exit_code == 0, result.output
    assert "until its mode is live or shadow" in result.output
    assert "airflow backfill" not in result.output


def test_it_can_start_later_than_the_go_live(cartage: Cartage, ledger: Ledger) -> None:
    cover(ledger, days_ago(2), datetime.now(UTC))
    assert cartage("--since", f"{days_ago(2):%F}", "--fail-on-gaps").exit_code == 0


def test_what_a_sweep_has_read_is_not_missing_and_the_rest_is_said(cartage: Cartage, ledger: Ledger) -> None:
    with ledger.begin() as connection:
        store = connection.execute(
            text("INSERT INTO store (code, secure_url) VALUES ('A3K', 'one.example.com') RETURNING id")
        ).scalar_one()
        connection.execute(
            text("INSERT INTO lane_state (lane, store_id, swept_at) VALUES ('demo', :store, :at)"),
            {"store": store, "at": days_ago(3)},
        )
    cover(ledger, days_ago(12), days_ago(8))
    result = cartage()
    assert result.exit_code == 0, result.output
    for said in ("o open orders only", "cancelled, or shipped by another system", "missing"):
        assert said in result.output
    found = json.loads(cartage("--json").stdout)
    assert [(gap["swept"], gap["failed"]) for gap in found["gaps"]] == [(True, False), (False, False)]
    assert found["gaps"][0]["end"] == days_ago(3).isoformat()
    assert found["days"][f"{days_ago(5):%F}"] == "swept"
    assert found["days"][f"{days_ago(3):%F}"] == "missing"


def test_a_backfill_of_more_than_a_thousand_runs_is_listed_before_it_is_started(
    cartage: Cartage, tmp_path: Path
) -> None:
    file = tmp_path / "lanes.yaml"
    settings = file.read_text().replace(f"{days_ago(12):%Y-%m-%d}", f"{days_ago(1100):%Y-%m-%d}")
    file.write_text(settings)
    lines = cartage().output.splitlines()
    [listed] = [place for place, line in enumerate(lines) if line.endswith("--dry-run")]
    assert "More than a thousand runs" in lines[listed - 1]
    assert f"{lines[listed + 1]} --dry-run" == lines[listed]
