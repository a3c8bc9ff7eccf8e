"""The rows of a file. Total: any bytes give rows, or one reason for which the file cannot be trusted. Pure.

A file that was cut off, or whose quotes or columns are not as agreed, may lack rows or have values in wrong columns. It
is refused as a whole: half of it would be data that nobody sent. A person who has looked at it may release it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cartage.warehouses.files.profiles.settings.tables import Counted, InboundFiles, RecordKind, WrongCount

# No reference, SKU or list of tracking numbers is as long; Excel's cells end here too.
LONGEST_CELL = 32_767
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, with which it begins
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_ENDS = ("\n", "\r")
# DOS programs end a text with it.
_END_OF_TEXT = "\x1a"
_RESEND = "Ask the warehouse to send the file again; or look at it and release it, if it is whole."


class UntrustedTable(Exception):
    """A file that cannot be used as a whole: why, where, and what to do."""

    def __init__(self, reason: str, where: str = "", fix: str = _RESEND) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where
        self.fix = fix


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row with data. `number` counts all rows of the file from 1, as a spreadsheet shows them.

    `header` is the header row above it, where a file has such rows. `wrong_count` is set if it has too few or too many
    columns.
    """

    number: int
    cells: Sequence[str]
    kind: RecordKind = RecordKind.DETAIL
    header: TableRow | None = None
    wrong_count: str = ""


@dataclass(frozen=True, slots=True)
class FileTable:
    """The rows of a file with data, in their sequence, and its headings as they are written.

    A header row without detail rows stands for itself.
    """

    headings: tuple[str, ...]
    rows: tuple[TableRow, ...]
    width: int


def read_file_table(content: bytes, settings: InboundFiles, *, released: bool = False) -> FileTable:
    """Return the rows of a file.

    With `released`, read past faults as far as possible: a row with a wrong number of columns can then not be read, and
    the others can.

    Raises:
        UntrustedTable: if the file cannot be used as a whole.
    """
    text = _decoded(content, settings, released=released)
    records = _Records(settings, list(_numbered(text, settings, released=released)))
    if not released:
        _check_end(text, settings, has_footer=records.footer is not None)
        records.check_footer()
    return records.table(released=released)


def _decoded(content: bytes, settings: InboundFiles, *, released: bool) -> str:
    mark, codec = next(
        ((mark, codec) for mark, codec in _MARKS if content.startswith(mark)), (b"", _codec(settings))
    )
    body = content[len(mark) :]
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        if not released:
            line = error.object.count(b"\n", 0, error.start) + 1
            fix = "Set `encoding` in the profile to the file's, for example cp1252, and read the file again."
            raise UntrustedTable(f"it is not {codec} text", f"line {line}", fix) from None
        text = body.decode(codec, "replace")
    text = text.rstrip(_END_OF_TEXT)
    if "\0" in text:
        if not released:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise UntrustedTable("it has a NUL character: it is damaged, or no text", f"line {line}")
        text = text.replace("\0", "")
    return text


def _codec(settings: InboundFiles) -> str:
    codec = settings.encoding.value
    return "utf-16-le" if codec == "utf-16" else codec


def _numbered(text: str, settings: InboundFiles, *, released: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, with their numbers. Only they count as rows of the file."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=settings.delimiter,
        quoting=csv.QUOTE_MINIMAL if settings.quoted else csv.QUOTE_NONE,
        strict=not released,
    )
    number = 0
    while True:
        number += 1
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if released:
                continue
            raise UntrustedTable(_csv_reason(error), f"line {line}") from None
        if not released and any(len(cell) > LONGEST_CELL for cell in cells):
            raise UntrustedTable(f"a value has more than {LONGEST_CELL:,} characters", f"line {line}")
        if number > settings.skip_rows and any(cell.strip() for cell in cells):
            yield number, cells


def _csv_reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"a value has more than {LONGEST_CELL:,} characters"
    return "a quotation mark is missing or stands inside a value"


def _check_end(text: str, settings: InboundFiles, *, has_footer: bool) -> None:
    written = text.rstrip(" \t")
    if settings.final_line_end and not has_footer and written.strip() and not written.endswith(_LINE_ENDS):
        line = len(written.splitlines())
        fix = f"{_RESEND} If its files never end with a line end, set `final_line_end: false` in the profile."
        raise UntrustedTable("its last line has no end: it was cut off", f"line {line}", fix)


