"""What an answer's body says: JSON with exact money, result objects, errors inside a success.

It decides nothing: which error a result stands for is `cartage.errors.table`'s, what to do is the caller's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

# Part of the message with which a list says that the offset lies past its end: 3dcart-api.md, section 3.2.
_PAST_THE_END = "offset amount exceeds"
_LONGEST_MESSAGE = 200
_MOST_DIGITS = 40
_DEEPEST = 32  # 3dcart's own answers reach 4: 3dcart-api.md, section 4.2.
# Texts are passed over whole, so that their brackets do not count.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


class NoJson(ValueError):
    """The body is no JSON: HTML, cut off, or something else."""


@dataclass(frozen=True, slots=True)
class Result:
    """One result object (section 6.3). `status` is 0 if it has none that can be read."""

    key: str
    value: str
    status: int
    message: str

    @property
    def past_the_end(self) -> bool:
        """Whether it says that a list has no more rows."""
        return _PAST_THE_END in self.message.lower()


def parse_body(content: bytes) -> Any:
    """The body's value; None if it is empty. Numbers with a fraction are exact Decimals.

    Lenient where one bad value must not cost a page: undecodable bytes are replaced, control characters may
    stand in texts, NaN is null, a number beyond all measure is its text, and what is nested too deep is empty.

    Raises:
        NoJson: if it is no JSON.
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
        raise NoJson("HTML instead of JSON" if text.startswith("<") else "not JSON, or cut off") from error


def results(value: object) -> tuple[Result, ...]:
    """The result objects of a write's answer, as far as there are any."""
    entries = value if isinstance(value, list) else [value]
    return tuple(_result(entry) for entry in entries if isinstance(entry, Mapping) and _is_result(entry))


def error_in(value: object) -> Result | None:
    """The error that an answer carries as its first element, whatever its HTTP status (section 9)."""
    first = next(iter(results(value)), None)
    return first if first and first.key.lower() == "error" else None


def message_in(value: object) -> str:
    """What a refusal says in words; empty if nothing. Also reads ASP.NET's own `{"Message": ...}`."""
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
    except InvalidOperation:  # an exponent that no decimal has
        return digits


def _whole(digits: str) -> int | str:
    """Python refuses to read thousands of digits as an int, and no field has a use for them."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _shallow(text: str) -> str:
    """The text with an empty object in the place of whatever is nested deeper than any answer is."""
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
    # What is cut off in mid-depth is no JSON, whatever is left of it.
    return "".join([*kept, text[start:] if depth <= _DEEPEST else ""])
