"""Read orders by their last change, oldest first, while they keep changing. Knows pages, not HTTP.

A page begins at the last time stamp that was read, not at a page number. A row that moves during the read can only
move to the end, and is read there. Stamps are naive; their zone only affects the overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cartage.warehouses.extensiv import wire

# (first stamp, page number from 1) -> rows in ascending order of stamps, and the total from that stamp on.
FetchPage = Callable[[datetime | None, int], tuple[list[wire.Order], int]]

_LONGEST_SHIFT = timedelta(hours=3)


def read_changes(fetch: FetchPage, since: datetime | None) -> Iterator[list[wire.Order]]:
    """Yield every order changed at or after `since`, each once, in pages.

    An order that changes again after it was read is left to the next poll, whose overlap covers it. The number
    of pages is therefore bounded by the number of orders. If more orders share a stamp than fit on a page, they are
    read by page number, and again until a pass shows nothing new.
    """
    seen: set[str] = set()
    start, number, read, new_in_pass = since, 1, 0, False
    while True:
        rows, total = fetch(start, number)
        fresh = [row for row in rows if row.read_only.order_id not in seen]
        seen.update(row.read_only.order_id for row in fresh)
        if fresh:
            yield fresh
        read, new_in_pass = read + len(rows), new_in_pass or bool(fresh)
        last = rows[-1].read_only.last_modified_date if rows else start
        more, onward = bool(rows) and read < total, last != start
        if more and not onward:
            number += 1
        elif number > 1 and new_in_pass:
            number, read, new_in_pass = 1, 0, False
        elif more:
            start, number, read, new_in_pass = last, 1, 0, False
        else:
            return


def first_stamp(cursor: datetime, overlap: timedelta, zone: ZoneInfo) -> datetime:
    """Return the earliest naive stamp of anything that changed after `cursor` less `overlap`.

    If the clocks go back in the hours after that instant, later changes have earlier stamps. The shift is
    subtracted, so that no change in the repeated hour is missed.
    """
    instant = cursor.replace(tzinfo=zone).astimezone(UTC) - overlap
    begin = _naive(instant, zone)
    set_back = begin + _LONGEST_SHIFT - _naive(instant + _LONGEST_SHIFT, zone)
    return begin - max(set_back, timedelta(0))


def stamp_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return the cursor for an instant: its naive stamp."""
    return _naive(moment.astimezone(UTC), zone).isoformat()


def _naive(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
