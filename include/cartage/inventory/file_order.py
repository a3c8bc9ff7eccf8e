"""Which of two stock files is newer: by the time in it, else by the date in its name, else by its own time. Pure.

Warehouses send old files again, late, and out of order; the newest one counts. Where nothing tells, the file that came
last counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

# A date, and a time of day, as they sort: 20260131, 2026-01-31_0700, 20260131T070000. A date that begins with the month
# or the day looks like any other number, and is not used.
_DATE = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T ]?([01]\d|2[0-3])[-_.:]?([0-5]\d)(?:[-_.:]?([0-5]\d))?)?(?!\d)"
)
# Wrong clocks and time zones. A time that is further in the future would outrank every later file.
_FUTURE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FileTimes:
    """What tells when the figures of a file are from."""

    as_of: datetime | None
    path: str
    modified_at: datetime | None

    def known(self, now: datetime) -> FileTimes:
        """Return the times without those that cannot be true."""
        believed = self.as_of if self.as_of is not None and self.as_of <= now + _FUTURE else None
        return FileTimes(believed, self.path, self.modified_at)


def compare(new: FileTimes, last: FileTimes, now: datetime) -> int:
    """Return 1 if a file is newer than the last one, -1 if it is older, and 0 if nothing tells."""
    new, last = new.known(now), last.known(now)
    for ours, theirs in (
        (new.as_of, last.as_of),
        _dates_in_names(new.path, last.path),
        (new.modified_at, last.modified_at),
    ):
        if ours is not None and theirs is not None and ours != theirs:
            return 1 if ours > theirs else -1  # type: ignore[operator]
    return 0


def figures_from(times: FileTimes, seen_at: datetime, now: datetime) -> datetime:
    """Return the instant since which orders may be missing in the figures of a file.

    `seen_at` counts where the file has no time: the latest instant at which it was certainly not there yet.
    """
    believed = times.known(now)
    return min(believed.as_of or believed.modified_at or seen_at, now)


def _dates_in_names(new: str, last: str) -> tuple[str | None, str | None]:
    """Return the dates in two names, as text that sorts; None where the names differ in more than their dates."""
    found = [_DATE.search(path.rpartition("/")[2]) for path in (new, last)]
    if found[0] is None or found[1] is None:
        return None, None
    rests = {match.string[: match.start()] + "|" + match.string[match.end() :] for match in found if match}
    groups = [["".join(part or "" for part in match.groups())] for match in found if match]
    return (groups[0][0], groups[1][0]) if len(rests) == 1 else (None, None)
