"""The rows of a CSV file, as Excel, LibreOffice, Google Sheets and programs write it.

A row whose quotation marks do not match is read as its own line and named, and reading goes on with the next line: a
missing mark would make all that follows one cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from cartage.spreadsheets.cells import OddCell, csv_cell
from cartage.spreadsheets.mistakes import UnreadableFile
from cartage.spreadsheets.rows import FileRow

# A sheet has this many rows ("Excel specifications and limits").
MOST_LINES = 1_048_576
# A cell of more lines than this is a missing quotation mark.
_MOST_LINES = 100
_MARKS_FIX = (
    "Put quotation marks around the whole text, and write a mark inside it twice; or save the file as XLSX."
)
_SEPARATOR = re.compile(r"sep=([^\w\s\"]|\t)\s*", re.IGNORECASE)


def csv_rows(text: str) -> Iterator[FileRow]:
    """Yield the rows of a file whose columns are separated by commas, semicolons or tabs, and lines in any way.

    Raises:
        UnreadableFile: if it has more lines than a sheet has rows.
    """
    # With newline="", CR, LF and CRLF all end a line and are kept, as the cell of several lines needs them.
    lines = list(islice(io.StringIO(text.removeprefix("\ufeff"), newline=""), MOST_LINES + 1))
    if len(lines) > MOST_LINES:
        raise UnreadableFile(
            f"it has more than {MOST_LINES:,} lines", "Delete blank lines, or split the file."
        )
    start, delimiter = 0, csv_delimiter(lines[0] if lines else "")
    if lines and (named := _SEPARATOR.fullmatch(lines[0])):
        # Excel's own first line, which it does not show.
        start, delimiter = 1, named[1]
    return _rows(lines, start, delimiter)


def csv_delimiter(header: str) -> str:
    """Return what separates the columns of a file with this first line."""
    return max(",;\t", key=re.sub(r'"[^"]*"', "", header).count)


def _rows(lines: list[str], start: int, delimiter: str) -> Iterator[FileRow]:
    width = lines[start].count(delimiter) + 1 if start < len(lines) else 0
    number, feed = 0, _Lines(lines, start, delimiter, width)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while feed.begin():
        number += 1
        try:
            cells = next(reader)
        except (csv.Error, StopIteration):
            # The line is named, and a new reader begins after it.
            yield _unmatched(number, lines[feed.began], delimiter)
            feed = _Lines(lines, feed.began + 1, delimiter, width)
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
        else:
            filled = {place: found for place, cell in enumerate(cells) if cell and (found := csv_cell(cell))}
            yield FileRow(number, filled, len(cells))


class _Lines:
    """Lines for a reader; ends early where a row takes lines of others. `began` is the current row's first line.

    A cell may have several lines. But a line in its middle that has a cell for each heading is another row.
    """

    def __init__(self, lines: list[str], place: int, delimiter: str, width: int) -> None:
        self._lines = lines
        self._place = place
        self._delimiter = delimiter
        self._width = width
        self.began = place

    def begin(self) -> bool:
        """Begin a row; return whether there is a line for it."""
        self.began = self._place
        return self._place < len(self._lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._place >= len(self._lines) or self._place - self.began >= _MOST_LINES:
            raise StopIteration
        if self._place - self.began > 1 and self._is_row(self._lines[self._place - 1]):
            raise StopIteration
        self._place += 1
        return self._lines[self._place - 1]

    def _is_row(self, line: str) -> bool:
        if self._width < 2 or line.count(self._delimiter) < self._width - 1:
            return False
        try:
            [cells] = csv.reader([line], delimiter=self._delimiter, strict=True)
        except csv.Error:
            return False
        return len(cells) == self._width


def _unmatched(number: int, line: str, delimiter: str) -> FileRow:
    """Return the row of a line whose quotation marks do not match, with the column where that shows."""
    field = re.compile(rf'(?:"(?:[^"]|"")*"|[^"{re.escape(delimiter)}][^{re.escape(delimiter)}]*)?')
    place, at = 0, 0
    line = line.rstrip("\r\n")
    while (found := field.match(line, at)) and line[found.end() : found.end() + 1] == delimiter:
        place, at = place + 1, found.end() + 1
    fault = OddCell("has a quotation mark without its counterpart", _MARKS_FIX)
    if '"' not in line:
        fault = OddCell(
            f"is a line of {len(line):,} characters", "Check that the file is a table, and shorten the cell."
        )
    return FileRow(number, {}, fault=fault, place=place)
