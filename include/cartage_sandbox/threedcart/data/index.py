"""What lists show: entries by ascending OrderID, found by status and filter, and possibly late.

It is a view; the order book has the actual state. Not thread-safe: the state's lock guards it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime
from itertools import count

from cartage_sandbox.threedcart.data.entries import Entry
from cartage_sandbox.threedcart.data.filters import Criteria

# A client pages through one selection at a time, and only a few lanes and tests run at once.
_SELECTIONS_KEPT = 16


class ListIndex:
    """The orders as lists show them."""

    def __init__(self) -> None:
        self._shown: dict[int, Entry] = {}
        self._ids: list[int] = []
        self._by_status: dict[int, list[int]] = {}
        self._pending: list[tuple[datetime, int, Entry]] = []
        self._numbers = count()
        self._number_of: dict[int, int] = {}
        self._selections: dict[Criteria, Sequence[int]] = {}

    def show(self, entry: Entry, since: datetime, now: datetime) -> None:
        """Let lists show an entry from the time `since`."""
        number = next(self._numbers)
        if since <= now:
            self._put(entry, number)
        else:
            heapq.heappush(self._pending, (since, number, entry))

    def settle(self, now: datetime) -> None:
        """Bring the lists up to `now`."""
        while self._pending and self._pending[0][0] <= now:
            _, number, entry = heapq.heappop(self._pending)
            # The lag may have been shortened meanwhile: an older state never replaces a newer one.
            if number > self._number_of.get(entry.order_id, -1):
                self._put(entry, number)

    def select(self, criteria: Criteria) -> Sequence[int]:
        """Return the ids that match, ascending. Cached until something changes, so that pages share the work."""
        if criteria not in self._selections:
            if len(self._selections) >= _SELECTIONS_KEPT:
                self._selections.clear()
            self._selections[criteria] = self._matching(criteria)
        return self._selections[criteria]

    def entries(self, ids: Sequence[int]) -> list[Entry]:
        """Return the entries with these ids as lists show them."""
        return [self._shown[each] for each in ids]

    def _matching(self, criteria: Criteria) -> Sequence[int]:
        candidates = self._candidates(criteria.statuses)
        if criteria.by_status_alone:
            return tuple(candidates)
        return tuple(each for each in candidates if criteria.matches(self._shown[each]))

    def _candidates(self, statuses: frozenset[int] | None) -> Sequence[int]:
        if statuses is None:
            return self._ids
        found = [self._by_status.get(status, []) for status in statuses]
        return found[0] if len(found) == 1 else sorted(each for ids in found for each in ids)

    def _put(self, entry: Entry, number: int) -> None:
        self._number_of[entry.order_id] = number
        before = self._shown.get(entry.order_id)
        self._shown[entry.order_id] = entry
        self._selections.clear()
        if before is None:
            _insert(self._ids, entry.order_id)
        elif before.status != entry.status:
            ids = self._by_status[before.status]
            del ids[bisect_left(ids, entry.order_id)]
        else:
            return
        _insert(self._by_status.setdefault(entry.status, []), entry.order_id)


def _insert(ids: list[int], number: int) -> None:
    if not ids or ids[-1] < number:
        ids.append(number)
    else:
        insort(ids, number)
