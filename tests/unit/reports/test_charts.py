"""Charts: every shape lies within the picture, the scale reaches the highest value, and the figures are in words."""

from __future__ import annotations

import io
import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cartage.reports.charts import Chart, Measured, columns, rows
from cartage.reports.counts import Counts
from cartage.reports.figures import BlockingFigures, GroupTimes, Report
from cartage.reports.histogram import Span, Times
from cartage.reports.period import Period
from cartage.reports.pictures import causes_chart, promise_chart, throughput_chart, times_chart
from cartage.reports.png import COLOURS, png_of

WIDTHS = (340, 720)
HOSTILE = "\x00<script>\U0001f600 \u202eevil"


def inside(chart: Chart) -> bool:
    places = [(x, y) for line in chart.grid for x, y in (line[:2], line[2:])]
    places += [(x, y) for path in chart.paths for x, y in path.points]
    places += [(rect.x, rect.y) for rect in chart.rects]
    places += [(rect.x + rect.width, rect.y + rect.height) for rect in chart.rects]
    places += [(label.x, label.y) for label in chart.labels]
    return bool(places) and all(0 <= x <= chart.width and 0 <= y <= chart.height for x, y in places)


@settings(deadline=None)
@given(values=st.lists(st.integers(0, 10**7), min_size=1, max_size=400), width=st.sampled_from(WIDTHS))
def test_a_chart_over_time_stays_within_its_scale(values: list[int], width: int) -> None:
    names = [f"d{place}" for place in range(len(values))]
    chart = columns(names, {"placed": values, "sent": values}, width=width, height=200, summary="x")
    assert inside(chart)
    tops = [rect.y for rect in chart.rects] + [y for path in chart.paths for _, y in path.points]
    assert min([*tops, 200]) >= min(line[1] for line in chart.grid) - 0.1
    assert names[-1] in {label.text for label in chart.labels}


@settings(deadline=None)
@given(
    values=st.lists(st.tuples(st.floats(0, 1e8), st.floats(0, 1e8)), min_size=1, max_size=30),
    width=st.sampled_from(WIDTHS),
)
def test_a_chart_of_times_stays_within_its_scale(values: list[tuple[float, float]], width: int) -> None:
    measured = [Measured("name " * 20, value, reach, "some words") for value, reach in values]
    assert inside(rows(measured, width=width, kind="time", summary="x"))


def test_few_days_are_bars_with_their_figures_many_are_lines() -> None:
    few = columns(["Mon", "Tue"], {"sent": [3, 0]}, width=720, height=200, summary="x")
    assert [rect.title for rect in few.rects] == ["Mon: 3 sent"]
    many = columns([str(day) for day in range(365)], {"sent": [1] * 365}, width=340, height=200, summary="x")
    assert many.rects == ()
    assert len(many.paths) == 1


def test_a_day_without_a_share_is_a_gap() -> None:
    shares = [0.5, math.nan, 1.0, 0.9]
    chart = columns(list("abcd"), {"kept": shares}, width=720, height=100, summary="x", percent=True)
    assert [len(path.points) for path in chart.paths] == [1, 2]
    assert {"0%", "50%", "100%"} <= {label.text for label in chart.labels}


@pytest.mark.parametrize(
    ("highest", "last"), [(0, "1"), (3, "3"), (5, "5"), (7, "8"), (149, "150"), (1_001, "1,500")]
)
def test_the_scale_ends_with_a_round_number(highest: int, last: str) -> None:
    chart = columns(["a"], {"sent": [highest]}, width=720, height=200, summary="x")
    assert last in {label.text for label in chart.labels}


def report(days: int) -> Report:
    period = Period.last(days, date(2026, 11, 29))
    times = Times(10, timedelta(minutes=3), timedelta(hours=4))
    return Report(
        lanes=("east",),
        period=period,
        as_of=None,
        promised=True,
        days={day: Counts(placed=5, sent=4, shipped=3, due=4, kept=2) for day in period.each()},
        by_lane={},
        times=(GroupTimes(Span.PLACED_TO_SENT, "carrier", HOSTILE, times),),
        causes=(BlockingFigures("east", "unknown_sku", HOSTILE, "unknown", 1, timedelta(hours=1)),),
        skus=(),
        exceptions=(),
    )


@pytest.mark.parametrize("days", [1, 30, 365])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_of_a_report_becomes_a_picture(days: int, width: int) -> None:
    found = report(days)
    charts = [
        throughput_chart(found, width),
        promise_chart(found, width),
        times_chart(found, Span.PLACED_TO_SENT, "carrier", width),
        times_chart(found, Span.SENT_TO_SHIPPED, "carrier", width),
        causes_chart(found, width),
    ]
    for chart in charts:
        with Image.open(io.BytesIO(png_of(chart))) as picture:
            assert (picture.format, picture.size) == ("PNG", (2 * chart.width, 2 * chart.height))
        assert {rect.kind for rect in chart.rects} | {path.kind for path in chart.paths} <= COLOURS.keys()


def test_a_long_period_is_shown_by_week() -> None:
    chart = throughput_chart(report(365), 720)
    assert "by week" in chart.summary
    assert max(float(label.text) for label in chart.labels if label.text.isdecimal()) >= 35
