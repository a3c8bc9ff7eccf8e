"""CSV and XLSX for people's spreadsheets. No text becomes a formula there, and every text is read back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

# What Excel, LibreOffice and Google Sheets read as the start of a formula (OWASP, "CSV Injection"); some
# also read the full-width forms.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows_to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return the rows under these columns; a text that looks like a formula gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: escape_cell(text) for name, text in row.items()})
    return out.getvalue()


def rows_to_xlsx(columns: Sequence[str], rows: Iterable[Mapping[str, str]], title: str) -> bytes:
    """Return the rows as a workbook with one sheet, in which every cell is text."""
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


def rows_from_csv(text: str) -> Iterator[list[str]]:
    """Yield the rows of a file that a spreadsheet may have saved with `;` or tabs, without the added apostrophes."""
    text = text.removeprefix("\ufeff")
    for row in csv.reader(io.StringIO(text), delimiter=csv_delimiter(text.partition("\n")[0])):
        yield [unescape_cell(cell) for cell in row]


def rows_from_xlsx(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of a workbook's first sheet: numbers and dates as text, a formula as its source.

    Raises:
        ValueError: if the content is not a workbook.
    """
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise ValueError(f"it is not an XLSX workbook ({error})") from error
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield [_text(cell) for cell in row]


def escape_cell(text: str) -> str:
    """Return the text as a cell that is not a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def unescape_cell(cell: str) -> str:
    """Return the text of a cell that `escape_cell` may have changed."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_SIGNS) else cell


def csv_delimiter(header: str) -> str:
    """Return what separates the columns of a file with this first line."""
    return max(",;\t", key=header.count)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    # A spreadsheet may read a typed 12 as the number 12.0.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
