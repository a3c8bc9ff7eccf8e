"""Postal codes in routing rules: a beginning such as `90` or `SW1`, or a range of them such as `900-961`. Pure."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from cartage.lanes.kinds import setting_error

_CODE = re.compile(r"[A-Z0-9]{1,10}")
_FIX = (
    "Write the beginning of a code, such as 90 or SW1, or a range of two of the same length, such as 900-961."
)


def code_letters(text: str) -> str:
    """Return a postal code as it is compared: capital letters and digits only."""
    return "".join(char for char in text.upper() if char.isalnum() and char.isascii())


def code_range(text: str) -> tuple[str, str]:
    """Return the first and last beginning, both of the same length, of an entry that is valid."""
    first, _, last = text.partition("-")
    return code_letters(first), code_letters(last or first)


def _check_entry(value: str) -> str:
    first, dash, last = (part.strip().upper().replace(" ", "") for part in value.partition("-"))
    if not _CODE.fullmatch(first) or (dash and not _CODE.fullmatch(last)):
        raise setting_error(f"{value!r} is no postal code", _FIX)
    if dash and len(first) != len(last):
        raise setting_error(f"{value!r}: the two ends have different lengths", _FIX)
    if dash and first > last:
        raise setting_error(f"{value!r} is an empty range", f"Did you mean {last}-{first}?")
    return f"{first}-{last}" if dash else first


PostalCodes = Annotated[str, AfterValidator(_check_entry)]
