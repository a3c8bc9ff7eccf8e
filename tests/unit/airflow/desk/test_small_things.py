"""The chart of a day, links to pages elsewhere, and the static files of the package."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cartage.operations.views.overview import Hour
from cartage_airflow import desk
from cartage_airflow.desk.pages.home.chart import HEIGHT, LEFT, TOP, WIDTH, chart
from cartage_airflow.desk.pages.order.outside_links import order_link, tracking_link
from cartage_airflow.desk.rendering import numbered
from cartage_airflow.desk.static_files import CONTENTS
from cartage_airflow.links import airflow_path
from tests.dags.airflow_home import ROOT

START = datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_bars_are_side_by_side_within_the_chart_and_as_high_as_their_share() -> None:
    drawn = chart([Hour(START + timedelta(hours=n), n, 23 - n) for n in range(24)], ZoneInfo("UTC"))
    assert (drawn.sent, drawn.shipped, drawn.highest) == (276, 276, 23)
    places = [bar.x for bar in drawn.bars]
    assert places == sorted(places)
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH for bar in drawn.bars)
    assert {round(bar.y + bar.height, 1) for bar in drawn.bars} == {HEIGHT}
    # The scale ends at 50, above the 23 orders of the busiest hour.
    assert list(drawn.scale) == [(HEIGHT, 0), (HEIGHT - (HEIGHT - TOP) / 2, 25), (TOP, 50)]
    [highest] = [bar.height for bar in drawn.bars if bar.title.endswith(": 23 sent")]
    assert highest == round((HEIGHT - TOP) * 23 / 50, 1)


def test_an_empty_day_has_no_bar_and_hours_are_in_the_stores_time_zone() -> None:
    drawn = chart([Hour(START, 0, 0)], ZoneInfo("America/New_York"))
    assert {bar.height for bar in drawn.bars} == {0}
    assert [number for _, number in drawn.scale] == [0, 1]
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


@pytest.mark.parametrize(
    ("pattern", "page"),
    [
        (None, ""),
        ("https://shop.example/admin/order?id={order_id}", "https://shop.example/admin/order?id=31882"),
        ("https://shop.example/{invoice}", "https://shop.example/AB%2F1%22%3E"),
        ("https://wms.example/{remote_id}/{reference}", ""),
    ],
)
def test_an_orders_page_elsewhere_is_the_setting_with_its_numbers(pattern: str | None, page: str) -> None:
    numbers = {"order_id": "31882", "invoice": 'AB/1">', "reference": "A3K_31882_0", "remote_id": ""}
    assert order_link(pattern, numbers) == page


@pytest.mark.parametrize(
    ("run", "page"),
    [
        (
            "orders__east/scheduled__2026-11-23T12:05:00+00:00/transfer_to_warehouse/2",
            (
                "/dags/orders__east/runs/scheduled__2026-11-23T12%3A05%3A00%2B00%3A00/tasks/transfer_to_warehouse"
                "?try_number=2"
            ),
        ),
        ("desk/2026-11-23T12:05:00", ""),
        (
            "desk_jobs/manual__2026-11-23T12:05:00+00:00/run_job/1",
            "/dags/desk_jobs/runs/manual__2026-11-23T12%3A05%3A00%2B00%3A00/tasks/run_job?try_number=1",
        ),
        ("cli/ann", ""),
        ("cli/2026-11-29/import_orders/1", ""),
        ("orders__east/broken", ""),
        ("orders__east/run/task/x", ""),
        ("", ""),
    ],
)
def test_the_run_of_an_event_is_airflows_page_of_that_try(run: str, page: str) -> None:
    assert airflow_path(run) == page


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


@pytest.mark.parametrize(
    ("message", "invoice", "always", "expected"),
    [
        ("order 30 was edited", "AB-7", True, "Order AB-7 was edited"),
        ("order 30: it came back", "AB-7", False, "Order AB-7: it came back"),
        ("order 30 was edited", "", True, "Order 30 was edited"),
        ("order 301 was edited", "AB-7", True, "Order AB-7: order 301 was edited"),
        ("the store cancelled it", "AB-7", True, "Order AB-7: the store cancelled it"),
        ("the store cancelled it", "AB-7", False, "The store cancelled it"),
    ],
)
def test_a_message_about_an_order_has_the_number_that_people_know(
    message: str, invoice: str, always: bool, expected: str
) -> None:
    assert numbered(message, 30, invoice, always=always) == expected
