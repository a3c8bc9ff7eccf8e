"""The page of alerts: what is open and what is over, how often it was told, where it leads; for each lane its own."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.desk.office import OPERATOR, VIEWER, Office
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
SINCE = "2026-11-01T00:00:00Z"


def an_alert(rows: Rows, key: str = "1", **columns: object) -> int:
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


def closed(rows: Rows, key: str, at: str) -> int:
    return an_alert(rows, key, cleared_at=at, closed_at=at)


def test_an_open_alert_says_what_since_when_how_often_told_how_many_orders_and_where_to_mend_it(
    office: Office, rows: Rows
) -> None:
    facts = json.dumps({"examples": "A3K_1_0, A3K_2_0"})
    links = json.dumps({"Log": "https://airflow.example/log"})
    alert = an_alert(rows, "17", orders=37, facts=facts, links=links)
    told = {"alert_id": alert, "alerted_at": SINCE}
    rows.add("alert_delivery", channel="e-mail", times=3, **told)
    rows.add("alert_delivery", channel="webhook", times=1, error="connection refused", **told)
    office.role = VIEWER
    shown, page = office.text("alerts"), office.get("alerts").text
    assert re.search(
        r"something is wrong \(17\) cause open for \S.*, told 3 times, last .* ago, 37 orders", shown
    )
    assert "These orders wait. Map it." in shown
    for address in (
        "blocked?lane=east#cause-17",
        "orders?lane=east&amp;q=A3K_1_0",
        "https://airflow.example/log",
    ):
        assert f'href="{address}"' in page
    assert "Not told by webhook its last attempt failed" in shown
    office.role = OPERATOR
    assert "Not told by webhook connection refused" in office.text("alerts")


def test_one_that_is_well_again_says_so_until_it_is_over(office: Office, rows: Rows) -> None:
    an_alert(rows, cleared_at="2026-11-02T10:00:00Z")
    assert "Well since 2026-11-02 10:00:00 UTC" in office.text("alerts")
    assert "alert" not in office.text("overview").partition("Where orders stand")[0].partition("For a")[2]


def test_the_overview_leads_to_what_is_open(office: Office, rows: Rows) -> None:
    for key in "12":
        an_alert(rows, key)
    closed(rows, "3", "2026-11-02T00:00:00Z")
    an_alert(rows, "4", lane="west")
    assert "2 alerts are open" in office.text("overview")
    assert "1 alert is open" in office.text("overview", lane="west")
    assert 'href="alerts?lane=east"' in office.get("overview").text


def test_what_is_over_is_listed_with_how_long_it_lasted(office: Office, rows: Rows) -> None:
    closed(rows, "5", "2026-11-01T02:00:00Z")
    assert "(5) cause 2026-11-01 00:00:00 2026-11-01 02:00:00 2 h 0 ×" in office.text("alerts")


@pytest.mark.parametrize(
    ("name", "step", "first"),
    [
        ("open", "after", ["open-0", "open-1", "open-2", "open-3"]),
        ("over", "before", ["over-8", "over-5", "over-2", "over-10"]),
    ],
)
def test_each_list_goes_on_where_a_page_ended_with_every_alert_once(
    office: Office, rows: Rows, monkeypatch: pytest.MonkeyPatch, name: str, step: str, first: list[str]
) -> None:
    monkeypatch.setattr("cartage_airflow.desk.routes.alerts._PAGE", 4)
    for number in range(11):
        an_alert(rows, f"open-{number}")
        # Several end in the same instant.
        closed(rows, f"over-{number}", f"2026-11-0{2 + number % 3}T00:00:00Z")
    an_alert(rows, "elsewhere", lane="west")
    seen: list[str] = []
    page = office.get("alerts").text
    while True:
        seen += re.findall(rf"\(({name}-\d+)\)", page)
        more = re.search(rf"[?&;]{step}=(\d+)", page)
        if not more:
            break
        page = office.get("alerts", **{step: more[1]}).text
    assert len(seen) == len(set(seen)) == 11
    assert seen[:4] == first
    assert "elsewhere" not in office.get("alerts").text


def test_what_others_said_is_text_without_mail_addresses_and_a_link_leads_to_pages_alone(
    office: Office, rows: Rows
) -> None:
    said = f"{EVIL} ann@mail.example 4111111111111111"
    links = json.dumps({EVIL: "javascript:alert(1)", "Log": "https://a.example/%22%3E" + EVIL})
    an_alert(rows, title=said, meaning=said, fix=said, facts=json.dumps({EVIL: said}), links=links)
    closed(rows, "2", "2026-11-02T00:00:00Z")
    page = office.get("alerts").text
    for unwanted in ("<script>alert", "javascript:", "ann@mail.example", "4111111111111111"):
        assert unwanted not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_lane_that_may_not_be_seen_shows_no_alert(office: Office, rows: Rows) -> None:
    an_alert(rows)
    office.lanes = {"west"}
    assert office.get("alerts").status_code == 403
    assert "something is wrong" not in office.text("alerts", lane="west")
