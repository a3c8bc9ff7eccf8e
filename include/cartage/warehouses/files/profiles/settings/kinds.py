"""What the settings of a profile are made of: encodings, delimiters, formats of dates.

Each type rejects what it does not know, with a message and a fix.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from cartage.lanes.kinds import setting_error

Item = TypeVar("Item")

ISO = "iso"
# What of strftime means the same on every machine and can be read back. No %c, %x or %A, which follow the locale.
_DIRECTIVES = frozenset("YymdHMSpIbjz%")
_DIRECTIVE = re.compile(r"%(.?)")
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


class Encoding(StrEnum):
    """How characters are written as bytes. A file that begins with a byte order mark is read as that says."""

    UTF_8 = "utf-8"
    ASCII = "ascii"
    LATIN_1 = "latin-1"
    WINDOWS_1252 = "cp1252"
    UTF_16 = "utf-16"


class LineEnding(StrEnum):
    """What ends a line."""

    CRLF = "crlf"
    LF = "lf"

    @property
    def text(self) -> str:
        """The characters."""
        return "\r\n" if self is LineEnding.CRLF else "\n"


def _delimiter(value: object) -> object:
    found = _DELIMITERS.get(value.casefold(), value) if isinstance(value, str) else value
    if not isinstance(found, str) or len(found) != 1 or found.isalnum() or found in "\"'\r\n\0 \ufeff.-_":
        names = ", ".join(_DELIMITERS)
        raise setting_error(
            "cannot separate columns", f"Write one character in quotes such as ';', or one of {names}."
        )
    return found


def check_time_format(value: str) -> str:
    """Return a format of times.

    Raises:
        PydanticCustomError: if it has a part that is unknown, or none.
    """
    if value == ISO:
        return value
    found = _DIRECTIVE.findall(value)
    unknown = [name for name in found if name not in _DIRECTIVES or not name]
    if unknown or not found:
        what = f"has %{unknown[0]}, which is no part of a time" if unknown else "has no part of a time"
        known = " ".join(f"%{name}" for name in "YymdHMSpIbjz")
        raise setting_error(what, f"Write {ISO}, or a format of {known}, for example '%m/%d/%Y %H:%M'.")
    return value


def check_readable_time(value: str) -> str:
    """Return a format that a day can be read with; of others, Python would guess what is missing, or fail.

    Raises:
        PydanticCustomError: if it has no day, or a part of it twice.
    """
    found = set(_DIRECTIVE.findall(value))
    is_day = found & set("Yy") and ("j" in found or ("d" in found and found & set("mb")))
    if value != ISO and (not is_day or len(found) != len(_DIRECTIVE.findall(value))):
        raise setting_error(
            f"{value!r} has no year, month and day, each once", "Write a format such as '%m/%d/%Y %H:%M:%S'."
        )
    return value


def _texts(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def check_not_empty(value: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the list. Unlike a limit of pydantic's, this says nothing about a list whose items have mistakes.

    Raises:
        PydanticCustomError: if it is empty.
    """
    if not value:
        raise setting_error("must not be empty", "Write at least one.")
    return value


def _file_pattern(value: str) -> str:
    if not value.strip() or "/" in value or "\\" in value:
        raise setting_error(
            f"{value!r} is no pattern of file names",
            "Write a name with wildcards such as 'shp_*.csv'; the folder is a setting of the lane.",
        )
    return value.strip()


def _word(value: str) -> str:
    if not value.strip():
        raise setting_error("is empty", "Write a text, or leave the setting out.")
    return value.strip()


_ONE_OR_MORE: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}

Delimiter = Annotated[
    str,
    BeforeValidator(_delimiter),
    WithJsonSchema({"type": "string", "examples": [",", ";", "tab", "pipe"]}),
]
# `iso`, or strftime's directives as far as they mean the same everywhere.
TimeFormat = Annotated[str, AfterValidator(check_time_format)]
_LIST = (BeforeValidator(_texts), AfterValidator(check_not_empty))
TimeFormats = Annotated[
    tuple[Annotated[TimeFormat, AfterValidator(check_readable_time)], ...],
    *_LIST,
    WithJsonSchema({**_ONE_OR_MORE, "examples": ["%m/%d/%Y"]}),
]
Word = Annotated[str, AfterValidator(_word)]
# A text, or a list of texts of which each stands for the same.
Words = Annotated[tuple[Word, ...], *_LIST, WithJsonSchema(_ONE_OR_MORE)]
FilePattern = Annotated[str, AfterValidator(_file_pattern)]
FilePatterns = Annotated[tuple[FilePattern, ...], *_LIST, WithJsonSchema(_ONE_OR_MORE)]
