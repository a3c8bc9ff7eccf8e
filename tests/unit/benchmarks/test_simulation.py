"""The model of many merchants agrees with what was measured, and docs/scale.md shows its figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.simulation.checks import measured_points
from benchmarks.simulation.costs import Costs, NotMeasured, Results, costs_of, read_results
from benchmarks.simulation.model import (
    STORE_CALLS_PER_SECOND,
    Merchants,
    ledger_bytes,
    predict,
    tasks_per_second,
)
from benchmarks.simulation.page import PAGE, with_tables

MINUTE, DAY = 60.0, 86_400.0
COSTS = Costs(
    task=1.0,
    order=0.004,
    look=0.005,
    window_tasks=5,
    empty_tasks=1,
    shipment_tasks=2,
    empty_shipment_tasks=1,
    calls_per_order=1.03,
    parse_per_lane=0.003,
    parse_first=0.1,
    watchdog_per_lane=0.0001,
    watchdog_first=0.08,
)


def test_the_model_is_as_good_as_it_claims_to_be() -> None:
    results = read_results()
    points = list(measured_points(results, costs_of(results)))
    assert len(points) >= 5
    assert [point for point in points if not point.holds] == []


def test_the_page_has_the_models_figures() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page, read_results()), "run: python -m benchmarks.simulation.page"


def test_a_figure_that_was_never_measured_is_named_with_its_benchmark() -> None:
    with pytest.raises(NotMeasured, match="python -m benchmarks a"):
        costs_of(Results({}))


def test_what_is_twice_as_much_costs_twice_as_much() -> None:
    small = Merchants(1_000, 50, 5 * MINUTE, 10 * MINUTE)
    large = replace(small, count=2_000)
    assert predict(large, COSTS).cores == pytest.approx(2 * predict(small, COSTS).cores)
    assert ledger_bytes(large, 365) == 2 * ledger_bytes(small, 365)


def test_windows_without_orders_cost_their_tasks_alone() -> None:
    idle = Merchants(10, 0, 5 * MINUTE, 10 * MINUTE)
    assert tasks_per_second(idle, COSTS) == pytest.approx(10 * (1 / 300 + 1 / 600))


def test_windows_that_always_have_orders_cost_all_their_tasks() -> None:
    busy = Merchants(1, 1e6, 5 * MINUTE, 10 * MINUTE)
    assert tasks_per_second(busy, COSTS) == pytest.approx(5 / 300 + 2 / 600)


def test_with_looks_a_run_comes_with_each_order() -> None:
    looking = Merchants(1, 24, DAY, DAY, 10, 15)
    assert tasks_per_second(looking, COSTS) * DAY == pytest.approx(1 + 24 * 5 + 1 + 24 * 2)
    assert predict(looking, COSTS).mean_wait == 5


def test_looks_leave_a_store_most_of_its_calls() -> None:
    looking = Merchants(1, 50, 15 * MINUTE, 30 * MINUTE, 10, 15)
    found = predict(looking, COSTS)
    assert 6 < found.calls_per_store_and_minute < 7
    assert found.share_of_calls == pytest.approx(
        found.calls_per_store_and_minute / 60 / STORE_CALLS_PER_SECOND
    )


def test_a_page_without_its_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="written by"):
        with_tables("# Scale\n", read_results())
