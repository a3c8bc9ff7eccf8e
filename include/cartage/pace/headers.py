"""What the headers of a response say of the pace. A value that cannot be read says nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], names: Iterable[str] = ("Retry-After",)) -> float | None:
    """Return the wait in seconds that the first readable of these headers demands, or None.

    Its value is a number of seconds or a date (RFC 9110, 10.2.3).
    """
    for name in names:
        value = headers.get(name, "").strip()
        seconds = number_in(value)
        wait = _until(value, headers.get("Date", "")) if seconds is None else seconds
        if wait is not None:
            return wait
    return None


def number_in(value: str) -> float | None:
    """Return a header's number of 0 or more, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(date: str, now: str) -> float | None:
    """Return the seconds until an HTTP date, by the response's own Date if it has one."""
    moment = _http_date(date)
    return max(0.0, (moment - (_http_date(now) or datetime.now(UTC))).total_seconds()) if moment else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
