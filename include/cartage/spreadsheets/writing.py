"""Write tables as CSV and XLSX. No text becomes a formula there, and `read_table` reads every text back unchanged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, TYPE_CHECKING

from cartage.spreadsheets.cells import FORMULA_SIGNS, needs_escape

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

CellValue = str | int | float | date | None

# Characters that XML does not keep, and texts that look like their escapes (ECMA-376, 22.9.2.19, ST_Xstring).
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[CellValue]]


def rows_to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return the rows under these columns; a text that looks like a formula, a date, ... gets a leading apostrophe."""
    lines = [csv_line(columns)]
    for row in rows:
        texts = (row.get(name, "") for name in columns)
        lines.append(csv_line([f"'{text}" if needs_escape(text) else text for text in texts]))
    return "".join(lines)


def csv_line(cells: Iterable[CellValue]) -> str:
    """Return cells as one line of CSV that ends with a line feed.

    A line break within a cell is quoted, also a carriage return alone: a spreadsheet would begin a row there, and what
    follows could be a formula. Python's writer quotes only what its own line ends have.
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def rows_to_xlsx(columns: Sequence[str], rows: Iterable[Mapping[str, str]], title: str) -> bytes:
    """Return the rows as a workbook with one sheet, in which every cell is text."""
    return sheets_to_xlsx([Sheet(title, columns, ([row.get(name, "") for name in columns] for row in rows))])


def sheets_to_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook. Numbers and dates are numbers and dates there, and every text stays text."""
    out = io.BytesIO()
    write_xlsx(out, sheets)
    return out.getvalue()


def write_xlsx(out: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook, as `sheets_to_xlsx` returns it, and keep few rows in memory."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.append(list(sheet.columns))
        for row in sheet.rows:
            page.append([_text_cell(page, value) if isinstance(value, str) else value for value in row])
    book.save(out)


def table_to_csv(columns: Sequence[str], rows: Iterable[Sequence[CellValue]]) -> str:
    """Return rows of numbers, dates and texts under these columns; a text that looks like a formula gets an apostrophe.

    Unlike `rows_to_csv`, for people and other programs, and not for `read_table`.
    """
    lines = [csv_line(columns)]
    lines += [
        csv_line([escape_cell(value) if isinstance(value, str) else value for value in row]) for row in rows
    ]
    return "".join(lines)


def escape_cell(text: str) -> str:
    """Return the text as a cell that is not a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def unescape_cell(cell: str) -> str:
    """Return the text of a cell that `escape_cell` may have changed."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_SIGNS) else cell


def _text_cell(page: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, _for_xml(text))
    cell.data_type = "s"
    # As if a person had typed the apostrophe that says: this is text.
    if needs_escape(cell.value) or cell.value.startswith("'"):
        cell.quotePrefix = True
    return cell


def _for_xml(text: str) -> str:
    """Return the text with what XML would lose as `_xHHHH_`, which spreadsheet programs read back."""
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
