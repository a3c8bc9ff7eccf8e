"""Names, comments and SKUs with scripts, HTML and formulas stay text in every page and every export."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from cartage.spreadsheets import unescape_cell
from tests.contract.desk.desk_client import DeskClient
from tests.contract.rows import Rows
from tests.html_page import HtmlPage

SCRIPT = "<script>alert(1)</script>"
MARKUP = "\"><img src=x onerror='alert(2)'> &amp; {{7007*10429}}"
FORMULA = '=HYPERLINK("http://evil.example","x")'
WIDE = "\uff1dcmd|' /C calc'!A0"
ALL = (SCRIPT, MARKUP, FORMULA, WIDE)
PAGES = ("home", "attention", "activity", "reports", "orders", "mappings", "skipped", "coverage")


class Reader(HtmlPage):
    """A page of the desk. What a form field shows is text, too."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self.text += f" {dict(attrs).get('value') or ''}"

    def active_content(self) -> list[str]:
        """Return what no page of the desk contains: pictures, foreign scripts, event handlers."""
        return [
            f"{tag} {attributes}"
            for tag, attributes in self.elements
            if tag in ("img", "iframe", "object")
            or (tag == "script" and not (attributes.get("src") or "").startswith("static/"))
            or any(
                name.startswith("on") or (value or "").startswith("javascript:")
                for name, value in attributes.items()
            )
        ]


@pytest.fixture
def orders(desk: DeskClient, rows: Rows) -> list[int]:
    """Add a mapping and a blocked order for each text, which fills all their fields. Return the orders' ids."""
    lanes = Path(os.environ["CARTAGE_LANES_FILE"])
    lanes.write_text(lanes.read_text().replace("    store:", "    mappings: ledger\n    store:"))
    found = []
    for text in ALL:
        assert desk.post("mappings", kind="sku", store=text, sku=text, quantity=2).status_code == 303
        address = dict.fromkeys(("name", "company", "address1", "city", "phone"), text)
        sales_order = rows.sales_order(
            invoice=text, document=json.dumps({"email": text, "comments": text, "internal_comments": text})
        )
        cause = rows.add(
            "cause",
            lane="east",
            fingerprint=text,
            kind="unknown_sku",
            subject=text,
            message=f"SKU {text} is unknown",
            fix=text,
            suggestions=json.dumps([{"sku": text, "description": text, "score": 90.0}]),
        )
        order = rows.order(
            "blocked",
            sales_order_id=sales_order,
            ship_to=json.dumps(address),
            ship_method=text,
            reason=text,
            cause_ids=[cause],
        )
        rows.add(
            "fulfillment_line",
            fulfillment_order_id=order,
            position=0,
            line_id=1,
            sku=text,
            quantity=1,
            description=text,
        )
        rows.order("skipped", reason=text)
        held = rows.order("held", reason=text)
        rows.add(
            "hold",
            source="person",
            placed_by=text,
            lane="east",
            fulfillment_order_id=held,
            reason=text,
            owner=text,
            until="2030-01-01",
        )
        rows.add(
            "exception",
            lane="east",
            sales_order_id=sales_order,
            kind="edited_after_transfer",
            message=text,
            choices=["ignore"],
            run_id="r",
            before=json.dumps({"groups": [{"shipment_id": 0, "ship_to": address}]}),
        )
        found.append(order)
    return found


def pages(desk: DeskClient, orders: list[int]) -> Iterator[tuple[str, Reader]]:
    wanted: list[tuple[str, dict[str, Any]]] = [(page, {}) for page in PAGES]
    wanted += [("order", {"id": order}) for order in orders]
    wanted += [("payloads", {"id": order}) for order in orders] + [("orders", {"q": text}) for text in ALL]
    for page, query in wanted:
        response = desk.get(page, **query)
        assert response.status_code == 200, response.text
        yield page, Reader(response.text)


def test_pages_show_hostile_text_as_text(desk: DeskClient, orders: list[int]) -> None:
    shown: dict[str, str] = {}
    for page, read in pages(desk, orders):
        assert read.active_content() == [], page
        shown[page] = shown.get(page, "") + read.text
    assert "73076003" not in shown["order"]
    for text in ALL:
        for page in ("orders", "order", "attention", "mappings", "skipped"):
            assert text in shown[page], f"{page} does not show {text}"


def test_exports_contain_hostile_text_as_text(desk: DeskClient, orders: list[int], rows: Rows) -> None:
    found = list(csv.DictReader(io.StringIO(desk.get("orders.csv", state="blocked").text)))
    for column in ("invoice", "name", "email", "ship_method", "reason"):
        cells = [row[column] for row in found]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\uff1d"))] == []
        assert {unescape_cell(cell) for cell in cells} == set(ALL), column
    for column in ("store", "item"):
        rules = list(csv.DictReader(io.StringIO(desk.get("mappings_file").text)))
        assert {unescape_cell(row[column]) for row in rules} == set(ALL)
        assert [row[column] for row in rules if row[column].startswith(("=", "\uff1d"))] == []
    book: Any = load_workbook(io.BytesIO(desk.get("mappings_file", form="xlsx").content))
    sheet = book.worksheets[0]
    shown = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]
    assert {cell.data_type for cell in shown} == {"s"}
    assert set(ALL) <= {cell.value for cell in shown}
