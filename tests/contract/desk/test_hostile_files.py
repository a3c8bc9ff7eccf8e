"""Every file that the desk hands out, with formulas and markup in every foreign text: all of it stays text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook

from cartage.spreadsheets import FORMULA_SIGNS, unescape_cell
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.full_ledger import fill
from tests.contract.desk.test_hostile_text import FORMULA, MARKUP, SCRIPT, Reader
from tests.contract.rows import Rows
from tests.unit.airflow.desk.test_nobody_in import desk_routes

# What spreadsheets may calculate, each sign once; the store's own apostrophe; what Excel makes a date or a number of.
WORDS = [
    FORMULA, "+7007*10429", "-7007*10429", "@SUM(1,2)", "\t=7007*10429", "\r=7007*10429", "\uff1d7007*10429",
    "'=7007*10429", SCRIPT, MARKUP,
]  # fmt: skip
TABLES = ("throughput", "lanes", "times", "causes", "skus", "exceptions")
FILES: list[tuple[str, dict[str, Any]]] = [
    ("orders.csv", {"lane": ""}),
    ("orders.xlsx", {"lane": ""}),
    ("activity.csv", {"lane": ""}),
    ("activity.csv", {"lane": "", "people": "1"}),
    *(("reports.csv", {"table": table}) for table in TABLES),
    ("reports.xlsx", {}),
    ("differences.csv", {}),
    ("differences.xlsx", {}),
    ("mappings_file", {}),
    ("mappings_file", {"form": "xlsx"}),
]
# Numbers and dates alone, and the names of lanes, which are ours.
WITHOUT_FOREIGN_TEXT = {"throughput", "lanes", "exceptions"}


def test_no_file_is_missing_here() -> None:
    routes = {route.path.lstrip("/") for route in desk_routes() if route.methods == {"GET"}}
    assert routes
    handed_out = {path for path in routes if path.endswith((".csv", ".xlsx"))} | {"mappings_file"}
    assert {path for path, _ in FILES} == handed_out


@pytest.mark.parametrize("word", WORDS)
def test_no_cell_of_any_file_is_a_formula(desk: DeskClient, rows: Rows, ledger_url: str, word: str) -> None:
    fill(rows, ledger_url, word)
    for path, query in FILES:
        response = desk.get(path, **query)
        assert response.status_code == 200, f"{path} {query}: {response.text[-2000:]}"
        assert "attachment" in response.headers["content-disposition"]
        cells = list(_cells(response.content, response.headers["content-type"]))
        assert cells, f"{path} {query} is empty"
        if query.get("table") not in WITHOUT_FOREIGN_TEXT:
            assert any(word.strip() in cell for cell in cells), f"{path} {query} does not have {word!r}"


def _cells(content: bytes, media_type: str) -> Iterator[str]:
    """Yield the texts of a file's cells as its receiver wrote them, once no cell of it calculates anything."""
    if media_type.startswith("text/csv"):
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            # Figures are numbers: a negative one would be no formula, and there is none.
            assert [cell for cell in row if cell.startswith(FORMULA_SIGNS)] == []
            yield from (unescape_cell(cell) for cell in row)
        return
    book: Any = load_workbook(io.BytesIO(content))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in {"s", "n", "d", "inlineStr"}, f"{sheet.title}!{cell.coordinate}"
                yield str(cell.value or "").replace("_x0009_", "\t").replace("_x000D_", "\r")


@pytest.mark.parametrize("word", [SCRIPT, MARKUP])
def test_a_picture_has_hostile_text_as_words_alone(
    desk: DeskClient, rows: Rows, ledger_url: str, word: str
) -> None:
    fill(rows, ledger_url, word)
    page = desk.get("reports", days=30, by="carrier").text
    pictures = [piece.partition("</svg>")[0] for piece in page.split("<svg ")[1:]]
    assert pictures
    drawn = {"svg", "line", "rect", "title", "circle", "polyline", "text"}
    shown = ""
    for picture in pictures:
        read = Reader(f"<svg {picture}</svg>")
        assert {tag for tag, _ in read.elements} <= drawn
        assert read.active_content() == []
        shown += read.text
    assert word in shown


def test_the_tables_of_a_report_are_all_tried(desk: DeskClient, rows: Rows, ledger_url: str) -> None:
    fill(rows, ledger_url, "a word")
    book: Any = load_workbook(io.BytesIO(desk.get("reports.xlsx").content))
    assert tuple(book.sheetnames) == TABLES
