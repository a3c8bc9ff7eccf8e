"""What happened, newest first: its sources, filters and pages, the audit of people, and the export."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import create_engine, text

from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import Part, SkuRule
from cartage.operations.activity.repo import DROPPED, MAPPING, Wanted, read_activity
from tests.contract.desk.desk_client import VIEWER, DeskClient
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
RUN = "orders__east/scheduled__2026-11-28T12:05:00+00:00/validate_mappings/1"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minutes: int = 0) -> datetime:
    return NOON + timedelta(minutes=minutes)


def add_event(rows: Rows, minutes: int = 0, **columns: Any) -> int:
    given: dict[str, Any] = {"lane": "east", "kind": "moved", "actor": "validate_mappings", "run_id": RUN}
    return rows.add("event", **(given | {"at": at(minutes)} | columns))


def add_rule(rows: Rows, minutes: int = 0, **columns: Any) -> int:
    given: dict[str, Any] = {"lane": "east", "kind": "sku", "store": "MUG-6", "author": "ann"}
    target = json.dumps([{"sku": "MUG", "quantity": 6}])
    return rows.add("mapping_rule", **(given | {"target": target, "made_at": at(minutes)} | columns))


def add_alert(rows: Rows, minutes: int = 0, **columns: Any) -> int:
    given: dict[str, Any] = {"lane": "east", "kind": "not_shipped", "key": "k", "stage": "s", "title": "late"}
    given |= {"meaning": "m", "fix": "f", "opened_at": at(minutes)}
    return rows.add("alert", **(given | columns))


def happened(desk: DeskClient, lane: str = "", **query: Any) -> list[str]:
    """Return the lines of the list without their times."""
    page = desk.get("activity", lane=lane, **query)
    assert page.status_code == 200, page.text
    lines = re.findall(
        r'<span class="what">(.*?)</span>\s*<span class="by">(.*?)</span>', page.text, re.DOTALL
    )
    plain = [unescape(re.sub(r"<[^>]*>", " ", " | ".join(line))) for line in lines]
    return [" ".join(line.split()) for line in plain]


def exported(desk: DeskClient, **query: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(desk.get("activity.csv", lane="", **query).text)))


def test_everything_that_happened_is_one_list_newest_first(desk: DeskClient, rows: Rows) -> None:
    sales_order = rows.sales_order(invoice="AB-1001")
    order = rows.order("ready", sales_order_id=sales_order)
    moved = {"fulfillment_order_id": order, "sales_order_id": sales_order}
    add_event(rows, 1, from_state="imported", to_state="ready", why="every cause was fixed", **moved)
    add_event(
        rows,
        2,
        kind="exception_decided",
        actor="bob",
        run_id="desk/2026",
        why="ignore",
        sales_order_id=sales_order,
    )
    add_rule(rows, 3, note="for Bob")
    add_rule(rows, 0, ended_at=at(4), ended_by="eve", store="OLD")
    rows.add("desk_job", lane="west", kind="release", requested_by="ann", input="{}", requested_at=at(5))
    document = {
        "account": "a",
        "lane": "east",
        "sha256": "s",
        "part": "orders",
        "path": "/out/a.csv",
        "version": 1,
    }
    rows.add(
        "inbound_document",
        size=1,
        run_id="r",
        state="dropped",
        decided_by="ann",
        decided_at=at(6),
        **document,
    )
    add_alert(rows, 7, cleared_at=at(8), closed_at=at(9))
    assert happened(desk) == [
        "alert over late | watchdog",
        "alert opened late | watchdog",
        "file dropped /out/a.csv | ann",
        "checked all blocked orders | ann",
        "mapping dropped SKU 'OLD' -> 6 x MUG | eve",
        "mapping saved SKU 'MUG-6' -> 6 x MUG (for Bob) | ann",
        "AB-1001 exception decided ignore | bob",
        "AB-1001 imported → ready every cause was fixed | validate mappings run",
        "mapping saved SKU 'OLD' -> 6 x MUG | ann",
    ]
    page = desk.get("activity", lane="").text
    assert f'href="order?lane=east&amp;id={order}"' in page
    assert (
        'href="/dags/orders__east/runs/scheduled__2026-11-28T12%3A05%3A00%2B00%3A00/tasks/validate_mappings?try_number=1"'
        in page
    )
    assert happened(desk, "west") == ["checked all blocked orders | ann"]


def test_what_a_job_of_the_desk_did_leads_to_its_run_and_to_no_person(desk: DeskClient, rows: Rows) -> None:
    add_event(rows, actor="run_job", run_id="desk_jobs/manual__1/run_job/1", why="every cause was fixed")
    assert happened(desk) == ["moved every cause was fixed | run job run"]
    page = desk.get("activity", lane="").text
    assert 'href="/dags/desk_jobs/runs/manual__1/tasks/run_job?try_number=1"' in page
    assert "person=run_job" not in page


def test_what_the_lanes_settings_decided_leads_to_no_person(desk: DeskClient, rows: Rows) -> None:
    add_event(rows, actor="the lane's settings", kind="exception_decided", run_id="cli/1/settle_outcomes/1")
    assert happened(desk) == ["exception decided | the lane's settings"]
    assert "person=the" not in desk.get("activity", lane="").text


def test_a_replaced_mapping_is_one_change(desk: DeskClient, rows: Rows) -> None:
    add_rule(rows, 0, ended_at=at(1), ended_by="bob")
    add_rule(rows, 1, author="bob", target=json.dumps([{"sku": "MUG", "quantity": 1}]))
    assert happened(desk) == [
        "mapping saved SKU 'MUG-6' -> MUG | bob",
        "mapping saved SKU 'MUG-6' -> 6 x MUG | ann",
    ]


def test_a_time_is_the_stores_and_its_end_is_not_included(desk: DeskClient, rows: Rows) -> None:
    for minutes in (0, 30, 60):
        add_event(rows, minutes, why=str(minutes))
    assert [line.split(" ")[1] for line in happened(desk, since="2026-11-20 12:30")] == ["60", "30"]
    assert [
        line.split(" ")[1] for line in happened(desk, since="2026-11-20 12:00", until="2026-11-20 12:30")
    ] == ["0"]
    assert happened(desk, since="1 h ago") == []
    add_event(rows, at=datetime.now(UTC) - timedelta(minutes=5), why="lately")
    assert len(happened(desk, since="1 h ago")) == 1


def test_a_time_that_nobody_understands_is_named_and_shows_nothing(desk: DeskClient, rows: Rows) -> None:
    add_event(rows)
    shown = desk.text("activity", since="soonish")
    assert "“soonish” is no time that the field Since understands" in shown
    assert happened(desk, since="soonish") == []
    assert exported(desk, until="soonish") == []


def test_a_mapping_file_is_one_entry_with_a_count(desk: DeskClient, rows: Rows) -> None:
    for number in range(40):
        add_rule(rows, 1, store=f"S{number}", note="imported from rules.csv")
    for number in range(30):
        add_rule(rows, 0, store=f"OLD{number}", ended_at=at(2), ended_by="bob")
    add_rule(rows, 1, store="BY-EVE", author="eve")
    said = [
        "30 mappings dropped SKU 'OLD29' -> 6 x MUG and 29 others | bob",
        "mapping saved SKU 'BY-EVE' -> 6 x MUG | eve",
        "40 mappings saved SKU 'S39' -> 6 x MUG and 39 others (imported from rules.csv) | ann",
        "30 mappings saved SKU 'OLD29' -> 6 x MUG and 29 others | ann",
    ]
    assert happened(desk) == said
    assert [row["what"] for row in exported(desk)] == [
        "30 mappings dropped",
        "mapping saved",
        "40 mappings saved",
        "30 mappings saved",
    ]
    assert happened(desk, person="ann") == said[2:]


def test_what_one_change_saves_is_of_one_instant(ledger_url: str) -> None:
    engine = create_engine(ledger_url)
    first = tuple(SkuRule(f"S{number}", (Part("MUG", 2),)) for number in range(50))
    then = tuple(SkuRule(f"S{number}", (Part("MUG", 3),)) for number in range(20))
    with engine.begin() as connection:
        for change in (MappingChange(first), MappingChange(then, whole=True)):
            save_mapping_rules(connection, "east", change, author="ann")
        wanted = Wanted(
            [("east", datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))]
        )
        found = read_activity(connection, wanted, size=10).happenings
    engine.dispose()
    assert [(happening.source, happening.others + 1) for happening in found] == [
        (MAPPING, 20),
        (DROPPED, 30),
        (MAPPING, 50),
    ]


def test_a_stage_a_person_and_an_order_are_filters(desk: DeskClient, rows: Rows) -> None:
    rows.connection.execute(
        text("INSERT INTO lane_state (lane, store_id) VALUES ('east', :store)"), {"store": rows.store()}
    )
    sales_order = rows.sales_order(invoice="AB-1001", order_id=31882)
    order = rows.order("ready", sales_order_id=sales_order, order_id=31882, reference="A3K_31882_0")
    lately = datetime.now(UTC) - timedelta(hours=1)
    add_event(rows, at=lately, why="by a stage", fulfillment_order_id=order, sales_order_id=sales_order)
    add_event(rows, at=lately, actor="ann", why="by ann", sales_order_id=sales_order)
    add_event(rows, at=lately, actor="bob", why="by bob")
    assert len(happened(desk, stage="validate_mappings")) == 1
    assert happened(desk, person="bob") == ["moved by bob | bob run"]
    for words in ("AB-1001", "ab-1001", "31882", "a3k_31882_0"):
        lines = happened(desk, order=words)
        assert len(lines) == 2 and all("AB-1001" in line for line in lines), words
    assert happened(desk, order="AB-1001", person="ann") == ["AB-1001 moved by ann | ann run"]
    assert happened(desk, order="AB-9") == []
    assert happened(desk, order="'; DROP TABLE event; --\x00%") == []


def test_the_audit_has_what_people_did_and_no_stage(desk: DeskClient, rows: Rows) -> None:
    add_event(rows, 1)
    add_event(rows, 2, actor="the lane's settings", kind="exception_decided")
    add_event(rows, 3, actor="ann", run_id="desk/2026-11-20T12:00:00", kind="hold_released", why="checked")
    add_event(
        rows, 4, actor="bob", run_id="required_actions__east/manual__1/carry_out/1", kind="push_decided"
    )
    add_rule(rows, 5)
    add_alert(rows, 6)
    assert happened(desk, people="1") == [
        "mapping saved SKU 'MUG-6' -> 6 x MUG | ann",
        "push of stock decided | bob run",
        "hold released checked | ann",
    ]
    found = exported(desk, people="1")
    assert [(row["who"], row["what"]) for row in found] == [
        ("ann", "mapping saved"),
        ("bob", "push of stock decided"),
        ("ann", "hold released"),
    ]


def test_what_a_person_did_at_the_desk_is_in_the_audit(desk: DeskClient, rows: Rows) -> None:
    order = rows.order("ready")
    assert desk.post("order", id=order, action="hold", reason="fraud check", days=2).status_code == 303
    assert desk.post("order", id=order, action="release").status_code == 303
    alert = add_alert(rows)
    assert desk.post("attention", kind="late", key=alert, owner="bob").status_code == 303
    lines = happened(desk, people="1")
    assert lines[0] == "noted what needs attention owner bob | ann"
    assert any("hold released" in line for line in lines)
    assert any("held" in line and "fraud check" in line for line in lines)
    assert all(line.endswith("| ann") for line in lines)


@pytest.mark.parametrize("query", [{}, {"order": "AB-1001"}, {"person": "ann"}])
def test_pages_hold_everything_once_even_within_one_instant(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    monkeypatch.setattr("cartage_airflow.desk.pages.activity.route._PAGE", 4)
    monkeypatch.setattr("cartage_airflow.desk.pages.activity.route._BATCH", 3)
    sales_order = rows.sales_order(invoice="AB-1001")
    rows.order(sales_order_id=sales_order)
    for number in range(11):
        add_event(rows, number // 4, actor="ann", why=f"e{number}", sales_order_id=sales_order)
        if "order" not in query:
            add_rule(rows, number // 4, store=f"s{number}", lane="west" if number % 2 else "east")
    # Rules of one person, lane and instant are one entry: three instants in two lanes.
    expected = 11 if "order" in query else 11 + 6
    seen: list[str] = []
    address: dict[str, str] = {}
    while True:
        page = desk.get("activity", lane="", **query, **address).text
        seen += happened(desk, **query, **address)
        more = re.search(r'rel="next" href="activity\?([^"]*)"', page)
        if not more:
            break
        address = {"before": parse_qs(unescape(more[1]))["before"][0]}
    assert len(seen) == len(set(seen)) == expected
    assert len(exported(desk, **query)) == expected


def test_an_export_holds_no_formula_and_both_times(desk: DeskClient, rows: Rows) -> None:
    add_event(rows, actor="=cmd()", why="=HYPERLINK(1)", run_id="+1")
    response = desk.get("activity.csv", lane="")
    assert "attachment" in response.headers["content-disposition"]
    [row] = exported(desk)
    assert [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))] == []
    assert (row["at_utc"], row["at_store"], row["lane"]) == (
        "2026-11-20 12:00:00",
        "2026-11-20 12:00:00",
        "east",
    )


def test_foreign_text_stays_text_and_addresses_are_redacted(desk: DeskClient, rows: Rows) -> None:
    sales_order = rows.sales_order(invoice=EVIL)
    rows.order(sales_order_id=sales_order)
    add_event(
        rows,
        why=f"{EVIL} ann@mail.example",
        actor=EVIL,
        kind=EVIL,
        run_id=f"x__y/{EVIL}/a/1",
        sales_order_id=sales_order,
    )
    add_alert(rows, title=EVIL)
    add_rule(rows, store=EVIL, note=EVIL)
    desk.role = VIEWER
    page = desk.get("activity", lane="", since="2026-11-01", person="").text
    assert "<script>alert" not in page
    assert "ann@mail.example" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 5
    echoed = desk.get("activity", lane="", person=EVIL, order=EVIL, since=EVIL).text
    assert "<script>alert" not in echoed


def test_a_hidden_lane_leaves_no_trace(desk: DeskClient, rows: Rows) -> None:
    add_event(rows)
    add_rule(rows)
    desk.lanes = {"west"}
    assert desk.get("activity").status_code == desk.get("activity.csv").status_code == 403
    assert happened(desk) == [] == exported(desk)


@pytest.mark.parametrize(
    "before", ["x", "2026-11-20/1/1", "2026-11-20T00:00:00+00:00/1", "2026-11-20T00:00:00+00:00/1/-3"]
)
def test_a_place_that_makes_no_sense_is_the_beginning(desk: DeskClient, rows: Rows, before: str) -> None:
    add_event(rows)
    assert len(happened(desk, before=before)) == 1


def test_the_statement_for_people_uses_their_index(rows: Rows) -> None:
    from cartage.db.schema.causes import BY_PEOPLE

    [found] = rows.connection.execute(
        text(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'event_people_idx'::regclass"
        )
    ).scalars()
    names = set(re.findall(r"'((?:[^']|'')*)'", BY_PEOPLE))
    assert "validate_mappings" in names
    assert names == set(re.findall(r"'((?:[^']|'')*)'::text", found))


def test_a_stage_that_did_little_is_looked_for_page_by_page(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartage.operations.activity.repo._LOOKED_AT", 120)
    for number in range(300):
        lane = ("east", "west")[number % 2]
        actor = "update_stock" if number in (3, 150, 298) else "validate_mappings"
        add_event(rows, number, lane=lane, actor=actor, kind="noted", why=f"event {number}")
    query = {"stage": "update_stock", "since": "2026-11-19"}
    found: list[str] = []
    page = desk.get("activity", lane="", **query)
    pages = 1
    while further := re.search(r'<a href="activity\?([^"]*)">Look further</a>', page.text):
        found += re.findall(r"event [0-9]+", page.text)
        page = desk.client.get(f"/cartage/activity?{unescape(further[1])}")
        pages += 1
    found += re.findall(r"event [0-9]+", page.text)
    assert found == ["event 298", "event 150", "event 3"]
    assert 2 <= pages <= 6
    assert [row["why"] for row in exported(desk, **query)] == found
