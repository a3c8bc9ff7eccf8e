"""Read the JSON of others: exact numbers, and one bad value never costs the rest of a body."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

_MOST_DIGITS = 40
_DEEPEST = 32  # The responses of the remotes that Cartage knows are at most 8 levels deep.
# Strings match as a whole, so that brackets inside them do not count.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


class NotJson(ValueError):
    """The body is not JSON: HTML, cut off, or something else."""


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
