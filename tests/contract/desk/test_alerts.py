"""The alerts page: open alerts and those that are over, how often each was sent, where it leads; per lane."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.desk.desk_client import OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
SINCE = "2026-11-01T00:00:00Z"


def add_alert(rows: Rows, key: str = "1", **columns: object) -> int:
    given: dict[str, object] = {
        "lane": "east",
        "kind": "cause",
        "key": key,
        "stage": "blocked_orders",
        "title": f"something is wrong ({key})",
        "meaning": "These orders wait.",
        "fix": "Map it.",
        "opened_at": SINCE,
    }
    return rows.add("alert", **(given | columns))


def add_closed(rows: Rows, key: str, at: str) -> int:
    return add_alert(rows, key, cleared_at=at, closed_at=at)


def test_an_open_alert_shows_since_when_how_often_sent_how_many_orders_and_where_to_fix_it(
    desk: DeskClient, rows: Rows
) -> None:
    facts = json.dumps({"examples": "A3K_1_0, A3K_2_0"})
    links = json.dumps({"Log": "https://airflow.example/log"})
    alert = add_alert(rows, "17", orders=37, facts=facts, links=links)
    sent = {"alert_id": alert, "alerted_at": SINCE}
    rows.add("alert_delivery", channel="e-mail", times=3, **sent)
    rows.add("alert_delivery", channel="webhook", times=1, error="connection refused", **sent)
    desk.role = VIEWER
    shown, page = desk.text("alerts"), desk.get("alerts").text
    assert re.search(
        r"something is wrong \(17\) cause open for \S.*, sent 3 times, last .* ago, 37 orders", shown
    )
    assert "These orders wait. Map it." in shown
    for address in (
        "blocked?lane=east#cause-17",
        "orders?lane=east&amp;q=A3K_1_0",
        "https://airflow.example/log",
    ):
        assert f'href="{address}"' in page
    assert "Not sent by webhook the last attempt failed" in shown
    desk.role = OPERATOR
    assert "Not sent by webhook connection refused" in desk.text("alerts")


def test_a_cleared_alert_says_so_until_it_is_over(desk: DeskClient, rows: Rows) -> None:
    add_alert(rows, cleared_at="2026-11-02T10:00:00Z")
    assert "Cleared since 2026-11-02 10:00:00 UTC" in desk.text("alerts")
    assert "alert" not in desk.text("overview").partition("Orders by state")[0].partition("Needs a")[2]


def test_the_overview_leads_to_open_alerts(desk: DeskClient, rows: Rows) -> None:
    for key in "12":
        add_alert(rows, key)
    add_closed(rows, "3", "2026-11-02T00:00:00Z")
    add_alert(rows, "4", lane="west")
    assert "2 alerts are open" in desk.text("overview")
    assert "1 alert is open" in desk.text("overview", lane="west")
    assert 'href="alerts?lane=east"' in desk.get("overview").text


def test_an_alert_that_is_over_is_listed_with_how_long_it_lasted(desk: DeskClient, rows: Rows) -> None:
    add_closed(rows, "5", "2026-11-01T02:00:00Z")
    assert "(5) cause 2026-11-01 00:00:00 2026-11-01 02:00:00 2 h 0" in desk.text("alerts")


@pytest.mark.parametrize(
    ("name", "step", "first"),
    [
        ("open", "after", ["open-0", "open-1", "open-2", "open-3"]),
        ("over", "before", ["over-8", "over-5", "over-2", "over-10"]),
    ],
)
def test_each_list_continues_where_a_page_ended_with_every_alert_once(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch, name: str, step: str, first: list[str]
) -> None:
    monkeypatch.setattr("cartage_airflow.desk.pages.alerts.route._PAGE", 4)
    for number in range(11):
        add_alert(rows, f"open-{number}")
        # Several end in the same instant.
        add_closed(rows, f"over-{number}", f"2026-11-0{2 + number % 3}T00:00:00Z")
    add_alert(rows, "elsewhere", lane="west")
    seen: list[str] = []
    page = desk.get("alerts").text
    while True:
        seen += re.findall(rf"\(({name}-\d+)\)", page)
        more = re.search(rf"[?&;]{step}=(\d+)", page)
        if not more:
            break
        page = desk.get("alerts", **{step: more[1]}).text
    assert len(seen) == len(set(seen)) == 11
    assert seen[:4] == first
    assert "elsewhere" not in desk.get("alerts").text


def test_foreign_text_is_shown_redacted_and_links_lead_only_to_web_pages(
    desk: DeskClient, rows: Rows
) -> None:
    said = f"{EVIL} ann@mail.example 4111111111111111"
    links = json.dumps({EVIL: "javascript:alert(1)", "Log": "https://a.example/%22%3E" + EVIL})
    add_alert(rows, title=said, meaning=said, fix=said, facts=json.dumps({EVIL: said}), links=links)
    add_closed(rows, "2", "2026-11-02T00:00:00Z")
    page = desk.get("alerts").text
    for unwanted in ("<script>alert", "javascript:", "ann@mail.example", "4111111111111111"):
        assert unwanted not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_hidden_lane_shows_no_alert(desk: DeskClient, rows: Rows) -> None:
    add_alert(rows)
    desk.lanes = {"west"}
    assert desk.get("alerts").status_code == 403
    assert "something is wrong" not in desk.text("alerts", lane="west")
