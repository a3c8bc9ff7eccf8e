"""Parse response bodies: JSON with exact money, result objects, errors inside a success.

Decides nothing: `cartage.errors.table` says which error a result stands for, and the caller what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

# Part of the message that says that an offset is past the end of a list (3dcart-api.md, section 3.2).
_PAST_THE_END = "offset amount exceeds"
_LONGEST_MESSAGE = 200
_MOST_DIGITS = 40
_DEEPEST = 32  # 3dcart's own responses are 4 levels deep (3dcart-api.md, section 4.2).
# Strings match as a whole, so that brackets inside them do not count.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


class NotJson(ValueError):
    """The body is not JSON: HTML, cut off, or something else."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result object (section 6.3). `status` is 0 if it has no readable one."""

    key: str
    value: str
    status: int
    message: str

    @property
    def past_the_end(self) -> bool:
        """Return whether it says that a list has no more rows."""
        return _PAST_THE_END in self.message.lower()


def parse_body(content: bytes) -> Any:
    """Return the value of a body; None if it is empty. Numbers with a fraction are exact Decimals.

    Lenient, so that one bad value does not cost a page: undecodable bytes are replaced, strings may contain control
    characters, NaN is null, a number that no Decimal can hold is its text, and what is nested too deep is empty.

    Raises:
        NotJson: if the body is not JSON.
    """
    text = content.decode("utf-8-sig", errors="replace").strip()
    if not text:
        return None
    try:
        try:
            return _loaded(text)
        except RecursionError:
            return _loaded(_shallow(text))
    except ValueError as error:
        raise NotJson("HTML instead of JSON" if text.startswith("<") else "not JSON, or cut off") from error


def results(value: object) -> tuple[Result, ...]:
    """Return the result objects in the response to a write; empty if there are none."""
    entries = value if isinstance(value, list) else [value]
    return tuple(_result(entry) for entry in entries if isinstance(entry, Mapping) and _is_result(entry))


def error_in(value: object) -> Result | None:
    """Return the error that a response carries as its first element, whatever its HTTP status (section 9)."""
    first = next(iter(results(value)), None)
    return first if first and first.key.lower() == "error" else None


def message_in(value: object) -> str:
    """Return the message of a refusal; empty if it has none. Also reads ASP.NET's `{"Message": ...}`."""
    if found := next(iter(results(value)), None):
        return found.message
    return _short(value.get("Message")) if isinstance(value, Mapping) else ""


def _is_result(entry: Mapping[str, object]) -> bool:
    return "Key" in entry and "Status" in entry and "OrderID" not in entry


def _result(entry: Mapping[str, object]) -> Result:
    status = str(entry.get("Status") or "").strip()
    value = entry.get("Value")
    return Result(
        key=_short(entry.get("Key")),
        value="" if value is None else str(value).strip(),
        status=int(status) if status.isascii() and status.isdigit() and len(status) <= 3 else 0,
        message=_short(entry.get("Message")),
    )


def _short(value: object) -> str:
    return " ".join(str(value or "").split())[:_LONGEST_MESSAGE]


def _loaded(text: str) -> Any:
    return json.loads(text, parse_float=_exact, parse_int=_whole, parse_constant=lambda _: None, strict=False)


def _exact(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent that no Decimal can hold
        return digits


def _whole(digits: str) -> int | str:
    """Return an int, or the text if it has too many digits: Python refuses thousands, and no field needs them."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _shallow(text: str) -> str:
    """Replace everything that is nested deeper than any real response with an empty object."""
    kept: list[str] = []
    depth = start = 0
    for found in _BRACKET.finditer(text):
        bracket = text[found.start()]
        if bracket in "[{":
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [text[start : found.start()], "{}"]
        elif bracket in "]}":
            if depth == _DEEPEST + 1:
                start = found.end()
            depth -= 1
    # A text that is cut off inside such a part is not JSON, so return nothing that parses.
    return "".join([*kept, text[start:] if depth <= _DEEPEST else ""])
