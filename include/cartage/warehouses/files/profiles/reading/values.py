"""The values of cells: texts that identify something, quantities, times. Each reads what it can, and names the rest.

What a spreadsheet program has damaged is refused, never guessed: a tracking number in exponent form has lost digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from cartage.model.texts import strip_controls
from cartage.spreadsheets.cells import ERROR_VALUE, QUOTED_TEXT, ROUNDED_NUMBER
from cartage.warehouses.files.profiles.settings.kinds import ISO

# What identifies something is compared and indexed, so it is never shortened. As for the warehouse's other connectors.
LONGEST_KEY = 250
LONGEST_TEXT = 2_000
_LARGEST = Decimal(10) ** 12
_MOST_DECIMALS = 6
_PLAIN_DIGITS = 12
# Excel keeps 15 digits and makes zeros of the others. Fewer than five of them may be chance.
_LOST_DIGITS = re.compile(r"[1-9]\d{14}0{5,}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_AS_TEXT = "Ask the warehouse to write the column as text"
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
# A date without a time is read as noon, which is the same day in the store's zone and in the warehouse's.
_NOON = time(12)


class UnreadableCell(ValueError):
    """A value that cannot be read: what is wrong with it, never the value itself, and the fix."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


def read_label(cell: str) -> str:
    """Return a text for people: on one line, without control characters, shortened if it is absurdly long."""
    return " ".join(strip_controls(kept_text(cell)).split())[:LONGEST_TEXT]


def read_key(cell: str) -> str:
    """Return a text that identifies something; empty if there is none.

    Raises:
        UnreadableCell: if it is damaged or too long.
    """
    text = strip_controls(kept_text(cell)).strip()
    if len(text) > LONGEST_KEY:
        raise UnreadableCell(f"longer than {LONGEST_KEY} characters", "Ask the warehouse what it means.")
    if "\ufffd" in text:
        raise UnreadableCell("a character that cannot be read", "Set the file's `encoding` in the profile.")
    if ROUNDED_NUMBER.fullmatch(text):
        what = "a number in exponent form, which has lost digits"
        raise UnreadableCell(what, f"{_AS_TEXT}; a spreadsheet program has changed it.")
    if _LOST_DIGITS.fullmatch(text):
        what = "a number whose last digits are zeros from the 16th on"
        raise UnreadableCell(what, f"{_AS_TEXT}; a spreadsheet program has changed it.")
    if ERROR_VALUE.fullmatch(text):
        raise UnreadableCell("an error of a spreadsheet program", f"{_AS_TEXT}.")
    return text


def read_quantity(cell: str, decimal_point: str, thousands: str) -> Decimal | None:
    """Return a quantity of any sign; None if there is none.

    Raises:
        UnreadableCell: if it is no plausible number.
    """
    text = kept_text(cell).strip()
    if not text:
        return None
    if len(text) <= _PLAIN_DIGITS and text.isascii() and text.isdigit():
        return Decimal(text)  # almost every quantity, in a quarter of the time
    fix = "Correct it, or set `decimal_point` and `thousands` in the profile to what the file has."
    whole, point, decimals = text.partition(decimal_point)
    if thousands and thousands in whole:
        first, *groups = whole.lstrip("+-").split(thousands)
        if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
            raise UnreadableCell("not a number", fix)
        whole = whole.replace(thousands, "")
    text = f"{whole}.{decimals}" if point else whole
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        raise UnreadableCell("not a number", fix)
    value = Decimal(text)
    exponent = value.normalize().as_tuple().exponent
    if abs(value) > _LARGEST or not isinstance(exponent, int) or exponent < -_MOST_DECIMALS:
        raise UnreadableCell("not a plausible number", fix)
    return value


def read_moment(cell: str, formats: Sequence[str], zone: ZoneInfo) -> datetime | None:
    """Return a time in UTC; None if there is none. A time without an offset is the zone's; a date alone is its noon.

    Raises:
        UnreadableCell: if it has none of the formats, or is not of this time.
    """
    text = kept_text(cell).strip()
    if not text:
        return None
    for time_format in formats:
        if (found := _parsed(text, time_format)) is None:
            continue
        local = found if found.tzinfo else found.replace(tzinfo=zone)
        if _FIRST_YEAR <= found.year <= _LAST_YEAR:
            return local.astimezone(UTC)
    fix = "Add the file's format to `time_formats` in the profile."
    raise UnreadableCell(f"not a time of the format {' or '.join(formats)}", fix)


def kept_text(cell: str) -> str:
    """Return the text of a cell that a program has written as a formula to keep its zeros: `="0012"`."""
    if "=" not in cell:
        return cell
    found = QUOTED_TEXT.fullmatch(cell.strip())
    return found[1].replace('""', '"') if found else cell


def _parsed(text: str, time_format: str) -> datetime | None:
    try:
        if time_format == ISO:
            found = datetime.fromisoformat(text)
            has_time = len(text) > len("2026-11-01")
        else:
            found = datetime.strptime(text, time_format)  # noqa: DTZ007 - read_moment adds the zone
            has_time = _has_time(time_format)
    except ValueError:
        return None
    return found if has_time else datetime.combine(found.date(), _NOON)


@cache
def _has_time(time_format: str) -> bool:
    return any(part in time_format for part in ("%H", "%I"))
