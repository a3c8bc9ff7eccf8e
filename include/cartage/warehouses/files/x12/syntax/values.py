"""Values of elements: quantities, dates, and whole numbers. Each refuses what it cannot read, and guesses nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

_NUMERIC = frozenset("0123456789.-+")
# X12 numbers have at most 15 digits.
_LONGEST = 20
# What a date of an order or a shipment can be. Others are typing errors, or placeholders such as 00010101.
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


class NotReadable(ValueError):
    """An element cannot be read. The text names the element, never what it holds."""


def quantity(text: str, element: str) -> Decimal:
    """Return a number as X12 writes it: digits, a point, a sign. No exponents and no thousands separators.

    Raises:
        NotReadable: if it is none.
    """
    plain = text.strip()
    if plain and len(plain) <= _LONGEST and _NUMERIC.issuperset(plain):
        try:
            return _number(plain)
        except InvalidOperation:
            pass
    raise NotReadable(f"{element}: not a number" if plain else f"{element}: no quantity")


@lru_cache(maxsize=4096)
def _number(plain: str) -> Decimal:
    """Return one Decimal for all equal texts: an inventory has few quantities, and each takes 100 bytes.

    Raises:
        InvalidOperation: if it is no number.
    """
    return Decimal(plain)


def optional_quantity(text: str, element: str) -> Decimal | None:
    """Return a number, or None where the element is empty.

    Raises:
        NotReadable: if it is not empty and no number.
    """
    return quantity(text, element) if text.strip() else None


def whole(text: str) -> int | None:
    """Return a whole number that is not negative; None if it is none. Zeros before it do not count."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= _LONGEST else None


def moment(date: str, time: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant of a date (CCYYMMDD or YYMMDD) and time (HHMM, HHMMSS or longer) in the partner's zone.

    A date without a readable time is its first instant. None if there is no date that can be.
    """
    digits = date.strip()
    if len(digits) == 6:
        digits = f"20{digits}"
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None
    clock = time.strip()
    clock = clock[:6].ljust(6, "0") if len(clock) >= 4 and clock.isascii() and clock.isdigit() else "000000"
    for candidate in (clock, "000000"):
        try:
            found = datetime(
                *(int(digits[:4]), int(digits[4:6]), int(digits[6:])),
                *(int(candidate[:2]), int(candidate[2:4]), int(candidate[4:])),
                tzinfo=zone,
            )
        except ValueError:
            continue
        return found.astimezone(UTC) if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
    return None
