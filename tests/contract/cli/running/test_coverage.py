"""`cartage coverage` on a real ledger: what it prints, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
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
