"""The report of a comparison by mail: sent as the lane wants it, complete, and never the reason that a task fails."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from cartage.connections import Connection
from cartage.lanes.settings.lane import Lane
from cartage.model.differences.kinds import DifferenceKind
from cartage.operations.reconciliation_mail import mail_report
from cartage.reconciliation.reconcile import ReconciliationReport
from cartage.reconciliation.repo.differences import Difference

FORMULA = '=HYPERLINK("http://evil.example","x")'
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class OneConnection:
    """The connection of the mail server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, connection_id: str) -> Connection | None:
        extra = {"disable_ssl": True, "disable_tls": True}
        return Connection(connection_id, host="127.0.0.1", port=self.port, extra=extra)


def lane(mail: str, **settings: Any) -> Lane:
    channel = {"connection": "mail", "sender": "c@example.com", "to": ["ops@example.com"]}
    return Lane.model_validate(
        {
            "name": "east",
            "store": {"connection": "store", "time_zone": "UTC", "go_live": "2020-01-01"},
            "warehouse": {"connector": "extensiv", "connection": "warehouse"},
            "alerts": {"email": channel},
            "reconciliation": {"mail": mail},
            **settings,
        }
    )


def difference(number: int, **changes: Any) -> Difference:
    values: dict[str, Any] = {
        **dict.fromkeys(Difference.__slots__),
        "id": number,
        "lane": "east",
        "side": "store",
        "kind": DifferenceKind.STATUS,
        "key": f"10{number}",
        "remote_id": "",
        "ours": "Processing",
        "theirs": FORMULA,
        "owner": "",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }
    return Difference(**values | changes)


def report(*differences: Difference) -> ReconciliationReport:
    counts = {"store_orders": 12, "new": len(differences)}
    return ReconciliationReport("east", NOW, counts, ("Stock: the lane pushes no stock.",), differences)


def test_the_mail_has_the_differences_as_text_csv_and_workbook(mail_server: Any) -> None:
    server = mail_server()
    found = [difference(number) for number in range(1, 13)]
    assert mail_report(
        lane("differences"), report(*found), OneConnection(server.port), "https://desk.example.com"
    )
    [mail] = server.box.mails
    assert mail["Subject"] == "[cartage east] reconciliation: 12 differences"
    text, sheet, book = list(mail.iter_parts())
    body = text.get_content()
    assert "12 x status: the status differs" in body
    assert "and 2 more" in body
    assert "Stock: the lane pushes no stock." in body
    assert "https://desk.example.com" in body
    rows = list(csv.DictReader(io.StringIO(sheet.get_content().removeprefix("\ufeff"))))
    assert (len(rows), rows[0]["on_side"]) == (12, f"'{FORMULA}")
    cells = load_workbook(io.BytesIO(book.get_content())).active
    assert cells is not None
    assert cells.max_row == 13
    assert all(cell.data_type == "s" for line in cells.iter_rows() for cell in line if cell.value is not None)


@pytest.mark.parametrize(
    ("wanted", "found", "sent"),
    [
        ("never", True, False),
        ("differences", True, True),
        ("differences", False, False),
        ("always", False, True),
    ],
)
def test_it_is_sent_as_the_lane_wants_it(mail_server: Any, wanted: str, found: bool, sent: bool) -> None:
    server = mail_server()
    what = report(difference(1)) if found else report()
    assert mail_report(lane(wanted), what, OneConnection(server.port)) is sent
    assert len(server.box.mails) == sent
    if sent and not found:
        assert server.box.mails[0]["Subject"] == "[cartage east] reconciliation: no differences"


def test_what_is_ignored_is_no_reason_for_a_mail(mail_server: Any) -> None:
    server = mail_server()
    ignored = difference(1, ignored_at=NOW, ignored_by="ann", ignore_reason="x")
    assert not mail_report(lane("differences"), report(ignored), OneConnection(server.port))
    assert server.box.mails == []


def test_a_lane_without_addresses_and_a_server_that_is_down_fail_nothing(mail_server: Any) -> None:
    assert not mail_report(lane("always", alerts={}), report(), OneConnection(1))
    assert not mail_report(lane("always"), report(), OneConnection(1))
