"""Write one value as its column says, or name what is wrong with it. Pure.

A problem names the column, never the value: orders with the same fault share a cause.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from cartage.errors.problems import Problem, ProblemKind, field_too_long
from cartage.model.texts import strip_controls
from cartage.warehouses.files.profiles.settings.kinds import ISO
from cartage.warehouses.files.profiles.settings.orders import (
    Formulas,
    OrderFiles,
    Quoting,
    TooLong,
    Unwritable,
    WrittenColumn,
)
from cartage.warehouses.files.profiles.settings.sources import template_parts
from cartage.warehouses.files.profiles.writing.values import Value, Values

# What would end a row, or move the columns of a person's spreadsheet. U+0085 and the Unicode line ends do so for some.
_BREAKS = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")
# OWASP, "CSV Injection".
_FORMULA_SIGNS = ("=", "+", "-", "@")
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_EMPTY = ": empty"
_FIX_IN_STORE = "Correct it in the store; the order is then validated again."


def says_empty(problem: Problem) -> bool:
    """Return whether a problem is that a required value is empty."""
    return problem.subject.endswith(_EMPTY)


class CellWriter:
    """Writes the values of one profile's columns. It keeps no state: threads may share it."""

    def __init__(self, settings: OrderFiles) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)

    def write(self, column: WrittenColumn, values: Values) -> tuple[str, list[Problem]]:
        """Return a cell, and what is wrong with it."""
        value = column.constant if column.field is None else values.get(column.field)
        text = self._text(column, value, values)
        if self._settings.unwritable is Unwritable.PLAIN:
            text = self._plain(text)
        problems = []
        if column.max_length is not None and len(text) > column.max_length:
            if column.too_long is TooLong.CUT:
                text = text[: column.max_length].rstrip()
            else:
                fix = f"Shorten it in the store, or raise max_length of the column {column.title!r} in the profile."
                problems.append(field_too_long(column.title, column.max_length, fix))
        if isinstance(value, Decimal) and column.decimals is not None:
            problems += _lost_decimals(column.title, value, column.decimals)
        return text, [*problems, *self._faults(column, text)]

    def _text(self, column: WrittenColumn, value: Value, values: Values) -> str:
        if column.template is not None:
            text = self.template_text(column.template, values, column.format, column.decimals)
        else:
            text = self.value_text(value, column.format, column.decimals)
        text = strip_controls(_BREAKS.sub(" ", text)).strip()
        if column.values:
            text = {old.casefold(): new for old, new in column.values.items()}.get(text.casefold(), text)
        text = text or column.default
        is_foreign = column.constant is None and (isinstance(value, str) or column.template is not None)
        if is_foreign and self._settings.formulas is Formulas.APOSTROPHE and text.startswith(_FORMULA_SIGNS):
            return f"'{text}"
        return text

    def template_text(
        self, template: str, values: Values, time_format: str | None = None, decimals: int | None = None
    ) -> str:
        """Return a template with the values in place of their fields."""
        return "".join(
            part.text or self.value_text(values.get(part.field), part.time_format or time_format, decimals)
            for part in template_parts(template)
        )

    def value_text(self, value: Value, time_format: str | None = None, decimals: int | None = None) -> str:
        """Return a value as text: a time in the profile's zone and format, a number without an exponent."""
        match value:
            case None:
                return ""
            case str():
                return value
            case datetime():
                return self._time(value, time_format or self._settings.time_format)
            case Decimal():
                return _number(value, decimals).replace(".", self._settings.decimal_point)
        return str(value)

    def _time(self, value: datetime, time_format: str) -> str:
        local = value.astimezone(self._zone).replace(microsecond=0)
        if time_format == ISO:
            text = local.isoformat()
            return f"{text.removesuffix('+00:00')}Z" if local.utcoffset() == UTC.utcoffset(None) else text
        # strftime pads the year by the platform.
        return local.strftime(time_format.replace("%Y", f"{local.year:04d}"))

    def _plain(self, text: str) -> str:
        """Return the text with letters that the encoding does not have written without their accents."""
        return "".join(
            char
            if self._settings.can_encode(char)
            else "".join(
                part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
            )
            for char in text
        )

    def _faults(self, column: WrittenColumn, text: str) -> Iterator[Problem]:
        title = column.title
        if column.required and not text:
            yield Problem(ProblemKind.MALFORMED_FIELD, f"{title}{_EMPTY}", f"{title} is empty", _FIX_IN_STORE)
        if wrong := _not_allowed(column, text):
            yield _character(
                title, wrong, "is not allowed", "Correct it in the store, or allow it in the profile."
            )
        if not self._settings.can_encode(text):
            wrong = next(char for char in text if not self._settings.can_encode(char))
            what = f"cannot be written in {self._settings.encoding.value}"
            fix = "Correct it in the store; or set `unwritable: plain`, or another encoding, in the profile."
            yield _character(title, wrong, what, fix)
        if self._settings.quoting is Quoting.NEVER:
            for wrong in (self._settings.delimiter, '"'):
                if wrong in text:
                    what = "cannot be written without quotation marks"
                    fix = "Correct it in the store; or set `quoting: needed` in the profile, if the warehouse reads it."
                    yield _character(title, wrong, what, fix)


def _not_allowed(column: WrittenColumn, text: str) -> str:
    if column.allowed is not None:
        allowed = _PLAIN.union(column.allowed)
        wrong = next((char for char in text if char not in allowed), "")
        if wrong:
            return wrong
    return next((char for char in text if char in column.forbidden), "")


def _character(title: str, char: str, what: str, fix: str) -> Problem:
    shown = f"{char!r} (U+{ord(char):04X})"
    return Problem(
        ProblemKind.MALFORMED_FIELD, f"{title}: {shown}", f"{title}: the character {shown} {what}", fix
    )


def _lost_decimals(title: str, value: Decimal, decimals: int) -> Iterator[Problem]:
    if value.is_finite() and round(value, decimals) != value:
        what = f"has more than {decimals} decimals"
        fix = "Correct it in the store, or raise `decimals` of the column in the profile."
        yield Problem(ProblemKind.MALFORMED_FIELD, f"{title}: {what}", f"{title} {what}", fix)


def _number(value: Decimal, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
