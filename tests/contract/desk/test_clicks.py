"""The jobs of a day at the desk, each from its first page within four clicks.

`tests/browser/test_clicks.py` does them on a real Airflow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from cartage.db import open_ledger
from cartage.lanes import valid_lanes
from cartage.reports.rollup import refresh_reports
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.full_ledger import RUN, let_east_map
from tests.contract.desk.person import MOST, Person
from tests.contract.desk.served import Served
from tests.contract.desk.test_orders_page import add_named
from tests.contract.desk.test_reports_page import add_day
from tests.contract.rows import Rows

pytestmark = pytest.mark.browser


@pytest.fixture
def person(desk: DeskClient, rows: Rows, browser: Browser) -> Iterator[Person]:
    let_east_map()
    with Served(desk) as url:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{url}/home")
        expect(page.get_by_role("heading", name="All lanes")).to_be_visible()
        somebody = Person(page)
        yield somebody
        context.close()
    assert 0 < somebody.clicks <= MOST


def reload(person: Person) -> None:
    """Show the first page again, now that the ledger is filled."""
    person.page.reload()


def job_kinds(rows: Rows) -> list[str]:
    return list(rows.connection.execute(text("SELECT kind FROM desk_job ORDER BY id")).scalars())


def test_unblock_five_orders_by_a_mapping(person: Person, desk: DeskClient, rows: Rows) -> None:
    said = {"kind": "unmapped_ship_method", "subject": "Slow boat", "fix": "Map it."}
    suggestions = [
        {"carrier": "UPS", "service": "Ground", "score": 80.0},
        {"carrier": "UPS", "service": "Boat", "score": 80.0},
    ]
    cause = rows.add(
        "cause",
        lane="east",
        fingerprint="f",
        message="ship method 'Slow boat' has no mapping",
        suggestions=json.dumps(suggestions),
        **said,
    )
    for _ in range(5):
        rows.order("blocked", cause_ids=[cause])
    reload(person)
    person.menu("Needs attention")
    entry = person.open_entry("has no mapping")
    expect(entry).to_contain_text("5 orders")
    person.click(entry.get_by_label("UPS Boat"))
    person.click(entry.get_by_role("button", name="Save the mapping and release its orders"))
    expect(person.page.get_by_role("heading", name="Check all blocked orders")).to_be_visible()
    assert rows.one("SELECT target FROM mapping_rule WHERE store = 'Slow boat'").target["service"] == "Boat"
    assert job_kinds(rows) == ["release"]


def test_find_an_order_by_its_name(person: Person, rows: Rows) -> None:
    for name in ("Ann Lee", "Zoe Quill", "Bo Lee"):
        add_named(rows, name)
    person.find("quill")
    expect(person.page.locator("address")).to_contain_text("Zoe Quill")


def test_see_why_an_order_has_not_shipped(person: Person, rows: Rows) -> None:
    order = add_named(rows, "Zoe Quill", "acknowledged")
    sales_order = rows.one("SELECT sales_order_id AS id FROM fulfillment_order WHERE id = :id", id=order).id
    said = {"message": "the store's order was cancelled after the warehouse got it", "choices": ["ignore"]}
    rows.add(
        "exception",
        lane="east",
        sales_order_id=sales_order,
        fulfillment_order_id=order,
        kind="cancelled_after_transfer",
        run_id=RUN,
        **said,
    )
    person.find("zoe quill")
    first = person.page.locator("main h2").first
    expect(first).to_contain_text("cancelled after the warehouse got it")
    expect(person.page.get_by_role("button", name="Ignore")).to_be_visible()


def test_release_all_of_a_hold(person: Person, desk: DeskClient, rows: Rows) -> None:
    for _ in range(4):
        held = {"fulfillment_order_id": rows.order("held"), "rule": "fraud", "source": "rule", "lane": "east"}
        rows.add("hold", **held, placed_by="rule", reason="over 500", owner="bob", until="2030-01-01")
    person.menu("Needs attention")
    entry = person.open_entry("fraud")
    person.click(entry.get_by_role("button", name="Release all 4"))
    expect(person.page.get_by_role("heading", name="Release holds")).to_be_visible()
    assert job_kinds(rows) == ["release_holds"]


def test_see_what_happened_last_night(person: Person, rows: Rows) -> None:
    order = add_named(rows, "Zoe Quill")
    now = datetime.now(UTC)
    for hours, why in ((1, "in the last hour"), (24 * 9, "long ago")):
        moved = {"lane": "east", "fulfillment_order_id": order, "kind": "moved", "to_state": "ready"}
        at = now - timedelta(hours=hours)
        rows.add("event", **moved, actor="validate_mappings", run_id=RUN, at=at, why=why)
    person.menu("Activity")
    person.page.get_by_label("Since").fill("last night")
    person.click(person.page.get_by_role("button", name="Show"))
    feed = person.page.locator(".feed li")
    expect(feed).to_have_count(1)
    expect(feed).to_contain_text("in the last hour")


@pytest.fixture
def counted(rows: Rows, ledger_url: str, person: Person) -> None:
    """Orders of yesterday, in both lanes, in the reports."""
    add_day(rows, "east", orders=3)
    add_day(rows, "west", orders=2)
    ledger = open_ledger(ledger_url)
    refresh_reports(ledger, valid_lanes())
    ledger.close()


@pytest.mark.usefixtures("counted")
def test_see_yesterdays_throughput(person: Person) -> None:
    person.menu("Reports")
    table = person.page.get_by_role("region", name=re.compile("^Throughput")).first
    yesterday = table.get_by_role("row").filter(has_text=f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    expect(yesterday).to_contain_text("5")


@pytest.mark.usefixtures("counted")
def test_see_a_months_trend(person: Person) -> None:
    person.menu("Reports")
    person.click(person.page.get_by_role("link", name="90 days"))
    expect(person.page.locator("svg.picture:visible").first).to_have_attribute(
        "aria-label", re.compile(r"\d")
    )
    expect(person.page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")


@pytest.mark.usefixtures("counted")
def test_compare_the_warehouses_speed(person: Person) -> None:
    person.menu("Reports")
    person.click(person.page.get_by_role("link", name="by warehouse"))
    times = person.page.locator("section[aria-labelledby=times]")
    for warehouse in ("extensiv_east", "extensiv_west"):
        expect(times.get_by_role("cell", name=warehouse).first).to_be_visible()


def test_snooze_and_assign_a_cause(person: Person, rows: Rows) -> None:
    said = {"kind": "address_incomplete", "subject": "x", "message": "the address is incomplete", "fix": "f"}
    rows.order("blocked", cause_ids=[rows.add("cause", lane="east", fingerprint="f", **said)])
    person.menu("Needs attention")
    entry = person.open_entry("address is incomplete")
    entry.get_by_label("Owner").fill("bea")
    person.choose(entry.get_by_label("Snooze"), "for 4 hours")
    person.click(entry.get_by_role("button", name="Save"))
    expect(person.page.get_by_role("status")).to_contain_text("Your note is saved")
    noted = rows.one("SELECT owner, snoozed_until > clock_timestamp() AS snoozed FROM attention")
    assert (noted.owner, noted.snoozed) == ("bea", True)


def test_skip_many_orders_after_a_preview(person: Person, rows: Rows) -> None:
    for number in range(3):
        add_named(rows, f"Ann {number}", "ready")
    person.menu("Orders")
    person.click(person.page.get_by_label("all that match"))
    person.click(person.page.get_by_role("button", name="Skip ..."))
    expect(person.page.get_by_role("status")).to_contain_text("3 of 3 orders would be skipped")
    person.page.get_by_label("Reason").fill("sold over the counter")
    person.click(person.page.get_by_role("button", name="Skip 3 orders"))
    expect(person.page.get_by_role("status")).to_contain_text("3 skipped")
    assert rows.one("SELECT count(*) AS skipped FROM fulfillment_order WHERE state = 'skipped'").skipped == 3
