"""The rows of a file by the names of their columns: where each column is, and what a row has in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from cartage.lanes.kinds import Settings
from cartage.warehouses.files.profiles.reading.table import FileTable, TableRow, UntrustedTable
from cartage.warehouses.files.profiles.reading.values import (
    UnreadableCell,
    kept_text,
    read_key,
    read_label,
    read_moment,
    read_quantity,
)
from cartage.warehouses.files.profiles.settings.tables import InboundFiles, ReadColumn, RecordKind
from cartage.warehouses.unreadable import RowKind, UnreadableRow


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """Where a column is: in which kind of row, and at which place from 0. `title` names it for people."""

    place: int
    record: RecordKind
    title: str


class UnreadableField(Exception):
    """A field of a row that cannot be read: which, what is wrong with it, and the fix."""

    def __init__(self, field: str, title: str, fault: UnreadableCell) -> None:
        super().__init__(fault.what)
        self.what = f"{field} ({title}): {fault.what}"
        self.fix = fault.fix


class TableReader:
    """Reads the rows of one file. It is made for one call, and keeps what that call needs."""

    def __init__(self, table: FileTable, settings: InboundFiles, columns: Settings) -> None:
        """Find the columns.

        Raises:
            UntrustedTable: if a column is missing that must be there.
        """
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)
        self._table = table
        self._headings: dict[str, list[int]] = {}
        for place, text in enumerate(table.headings):
            self._headings.setdefault(_compared(text), []).append(place)
        self._places: dict[str, ColumnPlace] = {}
        for name in type(columns).model_fields:
            column: ReadColumn | None = getattr(columns, name)
            if column is not None and (found := self._place(name, column)) is not None:
                self._places[name] = found
        self._filters = [
            (self._place("only", rule.column), frozenset(map(_compared, rule.values)))
            for rule in settings.only
        ]

    @property
    def names(self) -> Collection[str]:
        """The columns that the file has."""
        return self._places.keys()

    def entries(self) -> Iterator[FileEntry]:
        """Yield the rows that are ours, in their sequence."""
        for row in self._table.rows:
            entry = FileEntry(row, self._places, self._settings, self._zone)
            if entry.wrong_count or all(
                _compared(entry.at(place)) in values for place, values in self._filters
            ):
                yield entry

    def _place(self, name: str, column: ReadColumn) -> ColumnPlace | None:
        if column.position is not None:
            if column.required and self._table.rows and column.position > self._table.width:
                fix = "Correct its position in the profile, or set `required: false`."
                what = f"it has {self._table.width} columns, and {name} is to be in column {column.position}"
                raise UntrustedTable(what, fix=fix)
            return ColumnPlace(column.position - 1, column.record, f"column {column.position}")
        for heading in column.heading:
            places = self._headings.get(_compared(heading), ())
            if len(places) > 1:
                fix = f"Write the position of {name} in the profile instead of its heading."
                raise UntrustedTable(f"it has {len(places)} columns {heading!r}", "its headings", fix)
            for place in places:
                return ColumnPlace(place, column.record, f"column {heading!r}")
        if not column.required:
            return None
        wanted = " or ".join(map(repr, column.heading))
        fix = f"Correct the heading of {name} in the profile; or set `required: false`, if it may be absent."
        raise UntrustedTable(f"it has no column {wanted} for {name}", "its headings", fix)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A row with data, by the names of its columns."""

    row: TableRow
    places: Mapping[str, ColumnPlace]
    settings: InboundFiles
    zone: ZoneInfo

    @property
    def wrong_count(self) -> str:
        """What is wrong with the number of columns of the row, or of its header row; empty if nothing is."""
        return self.row.wrong_count or (self.row.header.wrong_count if self.row.header else "")

    def at(self, place: ColumnPlace | None) -> str:
        """Return what the row, or its header row, has in a place; empty if it has no such column."""
        if place is None:
            return ""
        row: TableRow | None = self.row
        if place.record is RecordKind.HEADER and self.row.kind is not RecordKind.HEADER:
            row = self.row.header
        elif place.record is RecordKind.DETAIL and self.row.kind is RecordKind.HEADER:
            row = None
        return row.cells[place.place] if row is not None and place.place < len(row.cells) else ""

    def cell(self, name: str) -> str:
        """Return what the row has in a column, as it is written; empty if the file does not have the column."""
        return self.at(self.places.get(name))

    def text(self, name: str) -> str:
        """Return a text for people."""
        return read_label(self.cell(name))

    def word(self, name: str) -> str:
        """Return a word of a fixed list, as it is compared with the list's."""
        return _compared(self.cell(name))

    def key(self, name: str, *, needed: bool = False) -> str:
        """Return a text that identifies something.

        Raises:
            UnreadableField: if it is damaged; or missing, and needed.
        """
        try:
            found = read_key(self.cell(name))
            if needed and not found:
                raise UnreadableCell("missing", "Ask the warehouse to fill it in.")
        except UnreadableCell as fault:
            raise self.fault(name, fault) from None
        return found

    def quantity(self, name: str) -> Decimal | None:
        """Return a quantity of any sign; None if there is none.

        Raises:
            UnreadableField: if it is no plausible number.
        """
        try:
            return read_quantity(self.cell(name), self.settings.decimal_point, self.settings.thousands)
        except UnreadableCell as fault:
            raise self.fault(name, fault) from None

    def time(self, name: str) -> datetime | None:
        """Return a time in UTC; None if there is none.

        Raises:
            UnreadableField: if it is no time of the profile's formats.
        """
        try:
            return read_moment(self.cell(name), self.settings.time_formats, self.zone)
        except UnreadableCell as fault:
            raise self.fault(name, fault) from None

    def fault(self, name: str, fault: UnreadableCell) -> UnreadableField:
        """Return the fault of a column."""
        place = self.places.get(name)
        return UnreadableField(name, place.title if place else "no column", fault)

    @property
    def content_hash(self) -> str:
        """A hash by which the row is recognised when it comes again."""
        cells = [*(self.row.header.cells if self.row.header else ()), *self.row.cells]
        return sha256("\x1f".join(cells).encode("utf-8", "replace")).hexdigest()

    def likely_key(self, name: str) -> str:
        """Return what is probably the key of a row with a wrong number of columns; empty if it cannot be read."""
        try:
            return read_key(self.cell(name))
        except UnreadableCell:
            return ""

    def unreadable(self, kind: RowKind, fault: UnreadableField, name: str = "") -> UnreadableRow:
        """Return the row as one that cannot be read."""
        what = f"{fault.what}, row {self.row.number}. {fault.fix}"
        return UnreadableRow(kind, what, self.content_hash, name)

    def miscounted(self, kind: RowKind) -> UnreadableRow:
        """Return the row as one that cannot be read because it has a wrong number of columns."""
        fix = "Ask the warehouse to put values with a delimiter in quotes."
        return UnreadableRow(
            kind, f"columns: {self.wrong_count}, row {self.row.number}. {fix}", self.content_hash
        )


def _compared(text: str) -> str:
    return " ".join(kept_text(text).split()).casefold()
