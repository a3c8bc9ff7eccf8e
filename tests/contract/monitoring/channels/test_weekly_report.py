"""The weekly report reaches each channel once, complete, and text of a store stays text in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import text

from cartage.connections import Connection
from cartage.db import Ledger
from cartage.lanes.settings.lane import Lane
from cartage.operations.weekly_report import ReportsNotSent, send_weekly_reports
from tests.contract.rows import Rows

HOSTILE = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'
MAIL = {
    "connection": "mail",
    "sender": "Cartage <c@example.com>",
    "to": ["ops@example.com", "boss@example.com"],
}
HOOK = {"connection": "hook"}


class Connections:
    """The connections of mail server and webhook, by their names; `ports` may be changed."""

    def __init__(self, **ports: int) -> None:
        self.ports = ports

    def get(self, connection_id: str) -> Connection | None:
        extra = {"disable_ssl": True, "disable_tls": True}
        return Connection(
            connection_id, host="127.0.0.1", schema="http", port=self.ports[connection_id], extra=extra
        )


def lane(name: str, **settings: Any) -> Lane:
    document = {
        "name": name,
        "store": {"connection": f"store_{name}", "time_zone": "UTC", "go_live": "2020-01-01"},
        "warehouse": {"connector": "extensiv", "connection": f"warehouse_{name}"},
        "reports": {
            "promise": {"cutoff": "24:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
        },
        **settings,
    }
    return Lane.model_validate(document)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """A ledger with a day on lane `east`: one order shipped in time, two blocked by hostile SKUs."""
    day = datetime.now(UTC) - timedelta(days=2)
    with ledger.begin() as connection:
        rows = Rows(connection)
        shipped = rows.order("shipped", sales_order_id=rows.sales_order(ordered_at=day))
        box = {
            "lane": "east",
            "key": "1",
            "fulfillment_order_id": shipped,
            "remote_id": "9",
            "reference": "A3K_1_0",
        }
        shipment = rows.add("shipment", **box, voided=False, final=True, shipped_at=day, checked_at=day)
        parcel = {"shipment_id": shipment, "key": "1", "position": 0, "tracking": "1Z", "carrier": HOSTILE}
        rows.add("package", **parcel, service="", contents="[]", posted_at=day)
        for state, minutes in (("acknowledged", 5), ("shipped", 60)):
            moved = {
                "lane": "east",
                "fulfillment_order_id": shipped,
                "kind": "moved",
                "actor": "a",
                "run_id": "r",
            }
            rows.add("event", **moved, to_state=state, at=day + timedelta(minutes=minutes))
        for number, sku in enumerate((HOSTILE, FORMULA)):
            said = {"kind": "unknown_sku", "subject": sku, "message": f"{sku} is unknown to bob@example.com"}
            cause = rows.add("cause", lane="east", fingerprint=f"f{number}", **said, fix="Map it.")
            order = rows.order("blocked", cause_ids=[cause], sales_order_id=rows.sales_order(ordered_at=day))
            connection.execute(
                text(
                    "INSERT INTO event (at, lane, fulfillment_order_id, kind, to_state, actor, run_id, cause_ids)"
                    " VALUES (:at, 'east', :order, 'moved', 'blocked', 'a', 'r', ARRAY[CAST(:cause AS bigint)])"
                ),
                {"order": order, "cause": cause, "at": day},
            )
    return ledger


def no_link(_: Sequence[str]) -> str:
    return ""


class Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def parts(mail: EmailMessage, kind: str) -> list[EmailMessage]:
    return [part for part in mail.walk() if part.get_content_type() == kind]


def test_a_mail_has_pictures_the_words_and_the_tables(
    filled: Ledger, mail_server: Callable[..., Any]
) -> None:
    server = mail_server()
    lanes = [lane("east", alerts={"email": MAIL}), lane("west", alerts={"email": MAIL})]
    done = send_weekly_reports(
        filled, lanes, Connections(mail=server.port), lambda names: f"https://airflow.example/{len(names)}"
    )
    assert done == {"sent": 1, "sent before": 0}
    [mail] = server.box.mails
    assert server.box.receivers == MAIL["to"]
    assert mail["Subject"].endswith("1 order shipped")
    assert mail["Subject"].startswith("[cartage east, west]")
    [html] = parts(mail, "text/html")
    page = Tags(html.get_content())
    pictures = {str(part["Content-ID"]).strip("<>"): part.get_content() for part in parts(mail, "image/png")}
    assert {"throughput", "promise", "causes"} <= pictures.keys()
    assert {source for source in page.sources if source.startswith("cid:")} == {
        f"cid:{cid}" for cid in pictures
    }
    for picture in pictures.values():
        with Image.open(io.BytesIO(picture)) as drawn:
            assert drawn.width == 1280
    assert "https://airflow.example/2" in page.sources
    [plain] = [part for part in parts(mail, "text/plain") if not part.get_filename()]
    for words in ("shipped: 1 (the 7 days before: 0)", "shipped in time: 33.3%", "https://airflow.example/2"):
        assert words in plain.get_content()


def test_hostile_text_stays_text_in_the_mail_and_its_files(
    filled: Ledger, mail_server: Callable[..., Any]
) -> None:
    server = mail_server()
    send_weekly_reports(
        filled, [lane("east", alerts={"email": MAIL})], Connections(mail=server.port), no_link
    )
    [mail] = server.box.mails
    [html] = parts(mail, "text/html")
    page = Tags(html.get_content())
    assert "script" not in page.tags
    assert HOSTILE in page.text
    assert "bob@example.com" not in html.get_content()
    assert {source.partition(":")[0] for source in page.sources} == {"cid"}
    files = [part for part in mail.iter_attachments() if part.get_filename()]
    tables = {str(part.get_filename()): part for part in files}
    [book] = [
        load_workbook(io.BytesIO(part.get_content()))
        for name, part in tables.items()
        if name.endswith("xlsx")
    ]
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d", "inlineStr"}
    assert {FORMULA, HOSTILE} <= {cell.value for cell in book["skus"]["A"]}
    [times] = [part.get_content() for name, part in tables.items() if name.endswith("times.csv")]
    found = list(csv.DictReader(io.StringIO(times)))
    assert HOSTILE in {row["name"] for row in found}
    assert [row["orders"] for row in found if row["by"] == "all"] == ["1", "1", "1"]


def test_a_chat_gets_the_first_figures_without_markup(filled: Ledger, receiver: Any) -> None:
    lanes = [lane("east", alerts={"webhook": HOOK})]
    send_weekly_reports(filled, lanes, Connections(hook=receiver.port), lambda _: "https://airflow.example/r")
    [(_, body)] = receiver.posts
    assert "shipped: 1 (the week before: 0)" in body["text"]
    assert any("<https://airflow.example/r|Open the report>" in str(block) for block in body["blocks"])


def test_a_report_is_sent_once_and_again_on_demand(filled: Ledger, mail_server: Callable[..., Any]) -> None:
    server = mail_server()
    lanes, connections = [lane("east", alerts={"email": MAIL})], Connections(mail=server.port)
    send_weekly_reports(filled, lanes, connections, no_link)
    assert send_weekly_reports(filled, lanes, connections, no_link) == {"sent": 0, "sent before": 1}
    assert send_weekly_reports(filled, lanes, connections, no_link, again=True) == {
        "sent": 1,
        "sent before": 0,
    }
    assert len(server.box.mails) == 2


def test_a_channel_that_fails_stops_no_other_and_is_tried_again_alone(
    filled: Ledger, mail_server: Callable[..., Any], receiver: Any
) -> None:
    server = mail_server()
    server.box.refused = set(MAIL["to"])
    lanes = [lane("east", alerts={"email": MAIL, "webhook": HOOK})]
    connections = Connections(mail=server.port, hook=receiver.port)
    with pytest.raises(ReportsNotSent, match="refused every recipient"):
        send_weekly_reports(filled, lanes, connections, no_link)
    assert len(receiver.posts) == 1
    server.box.refused = set()
    assert send_weekly_reports(filled, lanes, connections, no_link) == {"sent": 1, "sent before": 1}
    assert (len(receiver.posts), len(server.box.mails)) == (1, 1)


def test_a_lane_may_stay_out_of_it(filled: Ledger, mail_server: Callable[..., Any]) -> None:
    server = mail_server()
    lanes = [
        lane("east", alerts={"email": MAIL}, reports={"weekly": False}),
        lane("off", alerts={"email": MAIL}, mode="off"),
        lane("west", alerts={"email": MAIL}),
        lane("quiet"),
    ]
    send_weekly_reports(filled, lanes, Connections(mail=server.port), no_link)
    assert [mail["Subject"].partition("]")[0] for mail in server.box.mails] == ["[cartage west"]
