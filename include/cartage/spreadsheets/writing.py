"""Write tables as CSV and XLSX. No text becomes a formula there, and `read_table` reads every text back unchanged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from cartage.spreadsheets.cells import FORMULA_SIGNS, needs_escape

# Characters that XML does not keep, and texts that look like their escapes (ECMA-376, 22.9.2.19, ST_Xstring).
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")


def rows_to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return the rows under these columns; a text that looks like a formula, a date, ... gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{text}" if needs_escape(text) else text for name, text in row.items()})
    return out.getvalue()


def rows_to_xlsx(columns: Sequence[str], rows: Iterable[Mapping[str, str]], title: str) -> bytes:
    """Return the rows as a workbook with one sheet, in which every cell is text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append(list(columns))
    for row in rows:
        cells = [WriteOnlyCell(sheet, _for_xml(row.get(name, ""))) for name in columns]
        for cell in cells:
            cell.data_type = "s"
            # As if a person had typed the apostrophe that says: this is text.
            if needs_escape(cell.value) or cell.value.startswith("'"):
                cell.quotePrefix = True
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def escape_cell(text: str) -> str:
    """Return the text as a cell that is not a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def unescape_cell(cell: str) -> str:
    """Return the text of a cell that `escape_cell` may have changed."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_SIGNS) else cell


def _for_xml(text: str) -> str:
    """Return the text with what XML would lose as `_xHHHH_`, which spreadsheet programs read back."""
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
