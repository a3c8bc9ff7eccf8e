"""What the model says about deployments that were measured, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.simulation.costs import LOOK_FOR_ORDERS, WATCHED_LANES, Costs, Results
from benchmarks.simulation.model import (
    Merchants,
    looks_per_second,
    parse_seconds,
    throttled_seconds,
    watchdog_seconds,
)


@dataclass(frozen=True, slots=True)
class MeasuredPoint:
    """A figure by the model and as measured, and the share by which they may differ."""

    name: str
    predicted: float
    measured: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the model is as good as it claims to be."""
        return abs(self.predicted - self.measured) <= self.tolerance * self.measured


def measured_points(results: Results, costs: Costs) -> Iterator[MeasuredPoint]:
    """Yield the points: none of their measured figures is among those that the costs are made of.

    Raises:
        NotMeasured: if a figure is not there.
    """
    for lanes in (10, 200):
        measured = results.product("o", f"all DAGs of the file, {lanes} lanes")
        yield MeasuredPoint(
            f"seconds to parse a file of {lanes} lanes", parse_seconds(lanes, costs), measured, 0.15
        )
    measured = results.product("o", "a round of the watchdog, 200 lanes")
    yield MeasuredPoint("seconds of the watchdog, 200 lanes", watchdog_seconds(200, costs), measured, 0.15)
    calls = 300 * costs.calls_per_order
    measured = results.product("f", "calls to the store")
    yield MeasuredPoint("calls to the store for 300 orders", calls, measured, 0.05)
    measured = results.product("f", "from New to Shipped")
    yield MeasuredPoint("seconds of 300 orders at a real store", throttled_seconds(calls), measured, 0.05)
    if not results.has("q"):
        return
    watched = Merchants(WATCHED_LANES, 0, 1, 1, LOOK_FOR_ORDERS)
    measured = results.product("q", "calls of looks, per store and minute")
    yield MeasuredPoint(
        "calls of looks, per store and minute", looks_per_second(watched) * 60, measured, 0.15
    )
