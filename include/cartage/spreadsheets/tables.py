"""Read a table that a person keeps in a spreadsheet: its rows under their headings, with what is wrong in each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from cartage.plurals import counted, word_for
from cartage.spreadsheets.cells import Cell, OddCell, column_letter, shown
from cartage.spreadsheets.csv_rows import csv_rows
from cartage.spreadsheets.encoding import decode_table
from cartage.spreadsheets.mistakes import BadFile, BadRow, UnreadableFile
from cartage.spreadsheets.rows import FileRow
from cartage.spreadsheets.xlsx_package import open_sheet
from cartage.spreadsheets.xlsx_rows import xlsx_rows

MOST_BYTES = 20_000_000
MOST_ROWS = 100_000
_EXAMPLES = 5
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Other files that people take for a table, by their first bytes.
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "it is an old Excel file (.xls), or one with a password"),
    (b"%PDF", "it is a PDF"),
    (b"\x1f\x8b", "it is compressed (gzip)"),
    (b"<!DOCTYPE", "it is a web page, whatever its name says"),
    (b"<html", "it is a web page, whatever its name says"),
    (b"<?xml", "it is XML, whatever its name says"),
)
_SAVE_AS = "Open it in a spreadsheet program and save it as XLSX or CSV UTF-8."


@dataclass(frozen=True, slots=True)
class HeadedRow:
    """A row: its cells by heading, or the mistake because of which it cannot be read at all."""

    number: int
    cells: Mapping[str, Cell]
    fault: BadRow | None = None

    def text(self, heading: str) -> str:
        """Return a cell's text; empty if the cell is empty or odd."""
        cell = self.cells.get(heading, "")
        return cell if isinstance(cell, str) else ""


@dataclass(slots=True)
class HeadedTable:
    """The rows under their headings, to be read once. `notes` is complete when they have been read."""

    name: str
    letters: Mapping[str, str]
    rows: Iterator[HeadedRow]
    notes: list[str] = field(default_factory=list)

    def mistake(self, row: int, heading: str, reason: str, fix: str) -> BadRow:
        """Return a mistake in a cell of this table."""
        return BadRow(row, heading, reason, fix, self.letters.get(heading, ""))

    def odd_cells(self, row: HeadedRow, dates: Iterable[str] = ()) -> list[BadRow]:
        """Return the row's cells that are no text; in the columns `dates`, a date is none of them."""
        return [
            self.mistake(row.number, heading, cell.found, cell.fix)
            for heading, cell in row.cells.items()
            if isinstance(cell, OddCell) and not (cell.date and heading in dates)
        ]


def read_table(
    content: bytes, name: str, known: Sequence[str], needed: Sequence[str], fix: str
) -> HeadedTable:
    """Return the table of a CSV or XLSX file. Only `known` columns are read.

    Its first row that is not blank has the headings. `name` is for errors; `fix` says what to do about a missing one.

    Raises:
        BadFile: if there is no table with the `needed` columns.
    """
    try:
        rows, guessed, notes = _file_rows(content)
    except UnreadableFile as failure:
        raise BadFile(name, [BadRow(0, "", failure.reason, failure.fix)]) from failure
    filled = (row for row in rows if row.cells or row.fault)
    header = next(filled, FileRow(1, {}))
    headings = {place: _heading(cell) for place, cell in header.cells.items() if isinstance(cell, str)}
    if mistakes := list(_wrong_headings(header, headings, known, needed, fix)):
        raise BadFile(name, mistakes)
    columns = {place: heading for place, heading in headings.items() if heading in known}
    letters = {heading: column_letter(place) for place, heading in columns.items()}
    notes += _near_headings(headings, known)
    table = HeadedTable(name, letters, iter(()), notes)
    table.rows = _headed(filled, columns, header.width)
    if guessed:
        table.rows = _noting_letters(table, table.rows)
    return table


