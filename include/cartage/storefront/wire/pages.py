"""Lists, page by page, such that no row is lost while others come and go (3dcart-api.md, section 3.2).

Lists have no cursor: an offset counts the rows that match at that moment. But they ascend by id, so a page
continues the last one if it holds an id at or below the last id seen; rows that left before it made it slide
too far ahead otherwise. Nothing here knows what a row is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# By how many rows to step back first. Doubled until it is enough: a few rows cost nothing, a call does.
_FIRST_STEP_BACK = 32
# Page sizes that a server may silently use instead of the one asked for (UNVERIFIED, section 3.1): a page
# that is short by being one of them is not taken for the last.
_LIKELY_CAPS = frozenset({10, 20, 25, 50, 100, 150, 200, 250})
_SAME_PAGE_TWICE = "the list does not move on: two offsets gave the same page"

Fetch = Callable[[int, int], Sequence[Any]]
IdOf = Callable[[Any], int | None]


class ListStuck(ValueError):
    """The server answers different offsets with the same full page."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows that no earlier page had, the highest id seen so far, and where to look for what follows it."""

    rows: tuple[Any, ...]
    last_id: int
    offset: int
    last: bool


def pages(fetch: Fetch, id_of: IdOf, *, limit: int, after_id: int = 0, offset: int = 1) -> Iterator[ListPage]:
    """Yield a list's pages, each fetched when it is asked for; pages without news are not yielded.

    `fetch(offset, limit)` returns the rows from a 1-based offset, none if there are none there. `id_of`
    returns None for a row that cannot be read; such rows are yielded too. Rows up to `after_id` are left
    out: a list that broke off goes on after the last id that was dealt with. The `offset` of its last page says
    where that was; offsets have shifted meanwhile, so it steps back from there until it joins on.

    Raises:
        ListStuck: if the server does not move on.
    """
    walk = _Walk(fetch, id_of, limit, after_id, offset)
    while not walk.ended:
        page = walk.next_page()
        if page.rows:
            yield page


class _Walk:
    def __init__(self, fetch: Fetch, id_of: IdOf, limit: int, after_id: int, offset: int) -> None:
        self._fetch, self._id_of, self._limit = fetch, id_of, limit
        self._last_id = after_id
        self._offset = offset
        self._joined_blindly = False
        self._previous: tuple[int, list[int | None]] = (0, [])
        self._unreadable_tail: list[Any] = []
        self.ended = False

    def next_page(self) -> ListPage:
        """Fetch the page that continues what was seen, and move on behind it."""
        rows = self._continuing()
        ids = [self._id_of(row) for row in rows]
        new = self._new(rows, ids)
        self._refuse_to_circle(ids)
        self._move_on(rows, ids)
        return ListPage(tuple(new), self._last_id, self._offset, self.ended)

    def _continuing(self) -> Sequence[Any]:
        """The rows from the offset, stepped back until they join on to the last id seen."""
        step = _FIRST_STEP_BACK
        rows = self._fetch(self._offset, self._limit)
        while self._offset > 1 and not (self._joined_blindly or self._joins(rows)):
            self._offset = max(1, self._offset - step)
            step *= 2
            rows = self._fetch(self._offset, self._limit)
        return rows

    def _joins(self, rows: Sequence[Any]) -> bool:
        return any(one is not None and one <= self._last_id for one in map(self._id_of, rows))

    def _new(self, rows: Sequence[Any], ids: Sequence[int | None]) -> list[Any]:
        """Rows above the last id, and unreadable ones behind it that the last page did not end with."""
        old = [place for place, one in enumerate(ids) if one is not None and one <= self._last_id]
        first_new = old[-1] + 1 if old else 0
        while (
            old
            and first_new < len(rows)
            and ids[first_new] is None
            and rows[first_new] in self._unreadable_tail
        ):
            first_new += 1
        return [
            row
            for place, (row, one) in enumerate(zip(rows, ids, strict=True))
            if (place >= first_new if one is None else one > self._last_id)
        ]

    def _move_on(self, rows: Sequence[Any], ids: list[int | None]) -> None:
        last = max((place for place, one in enumerate(ids) if one is not None), default=-1)
        self._last_id = max([self._last_id, *(id_ for id_ in ids if id_ is not None)])
        self._unreadable_tail = list(rows[last + 1 :])
        self._previous = (self._offset, ids)
        self.ended = len(ids) < self._limit and len(ids) not in _LIKELY_CAPS
        # One row of overlap shows on the next page that nothing slid; a page of unreadable rows cannot give
        # one.
        self._joined_blindly = last < len(ids) // 2
        self._offset += len(ids) if self._joined_blindly else last

    def _refuse_to_circle(self, ids: list[int | None]) -> None:
        offset, previous = self._previous
        if len(ids) > 1 and self._offset > offset and ids == previous and any(id_ is not None for id_ in ids):
            raise ListStuck(_SAME_PAGE_TWICE)
