"""The part of a profile that says how a file of the warehouse is a table: characters, columns, kinds of rows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from cartage.lanes.kinds import Settings, TimeZone, setting_error
from cartage.warehouses.files.profiles.settings.kinds import (
    ISO,
    Delimiter,
    Encoding,
    FilePatterns,
    TimeFormats,
    Word,
    Words,
)


class RecordKind(StrEnum):
    """What a row of a file with several kinds of rows is."""

    HEADER = "header"
    DETAIL = "detail"
    IGNORED = "ignored"


class WrongCount(StrEnum):
    """What to do about a row with too few or too many columns."""

    QUARANTINE = "quarantine"
    ROW = "row"
    IGNORE = "ignore"


class Counted(StrEnum):
    """What the number in a footer counts."""

    ROWS = "rows"  # rows with data: without headings and footer
    ALL_ROWS = "all_rows"  # every row of the file
    HEADERS = "headers"  # header rows


def _column_schema(schema: dict[str, Any]) -> None:
    """Let editors accept the short forms of a column: a heading, several, or a position."""
    full = dict(schema)
    schema.clear()
    text = {"type": "string", "minLength": 1}
    schema["anyOf"] = [
        text,
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": text, "minItems": 1},
        full,
    ]
    schema["description"] = (
        "A heading, several of which one is there, a position from 1, or all settings of the column."
    )


class ReadColumn(Settings):
    """A column of a file of the warehouse.

    `Order`, `[Order, Order No]` and `3` are short for its heading, one of several, and its position.
    """

    model_config = ConfigDict(json_schema_extra=_column_schema)

    heading: Words = Field(
        default=(), description="The column's heading, or several of which one is there; in any letter case."
    )
    position: int | None = Field(
        default=None, ge=1, le=10_000, description="The column's place, from 1, instead of a heading."
    )
    record: RecordKind = Field(
        default=RecordKind.DETAIL, description="The kind of row that has the column: header or detail."
    )
    required: bool = Field(
        default=True,
        description="A file without this heading is put into quarantine; false: the column may be absent.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, value: object) -> object:
        if isinstance(value, Mapping):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return {"position": value}
        if isinstance(value, str | list | tuple) and value:
            return {"heading": value}
        raise setting_error("is no column", "Write its heading, or its position such as 3.")

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if bool(self.heading) == (self.position is not None):
            raise setting_error("must have a heading or a position", "Write one of the two.")
        if self.record is RecordKind.IGNORED:
            raise setting_error(
                "cannot be in rows that are ignored", "Write record: header or record: detail."
            )
        return self


class RowFilter(Settings):
    """Rows that a file has for others too: only those with one of these values in a column are read."""

    column: ReadColumn = Field(description="The column that says whose row it is.")
    values: Words = Field(description="The values of rows that are yours, in any letter case.")


class Footer(Settings):
    """The last row of a file, by which a file that was cut off is recognised."""

    mark: Word = Field(description="What the row has in the column record_position.")
    count_position: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="Place of the number of rows in it, from 1; none: it has no number.",
    )
    counts: Counted = Field(
        default=Counted.ROWS,
        description="What the number counts: rows (with data), all_rows (headings and footer too), or headers.",
    )


class InboundFiles(Settings):
    """What files of the warehouse have in common, whatever they are about."""

    files: FilePatterns = Field(
        description="Names of the files, with wildcards: 'shp_*.csv'; in any letter case."
    )
    encoding: Encoding = Field(
        default=Encoding.UTF_8,
        description="Encoding: utf-8, ascii, latin-1, cp1252 (Windows), utf-16. A byte order mark overrides it.",
    )
    delimiter: Delimiter = Field(
        default=",", description="What separates columns: one character, or comma, semicolon, tab, pipe."
    )
    quoted: bool = Field(
        default=True, description="Values may be in double quotes. false: a quote is a character."
    )
    header: bool = Field(default=True, description="The first row has the headings.")
    skip_rows: int = Field(default=0, ge=0, le=1000, description="Rows to skip before it, such as a title.")
    record_position: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="Place of the column that says what kind of row it is, from 1.",
    )
    records: dict[str, RecordKind] = Field(
        default_factory=dict,
        description="Kinds of rows by what record_position has: {SH: header, SD: detail}. Empty: all rows are alike.",
    )
    footer: Footer | None = Field(
        default=None, description="The file's last row, if it has one of another kind."
    )
    only: tuple[RowFilter, ...] = Field(
        default=(), description="Read rows with these values only, where a file has rows of several clients."
    )
    final_line_end: bool = Field(
        default=True,
        description="The last line ends with a line end: a file without one was cut off. A footer is as good.",
    )
    wrong_column_count: WrongCount = Field(
        default=WrongCount.QUARANTINE,
        description="A row with too few or too many columns: quarantine (the file), row (that row cannot be read), or "
        "ignore (what is missing is empty).",
    )
    decimal_point: str = Field(default=".", pattern=r"^[.,]$", description="What stands before decimals.")
    thousands: str = Field(
        default="", pattern=r"^[.,' ]?$", description="What stands between thousands; empty: nothing."
    )
    time_zone: TimeZone = Field(default="UTC", description="Time zone of times without an offset.")
    time_formats: TimeFormats = Field(
        default=(ISO,),
        description="Formats of times: iso, or parts such as %m/%d/%Y; the first that fits.",
    )

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        if self.thousands == self.decimal_point:
            raise setting_error("thousands and decimal_point are the same", "Give each its own character.")
        if self.records and self.header:
            fix = "Set header: false, and give columns by position."
            raise setting_error("a file with kinds of rows has no row of headings", fix)
        if self.records and RecordKind.DETAIL not in self.records.values():
            raise setting_error("records has no detail", "Add the kind of row that has the data, as detail.")
        for name, column in self._named_columns():
            if column.heading and not self.header:
                fix = "Write its position, or set header: true."
                raise setting_error(f"the column {name} has a heading, and the file has none", fix)
            if column.record is RecordKind.HEADER and RecordKind.HEADER not in self.records.values():
                fix = "Add the kind of row to records, as header."
                raise setting_error(f"the column {name} is in header rows, and the file has none", fix)
        return self

    def _named_columns(self) -> list[tuple[str, ReadColumn]]:
        columns: Settings | None = getattr(self, "columns", None)
        own = (
            [] if columns is None else [(name, getattr(columns, name)) for name in type(columns).model_fields]
        )
        filters = [(f"only[{place}]", row_filter.column) for place, row_filter in enumerate(self.only, 1)]
        return [(name, column) for name, column in (*own, *filters) if column is not None]
