"""The trend of a lane's differences: how many were open at the end of each day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from cartage.model.differences.kinds import DifferenceKind
from cartage.reports.charts import Chart, columns

_WIDTH, _HEIGHT = 720, 160


def trend_chart(trend: Mapping[date, Mapping[DifferenceKind, int]]) -> Chart:
    """Return the chart of these days; they are those of UTC, and the last one is today."""
    days = sorted(trend)
    totals = [sum(trend[day].values()) for day in days]
    summary = f"{totals[-1]} differences open today, at most {max(totals)} in the last {len(days)} days"
    names = [f"{day:%d %b}" for day in days]
    return columns(names, {"open": totals}, width=_WIDTH, height=_HEIGHT, summary=summary)
