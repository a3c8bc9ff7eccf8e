"""Send measures through Airflow's StatsD or OpenTelemetry client, as `[metrics]` in airflow.cfg configures it.

Where metrics are off, nothing is sent. A metrics receiver that is unreachable fails no task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from cartage.monitoring.measures import Measure


def metrics_are_on() -> bool:
    """Return whether `[metrics]` sends anything: gauges that nobody receives are not worth reading the ledger."""
    return any(
        conf.getboolean("metrics", name, fallback=False)
        for name in ("statsd_on", "statsd_datadog_enabled", "otel_on")
    )


def send_gauges(measures: Iterable[Measure]) -> None:
    """Send current values."""
    for measure in measures:
        stats.gauge(measure.name, measure.value)


def send_counters(measures: Iterable[Measure]) -> None:
    """Send counts of what happened since the last call."""
    for measure in measures:
        stats.incr(measure.name, int(measure.value))
