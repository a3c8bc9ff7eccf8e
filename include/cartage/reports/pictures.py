"""The charts of a report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from cartage.reports.charts import Chart, Measured, columns, rows
from cartage.reports.counts import Counts
from cartage.reports.tables import SPAN_NAMES, shown, time_text

if TYPE_CHECKING:
    from cartage.reports.figures import Report
    from cartage.reports.histogram import Span

# Days beyond which weeks are shown.
_MOST_DAYS = 120
_MOST_BARS = 12
_HEIGHT = 220
_LOW = 140


def throughput_chart(report: Report, width: int) -> Chart:
    """Return how many orders were placed, sent and shipped, by day, or by week in a long period."""
    names, counts = _steps(report)
    total = report.total
    summary = (
        f"{shown(total.placed)} orders placed, {shown(total.sent)} sent and {shown(total.shipped)} shipped from "
        f"{report.period.since} to {report.period.until}, by {step_name(report)}"
    )
    series = {
        "placed": [found.placed for found in counts],
        "sent": [found.sent for found in counts],
        "shipped": [found.shipped for found in counts],
    }
    return columns(names, series, width=width, height=_HEIGHT, summary=summary)


def promise_chart(report: Report, width: int) -> Chart:
    """Return the share that shipped within the promise, by day or week; a gap where nothing was due."""
    names, counts = _steps(report)
    total = report.total
    summary = f"{shown(total.kept)} of {shown(total.due)} orders shipped in time, by {step_name(report)}"
    shares = [math.nan if found.share_kept is None else found.share_kept for found in counts]
    return columns(names, {"kept": shares}, width=width, height=_LOW, summary=summary, percent=True)


def times_chart(report: Report, span: Span, by: str, width: int) -> Chart:
    """Return median and 90th percentile of a span by one kind of group; the slowest groups where there are many."""
    found = report.times_by(span, by)
    if by != "weekday":
        found = sorted(found, key=lambda group: group.times.median, reverse=True)[:_MOST_BARS]
    measured = [
        Measured(
            group.name or "all orders",
            group.times.median.total_seconds(),
            group.times.p90.total_seconds(),
            f"{time_text(group.times.median)}, 90 % within {time_text(group.times.p90)}",
        )
        for group in found
    ]
    return rows(measured, width=width, kind="time", summary=f"Time from {SPAN_NAMES[span]} by {by}")


def causes_chart(report: Report, width: int) -> Chart:
    """Return the causes that cost most time."""
    measured = [
        Measured(
            cause.subject or cause.message,
            cause.blocked.total_seconds(),
            0,
            f"{time_text(cause.blocked)}, {shown(cause.orders)} order{'' if cause.orders == 1 else 's'}",
        )
        for cause in report.causes[:_MOST_BARS]
    ]
    return rows(measured, width=width, kind="lost", summary="Time that orders were blocked, by cause")


def step_name(report: Report) -> str:
    """Return what a step of the charts over time is: a day or a week."""
    return "week" if report.period.days > _MOST_DAYS else "day"


def _steps(report: Report) -> tuple[list[str], Sequence[Counts]]:
    """Return the names and the counts of the steps of a chart over time."""
    if step_name(report) == "day":
        return [f"{day:%b} {day.day}" for day in report.days], list(report.days.values())
    weeks: dict[date, Counts] = {}
    for day, counts in report.days.items():
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, Counts()) + counts
    return [f"{monday:%b} {monday.day}" for monday in weeks], list(weeks.values())
