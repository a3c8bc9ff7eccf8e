"""CSV and XLSX for people's spreadsheets. No text of a store becomes a formula there, and all comes back as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

# A spreadsheet takes a text that begins so for a formula; some do so for the wide forms of these signs too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """The rows under these columns; a text that looks like a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: harmless(text) for name, text in row.items()})
    return out.getvalue()


def to_xlsx(columns: Sequence[str], rows: Iterable[Mapping[str, str]], title: str) -> bytes:
    """The rows as a workbook of one sheet, in which every cell is text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append(list(columns))
    for row in rows:
        cells = [WriteOnlyCell(sheet, row.get(name, "")) for name in columns]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def from_csv(text: str) -> Iterator[list[str]]:
    """The rows of a file that a spreadsheet may have saved with `;` or tabs, marks taken off again."""
    text = text.removeprefix("\ufeff")
    for row in csv.reader(io.StringIO(text), delimiter=delimiter(text.partition("\n")[0])):
        yield [plain_cell(cell) for cell in row]


def from_xlsx(content: bytes) -> Iterator[list[str]]:
    """The rows of a workbook's first sheet; numbers and dates as text, a formula as it is written.

    Raises:
        ValueError: if it is no workbook.
    """
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise ValueError(f"it is no XLSX workbook ({error})") from error
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield [_text(cell) for cell in row]


def harmless(text: str) -> str:
    """The text as a cell that is no formula."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def plain_cell(cell: str) -> str:
    """The text of a cell that `harmless` may have marked."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def delimiter(header: str) -> str:
    """What separates the columns of a file with this first line."""
    return max(",;\t", key=header.count)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    # What a spreadsheet takes for a number: 12.0 is the 12 that somebody wrote.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
