"""Read lists page by page without losing a row while others come and go (3dcart-api.md, section 3.2).

Lists have no cursor: an offset counts the rows that match at that moment. But rows ascend by id. A page continues
the previous one if it has an id at or below the last id seen; otherwise rows have left the list and the offset is
too far ahead. Nothing here knows what a row is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# How many rows to step back first. Doubled until it is enough: a few more rows cost nothing, a call does.
_FIRST_STEP_BACK = 32
# Page sizes that a server may silently use instead of the requested one (UNVERIFIED, section 3.1). A short page
# of one of these sizes is not taken for the last.
_LIKELY_CAPS = frozenset({10, 20, 25, 50, 100, 150, 200, 250})
_SAME_PAGE_TWICE = "the list does not advance: two offsets gave the same page"

Fetch = Callable[[int, int], Sequence[Any]]
IdOf = Callable[[Any], int | None]


class ListStuck(ValueError):
    """The server returns the same full page for different offsets."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows that no earlier page had, the highest id so far, and the offset of what follows."""

    rows: tuple[Any, ...]
    last_id: int
    offset: int
    last: bool


def pages(fetch: Fetch, id_of: IdOf, *, limit: int, after_id: int = 0, offset: int = 1) -> Iterator[ListPage]:
    """Yield a list's pages, each fetched on demand. A page without new rows is not yielded.

    `fetch(offset, limit)` returns the rows from a 1-based offset, or none. `id_of` returns None for a row that
    cannot be read; such rows are yielded too. To resume a list, pass the last id and offset that were processed:
    rows up to `after_id` are left out. Offsets may have shifted meanwhile, so the reader steps back from `offset`
    until a page overlaps with what was read before.

    Raises:
        ListStuck: if the server keeps returning the same page.
    """
    reader = _ListReader(fetch, id_of, limit, after_id, offset)
    while not reader.ended:
        page = reader.next_page()
        if page.rows:
            yield page


class _ListReader:
    def __init__(self, fetch: Fetch, id_of: IdOf, limit: int, after_id: int, offset: int) -> None:
        self._fetch, self._id_of, self._limit = fetch, id_of, limit
        self._last_id = after_id
        self._offset = offset
        self._overlap_unknown = False
        self._previous: tuple[int, list[int | None]] = (0, [])
        self._unreadable_tail: list[Any] = []
        self.ended = False

    def next_page(self) -> ListPage:
        """Fetch the page that continues what was read, and advance past it."""
        rows = self._fetch_continuation()
        ids = [self._id_of(row) for row in rows]
        new = self._new_rows(rows, ids)
        self._check_progress(ids)
        self._advance(rows, ids)
        return ListPage(tuple(new), self._last_id, self._offset, self.ended)

    def _fetch_continuation(self) -> Sequence[Any]:
        """Fetch the rows at the offset, stepping back until they overlap with the last id seen."""
        step = _FIRST_STEP_BACK
        rows = self._fetch(self._offset, self._limit)
        while self._offset > 1 and not (self._overlap_unknown or self._overlaps(rows)):
            self._offset = max(1, self._offset - step)
            step *= 2
            rows = self._fetch(self._offset, self._limit)
        return rows

    def _overlaps(self, rows: Sequence[Any]) -> bool:
        return any(row_id is not None and row_id <= self._last_id for row_id in map(self._id_of, rows))

    def _new_rows(self, rows: Sequence[Any], ids: Sequence[int | None]) -> list[Any]:
        """Return the rows above the last id, and the unreadable rows after it that the last page did not end with."""
        old = [place for place, row_id in enumerate(ids) if row_id is not None and row_id <= self._last_id]
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
            for place, (row, row_id) in enumerate(zip(rows, ids, strict=True))
            if (place >= first_new if row_id is None else row_id > self._last_id)
        ]

    def _advance(self, rows: Sequence[Any], ids: list[int | None]) -> None:
        last = max((place for place, row_id in enumerate(ids) if row_id is not None), default=-1)
        self._last_id = max([self._last_id, *(id_ for id_ in ids if id_ is not None)])
        self._unreadable_tail = list(rows[last + 1 :])
        self._previous = (self._offset, ids)
        self.ended = len(ids) < self._limit and len(ids) not in _LIKELY_CAPS
        # The next page starts with the last readable row again, to show that no row left the list. A page that
        # is mostly unreadable has no such row near its end.
        self._overlap_unknown = last < len(ids) // 2
        self._offset += len(ids) if self._overlap_unknown else last

    def _check_progress(self, ids: list[int | None]) -> None:
        offset, previous = self._previous
        if len(ids) > 1 and self._offset > offset and ids == previous and any(id_ is not None for id_ in ids):
            raise ListStuck(_SAME_PAGE_TWICE)
