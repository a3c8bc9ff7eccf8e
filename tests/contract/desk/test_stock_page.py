"""The desk's page of a stopped push: what it shows, who may answer, and that an answer is to what was shown."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import text

from tests.contract.desk.office import OPERATOR, VIEWER, Office
from tests.contract.rows import Rows


def stopped(rows: Rows, count: int = 3, **columns: Any) -> int:
    """A stop whose suspects would go from 1, 2, 3 ... to 0; the first one's SKU is hostile."""
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


def asked(rows: Rows, sql: str) -> Any:
    return rows.connection.execute(text(sql)).all()


def test_it_shows_why_and_the_biggest_swings_first_a_page_at_a_time(office: Office, rows: Rows) -> None:
    stopped(rows, 230)
    office.role = VIEWER
    first = office.text("stock")
    assert "No stock is pushed: 230 of 400 stocks would go to 0" in first
    assert "<form method" not in office.get("stock").text
    seen: list[int] = []
    for after in (0, 100, 200):
        page = office.get("stock", after=after).text
        assert ('rel="next"' in page) == (after < 200)
        seen += [int(number) for number in re.findall(r">MUG-(\d+)<", page)]
        assert "<script>alert" not in page
    assert seen == list(range(230, 1, -1))


def test_an_operators_answer_is_kept_with_the_name_and_stays_to_be_seen(office: Office, rows: Rows) -> None:
    stop = stopped(rows)
    assert "A push of stock is stopped" in office.text("overview")
    assert "A push of stock is stopped" in office.text("questions")
    office.role = OPERATOR
    decision = office.post("stock", id=stop, revision=1, choice="refuse")
    assert (decision.status_code, decision.headers["location"]) == (303, "stock?lane=east")
    assert "ann keeps it stopped" in office.text("stock")
    assert "A push of stock is stopped" not in office.text("overview")
    assert office.post("stock", id=stop, revision=1, choice="approve", before="refuse").status_code == 303
    [row] = asked(rows, "SELECT decision, decided_by FROM paused_push")
    assert (row.decision, row.decided_by) == ("approve", "ann")
    events = asked(rows, "SELECT actor, why, run_id FROM event WHERE kind = 'push_decided' ORDER BY id")
    assert [(event.actor, event.why) for event in events] == [("ann", "refuse"), ("ann", "approve")]
    assert events[0].run_id.startswith("desk/")
    rows.connection.execute(text("UPDATE paused_push SET closed_at = clock_timestamp()"))
    shown = office.text("stock")
    assert "No push is stopped" in shown
    assert "let through ann" in shown


def test_an_answer_to_what_is_not_so_any_more_changes_nothing(office: Office, rows: Rows) -> None:
    stop = stopped(rows, revision=2)
    late = office.post("stock", id=stop, revision=1, choice="approve")
    assert (late.status_code, "another push is paused by now" in late.text) == (409, True)
    assert office.post("stock", id=stop + 1, revision=2, choice="approve").status_code == 409
    assert office.post("stock", id=stop, revision=2, choice="refuse").status_code == 303
    second = office.post("stock", id=stop, revision=2, choice="approve")
    assert (second.status_code, "decided 'refuse' meanwhile" in second.text.replace("&#39;", "'")) == (
        409,
        True,
    )
    assert asked(rows, "SELECT decision FROM paused_push")[0].decision == "refuse"
    rows.connection.execute(text("UPDATE paused_push SET closed_at = clock_timestamp()"))
    assert office.post("stock", id=stop, revision=2, choice="approve").status_code == 409


def test_another_lanes_stop_is_not_shown_and_not_answered(office: Office, rows: Rows) -> None:
    stop = stopped(rows)
    assert "No push is stopped" in office.text("stock", lane="west")
    assert office.post("stock", lane="west", id=stop, revision=1, choice="approve").status_code == 409
    office.lanes = {"west"}
    assert office.get("stock").status_code == 403
