"""The page Reports: which lanes it counts for whom, its charts, its tables as files, and foreign text."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from cartage.db import open_ledger
from cartage.lanes import valid_lanes
from cartage.reports.rollup import refresh_reports
from tests.contract.desk.desk_client import ADMIN, OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"


def add_day(rows: Rows, lane: str, *, orders: int, sku: str = "", carrier: str = "UPS") -> None:
    """Add orders that were placed yesterday, reached the warehouse and shipped; with `sku` also one that it blocks."""
    day = datetime.now(UTC) - timedelta(days=1)
    for _ in range(orders):
        order = rows.order("shipped", lane=lane, sales_order_id=rows.sales_order(lane=lane, ordered_at=day))
        for state, minutes in (("acknowledged", 5), ("shipped", 60)):
            moved = {
                "lane": lane,
                "fulfillment_order_id": order,
                "kind": "moved",
                "actor": "a",
                "run_id": "r",
            }
            rows.add("event", **moved, to_state=state, at=day + timedelta(minutes=minutes))
        box = {
            "lane": lane,
            "key": f"{order}",
            "fulfillment_order_id": order,
            "remote_id": "9",
            "reference": "A3K_1_0",
        }
        shipment = rows.add("shipment", **box, voided=False, final=True, checked_at=day)
        parcel = {
            "shipment_id": shipment,
            "key": "1",
            "position": 0,
            "tracking": f"1Z{order}",
            "carrier": carrier,
        }
        rows.add("package", **parcel, service="", contents="[]")
    if sku:
        said = {"kind": "unknown_sku", "subject": sku, "message": f"{sku} is unknown", "fix": "Map it."}
        cause = rows.add("cause", lane=lane, fingerprint=sku, **said)
        sales_order = rows.sales_order(lane=lane, ordered_at=day)
        order = rows.order("blocked", lane=lane, cause_ids=[cause], sales_order_id=sales_order)
        rows.connection.execute(
            text(
                "INSERT INTO event (at, lane, fulfillment_order_id, kind, to_state, actor, run_id, cause_ids)"
                " VALUES (:at, :lane, :order, 'moved', 'blocked', 'a', 'r', ARRAY[CAST(:cause AS bigint)])"
            ),
            {"at": day, "lane": lane, "order": order, "cause": cause},
        )


def refresh(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    refresh_reports(ledger, valid_lanes())
    ledger.close()


def figure(page: str, name: str) -> str:
    [found] = re.findall(rf"> ?{name}</span> <strong>([^<]*)</strong>", page)
    return str(found)


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, ADMIN])
def test_an_empty_ledger_has_a_page_and_files(desk: DeskClient, role: str) -> None:
    desk.role = role
    assert "Nothing is counted yet" in desk.text("reports")
    for query in ({"days": "7"}, {"days": "365", "by": "carrier"}, {"days": "-1", "by": "nobody"}):
        assert desk.get("reports", **query).status_code == 200
        assert desk.get("reports.xlsx", **query).status_code == 200
    assert desk.get("reports.csv", table="times").status_code == 200
    assert desk.get("reports.csv", table="secrets").status_code == 404


def test_a_report_counts_the_lanes_that_the_user_may_see(
    desk: DeskClient, rows: Rows, ledger_url: str
) -> None:
    add_day(rows, "east", orders=2)
    add_day(rows, "west", orders=3)
    refresh(ledger_url)
    both = desk.get("reports", lane="").text
    assert (figure(both, "sent"), figure(both, "shipped")) == ("5", "5")
    east = desk.get("reports", lane="east").text
    assert figure(east, "sent") == "2"
    desk.lanes = {"west"}
    assert figure(desk.get("reports", lane="").text, "sent") == "3"
    for page in ("reports", "reports.csv?table=lanes", "reports.xlsx"):
        assert (
            desk.client.get(f"/cartage/{page}", params={"lane": "east", "table": "lanes"}).status_code == 403
        )
    desk.lanes = set()
    assert desk.get("reports", lane="").status_code == 403


def test_charts_are_svg_with_a_scale_and_the_exact_figures(
    desk: DeskClient, rows: Rows, ledger_url: str
) -> None:
    add_day(rows, "east", orders=2)
    refresh(ledger_url)
    page = desk.get("reports", days=7, by="carrier").text
    pictures = re.findall(r"<svg class=\"picture (for-\w+)\".*?</svg>", page, re.DOTALL)
    assert pictures.count("for-wide") == pictures.count("for-narrow") == 2
    assert re.search(r"<title>\w+ \d+: 2 sent</title>", page)
    [words] = set(re.findall(r"<title>UPS: (.*?)</title>", page))
    assert re.fullmatch(r"5\d min, 90 % within 5\d min", words)
    assert "style=" not in page
    times = list(csv.DictReader(io.StringIO(desk.get("reports.csv", days=7, table="times").text)))
    by_carrier = {(row["span"], row["name"]): row["orders"] for row in times if row["by"] == "carrier"}
    assert by_carrier == {("sent to shipped", "UPS"): "2"}


def test_foreign_text_stays_text_on_the_page_and_in_the_files(
    desk: DeskClient, rows: Rows, ledger_url: str
) -> None:
    add_day(rows, "east", orders=1, sku=EVIL, carrier=f"{EVIL}2")
    add_day(rows, "east", orders=0, sku=FORMULA)
    refresh(ledger_url)
    page = desk.get("reports", by="carrier").text
    assert EVIL not in page
    assert f"{EVIL}2" not in page
    assert EVIL in desk.text("reports").replace("&lt;", "<").replace("&gt;", ">")
    skus = list(csv.DictReader(io.StringIO(desk.get("reports.csv", table="skus").text)))
    assert {row["sku"] for row in skus} == {EVIL, f"'{FORMULA}"}
    response = desk.get("reports.xlsx")
    assert response.headers["content-disposition"].startswith('attachment; filename="report-east-')
    book = load_workbook(io.BytesIO(response.content))
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d", "inlineStr"}
