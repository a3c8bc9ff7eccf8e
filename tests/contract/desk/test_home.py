"""All lanes at a glance, and one lane with the way of its orders: each figure is counted once, in the right place."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from cartage_airflow.desk.ledger import reading_engine
from tests.contract.desk.desk_client import OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

LONG_AGO = "2020-01-01T00:00:00Z"
COLUMNS = (
    "Lane",
    "Needs attention",
    "Imported",
    "Blocked",
    "Held",
    "Ready",
    "Unclear",
    "At the warehouse",
    "Oldest waiting",
    "In today",
    "Out today",
    "Last runs",
    "Store",
    "Warehouse",
    "Coverage",
)


def table(desk: DeskClient) -> dict[str, dict[str, str]]:
    """Return what the table of lanes shows, by lane and column."""
    page = desk.get("home", lane="").text
    found = {}
    for row in page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        plain = [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip() for cell in cells]
        line = dict(zip(COLUMNS, plain, strict=True))
        found[line["Lane"]] = line
    return found


def add_lane(rows: Rows, lane: str = "east", **columns: Any) -> None:
    given = {"lane": lane, "store_id": rows.store()} | columns
    names = ", ".join(given)
    rows.connection.execute(
        text(f"INSERT INTO lane_state ({names}) VALUES ({', '.join(f':{name}' for name in given)})"), given
    )


def add_warehouse(rows: Rows, lane: str = "east", **columns: Any) -> None:
    given = {"lane": lane} | columns
    names = ", ".join(given)
    rows.connection.execute(
        text(f"INSERT INTO warehouse_state ({names}) VALUES ({', '.join(f':{name}' for name in given)})"),
        given,
    )


def ago(**given: int) -> datetime:
    return datetime.now(UTC) - timedelta(**given)


def step(desk: DeskClient, name: str) -> str:
    """Return what a step of the way shows, with what is beside it."""
    page = desk.get("home").text.partition('<ol class="way">')[2].partition("</ol>")[0]
    for part in page.split("<li")[1:]:
        plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", f"<li{part}")).strip()
        if plain.startswith(name):
            return plain
    raise AssertionError(f"no step {name}: {page}")


def test_each_lane_is_a_row_with_its_own_figures(desk: DeskClient, rows: Rows) -> None:
    for lane, states in (
        ("east", ["imported", "blocked", "blocked", "held", "ready", "sending", "unknown", "conflict"]),
        (
            "west",
            ["acknowledged", "partially_shipped", "partially_shipped", "shipped", "skipped", "cancelled"],
        ),
    ):
        for state in states:
            rows.order(state, lane=lane, state_since=LONG_AGO, created_at=LONG_AGO)
    rows.order("ready", superseded_at=LONG_AGO, created_at=LONG_AGO)
    shown = table(desk)
    assert list(shown) == ["east", "west"]
    columns = ("Imported", "Blocked", "Held", "Ready", "Unclear", "At the warehouse")
    numbers = {lane: [line[column].split(" ")[0] for column in columns] for lane, line in shown.items()}
    assert numbers == {"east": ["1", "2", "1", "2", "2", "0"], "west": ["0", "0", "0", "0", "0", "3"]}
    assert shown["east"]["Oldest waiting"].endswith(" d")
    assert shown["west"]["Oldest waiting"] == ""


def test_today_is_compared_with_the_same_weekday(desk: DeskClient, rows: Rows) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for week, came, went in ((0, 4, 3), (1, 6, 1), (2, 2, 0), (3, 9, 9)):
        # The lanes went live on 1 November: earlier weeks are not usual days.
        moment = midnight - timedelta(weeks=week)
        for _ in range(came):
            rows.order("ready", created_at=moment)
        for _ in range(went):
            rows.order("shipped", created_at=LONG_AGO, state_since=moment)
    # A resent order came once, an order that went back is out no more, and yesterday is not today.
    rows.order("ready", created_at=midnight, generation=1)
    back = rows.order("acknowledged", created_at=LONG_AGO, state_since=midnight)
    rows.add(
        "event",
        lane="east",
        kind="moved",
        to_state="shipped",
        actor="a",
        run_id="r",
        fulfillment_order_id=back,
    )
    rows.order("ready", created_at=midnight - timedelta(seconds=1))
    went_live = datetime(2026, 11, 1, tzinfo=UTC)
    weeks = [week for week in (1, 2, 3) if midnight - timedelta(weeks=week) >= went_live]
    every = [week for week in (1, 2, 3, 4) if midnight - timedelta(weeks=week) >= went_live]
    came = sum({1: 6, 2: 2, 3: 9}[week] for week in weeks)
    line = table(desk)["east"]
    if every:
        assert line["In today"] == f"4 usually {round(came / len(every))}"
    else:
        assert line["In today"] == "4 no usual"
    assert line["Out today"].startswith("3 ")


def test_the_number_of_statements_does_not_depend_on_the_number_of_lanes(
    desk: DeskClient, rows: Rows
) -> None:
    counted: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

    event.listen(reading_engine(), "after_cursor_execute", note)
    table(desk)
    both = len(counted)
    desk.lanes = {"east"}
    counted.clear()
    desk.get("home", lane="east")
    assert 0 < both <= 12


def test_connections_runs_and_coverage_are_those_of_the_lane(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows, swept_at=ago(minutes=3))
    add_warehouse(rows, shipments_polled_at=ago(hours=2), counted_account="extensiv/5eed")
    add_lane(rows, "west", store_id=rows.store("B3K", "two.example.com"))
    execute = rows.connection.execute
    for lane, task, started in (
        ("east", "import_orders", ago(minutes=4)),
        ("east", "poll_tracking", ago(hours=3)),
        ("west", "import_orders", ago(days=2)),
    ):
        execute(
            text("INSERT INTO task_run (lane, task, first_at, started_at) VALUES (:lane, :task, :at, :at)"),
            {"lane": lane, "task": task, "at": started},
        )
    shown = table(desk)
    assert shown["east"]["Last runs"] == "orders 4 min shipments 3 h"
    assert shown["west"]["Last runs"] == "orders 2 d shipments never"
    assert (shown["east"]["Store"], shown["east"]["Warehouse"]) == ("ok 3 min", "ok 2 h")
    assert (shown["west"]["Store"], shown["west"]["Warehouse"]) == ("never", "never")
    # East was swept after its windows; what west should have imported is nowhere.
    assert (shown["east"]["Coverage"], shown["west"]["Coverage"]) == ("complete", "gap")
    execute(
        text("INSERT INTO call_bucket (name, full_at, pace, slowed_at) VALUES (:name, now(), 0.5, now())"),
        {"name": "extensiv/5eed/get"},
    )
    execute(
        text("INSERT INTO circuit (remote, failures, what, probe_at) VALUES (:remote, 2, 'x', now())"),
        {"remote": "store two.example.com"},
    )
    shown = table(desk)
    assert shown["east"]["Warehouse"] == "slowed to 50%"
    assert shown["west"]["Store"] == "down"


def test_what_needs_attention_is_counted_unless_it_is_snoozed(desk: DeskClient, rows: Rows) -> None:
    given = {"lane": "west", "kind": "not_shipped", "stage": "s", "title": "t", "meaning": "m", "fix": "f"}
    alert = rows.add("alert", key="1", **given)
    rows.add("alert", key="2", **given)
    assert table(desk)["west"]["Needs attention"] == "2"
    assert desk.post("attention", lane="west", kind="late", key=alert, snooze="4h").status_code == 303
    assert table(desk)["west"]["Needs attention"] == "1"
    assert 'href="attention?lane=west"' in desk.get("home", lane="").text


def test_a_user_with_one_lane_gets_its_page(desk: DeskClient, rows: Rows) -> None:
    desk.lanes = {"west"}
    response = desk.client.get("/cartage/home", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "home?lane=west")
    assert "east" not in desk.get("home", lane="").text
    assert desk.get("home", lane="east").status_code == 403
    desk.lanes = set()
    assert desk.get("home", lane="").status_code == 403


def test_the_earlier_address_of_the_first_page_leads_there(desk: DeskClient) -> None:
    for lane, expected in (("east", "home?lane=east"), ("", "home?")):
        response = desk.client.get("/cartage/overview", params={"lane": lane}, follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (303, expected)


@pytest.mark.parametrize("role", [VIEWER, OPERATOR])
def test_the_way_counts_each_order_at_one_step(desk: DeskClient, rows: Rows, role: str) -> None:
    add_lane(rows, swept_at=ago(minutes=3))
    for state in ("imported", "blocked", "held", "ready", "sending", "rejected", "acknowledged"):
        for _ in range(2):
            rows.order(state, state_since=ago(hours=5))
    rows.order("partially_shipped")
    posted, unposted, yesterday = (rows.order("shipped") for _ in range(3))
    rows.connection.execute(
        text("UPDATE fulfillment_order SET state_since = :at WHERE id = :id"),
        {"at": ago(days=1), "id": yesterday},
    )
    for order, at in ((posted, ago(minutes=1)), (unposted, None), (yesterday, ago(hours=1))):
        shipment = rows.add(
            "shipment",
            lane="east",
            key=str(order),
            fulfillment_order_id=order,
            remote_id="9",
            reference="r",
            voided=False,
            final=True,
        )
        parcel = {"key": "1", "position": 0, "tracking": f"1Z{order}", "carrier": "UPS", "service": "Ground"}
        rows.add("package", shipment_id=shipment, contents="[]", posted_at=at, **parcel)
    desk.role = role
    assert "read 3 min ago" in step(desk, "New")
    assert re.search(
        r"Imported 2 to be checked, oldest 5 h 2 blocked, 5 h 2 held, 5 h$", step(desk, "Imported")
    )
    assert re.search(r"Ready 2 to be sent, oldest 5 h 2 sending, 5 h 2 rejected, 5 h$", step(desk, "Ready"))
    assert re.search(r"At the warehouse 2 .*1 partially shipped", step(desk, "At the warehouse"))
    assert step(desk, "Shipped").startswith("Shipped 1 to be posted")
    assert step(desk, "Posted").startswith("Posted 1 shipped today")
    page = desk.get("home").text
    assert re.findall(r'class="aside stuck" href="orders\?lane=east&amp;state=(\w+)"', page) == [
        "blocked",
        "rejected",
    ]


def test_late_orders_stand_out_at_their_step(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    rows.order("unknown")
    given = {"lane": "east", "stage": "s", "title": "t", "meaning": "m", "fix": "f"}
    for kind, orders in (("not_shipped", 7), ("not_posted_back", 3), ("unknown", 1)):
        rows.add("alert", kind=kind, key=kind, orders=orders, **given)
    rows.add("alert", kind="not_acknowledged", key="x", orders=9, cleared_at=ago(minutes=1), **given)
    assert step(desk, "At the warehouse").endswith("7 late")
    assert step(desk, "Shipped").endswith("3 late")
    assert "late" not in step(desk, "Ready")
    page = desk.get("home").text
    assert 'class="aside stuck" href="orders?lane=east&amp;state=unknown"' in page


def test_the_last_day_counts_an_order_once_however_often_it_went_back(desk: DeskClient, rows: Rows) -> None:
    moves = {"lane": "east", "kind": "moved", "actor": "a", "run_id": "r"}
    for _ in range(4):
        order = rows.order("shipped")
        for to_state in ("acknowledged", "shipped", "acknowledged", "shipped"):
            rows.add("event", to_state=to_state, fulfillment_order_id=order, **moves)
    back = rows.order("acknowledged")
    for to_state in ("acknowledged", "shipped", "acknowledged"):
        rows.add("event", to_state=to_state, fulfillment_order_id=back, **moves)
    page = desk.get("home").text
    assert "5 orders sent and 4 shipped in the last 24 hours, at most 5 in an hour" in page
    assert re.findall(r'class="scale"[^>]*>(\d+)<', page) == ["0", "5"]
    assert re.findall(r"<title>[^<]*: (\d+) (\w+)</title>", page) == [("5", "sent"), ("4", "shipped")]


def test_hostile_names_of_a_lane_cannot_reach_the_page_and_foreign_text_stays_text(
    desk: DeskClient, rows: Rows
) -> None:
    rows.connection.execute(text("SELECT 1"))
    add_lane(rows)
    order = rows.order("acknowledged")
    rows.add(
        "transfer",
        fulfillment_order_id=order,
        attempt=1,
        request=json.dumps({}),
        run_id="r",
        outcome="unknown",
        error="<script>alert(1)</script>",
        sent_at=ago(hours=1),
        settle_after=ago(hours=1),
        finished_at=ago(hours=1),
    )
    page = desk.get("home").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert table(desk)["east"]["Warehouse"] == "1 lost"
