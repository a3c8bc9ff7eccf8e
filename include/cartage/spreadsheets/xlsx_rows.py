"""The rows of a workbook's first visible sheet. A cell is judged by its type, its text as stored, and its format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cartage.spreadsheets.cells import (
    Cell,
    OddCell,
    date_cell,
    error_cell,
    iso_date_cell,
    logical_cell,
    number_cell,
    plain_text,
    text_cell,
    unreadable_cell,
)
from cartage.spreadsheets.mistakes import UnreadableFile
from cartage.spreadsheets.rows import FileRow
from cartage.spreadsheets.xlsx_package import (
    CellStyle,
    VisibleSheet,
    local_name,
    plain_string,
    sheet_rows,
    unescape_string,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
# A sheet has at most these columns and rows (XFD1048576).
_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576
_GENERAL = CellStyle("General", is_date=False, is_quoted=False)


def xlsx_rows(sheet: VisibleSheet) -> Iterator[FileRow]:
    """Yield the rows that the sheet has, whatever it says about its size. Where it is damaged, the last row says so.

    Rows and cells without a place follow the ones before them (ECMA-376, 18.3.1.4 and 18.3.1.73).
    """
    number = 0
    try:
        for row in sheet_rows(sheet):
            written = _whole(row.get("r", ""))
            number = written if written is not None and 1 <= written <= _MOST_ROWS else number + 1
            yield FileRow(number, _cells(sheet, row))
    except UnreadableFile as failure:
        yield FileRow(number + 1, {}, fault=OddCell(failure.reason, failure.fix))


def _cells(sheet: VisibleSheet, row: Element) -> dict[int, Cell]:
    cells: dict[int, Cell] = {}
    place = -1
    for element in row:
        if local_name(element) != "c":
            continue
        place = _column(element.get("r", ""), place + 1)
        found = _cell(sheet, element)
        if place in cells:
            found = OddCell("is in the file twice", "Open it in a spreadsheet program and save it again.")
        if found:
            cells[place] = found
    return cells


def _column(reference: str, following: int) -> int:
    """Return the place of the column that a reference like `AB12` names; `following` if it names none."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return following
    place = 0
    for letter in found[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1 if place <= _MOST_COLUMNS else following


def _cell(sheet: VisibleSheet, element: Element) -> Cell:
    children = {local_name(child): child for child in element}
    kind = element.get("t", "n")
    value = children.get("v")
    written = (value.text or "") if value is not None else ""
    if "f" in children and not written and (kind != "str" or value is None):
        found = "is a formula whose result the file does not have"
        return OddCell(
            found, "Open it in a spreadsheet program and save it, or paste the values in place of formulas."
        )
    if kind == "inlineStr":
        inline = children.get("is")
        return _text(sheet, element, plain_string(inline) if inline is not None else "")
    if kind == "str":
        return _text(sheet, element, unescape_string(written))
    return _stored(sheet, element, kind, written.strip()) if written else ""


def _stored(sheet: VisibleSheet, element: Element, kind: str, written: str) -> Cell:
    """Return a cell whose type says how its value is written (ECMA-376, 18.18.11)."""
    if kind == "s":
        return _shared(sheet, element, written)
    if kind == "n":
        return _number(sheet, element, written)
    return _VALUES.get(kind, unreadable_cell)(written)


def _number(sheet: VisibleSheet, element: Element, written: str) -> Cell:
    from openpyxl.utils.datetime import from_excel

    style = _style(sheet, element)
    if style is None:
        return unreadable_cell(written)
    if not style.is_date:
        return number_cell(written, style.code)
    try:
        return date_cell(from_excel(float(written), sheet.epoch))
    except (ValueError, OverflowError):
        return unreadable_cell(written)


def _shared(sheet: VisibleSheet, element: Element, written: str) -> Cell:
    place = _whole(written)
    if place is None or place >= len(sheet.texts):
        found = f"refers to the text {written[:10]!r}, which the file does not have"
        return OddCell(found, "Type the value again, and save the file again.")
    return _text(sheet, element, sheet.texts[place])


def _text(sheet: VisibleSheet, element: Element, text: str) -> Cell:
    style = _style(sheet, element)
    return plain_text(text) if style is not None and style.is_quoted else text_cell(text)


def _style(sheet: VisibleSheet, element: Element) -> CellStyle | None:
    """Return the cell's style; None if it names one that the file does not have."""
    place = _whole(element.get("s", "0"))
    if place is not None and place < len(sheet.styles):
        return sheet.styles[place]
    return _GENERAL if place == 0 else None


def _whole(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None


_VALUES: dict[str, Callable[[str], Cell]] = {"b": logical_cell, "e": error_cell, "d": iso_date_cell}