def _file_rows(content: bytes) -> tuple[Iterator[FileRow], bool, list[str]]:
    """Return the rows, whether the encoding was a guess, and what else the person should know."""
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"it has more than {MOST_BYTES:,} bytes", "Split the file.")
    if content.startswith(_ZIP):
        sheet = open_sheet(content)
        note = (
            f"Only the sheet {sheet.name!r} was read; the file also has {', '.join(map(repr, sheet.others))}."
        )
        return xlsx_rows(sheet), False, [note] if sheet.others else []
    start = content[:100].lstrip().lower()
    for sign, what in _OTHERS:
        if start.startswith(sign.lower()):
            raise UnreadableFile(what, _SAVE_AS)
    text, guessed = decode_table(content)
    return csv_rows(text), guessed, []


def _heading(cell: str) -> str:
    return re.sub(r"[\s_-]+", "_", cell.strip("\ufeff \t").casefold())


def _wrong_headings(
    header: FileRow, headings: Mapping[int, str], known: Sequence[str], needed: Sequence[str], fix: str
) -> Iterator[BadRow]:
    if header.fault:
        yield _whole_row(header, header.fault, {})
        return
    missing = [heading for heading in needed if heading not in headings.values()]
    if missing:
        columns, are = word_for(len(missing), "column"), word_for(len(missing), "is", "are")
        what = f"the {columns} {', '.join(missing)} {are} missing"
        yield BadRow(header.number, missing[0], what, fix)
    seen: dict[str, int] = {}
    for place, heading in headings.items():
        if heading in known and heading in seen:
            what = f"this heading is also in column {column_letter(seen[heading])}"
            yield BadRow(
                header.number, heading, what, "Rename or delete one of the two.", column_letter(place)
            )
        seen.setdefault(heading, place)


def _near_headings(headings: Mapping[int, str], known: Sequence[str]) -> Iterator[str]:
    """Yield a note for each column that is not read although it was probably meant to be."""
    absent = [heading for heading in known if heading not in headings.values()]
    for place, heading in headings.items():
        if heading and heading not in known and (near := get_close_matches(heading, absent, 1, 0.8)):
            yield f"Column {column_letter(place)}, {shown(heading)}, is not read. Did you mean {near[0]}?"


def _headed(rows: Iterable[FileRow], columns: Mapping[int, str], width: int) -> Iterator[HeadedRow]:
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            what = f"there are more than {MOST_ROWS:,} rows"
            yield HeadedRow(row.number, {}, BadRow(row.number, "", what, "Split the file."))
            return
        cells = {columns[place]: cell for place, cell in row.cells.items() if place in columns}
        yield HeadedRow(row.number, cells, _row_fault(row, cells, columns, width))


def _row_fault(
    row: FileRow, cells: Mapping[str, Cell], columns: Mapping[int, str], width: int
) -> BadRow | None:
    if row.fault:
        return _whole_row(row, row.fault, columns)
    extra = [place for place in row.cells if width and place >= width]
    if extra:
        what = f"the row has cells in {counted(len(extra), 'column')} without a heading"
        fix = "Put quotation marks around a text that contains the separator, or delete the cells."
        return BadRow(row.number, "", what, fix, column_letter(extra[0]))
    if cells and all(isinstance(cell, str) and _heading(cell) == name for name, cell in cells.items()):
        place = min(place for place in row.cells if place in columns)
        fault = OddCell("the headings are repeated", "Delete the row.")
        return _whole_row(replace(row, place=place), fault, columns)
    return None


def _whole_row(row: FileRow, fault: OddCell, columns: Mapping[int, str]) -> BadRow:
    if row.place is None:
        return BadRow(row.number, "", fault.found, fault.fix)
    letter = column_letter(row.place)
    return BadRow(row.number, columns.get(row.place, ""), fault.found, fault.fix, letter)


def _noting_letters(table: HeadedTable, rows: Iterator[HeadedRow]) -> Iterator[HeadedRow]:
    """Yield the rows; note the first letters that depend on the guessed encoding."""
    examples: list[str] = []
    for row in rows:
        for heading, cell in row.cells.items():
            if isinstance(cell, str) and not cell.isascii() and len(examples) < _EXAMPLES:
                examples.append(
                    f"row {row.number}, column {heading} ({table.letters[heading]}): {shown(cell)}"
                )
        yield row
    where = f" Check {'; '.join(examples)}." if examples else ""
    table.notes.append(f"The file is not UTF-8 and was read as Windows-1252 (Western Europe).{where}")
