"""Sends measures through Airflow's own StatsD or OpenTelemetry client, as `[metrics]` of airflow.cfg sets it up.

Nothing is sent, and nothing costs, where metrics are off. A receiver that is away fails no task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from cartage.monitoring.measures import Measure


def send_gauges(measures: Iterable[Measure]) -> None:
    """Send values of now."""
    for measure in measures:
        stats.gauge(measure.name, measure.value)


def send_counters(measures: Iterable[Measure]) -> None:
    """Send counts of what was done since the last time."""
    for measure in measures:
        stats.incr(measure.name, int(measure.value))
