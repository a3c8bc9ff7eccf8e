"""The part of a profile that says how orders are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.kinds import Settings, TimeZone, setting_error
from cartage.warehouses.files.profiles.settings.kinds import (
    ISO,
    Delimiter,
    Encoding,
    LineEnding,
    TimeFormat,
    check_not_empty,
)
from cartage.warehouses.files.profiles.settings.sources import (
    OPTION_FIELDS,
    TOTALS,
    FieldLevel,
    check_field,
    check_template,
    level_of,
    template_parts,
)

# What an order is known by, how much of what is ordered, and what the buyer wrote for it: never cut.
_WHOLE = OPTION_FIELDS | {"reference", "line.sku", "line.quantity"}
# What stands for the number of an item in the headings of a wide layout.
ITEM_NUMBER = "{n}"


class Layout(StrEnum):
    """How orders and their lines become rows."""

    LINES = "lines"  # a row for each line, the order's columns repeated
    WIDE = "wide"  # a row for each order, the item columns repeated: sku1, qty1, sku2, qty2
    RECORDS = "records"  # a header row for each order, followed by a row for each line


class Quoting(StrEnum):
    """Which values are put in quotation marks."""

    ALL = "all"
    NEEDED = "needed"
    NEVER = "never"


class TooLong(StrEnum):
    """What to do with a text that is longer than its column allows."""

    REFUSE = "refuse"
    CUT = "cut"


class Unwritable(StrEnum):
    """What to do with a character that the encoding does not have."""

    REFUSE = "refuse"
    PLAIN = "plain"


class Formulas(StrEnum):
    """What to do with a text that a spreadsheet would take for a formula."""

    KEEP = "keep"
    APOSTROPHE = "apostrophe"


FieldName = Annotated[str, AfterValidator(check_field)]
Template = Annotated[str, AfterValidator(check_template)]


class WrittenColumn(Settings):
    """A column of a file that Cartage writes. Its value has one source: `field`, `constant` or `template`."""

    heading: str = Field(
        default="", description="The column's heading; in item columns of a wide layout with {n}."
    )
    field: FieldName | None = Field(
        default=None, description="A field of the order, its line or the file, or constants.NAME."
    )
    constant: str | None = Field(default=None, description="A text that is the same in every row.")
    template: Template | None = Field(
        default=None,
        description="A text with fields in braces, such as '{ship_method.carrier} {ship_method.service}'.",
    )
    default: str = Field(default="", description="What is written where the value is empty.")
    values: dict[str, str] = Field(
        default_factory=dict,
        description="Texts to write in place of others, in any letter case: {Prepaid: P}. Others stay as they are.",
    )
    required: bool = Field(default=False, description="An order without this value is a problem.")
    max_length: int | None = Field(
        default=None, ge=1, description="Longest text in characters; none: no limit."
    )
    too_long: TooLong = Field(
        default=TooLong.REFUSE,
        description="A text that is longer: refuse (the order has a problem), or cut it.",
    )
    allowed: str | None = Field(
        default=None,
        description="Characters that are allowed beside A-Z, a-z and 0-9, such as '-_'; none: all are allowed.",
    )
    forbidden: str = Field(default="", description="Characters that are not allowed, such as '~'.")
    format: TimeFormat | None = Field(default=None, description="Format of a time; none: orders.time_format.")
    decimals: int | None = Field(
        default=None, ge=0, le=6, description="Decimals of a number; none: as many as it has."
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if len(list(self._sources())) != 1:
            what = "must have one source: field, constant or template"
            raise setting_error(what, "Write, for example, 'field: reference' or 'constant: PH'.")
        if self.too_long is TooLong.CUT and (whole := _WHOLE.intersection(self.fields)):
            raise setting_error(f"{min(whole)} cannot be cut", "Set too_long: refuse.")
        return self

    def _sources(self) -> Iterator[str]:
        for name in ("field", "constant", "template"):
            if getattr(self, name) is not None:
                yield name

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its value is made of."""
        if self.field is not None:
            return (self.field,)
        return tuple(part.field for part in template_parts(self.template or "") if part.field)

    @property
    def title(self) -> str:
        """The column as people know it."""
        return self.heading or ", ".join(self.fields) or "constant"