@dataclass(slots=True)
class _Records:
    """The rows of a file, sorted by what they are."""

    settings: InboundFiles
    rows: list[tuple[int, list[str]]]
    footer: tuple[int, list[str]] | None = None
    headings: tuple[str, ...] = ()
    all_rows: int = field(init=False, default=0)
    kinds: dict[str, RecordKind] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = {name.strip().casefold(): kind for name, kind in self.settings.records.items()}
        self.all_rows = len(self.rows)
        mark = self.settings.footer
        if self.rows and mark is not None and self._mark_of(self.rows[-1][1]) == mark.mark.casefold():
            self.footer = self.rows.pop()
        if self.rows and self.settings.header:
            _, headings = self.rows.pop(0)
            self.headings = tuple(_without_trailing_blanks(headings))

    def check_footer(self) -> None:
        """Raise if the footer is missing, or counts other rows than the file has."""
        mark = self.settings.footer
        if mark is None:
            return
        if self.footer is None:
            raise UntrustedTable(f"its last row is not the footer {mark.mark!r}: it was cut off")
        number, cells = self.footer
        if mark.count_position is None:
            return
        said = cells[mark.count_position - 1].strip() if mark.count_position <= len(cells) else ""
        if not (said.isascii() and said.isdigit() and len(said) <= 9):
            raise UntrustedTable("its footer has no number of rows", f"row {number}")
        found = self._counted(mark.counts)
        if int(said) != found:
            raise UntrustedTable(f"its footer says {int(said)} {mark.counts.value}, and it has {found}")

    def table(self, *, released: bool) -> FileTable:
        """Return the rows with data, each with its header row.

        Raises:
            UntrustedTable: if a row has a wrong number of columns, or is of an unknown kind.
        """
        if self.settings.header and not self.headings:
            raise UntrustedTable("it has no headings: it is empty")
        widths = self._widths()
        rows: list[TableRow] = []
        header: TableRow | None = None
        for number, cells in self.rows:
            kind = self._kind_of(number, cells, released=released)
            if kind is RecordKind.IGNORED:
                continue
            wrong = self._wrong_count(cells, widths[kind])
            if wrong and not released and self.settings.wrong_column_count is WrongCount.QUARANTINE:
                raise UntrustedTable(wrong, f"row {number}", _columns_fix(number == self.rows[-1][0]))
            row = TableRow(number, cells, kind, None if kind is RecordKind.HEADER else header, wrong)
            if kind is RecordKind.HEADER:
                header = row
            rows.append(row)
        used = {id(row.header) for row in rows}
        return FileTable(
            self.headings, tuple(row for row in rows if id(row) not in used), max(widths.values())
        )

    def _widths(self) -> dict[RecordKind, int]:
        """Return how many columns rows have: as many as there are headings, else as most rows of their kind."""
        if self.headings:
            return dict.fromkeys(RecordKind, len(self.headings))
        counts: dict[RecordKind, Counter[int]] = {kind: Counter() for kind in RecordKind}
        for _, cells in self.rows:
            counts[self.kinds.get(self._mark_of(cells), RecordKind.DETAIL)][len(cells)] += 1
        # Of two that are as frequent, the longer: a short row was cut off.
        return {
            kind: max(found, key=lambda width: (found[width], width), default=0)
            for kind, found in counts.items()
        }

    def _wrong_count(self, cells: Sequence[str], width: int) -> str:
        if self.settings.wrong_column_count is WrongCount.IGNORE:
            return ""
        has = len(cells) if len(cells) <= width else len(_without_trailing_blanks(cells, width))
        return "" if has == width else f"it has {has} columns in place of {width}"

    def _kind_of(self, number: int, cells: Sequence[str], *, released: bool) -> RecordKind:
        if not self.kinds:
            return RecordKind.DETAIL
        found = self.kinds.get(self._mark_of(cells))
        if found is None and not released:
            fix = "Add what the row begins with to `records` in the profile, for example as ignored."
            raise UntrustedTable("a row is of an unknown kind", f"row {number}", fix)
        return found or RecordKind.IGNORED

    def _mark_of(self, cells: Sequence[str]) -> str:
        place = self.settings.record_position - 1
        return cells[place].strip().casefold() if place < len(cells) else ""

    def _counted(self, counts: Counted) -> int:
        match counts:
            case Counted.ALL_ROWS:
                return self.all_rows
            case Counted.HEADERS:
                return sum(
                    self.kinds.get(self._mark_of(cells)) is RecordKind.HEADER for _, cells in self.rows
                )
        return len(self.rows)


def _without_trailing_blanks(cells: Sequence[str], least: int = 0) -> Sequence[str]:
    end = len(cells)
    while end > least and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _columns_fix(is_last: bool) -> str:
    if is_last:
        return f"The last row was probably cut off. {_RESEND}"
    return (
        "Ask the warehouse to put values with a delimiter in quotes; or set `wrong_column_count: row` in the profile, "
        "so that only such rows are not read."
    )
