"""The stock page: what it shows of a paused push, who may decide, and that a decision is about what was shown."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from tests.contract.desk.desk_client import OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows


def paused_push(rows: Rows, count: int = 3, **columns: Any) -> int:
    """Add a paused push whose stocks would go from 1, 2, 3 ... to 0; the first SKU is hostile."""
    suspects = [
        {"catalog_id": number, "option": "", "sku": f"MUG-{number}", "before": str(number), "after": 0}
        for number in range(1, count + 1)
    ]
    suspects[0]["sku"] = "<script>alert(1)</script>"
    values = {
        "lane": "east",
        "reasons": ["zeroed"],
        "compared": 400,
        "zeroed": count,
        "swung": 0,
        "suspects": json.dumps(suspects),
        "run_id": "r",
    }
    return rows.add("paused_push", **(values | columns))


def fetch(rows: Rows, sql: str) -> Any:
    return rows.connection.execute(text(sql)).all()


def test_the_page_shows_why_the_push_is_paused_and_the_largest_changes_first(
    desk: DeskClient, rows: Rows
) -> None:
    paused_push(rows, 230)
    desk.role = VIEWER
    first = desk.text("stock")
    assert "The push is paused: 230 of 400 stocks would go to 0" in first
    assert 'method="post"' not in desk.get("stock").text
    seen: list[int] = []
    for after in (0, 100, 200):
        page = desk.get("stock", after=after).text
        assert ('rel="next"' in page) == (after < 200)
        seen += [int(number) for number in re.findall(r">MUG-(\d+)<", page)]
        assert "<script>alert" not in page
    assert seen == list(range(230, 1, -1))


def test_an_operators_decision_is_kept_with_their_name_and_stays_visible(
    desk: DeskClient, rows: Rows
) -> None:
    push = paused_push(rows)
    assert "stock 1" in desk.text("home")
    assert "A push of stock is paused" in desk.text("attention")
    desk.role = OPERATOR
    response = desk.post("stock", id=push, revision=1, choice="refuse")
    assert (response.status_code, response.headers["location"]) == (303, "stock?lane=east")
    assert "Refused by ann" in desk.text("stock")
    assert "stock 1" not in desk.text("home")
    assert "A push of stock is paused" not in desk.text("attention")
    assert desk.post("stock", id=push, revision=1, choice="approve", before="refuse").status_code == 303
    [row] = fetch(rows, "SELECT decision, decided_by FROM paused_push")
    assert (row.decision, row.decided_by) == ("approve", "ann")
    events = fetch(rows, "SELECT actor, why, run_id FROM event WHERE kind = 'push_decided' ORDER BY id")
    assert [(event.actor, event.why) for event in events] == [("ann", "refuse"), ("ann", "approve")]
    assert events[0].run_id.startswith("desk/")
    rows.connection.execute(text("UPDATE paused_push SET closed_at = clock_timestamp()"))
    shown = desk.text("stock")
    assert "No push is paused" in shown
    assert "approved ann" in shown


def test_a_decision_about_outdated_figures_changes_nothing(desk: DeskClient, rows: Rows) -> None:
    push = paused_push(rows, revision=2)
    late = desk.post("stock", id=push, revision=1, choice="approve")
    assert (late.status_code, "another push is paused by now" in late.text) == (409, True)
    assert desk.post("stock", id=push + 1, revision=2, choice="approve").status_code == 409
    assert desk.post("stock", id=push, revision=2, choice="refuse").status_code == 303
    second = desk.post("stock", id=push, revision=2, choice="approve")
    assert (second.status_code, "decided 'refuse' meanwhile" in second.text.replace("&#39;", "'")) == (
        409,
        True,
    )
    assert fetch(rows, "SELECT decision FROM paused_push")[0].decision == "refuse"
    rows.connection.execute(text("UPDATE paused_push SET closed_at = clock_timestamp()"))
    assert desk.post("stock", id=push, revision=2, choice="approve").status_code == 409


def test_another_lanes_paused_push_is_not_shown_and_not_decided(desk: DeskClient, rows: Rows) -> None:
    push = paused_push(rows)
    assert "No push is paused" in desk.text("stock", lane="west")
    assert desk.post("stock", lane="west", id=push, revision=1, choice="approve").status_code == 409
    desk.lanes = {"west"}
    assert desk.get("stock").status_code == 403


def test_the_page_shows_the_file_in_use_and_what_moved_as_text(desk: DeskClient, rows: Rows) -> None:
    hostile = "<script>alert(1)</script>"
    file = rows.add(
        "inbound_document",
        account="files/sftp",
        lane="east",
        sha256="0",
        part="stock",
        path=f"/out/{hostile}.csv",
        version=1,
        size=1,
        run_id="r",
        state="taken",
    )
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rows.connection.execute(
        text(
            "INSERT INTO stock_reading (lane, number, began_at, went_back, skus, document_id)"
            " VALUES ('east', 1, :at, false, 1234, :file)"
        ),
        {"at": at, "file": file},
    )
    rows.add(
        "stock_movement",
        lane="east",
        document_id=file,
        sku=hostile,
        quantity=-12,
        kind="adjustment",
        reason=hostile,
        reference=hostile,
    )
    page = desk.get("stock")
    assert "<script>alert" not in page.text
    shown = desk.text("stock")
    assert "The figures in use: 1,234 SKUs, from /out/" in shown
    assert "until 2026-03-01 00:00:00 UTC" in shown
    assert "-12 adjustment" in shown
