"""The page of differences: what it shows, its files, who may fix, ignore and assign, and that texts stay texts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from cartage.reconciliation.repo import differences as repo
from tests.contract.desk.desk_client import OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

HOSTILE = "<script>alert(1)</script>"


def run(rows: Rows, **columns: Any) -> int:
    """Add a comparison that has finished."""
    values = {
        "lane": "east",
        "run_id": "r",
        "since": datetime(2026, 3, 1, tzinfo=UTC),
        "finished_at": datetime.now(UTC),
        "counts": json.dumps({"store_orders": 1200, "in_flight": 7}),
        "not_compared": json.dumps(["Stock: the lane pushes no stock."]),
    }
    return rows.add("reconciliation", **(values | columns))


def difference(rows: Rows, **columns: Any) -> int:
    """Add an open difference."""
    values = {
        "lane": "east",
        "side": "store",
        "kind": "status",
        "key": "1001",
        "order_id": 1001,
        "ours": "Processing",
        "theirs": "New",
        "fix": "post",
        "reconciliation_id": 1,
    }
    return rows.add("difference", **(values | columns))


def fetch(rows: Rows, sql: str) -> Any:
    return rows.connection.execute(text(sql)).all()


def test_a_lane_that_was_never_compared_says_how(desk: DeskClient) -> None:
    assert "cartage reconcile --lane east" in desk.text("differences")


def test_the_page_shows_age_sides_owner_and_what_was_not_compared(desk: DeskClient, rows: Rows) -> None:
    run(rows)
    order = rows.order("acknowledged")
    old = datetime.now(UTC) - timedelta(days=2)
    difference(
        rows,
        key="A3K_5_0",
        side="warehouse",
        kind="quantities",
        fulfillment_order_id=order,
        owner="Bea",
        first_seen_at=old,
        ours="2 x mug",
        theirs="1 x mug",
        fix=None,
        remote_id="900",
    )
    difference(rows, key="other", ended_at=datetime.now(UTC))
    difference(rows, key="west's", lane="west")
    shown = desk.text("differences")
    assert "1,200 orders of the store" in shown
    assert "Stock: the lane pushes no stock." in shown
    assert "A3K_5_0 : the quantities differ" in shown
    assert "for 2 d" in shown
    assert "The ledger has 2 x mug" in shown
    assert "The warehouse has 1 x mug" in shown
    assert "Owner: Bea. The warehouse's number: 900." in shown
    assert f"order?lane=east&amp;id={order}" in desk.get("differences").text
    assert "<svg" in desk.get("differences").text
    assert "other" not in shown.replace("another", "")
    assert "west's" not in shown


def test_differences_are_filtered_by_kind_and_paged(desk: DeskClient, rows: Rows) -> None:
    run(rows)
    ids = [difference(rows, key=str(number)) for number in range(130)]
    difference(rows, kind="lines", key="A3K_9_0")
    first = desk.get("differences", kind="status").text
    assert ('rel="next"' in first, first.count("<article")) == (True, 100)
    second = desk.get("differences", kind="status", after=ids[99]).text
    assert ('rel="next"' in second, second.count("<article")) == (False, 30)
    lines = desk.text("differences", kind="lines")
    assert ("A3K_9_0" in lines, "status 130" in lines, "lines 1" in lines) == (True, True, True)
    assert desk.get("differences", kind="no_such_kind").status_code == 422


def test_a_difference_is_ignored_heeded_and_assigned_by_name(desk: DeskClient, rows: Rows) -> None:
    run(rows)
    found = difference(rows)
    desk.role = OPERATOR
    assert desk.post("differences", id=found, action="ignore", text=" ").status_code == 409
    done = desk.post("differences", id=found, action="ignore", text="a phone call")
    assert (done.status_code, done.headers["location"]) == (303, "differences?lane=east")
    assert "No differences" in desk.text("differences")
    ignored = desk.text("differences", ignored="true")
    assert "Ignored by ann" in ignored
    assert "a phone call" in ignored
    assert "Post again" not in ignored
    assert desk.post("differences", id=found, action="heed").status_code == 303
    assert desk.post("differences", id=found, action="own", text="Bea").status_code == 303
    [row] = fetch(rows, "SELECT ignored_at, owner FROM difference")
    assert (row.ignored_at, row.owner) == (None, "Bea")
    assert desk.post("differences", id=found + 1, action="heed").status_code == 409
    assert desk.post("differences", lane="west", id=found, action="heed").status_code == 409


def test_a_fix_is_a_job_of_the_person_who_pressed_the_button(desk: DeskClient, rows: Rows) -> None:
    run(rows)
    found = difference(rows)
    assert "Post again" in desk.text("differences")
    response = desk.post("fix_difference", id=found)
    assert response.status_code == 303
    [(dag_id, body)] = desk.triggered
    [job] = fetch(rows, "SELECT id, kind, requested_by, input FROM desk_job")
    assert (job.kind, job.requested_by, job.input) == ("fix_difference", "ann", {"difference": found})
    assert (dag_id, body["conf"]) == ("desk_jobs", {"lane": "east", "job": job.id})
    assert "Fix a difference" in desk.text("job", id=job.id)
    rows.connection.execute(
        text("""UPDATE desk_job SET finished_at = now(), outcome = '{"done": "the order was read again."}'""")
    )
    assert "the order was read again." in desk.text("job", id=job.id)


def test_a_viewer_sees_and_changes_nothing(desk: DeskClient, rows: Rows) -> None:
    run(rows)
    found = difference(rows)
    desk.role = VIEWER
    page = desk.get("differences").text
    assert ("1001" in page, 'method="post"' in page) == (True, False)
    assert desk.post("differences", id=found, action="ignore", text="x").status_code == 403
    assert desk.post("fix_difference", id=found).status_code == 403
    desk.role = OPERATOR
    assert desk.post("differences", token="forged", id=found, action="ignore", text="x").status_code == 403
    desk.lanes = {"west"}
    for page_name in ("differences", "differences.csv", "differences.xlsx"):
        assert desk.get(page_name).status_code == 403


def test_hostile_texts_stay_texts_on_the_page_and_in_files(desk: DeskClient, rows: Rows) -> None:
    run(rows, not_compared=json.dumps([HOSTILE]))
    difference(rows, key=HOSTILE, ours="=HYPERLINK(1)", theirs=HOSTILE, owner=HOSTILE, remote_id=HOSTILE)
    assert "<script>alert" not in desk.get("differences").text
    csv = desk.get("differences.csv")
    assert (csv.status_code, csv.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "'=HYPERLINK(1)" in csv.text
    book = desk.get("differences.xlsx")
    assert (book.status_code, book.content[:2]) == (200, b"PK")
    assert "differences-east-" in book.headers["content-disposition"]


def test_the_trend_counts_what_was_open_at_the_end_of_each_day(rows: Rows) -> None:
    random, today = Random(7), datetime.now(UTC).date()
    first = today - timedelta(days=6)
    lives = []
    for number in range(60):
        began = datetime.now(UTC) - timedelta(hours=random.randrange(400))
        ended = None if number % 3 else began + timedelta(hours=random.randrange(200))
        ended = None if ended and ended > datetime.now(UTC) else ended
        kind = ("tracking", "status")[number % 2]
        difference(rows, key=f"K{number}", kind=kind, first_seen_at=began, ended_at=ended)
        lives.append((kind, began, ended))
    found = repo.trend(rows.connection, "east", first, today)
    assert list(found) == [first + timedelta(days=number) for number in range(7)]
    for day, of_day in found.items():
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
        wanted = Counter(
            kind for kind, began, ended in lives if began < end and (ended is None or ended >= end)
        )
        assert {kind.value: number for kind, number in of_day.items()} == wanted
