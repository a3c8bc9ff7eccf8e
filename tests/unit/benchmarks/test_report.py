"""The kept results: the last run of each benchmark, including missed targets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import machine
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.report import keep
from benchmarks.throttled_cycle import least_seconds


def record(rate: float, date: str = "2026-11-23 10:00 UTC") -> dict[str, Any]:
    outcome = Outcome(
        title="Rate",
        figures=(Figure("all stages", rate, 12.5, "orders/s"), Figure("alone", 1)),
        targets=(Target("orders per second", rate, 150, "at least", "orders/s"),),
        notes=("How.",),
    )
    facts = {"cores": 2, "processor": "P", "memory_gb": 4.0, "system": "Linux", "load": 0.1}
    return {
        **outcome.document(),
        "date": date,
        "seconds": 1.0,
        "quick": False,
        "machine": facts,
        "versions": {"Python": "3.11.7"},
    }


@pytest.mark.parametrize(
    ("kind", "value", "met"),
    [("at least", 150, True), ("at least", 149.9, False), ("at most", 20, True), ("at most", 21, False)],
)
def test_a_target_is_met_up_to_its_bound(kind: Any, value: float, met: bool) -> None:
    assert Target("", value, 150 if kind == "at least" else 20, kind).met is met


def test_a_run_of_some_benchmarks_keeps_the_results_of_the_others(tmp_path: Path) -> None:
    keep(tmp_path, "b", record(10, "2026-11-22 10:00 UTC"))
    keep(tmp_path, "a", record(160))
    keep(tmp_path, "a", record(170))
    kept = json.loads((tmp_path / "results.json").read_text())
    assert [(key, one["figures"][0]["product"], one["date"][:10]) for key, one in kept.items()] == [
        ("a", 170, "2026-11-23"),
        ("b", 10, "2026-11-22"),
    ]


def test_the_page_shows_product_next_to_baseline_and_marks_missed_targets(tmp_path: Path) -> None:
    keep(tmp_path, "a", record(149.0))
    page = (tmp_path / "RESULTS.md").read_text()
    assert "| all stages | 149.0 orders/s | 12.5 orders/s |" in page
    assert "| a | orders per second: at least 150 orders/s | 149.0 orders/s | **no** |" in page
    assert "2 cores" in page
    assert "load before it 0.1. Python" in page, "earlier records have no pace"


def test_the_page_says_how_fast_the_machine_was(tmp_path: Path) -> None:
    found = record(149.0)
    found["machine"]["pace"] = [17.5, 8.1]
    keep(tmp_path, "a", found)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "Python added 17.5 million numbers a second before it, and 8.1 after it." in page
    assert machine.pace() > 0


@pytest.mark.parametrize(("calls", "seconds"), [(10, 0), (50, 0), (51, 0.5), (310, 130)])
def test_the_minimum_time_is_what_the_leaky_bucket_allows(calls: int, seconds: float) -> None:
    assert least_seconds(calls) == seconds
