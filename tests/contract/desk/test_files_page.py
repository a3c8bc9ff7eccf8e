"""The page of files: what waits for a person, who may look at it and decide, and foreign content as text."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import text

from cartage.operations.views.files import MOST_BYTES
from tests.contract.desk.desk_client import OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

HOSTILE = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'> {{7007*10429}}"
BUYER = "Maximiliane Unverwechselbar"


def add_file(rows: Rows, number: int = 0, *, content: bytes | None = None, **columns: Any) -> int:
    """Add a file in quarantine, with a finding."""
    shown = content if content is not None else f"{HOSTILE}\n{BUYER}".encode()
    values = {
        "account": "files/sftp",
        "lane": "east",
        "sha256": f"hash {number}",
        "part": "orders",
        "path": f"/out/{HOSTILE}_{number}.csv",
        "version": 2,
        "size": len(shown),
        "run_id": "r",
        "state": "quarantined",
        "content": shown,
    }
    document = rows.add("inbound_document", **(values | columns))
    finding = {"kind": "quarantined", "place": HOSTILE, "reason": f"odd {HOSTILE}", "fix": HOSTILE}
    rows.add("inbound_finding", document_id=document, **finding)
    return document


def state_of(rows: Rows, document: int) -> Any:
    found = "SELECT state, decided_by, decided_at FROM inbound_document WHERE id = :id"
    return rows.connection.execute(text(found), {"id": document}).one()


class Elements(HTMLParser):
    """The elements of a page that could act."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own_script = tag == "script" and (dict(attrs).get("src") or "").startswith("static/")
        if (tag in ("img", "iframe", "script") and not own_script) or any(
            name[:2] == "on" for name, _ in attrs
        ):
            self.active.append(tag)


def test_files_in_quarantine_are_listed_with_their_reasons_and_hostile_text_stays_text(
    desk: DeskClient, rows: Rows
) -> None:
    document = add_file(rows)
    for page in (desk.get("files"), desk.get("file", id=document)):
        assert page.status_code == 200
        assert Elements(page.text).active == []
        assert "73076003" not in page.text
    shown = desk.text("files")
    assert f"odd {HOSTILE}"[:20] in shown
    assert "version 2 of this name" in shown
    assert HOSTILE.split("<", maxsplit=1)[0] in shown
    content = desk.text("file", id=document)
    assert BUYER in content
    assert "alert(1)" in content


def test_a_viewer_sees_what_waits_but_neither_content_nor_buttons(desk: DeskClient, rows: Rows) -> None:
    document = add_file(rows)
    desk.role = VIEWER
    page = desk.get("files").text
    assert 'method="post"' not in page
    assert BUYER not in page
    assert "file?" not in page
    assert desk.get("file", id=document).status_code == 403


@pytest.mark.parametrize(("choice", "state"), [("release", "released"), ("drop", "dropped")])
def test_an_operators_decision_is_kept_with_name_and_time(
    desk: DeskClient, rows: Rows, choice: str, state: str
) -> None:
    document = add_file(rows)
    desk.role = OPERATOR
    response = desk.post("files", id=document, choice=choice)
    assert (response.status_code, response.headers["location"]) == (
        303,
        f"files?lane=east&decided={document}",
    )
    row = state_of(rows, document)
    assert (row.state, row.decided_by, row.decided_at is not None) == (state, "ann", True)
    assert "No file is in quarantine" in desk.text("files")
    assert f"{state} by ann" in desk.text("files")
    again = desk.post("files", id=document, choice="drop")
    assert again.status_code == 409
    assert "is not in quarantine" in again.text


def test_a_file_of_another_lane_is_neither_shown_nor_decided_about(desk: DeskClient, rows: Rows) -> None:
    document = add_file(rows, lane="west")
    assert "No file is in quarantine" in desk.text("files")
    assert desk.get("file", id=document).status_code == 404
    assert desk.post("files", id=document, choice="drop").status_code == 409
    assert state_of(rows, document).state == "quarantined"


def test_the_content_is_shown_up_to_a_limit(desk: DeskClient, rows: Rows) -> None:
    document = add_file(rows, content=b"A" * (MOST_BYTES + 1) + b"THE END")
    page = desk.text("file", id=document)
    assert "This is the beginning; the file is longer" in page
    assert "THE END" not in page


@pytest.mark.parametrize("content", [b"", b"\x00\x01\xff\xfe", b"\xff\xfea\x00b\x00", bytes(range(256)) * 50])
def test_any_content_is_shown(desk: DeskClient, rows: Rows, content: bytes) -> None:
    document = add_file(rows, content=content)
    page = desk.get("file", id=document)
    assert page.status_code == 200
    assert "\x00" not in page.text


def test_a_file_whose_content_is_no_longer_kept_says_so(desk: DeskClient, rows: Rows) -> None:
    document = add_file(rows, state="taken", content=None)
    rows.connection.execute(text("UPDATE inbound_document SET content = NULL"))
    assert "It is not kept" in desk.text("file", id=document)


def test_more_files_than_a_page_shows_are_counted(desk: DeskClient, rows: Rows) -> None:
    for number in range(103):
        add_file(rows, number)
    assert "And 3 more:" in desk.text("files")


def test_a_file_with_several_parts_is_one_file(desk: DeskClient, rows: Rows) -> None:
    first = add_file(rows)
    second = add_file(rows, part="stock")
    assert desk.get("files").text.count('<article class="cause"') == 1
    desk.post("files", id=first, choice="release")
    assert state_of(rows, second).state == "released"


def test_the_order_page_shows_its_documents(desk: DeskClient, rows: Rows) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    order = rows.order("acknowledged")
    for number, columns in enumerate(({}, {"withdrawn_at": at}, {"published_at": at, "responded_at": at}), 1):
        document = {
            "account": "files/sftp",
            "number": number,
            "lane": "east",
            "kind": "orders",
            "name": f"{HOSTILE}_{number}.csv",
            "sha256": "0",
            "created_at": at,
            "made_with": "m",
            "dispatched_at": at if columns else None,
            "response": "accepted" if "responded_at" in columns else None,
        }
        rows.add(
            "transfer",
            fulfillment_order_id=order,
            attempt=number,
            request="{}",
            run_id="r",
            outcome="accepted",
            finished_at=at,
            document_id=rows.add("outbound_document", **(document | columns)),
            position=1,
            document_response=document["response"],
        )
    page = desk.get("order", id=order)
    assert Elements(page.text).active == []
    shown = desk.text("order", id=order)
    assert "accepted, 2026-03-01 00:00:00" in shown
    assert "withdrawn: it was not published" in shown
    assert "not published" in shown
    assert "Documents" not in desk.text("order", id=rows.order("ready"))