Columns = tuple[WrittenColumn, ...]
_SomeColumns = Annotated[Columns, AfterValidator(check_not_empty), Field(json_schema_extra={"minItems": 1})]


class OrderFiles(Settings):
    """How orders are written into files."""

    file_name: Template = Field(
        default="orders_{file.number}_{file.at:%Y%m%d%H%M%S}.csv",
        description="The file's name. It must be unique: with {file.number}, or with {reference} and {file.at} to the "
        "second. Fields of an order are those of the file's first order.",
    )
    orders_per_file: int = Field(default=1, ge=1, le=1000, description="How many orders a file may have.")
    encoding: Encoding = Field(
        default=Encoding.UTF_8, description="Encoding: utf-8, ascii, latin-1, cp1252 (Windows), utf-16."
    )
    byte_order_mark: bool = Field(
        default=False,
        description="Begin a UTF-8 file with a byte order mark, from which Excel knows the encoding.",
    )
    delimiter: Delimiter = Field(
        default=",", description="What separates columns: one character, or comma, semicolon, tab, pipe."
    )
    quoting: Quoting = Field(
        default=Quoting.NEEDED,
        description="Put values in double quotes: all, needed (those with a delimiter or quote), never (such values "
        "are a problem of their order).",
    )
    line_end: LineEnding = Field(default=LineEnding.CRLF, description="What ends a line: crlf or lf.")
    header: bool = Field(
        default=True, description="Begin with a row of headings. Header and detail rows have none."
    )
    layout: Layout = Field(
        default=Layout.LINES,
        description="lines (a row per line of an order), wide (a row per order, item columns side by side), or records "
        "(a header row per order, then a detail row per line).",
    )
    columns: _SomeColumns = Field(
        description="The columns: of each row (lines), of the order (wide), of the header row (records).",
    )
    item_columns: Columns = Field(
        default=(),
        description="The columns of each line: repeated in the order's row (wide), or of a row (records).",
    )
    max_items: int = Field(
        default=20, ge=1, le=500, description="How many items a row of a wide layout has room for."
    )
    footer: Columns = Field(
        default=(), description="The columns of a last row, for example with the number of rows."
    )
    time_zone: TimeZone = Field(default="UTC", description="Time zone of the times.")
    time_format: TimeFormat = Field(
        default=ISO, description="Format of the times: iso, or parts such as %Y-%m-%d %H:%M:%S."
    )
    decimal_point: str = Field(default=".", pattern=r"^[.,]$", description="What stands before decimals.")
    unwritable: Unwritable = Field(
        default=Unwritable.REFUSE,
        description="A character that the encoding does not have: refuse (the order has a problem), or plain: write "
        "the letter without its accent, and refuse what has none.",
    )
    formulas: Formulas = Field(
        default=Formulas.KEEP,
        description="A text that begins with = + - @: keep it, or put an apostrophe before it for people who open the "
        "file in a spreadsheet.",
    )

    @property
    def has_options(self) -> bool:
        """Whether a column of an order's rows has the options of its lines."""
        return any(
            not OPTION_FIELDS.isdisjoint(column.fields) for column in (*self.columns, *self.item_columns)
        )

    @model_validator(mode="after")
    def _check_file_name(self) -> Self:
        parts = {part.field: part.time_format for part in template_parts(self.file_name)}
        if any(level_of(field) is FieldLevel.LINE or field in TOTALS for field in parts if field):
            fix = "Use fields of the order, file.number and file.at."
            raise setting_error("file_name has a field of a line or a total", fix)
        seconds = parts.get("file.at")
        by_time = seconds == "" or (seconds is not None and "%S" in seconds)
        if "file.number" not in parts and not ("reference" in parts and by_time):
            fix = "Add {file.number}, or {reference} and {file.at:%y%m%d%H%M%S}."
            raise setting_error("file_name would give two files one name", fix)
        return self

    @model_validator(mode="after")
    def _check_layout(self) -> Self:
        if self.layout is Layout.LINES and self.item_columns:
            fix = "Move them to columns, or choose the layout wide or records."
            raise setting_error("item_columns are not used in the layout lines", fix)
        if self.layout is not Layout.LINES and not self.item_columns:
            raise setting_error(
                f"the layout {self.layout} needs item_columns", "Add the columns of an order's lines."
            )
        if self.layout is Layout.RECORDS and self.header:
            fix = "Set header: false; header and detail rows have different columns."
            raise setting_error("the layout records has no row of headings", fix)
        return self

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        line_columns = self.columns if self.layout is Layout.LINES else self.item_columns
        if self.layout is not Layout.LINES:
            _refuse_level(self.columns, FieldLevel.LINE, "columns of an order cannot have fields of a line")
        _refuse_level(self.footer, FieldLevel.LINE, "a footer cannot have fields of a line")
        _refuse_level(self.footer, FieldLevel.ORDER, "a footer cannot have fields of an order")
        if totals := TOTALS.intersection(_fields((*self.columns, *self.item_columns))):
            raise setting_error(
                f"{min(totals)} is known at the end of the file only", "Move it to the footer."
            )
        for field, columns in (
            ("reference", (*self.columns, *self.item_columns)),
            ("line.sku", line_columns),
            ("line.quantity", line_columns),
        ):
            if field not in _fields(columns):
                raise setting_error(
                    f"no column has the field {field}", "Add it: no order is complete without it."
                )
        return self

    @model_validator(mode="after")
    def _check_headings(self) -> Self:
        if not self.header:
            return self
        if self.layout is Layout.WIDE and any(ITEM_NUMBER not in item.heading for item in self.item_columns):
            fix = "Put {n} into the heading of each item column: 'sku{n}'."
            raise setting_error("headings of item_columns would be the same for every item", fix)
        columns = (*self.columns, *self.item_columns)
        if any(not column.heading.strip() for column in columns):
            raise setting_error("a column has no heading", "Give it one, or set header: false.")
        names = Counter(column.heading.strip().casefold() for column in columns)
        repeated = [name for name, count in names.items() if count > 1]
        if repeated:
            raise setting_error(f"two columns have the heading {repeated[0]!r}", "Give each its own.")
        return self

    @model_validator(mode="after")
    def _check_characters(self) -> Self:
        columns = (*self.columns, *self.item_columns, *self.footer)
        for column in columns:
            for text in (column.heading, column.constant or "", column.default, *column.values.values()):
                if char := self.unwritable_character(text):
                    fix = "Change the text, or the settings encoding or quoting."
                    raise setting_error(f"the text {text!r} has {char!r}, which cannot be written", fix)
        return self

    @property
    def codec(self) -> str:
        """The codec that encodes a file, without a byte order mark."""
        return "utf-16-le" if self.encoding is Encoding.UTF_16 else self.encoding.value

    def can_encode(self, text: str) -> bool:
        """Return whether the encoding has every character of a text."""
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True

    def unwritable_character(self, text: str) -> str:
        """Return the first character of a text of the profile that a file cannot have; empty if there is none."""
        never = f'{self.delimiter}"' if self.quoting is Quoting.NEVER else ""
        wrong = (char for char in text if char in never or char in "\r\n\t\0" or not self.can_encode(char))
        return next(wrong, "")


def _fields(columns: Columns) -> set[str]:
    return {field for column in columns for field in column.fields}


def _refuse_level(columns: Columns, level: FieldLevel, what: str) -> None:
    wrong = [field for column in columns for field in column.fields if level_of(field) is level]
    if wrong:
        raise setting_error(f"{what}: {wrong[0]}", "Move the column to where that field is known.")
