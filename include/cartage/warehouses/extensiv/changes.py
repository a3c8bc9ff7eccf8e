"""Read orders by their last change, oldest first, while they keep changing. Knows pages, not HTTP.

A page begins at the last time stamp that was read, not at a page number. A row that moves during the read can only
move to the end, and is read there. Stamps are naive; their zone only affects the overlap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cartage.warehouses.extensiv import wire


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """A row of the list, and the naive stamp of its last change; None if it has none that can be believed."""

    row: wire.ReadRow[wire.Order]
    stamp: datetime | None

    @property
    def key(self) -> str:
        """What distinguishes the row from all others. A number that two orders have is not enough."""
        order = self.row.value
        return f"{order.read_only.order_id or self.row.content_hash} {order.reference_num}".rstrip()


# (first stamp, page number from 1) -> rows in ascending order of stamps, and the total from that stamp on, if known.
FetchPage = Callable[[datetime | None, int], tuple[Sequence[ChangedOrder], int | None]]

_LONGEST_SHIFT = timedelta(hours=3)


def read_changes(fetch: FetchPage, since: datetime | None) -> Iterator[list[ChangedOrder]]:
    """Yield every order changed at or after `since`, each once, in pages.

    An order that changes again after it was read is left to the next poll, whose overlap covers it. The number
    of pages is therefore bounded by the number of orders. If more orders share a stamp than fit on a page, they are
    read by page number, and again until a pass shows nothing new. Rows without a stamp move nothing.
    """
    seen: set[str] = set()
    before: list[str] = []
    largest = 0
    start, number, read, new_in_pass = since, 1, 0, False
    while True:
        rows, total = fetch(start, number)
        fresh = [row for row in rows if row.key not in seen]
        seen.update(row.key for row in fresh)
        if fresh:
            yield fresh
        read, new_in_pass = read + len(rows), new_in_pass or bool(fresh)
        last = next((row.stamp for row in reversed(rows) if row.stamp), start)
        keys = [row.key for row in rows]
        # Without a total, a full page may have a next one, unless the list gives the same page again.
        repeats = number > 1 and keys == before
        largest, before = max(largest, len(rows)), keys
        at_end = (len(rows) < largest or repeats) and not fresh if total is None else read >= total
        more, onward = bool(rows) and not at_end, last != start
        if more and not onward:
            number += 1
        elif number > 1 and new_in_pass:
            number, read, new_in_pass = 1, 0, False
        elif more:
            start, number, read, new_in_pass = last, 1, 0, False
        else:
            return


def believed(rows: Sequence[ChangedOrder]) -> list[ChangedOrder] | None:
    """Return the rows of an ascending list; a stamp that is out of order is taken away from its row.

    The list is in order without the fewest stamps. None if that is more than a few: the list is not sorted.
    """
    dated = [(row.stamp, place) for place, row in enumerate(rows) if row.stamp]
    kept = set(_ascending(dated))
    odd = {place for _, place in dated} - kept
    if len(odd) > max(1, len(dated) // 10):
        return None
    return [replace(row, stamp=None) if place in odd else row for place, row in enumerate(rows)]


def _ascending(stamps: Sequence[tuple[datetime, int]]) -> Iterator[int]:
    """Yield the places of a longest ascending subsequence, from its end; of several, the one that ends earliest."""
    tails: list[datetime] = []
    heads: list[int] = []
    before: list[int] = []
    for index, (stamp, _) in enumerate(stamps):
        at = bisect_right(tails, stamp)
        before.append(heads[at - 1] if at else -1)
        tails[at : at + 1], heads[at : at + 1] = [stamp], [index]
    index = heads[-1] if heads else -1
    while index >= 0:
        yield stamps[index][1]
        index = before[index]


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
