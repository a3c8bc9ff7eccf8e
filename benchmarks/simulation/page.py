"""The table of docs/scale.md, written by the model: `python -m benchmarks.simulation.page` writes it again."""

from __future__ import annotations

from pathlib import Path

from benchmarks.simulation.checks import measured_points
from benchmarks.simulation.costs import Costs, Results, costs_of, read_results
from benchmarks.simulation.model import Merchants, predict

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
ORDERS_PER_DAY = 50.0
_BEGIN, _END = "<!-- written by benchmarks/simulation -->", "<!-- end -->"
_MINUTE = 60.0
SCHEDULES = {
    "windows of 5 and 10 minutes": (5 * _MINUTE, 10 * _MINUTE, None, None),
    "windows of one minute": (_MINUTE, _MINUTE, None, None),
    "looks every 10 and 15 s, windows of 15 and 30 minutes": (15 * _MINUTE, 30 * _MINUTE, 10.0, 15.0),
}
SIZES = (10, 1_000, 100_000)
_COLUMNS = (
    "merchants",
    "schedules",
    "tasks a second",
    "busy cores",
    "machines",
    "Airflows",
    "calls per store and minute",
    "ledger after a year",
    "mean wait",
)


def tables(results: Results) -> str:
    """Return the tables: what deployments need, and how well the model does where it was measured."""
    costs = costs_of(results)
    return "\n".join([_BEGIN, *_needs(costs), "", *_points(results, costs), _END])


def with_tables(page: str, results: Results) -> str:
    """Return the page with its tables replaced.

    Raises:
        ValueError: if the page has no place for them.
    """
    before, begun, rest = page.partition(_BEGIN)
    _, ended, after = rest.partition(_END)
    if not begun or not ended:
        raise ValueError(f"the page has no lines {_BEGIN!r} and {_END!r}")
    return before + tables(results) + after


def _needs(costs: Costs) -> list[str]:
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---:|---|---:|---:|---:|---:|---:|---:|---:|"]
    for count in SIZES:
        for name, (orders, shipments, look_orders, look_shipments) in SCHEDULES.items():
            if look_orders is not None and costs.look is None:
                continue
            deployment = Merchants(count, ORDERS_PER_DAY, orders, shipments, look_orders, look_shipments)
            found = predict(deployment, costs)
            lines.append(
                f"| {count:,} | {name} | {_short(found.task_instances_per_second)} | {_short(found.cores)} | "
                f"{found.machines:,} | {found.airflows:,} | {_short(found.calls_per_store_and_minute)} | "
                f"{_short(found.ledger_gb_after_a_year)} GB | {found.mean_wait:.0f} s |"
            )
    return lines


def _points(results: Results, costs: Costs) -> list[str]:
    lines = ["| | model | measured | may differ by |", "|---|---:|---:|---:|"]
    lines += [
        f"| {point.name} | {_short(point.predicted)} | {_short(point.measured)} | {point.tolerance:.0%} |"
        for point in measured_points(results, costs)
    ]
    return lines


def _short(number: float) -> str:
    """Return a number with as many digits as it deserves."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 1 else f"{number:.2f}"


def main() -> None:
    """Write the tables into the page."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), read_results()), encoding="utf-8")


if __name__ == "__main__":
    main()
