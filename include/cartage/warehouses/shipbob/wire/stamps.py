"""Read ShipBob's time stamps. Pure.

The OpenAPI description calls them RFC 3339 date-times. One without an offset is read as UTC (UNVERIFIED).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

# .NET writes an absent date as its smallest one. Nothing shipped before 1900 or after 8999.
_FIRST_YEAR, _LAST_YEAR = 1900, 8999
_LONGEST = 64


def read_instant(value: object) -> datetime | None:
    """Return a stamp in UTC; None if it is absent or .NET's empty date.

    Raises:
        ValueError: if it is not a time.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError("not a time")
    found = datetime.fromisoformat(value.strip())
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


Instant = Annotated[datetime | None, BeforeValidator(read_instant)]
