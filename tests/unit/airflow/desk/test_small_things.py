"""The chart of a day, the carriers' pages, and the static files of the package."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cartage.operations.views.overview import Hour
from cartage_airflow import desk
from cartage_airflow.desk.pages.order.tracking_links import tracking_link
from cartage_airflow.desk.pages.overview.chart import HEIGHT, WIDTH, chart
from cartage_airflow.desk.static_files import CONTENTS
from tests.dags.airflow_home import ROOT

START = datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_bars_are_side_by_side_within_the_chart_and_as_high_as_their_share() -> None:
    drawn = chart([Hour(START + timedelta(hours=n), n, 23 - n) for n in range(24)], ZoneInfo("UTC"))
    assert (drawn.sent, drawn.shipped, drawn.highest) == (276, 276, 23)
    places = [bar.x for bar in drawn.bars]
    assert places == sorted(places)
    assert all(bar.x + bar.width <= WIDTH and bar.y + bar.height == HEIGHT for bar in drawn.bars)
    assert [bar.height for bar in drawn.bars if bar.title.endswith(": 23 sent")] == [HEIGHT]


def test_an_empty_day_has_no_bar_and_hours_are_in_the_stores_time_zone() -> None:
    drawn = chart([Hour(START, 0, 0)], ZoneInfo("America/New_York"))
    assert {bar.height for bar in drawn.bars} == {0}
    assert drawn.labels[0][1] == "00:00"


@pytest.mark.parametrize(
    ("tracking", "carrier", "page"),
    [
        ("1Z999", "UPS", "https://www.ups.com/track?tracknum=1Z999"),
        (" 9400 ", "USPS Priority", "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400"),
        (
            "1&x=javascript:alert(1)",
            "FedEx",
            "https://www.fedex.com/fedextrack/?trknbr=1%26x%3Djavascript%3Aalert%281%29",
        ),
        ("1Z999", "Uncle Bob", ""),
        ("  ", "UPS", ""),
    ],
)
def test_the_link_to_a_known_carrier_contains_only_the_number(tracking: str, carrier: str, page: str) -> None:
    assert tracking_link(tracking, carrier) == page


def test_every_file_that_a_page_names_is_served_and_htmx_has_its_licence() -> None:
    folder = Path(next(iter(desk.__path__)))
    named = {
        name
        for template in folder.rglob("*.html")
        for name in re.findall(r'"static/([^"?]+)', template.read_text())
    }
    assert named == set(CONTENTS)
    assert "Zero-Clause BSD" in (folder / "static/htmx-LICENSE.txt").read_text()
    packaged = (ROOT / "pyproject.toml").read_text()
    assert all(f'"*.{kind}"' in packaged for kind in ("css", "js", "html"))
    assert '"*-LICENSE.txt"' in packaged
