"""The queue of what needs a person: its entries over all lanes, what people note, and the forms that fix in place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from cartage.operations.attention.entries import AttentionKind
from cartage_airflow.desk.ledger import reading_engine
from tests.contract.desk.desk_client import ADMIN, OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
SINCE = "2026-11-01T00:00:00Z"


def fetch(rows: Rows, sql: str, **values: Any) -> Sequence[Any]:
    return rows.connection.execute(text(sql), values).all()


def add_cause(rows: Rows, lane: str = "east", *, orders: int = 1, **columns: Any) -> int:
    given = {"fingerprint": f"f-{orders}", "kind": "address_incomplete", "subject": "x", "fix": "Fix it."}
    cause = rows.add("cause", lane=lane, message=f"cause of {orders}", **(given | columns))
    for _ in range(orders):
        rows.order("blocked", cause_ids=[cause], lane=lane)
    return cause


def add_alert(rows: Rows, key: str = "1", **columns: Any) -> int:
    given: dict[str, Any] = {"lane": "east", "kind": "not_shipped", "key": key, "stage": "poll_tracking"}
    given |= {"title": f"late ({key})", "meaning": "They wait.", "fix": "Ask.", "opened_at": SINCE}
    return rows.add("alert", **(given | columns))


def add_exception(rows: Rows, **columns: Any) -> int:
    given: dict[str, Any] = {"lane": "east", "kind": "put_back", "message": "put back", "choices": ["ignore"]}
    given |= {"sales_order_id": rows.sales_order(), "run_id": "r"}
    return rows.add("exception", **(given | columns))


def add_hold(rows: Rows, **columns: Any) -> int:
    given: dict[str, Any] = {"source": "person", "placed_by": "bob", "lane": "east", "reason": "look"}
    given |= {"owner": "bob", "until": "2030-01-01", "fulfillment_order_id": rows.order("held")}
    return rows.add("hold", **(given | columns))


def add_push(rows: Rows, **columns: Any) -> int:
    suspects = [{"catalog_id": 1, "option": "", "sku": "MUG", "before": "20", "after": 0}]
    given: dict[str, Any] = {"lane": "east", "reasons": ["zeroed"], "compared": 9, "zeroed": 1, "swung": 0}
    return rows.add("paused_push", **(given | {"suspects": json.dumps(suspects), "run_id": "r"} | columns))


def add_file(rows: Rows, name: str = "a.csv", **columns: Any) -> int:
    given: dict[str, Any] = {"account": "files/x", "lane": "east", "sha256": name, "part": "orders"}
    given |= {"path": f"/out/{name}", "version": 1, "size": 9, "run_id": "r", "state": "quarantined"}
    return rows.add("inbound_document", **(given | {"content": b"x"} | columns))


def titles(desk: DeskClient, lane: str = "", **query: Any) -> list[str]:
    page = desk.get("attention", lane=lane, **query)
    assert page.status_code == 200, page.text
    return re.findall(r'<span class="what">(.*?)</span>', page.text)


def test_one_queue_has_everything_that_needs_a_person_in_all_lanes(desk: DeskClient, rows: Rows) -> None:
    add_cause(rows, orders=3)
    add_cause(rows, "west", orders=5)
    add_exception(rows)
    add_hold(rows)
    add_push(rows)
    add_file(rows)
    add_alert(rows)
    add_alert(rows, "orders__east", kind="run_missed", title="No run has started")
    found = titles(desk)
    assert found[0] == "No run has started", "a run that fails comes first"
    assert found[1:3] == ["Cause of 5", "Cause of 3"]
    assert set(found[3:]) == {
        "Order AB-1: put back",
        "Order AB-1 is held: look",
        "A push of stock is paused: 1 of 9 stocks would go to 0",
        "A file is in quarantine",
        "late (1)",
    }
    shown = desk.text("attention", lane="")
    assert "All 8 Blocked 2 Exceptions 1 Held 1 Stock 1 Files 1 Late orders 1 Runs 1" in shown
    assert titles(desk, "west") == ["Cause of 5"]


def test_the_oldest_can_come_first(desk: DeskClient, rows: Rows) -> None:
    add_cause(rows, orders=2, opened_at="2026-11-02T00:00:00Z")
    add_cause(rows, orders=1, opened_at="2026-11-01T00:00:00Z")
    assert titles(desk, order="oldest") == ["Cause of 1", "Cause of 2"]
    assert titles(desk) == ["Cause of 2", "Cause of 1"]


def test_orders_are_counted_once_for_each_entry(desk: DeskClient, rows: Rows) -> None:
    cause = add_cause(rows, orders=2)
    rows.order("blocked", cause_ids=[cause], superseded_at=SINCE)
    for _ in range(2):
        add_hold(rows, fulfillment_order_id=rows.order("held"), source="rule", rule="big", reason="large")
    order = rows.order("held")
    for rule in ("big", "far"):
        add_hold(rows, fulfillment_order_id=order, source="rule", rule=rule, reason="large")
    shown = desk.text("attention")
    assert re.search(r"Cause of 2 2 orders", shown)
    assert re.search(r"Held by the rule big: large 3 orders", shown)
    assert re.search(r"Held by the rule far: large 1 order ", shown)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("cause", "Cause of 1"),
        ("exception", "Order AB-1: put back"),
        ("hold", "Order AB-1 is held: look"),
        ("stock", "A push of stock is paused: 1 of 9 stocks would go to 0"),
        ("file", "A file is in quarantine"),
        ("late", "late (1)"),
    ],
)
def test_each_kind_is_a_filter(desk: DeskClient, rows: Rows, kind: str, title: str) -> None:
    add_cause(rows)
    add_exception(rows)
    add_hold(rows)
    add_push(rows)
    add_file(rows)
    add_alert(rows)
    assert titles(desk, kind=kind) == [title]


@pytest.mark.parametrize(
    ("page", "kind"), [("blocked", "cause"), ("exceptions", "exception"), ("held", "hold"), ("alerts", "")]
)
def test_earlier_addresses_lead_to_the_filter_of_the_same_lane(
    desk: DeskClient, page: str, kind: str
) -> None:
    for lane in ("east", ""):
        response = desk.client.get(f"/cartage/{page}", params={"lane": lane}, follow_redirects=False)
        expected = [f"lane={lane}"] * bool(lane) + [f"kind={kind}"] * bool(kind)
        assert response.status_code == 303
        assert response.headers["location"] == f"attention?{'&'.join(expected)}"
    desk.lanes = {"west"}
    assert desk.client.get(f"/cartage/{page}", params={"lane": "east"}).status_code == 403


@pytest.mark.parametrize(
    ("kind", "key"),
    [("cause", None), ("exception", "put_back"), ("push_paused", "push"), ("file_quarantined", "")],
)
def test_an_alert_that_repeats_an_entry_is_part_of_it(
    desk: DeskClient, rows: Rows, kind: str, key: str | None
) -> None:
    cause = add_cause(rows)
    add_exception(rows)
    add_push(rows)
    add_file(rows)
    before = titles(desk)
    alert = add_alert(rows, str(cause) if key is None else key, kind=kind, title="repeated by an alert")
    rows.add("alert_delivery", alert_id=alert, channel="e-mail", times=3, alerted_at=SINCE)
    assert titles(desk) == before
    shown = desk.text("attention")
    assert f"Alert {alert}: sent 3 times" in shown
    assert "repeated by an alert" not in shown


def test_orders_in_conflict_are_among_their_exceptions(desk: DeskClient, rows: Rows) -> None:
    add_alert(rows, "conflict", kind="stuck", title="1 order is in conflict")
    assert titles(desk) == ["1 order is in conflict"]
    add_exception(rows, kind="sent_or_not", message="sent or not")
    assert titles(desk) == ["Order AB-1: sent or not"]


def test_an_alert_says_what_to_do_how_often_it_was_sent_and_where_to_look(
    desk: DeskClient, rows: Rows
) -> None:
    facts = json.dumps({"examples": "A3K_1_0, A3K_2_0"})
    links = json.dumps({"Log": "https://airflow.example/log"})
    alert = add_alert(rows, "not_shipped", orders=37, facts=facts, links=links)
    sent = {"alert_id": alert, "alerted_at": SINCE}
    rows.add("alert_delivery", channel="e-mail", times=3, **sent)
    rows.add("alert_delivery", channel="webhook", times=1, error="connection refused", **sent)
    desk.role = VIEWER
    shown, page = desk.text("attention"), desk.get("attention").text
    assert re.search(r"late \(not_shipped\) 37 orders", shown)
    assert "They wait. Ask." in shown
    for address in (
        "orders?lane=east&amp;state=acknowledged",
        "orders?lane=east&amp;q=A3K_1_0",
        "https://airflow.example/log",
    ):
        assert f'href="{address}"' in page
    assert "Not sent by webhook the last attempt failed" in shown
    desk.role = OPERATOR
    assert "Not sent by webhook connection refused" in desk.text("attention")


def test_what_is_over_needs_nobody(desk: DeskClient, rows: Rows) -> None:
    over = "2026-11-02T00:00:00Z"
    add_alert(rows, cleared_at=over)
    add_alert(rows, "2", cleared_at=over, closed_at=over)
    rows.add("cause", lane="east", fingerprint="f", kind="k", subject="", message="m", fix="", closed_at=over)
    add_exception(rows, closed_at=over)
    add_hold(rows, released_at=over, released_by="ann")
    add_hold(rows, fulfillment_order_id=rows.order("skipped"))
    add_push(rows, closed_at=over)
    add_file(rows, state="dropped", decided_by="ann", decided_at=over)
    assert titles(desk) == []
    assert "Nothing needs attention." in desk.text("attention", lane="")


def note(desk: DeskClient, kind: str, key: object, **form: Any) -> Any:
    return desk.post("attention", kind=kind, key=str(key), **form)


def test_an_entry_has_an_owner_and_a_note_and_the_ledger_keeps_who_set_them(
    desk: DeskClient, rows: Rows
) -> None:
    cause = add_cause(rows)
    add_cause(rows, orders=2)
    desk.role = OPERATOR
    response = note(desk, "cause", cause, owner="bob", note="Ann Lee calls back", back="kind=cause&lane=east")
    assert response.headers["location"] == "attention?kind=cause&lane=east&done=noted"
    assert titles(desk, owner="bob") == ["Cause of 1"]
    assert titles(desk, owner="-") == ["Cause of 2"]
    assert "Ann Lee calls back" in desk.text("attention")
    [row] = fetch(rows, "SELECT owner, changed_by FROM attention")
    assert (row.owner, row.changed_by) == ("bob", "ann")
    [event] = fetch(rows, "SELECT actor, lane, why, detail FROM event WHERE kind = 'attention'")
    assert (event.actor, event.lane) == ("ann", "east")
    assert event.why == "owner bob; note changed", "the note itself may name a buyer"
    assert event.detail == {"kind": "cause", "key": str(cause)}
    desk.role = VIEWER
    assert "Ann Lee" not in desk.text("attention")


def test_a_person_takes_an_entry_with_one_button(desk: DeskClient, rows: Rows) -> None:
    add_exception(rows)
    assert "I take it" in desk.text("attention")
    note(desk, "exception", "put_back", take="true")
    assert titles(desk, owner="ann") == ["Order AB-1: put back"]
    assert "I take it" not in desk.text("attention")


def test_a_snoozed_entry_is_gone_until_its_time(desk: DeskClient, rows: Rows) -> None:
    cause = add_cause(rows)
    note(desk, "cause", cause, snooze="4h")
    [row] = fetch(rows, "SELECT snoozed_until FROM attention")
    assert timedelta(hours=3.9) < row.snoozed_until - datetime.now(UTC) <= timedelta(hours=4)
    assert (titles(desk), titles(desk, snoozed="1")) == ([], ["Cause of 1"])
    assert "Snoozed 1" in desk.text("attention")
    rows.connection.execute(text("UPDATE attention SET snoozed_until = clock_timestamp()"))
    assert titles(desk) == ["Cause of 1"]


def test_a_snooze_is_kept_while_something_else_is_noted_and_can_be_ended(
    desk: DeskClient, rows: Rows
) -> None:
    cause = add_cause(rows)
    note(desk, "cause", cause, snooze="4h")
    [before] = fetch(rows, "SELECT snoozed_until FROM attention")
    note(desk, "cause", cause, snooze="keep", note="the carrier is asked")
    [after] = fetch(rows, "SELECT snoozed_until, note FROM attention")
    assert (after.snoozed_until, after.note) == (before.snoozed_until, "the carrier is asked")
    note(desk, "cause", cause, snooze="", note="")
    assert fetch(rows, "SELECT FROM attention") == []
    assert titles(desk) == ["Cause of 1"]


def test_a_new_exception_brings_a_snoozed_entry_back(desk: DeskClient, rows: Rows) -> None:
    add_exception(rows)
    note(desk, "exception", "put_back", snooze="week", owner="bob")
    assert titles(desk) == []
    add_exception(rows)
    assert titles(desk, owner="bob") == [
        "Orders were set back to the import status after the warehouse got them"
    ]


def test_what_was_noted_about_an_earlier_opening_is_not_about_the_next(desk: DeskClient, rows: Rows) -> None:
    cause = add_cause(rows)
    note(desk, "cause", cause, snooze="week", owner="bob")
    rows.connection.execute(text("UPDATE cause SET opened_at = clock_timestamp(), openings = 2"))
    assert titles(desk, owner="-") == ["Cause of 1"]


def test_an_entry_that_is_gone_takes_no_note(desk: DeskClient, rows: Rows) -> None:
    cause = add_cause(rows, "west")
    for kind, key in (("cause", cause), ("cause", 999), ("late", "x"), ("hold", "rule:none")):
        assert note(desk, kind, key, owner="bob").status_code == 404
    assert note(desk, "nonsense", "1").status_code == 422
    assert fetch(rows, "SELECT FROM attention") == []


@pytest.mark.parametrize("kind", list(AttentionKind))
def test_notes_can_be_made_about_every_kind(desk: DeskClient, rows: Rows, kind: AttentionKind) -> None:
    keys = {
        AttentionKind.CAUSE: add_cause(rows),
        AttentionKind.EXCEPTION: add_exception(rows) and "put_back",
        AttentionKind.HOLD: add_hold(rows) and "person",
        AttentionKind.STOCK: add_push(rows),
        AttentionKind.FILE: add_file(rows) and "",
        AttentionKind.LATE: add_alert(rows),
        AttentionKind.RUN: add_alert(rows, kind="run_late"),
    }
    assert note(desk, kind.value, keys[kind], owner="bob").status_code == 303
    assert len(titles(desk, owner="bob", kind=kind.value)) == 1


def test_all_holds_of_a_rule_or_of_a_kind_are_released_by_a_job(desk: DeskClient, rows: Rows) -> None:
    for _ in range(12):
        add_hold(rows, source="rule", rule="big", reason="large")
    page = desk.text("attention")
    assert "Release all 12" in page
    assert "The oldest 10 of 12" in page
    for form in ({"rule": "big"}, {"source": "duplicate"}):
        assert desk.post("release_holds", **form).status_code == 303
    inputs = [job.input for job in fetch(rows, "SELECT input FROM desk_job ORDER BY id")]
    assert inputs == [{"rule": "big", "source": None}, {"rule": None, "source": "duplicate"}]
    assert desk.post("release_holds", source="nonsense").status_code == 422


def test_a_result_is_a_sentence(desk: DeskClient, rows: Rows) -> None:
    first, second = add_hold(rows), add_hold(rows)
    response = desk.post("held", id=[first, second], back="lane=east&kind=hold")
    assert response.headers["location"] == "attention?lane=east&kind=hold&done=released&count=2"
    assert "2 holds released." in desk.text("attention", done="released", count=2)
    assert "1 hold released." in desk.text("attention", done="released", count=1)


@pytest.mark.parametrize(
    ("role", "forms"), [(VIEWER, 0), (OPERATOR, 9), (ADMIN, 10)], ids=["viewer", "operator", "admin"]
)
def test_forms_are_for_those_who_may_post_them(desk: DeskClient, rows: Rows, role: str, forms: int) -> None:
    add_cause(rows, kind="unmapped_ship_method")
    add_exception(rows)
    add_hold(rows)
    add_push(rows)
    desk.role = role
    # A mapping; blocked orders, a decision, two releases, an approval; and a note on each of the four.
    assert desk.get("attention").text.count('method="post"') == forms


def test_rights_differ_from_lane_to_lane_on_one_page(desk: DeskClient, rows: Rows) -> None:
    add_exception(rows)
    add_exception(rows, lane="west", message="in the west")
    desk.role = OPERATOR
    desk.acting = {"west"}
    page = desk.get("attention", lane="").text
    assert re.findall(r'action="exceptions\?lane=(\w+)"', page) == ["west"]
    assert re.findall(r'action="attention\?lane=(\w+)"', page) == ["west"]
    assert note(desk, "exception", "put_back", owner="x").status_code == 403


def test_a_hidden_lane_leaves_no_trace(desk: DeskClient, rows: Rows) -> None:
    add_cause(rows)
    add_alert(rows)
    desk.lanes = {"west"}
    assert desk.get("attention").status_code == 403
    shown = desk.text("attention", lane="")
    assert "Nothing needs attention." in shown
    assert "east" not in shown


def test_a_long_queue_has_pages_with_every_entry_once(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartage_airflow.desk.pages.attention.route._PAGE", 4)
    for number in range(11):
        add_alert(rows, f"a-{number}", orders=number % 3)
    seen: list[str] = []
    for page in (1, 2, 3):
        seen += titles(desk, page=page)
        assert ('rel="next"' in desk.get("attention", page=page).text) == (page < 3)
    assert len(seen) == len(set(seen)) == 11


def test_foreign_text_is_shown_redacted_and_links_lead_only_to_web_pages(
    desk: DeskClient, rows: Rows
) -> None:
    said = f"{EVIL} ann@mail.example 4111111111111111"
    links = json.dumps({EVIL: "javascript:alert(1)", "Log": "https://a.example/%22%3E" + EVIL})
    alert = add_alert(rows, title=said, meaning=said, fix=said, facts=json.dumps({EVIL: said}), links=links)
    note(desk, "late", alert, owner=EVIL, note=EVIL)
    page = desk.get("attention").text
    for unwanted in ("<script>alert", "javascript:", "ann@mail.example", "4111111111111111"):
        assert unwanted not in page
    assert page.count("&lt;script&gt;alert(1)") > 5


def test_decisions_that_wait_for_the_next_run_are_listed(desk: DeskClient, rows: Rows) -> None:
    exception = add_exception(rows, choices=["resend", "ignore"])
    assert "Decided, to be carried out" not in desk.text("attention", lane="")
    assert desk.post("exceptions", id=exception, choice="resend").status_code == 303
    assert re.search(r"east AB-1 put back resend ann", desk.text("attention", lane=""))
    assert titles(desk) == []


def test_the_files_of_many_lanes_are_read_at_once_the_oldest_first(desk: DeskClient, rows: Rows) -> None:
    counted: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

    for number in range(12):
        add_file(rows, f"east-{number:02}.csv")
    listen(reading_engine(), "after_cursor_execute", note)
    shown = desk.text("attention", lane="", kind="file")
    of_one_lane = len(counted)
    add_file(rows, "west.csv", lane="west")
    counted.clear()
    shown = desk.text("attention", lane="", kind="file")
    assert len(counted) == of_one_lane > 0
    # Ten of a lane are listed, each lane's own.
    assert [f"east-{number:02}" for number in range(10)] == re.findall(r"/out/(east-\d\d)\.csv", shown)
    assert shown.count("/out/west.csv") == 1
