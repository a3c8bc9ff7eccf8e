"""Write tables as CSV and XLSX. No text becomes a formula there, and `read_table` reads every text back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import IO, TYPE_CHECKING

from cartage.spreadsheets.cells import FORMULA_SIGNS, needs_escape

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CellValue = str | int | float | date | None

_LONGEST_TEXT = 32_767
# What the library returns for a cell outside a sheet.
_OUTSIDE = -1


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
    out = io.BytesIO()
    write_xlsx(out, [Sheet(title, columns, ([row.get(name, "") for name in columns] for row in rows))])
    return out.getvalue()


def sheets_to_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook of a few thousand rows. It is made in memory, a fifth quicker than by `write_xlsx`.

    Numbers and dates are numbers and dates there, and every text stays text.

    Raises:
        ValueError: as `write_xlsx`.
    """
    out = io.BytesIO()
    _write(out, sheets, {"in_memory": True})
    return out.getvalue()


def write_xlsx(out: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook, with the cells of `sheets_to_xlsx`, and keep few rows in memory.

    A text longer than a cell holds (32,767 characters) is cut.

    Raises:
        ValueError: if a sheet gets more rows or columns than Excel has.
    """
    _write(out, sheets, {"constant_memory": True})


def _write(out: IO[bytes], sheets: Iterable[Sheet], options: Mapping[str, bool]) -> None:
    from xlsxwriter import Workbook

    with Workbook(out, {"default_date_format": "yyyy-mm-dd", **options}) as book:
        # As if a person had typed the apostrophe that says: this is text.
        quoted = book.add_format({"quote_prefix": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            for place, row in enumerate(chain([sheet.columns], sheet.rows)):
                for column, value in enumerate(row):
                    if _write_cell(page, place, column, value, quoted) == _OUTSIDE:
                        raise ValueError(
                            f"sheet {sheet.title}: Excel has no row {place + 1}, column {column + 1}"
                        )


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


def _write_cell(page: Worksheet, row: int, column: int, value: CellValue, quoted: Format) -> int:
    done = 0
    if isinstance(value, str):
        text = value[:_LONGEST_TEXT]
        form = quoted if needs_escape(text) or text.startswith("'") else None
        if text.startswith("<r>") and text.endswith("</r>"):
            # The library takes such a text for markup of its own, unless it comes in pieces.
            pieces = (text[0], text[1], text[2:])
            done = page.write_rich_string(row, column, *pieces, *filter(None, [form]))
        else:
            done = page.write_string(row, column, text, form)
    elif isinstance(value, date):
        done = page.write_datetime(row, column, value)
    elif value is not None:
        done = page.write_number(row, column, value)
    return done
