from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.storefront.wire.pages import ListPage, ListStuck, pages


class Shelf:
    """A list as the store keeps it: rows ascend by id, and an offset counts the rows that are there now.

    `between[n]` runs before the nth fetch. A row without a number is unreadable.
    """

    def __init__(self, rows: Sequence[Any], cap: int = 10_000) -> None:
        self.rows = list(rows)
        self.between: dict[int, Callable[[], None]] = {}
        self.fetches: list[int] = []
        self._cap = cap

    def fetch(self, offset: int, limit: int) -> list[Any]:
        self.between.pop(len(self.fetches), lambda: None)()
        self.fetches.append(offset)
        return self.rows[offset - 1 : offset - 1 + min(limit, self._cap)]

    def remove(self, *ids: Any) -> None:
        self.rows = [row for row in self.rows if row not in ids]

    def insert(self, *ids: int) -> None:
        self.rows = sorted([*self.rows, *ids])


def id_of(row: Any) -> int | None:
    return row if isinstance(row, int) else None


def walk(shelf: Shelf, limit: int = 30, after_id: int = 0) -> Iterator[ListPage]:
    return pages(shelf.fetch, id_of, limit=limit, after_id=after_id)


def rows(shelf: Shelf, limit: int = 30, after_id: int = 0) -> list[Any]:
    return [row for page in walk(shelf, limit, after_id) for row in page.rows]


@pytest.mark.parametrize("number", [0, 1, 29, 30, 31, 59, 60, 88, 89, 200])
def test_every_row_of_an_unchanging_list_is_yielded_once(number: int) -> None:
    assert rows(Shelf(range(1, number + 1))) == list(range(1, number + 1))


def test_an_unchanging_list_costs_one_call_per_page() -> None:
    shelf = Shelf(range(1, 112))
    rows(shelf)
    assert shelf.fetches == [1, 30, 59, 88]


def test_an_empty_list_costs_one_call_and_no_page() -> None:
    shelf = Shelf([])
    assert list(walk(shelf)) == []
    assert shelf.fetches == [1]


def test_a_page_is_fetched_only_on_demand() -> None:
    shelf = Shelf(range(1, 112))
    found = walk(shelf)
    next(found)
    assert shelf.fetches == [1]


def test_rows_that_leave_before_the_next_page_hide_no_row_after_it() -> None:
    shelf = Shelf(range(1, 100))
    shelf.between[1] = lambda: shelf.remove(*range(5, 21))
    assert rows(shelf) == list(range(1, 100))


def test_a_whole_page_that_leaves_hides_no_row_after_it() -> None:
    """Our own status writes do this to a sweep of the import status."""
    shelf = Shelf(range(1, 400))
    for fetch in (1, 4, 8):
        shelf.between[fetch] = lambda: shelf.remove(*shelf.rows[:30])
    assert rows(shelf) == list(range(1, 400))


def test_a_list_that_shrinks_below_the_offset_is_not_over() -> None:
    shelf = Shelf(range(1, 70))
    shelf.between[1] = lambda: shelf.remove(*range(1, 31))
    assert rows(shelf) == list(range(1, 70))


def test_rows_that_appear_earlier_in_the_list_repeat_no_row() -> None:
    shelf = Shelf(range(100, 200))
    shelf.between[1] = lambda: shelf.insert(*range(1, 8))
    assert rows(shelf) == list(range(100, 200))


def test_rows_that_appear_later_in_the_list_are_read() -> None:
    shelf = Shelf(range(100, 200))
    shelf.between[2] = lambda: shelf.insert(150_000)
    assert rows(shelf)[-1] == 150_000


def test_a_list_is_resumed_after_an_id_not_at_an_offset() -> None:
    shelf = Shelf(range(1, 200))
    shelf.remove(*range(1, 50))
    assert rows(shelf, after_id=120) == list(range(121, 200))


def test_a_list_is_resumed_at_the_offset_of_its_last_page_with_one_row_of_overlap() -> None:
    shelf = Shelf(range(1, 200))
    first = next(walk(shelf))
    second = pages(shelf.fetch, id_of, limit=30, after_id=first.last_id, offset=first.offset)
    assert [row for page in second for row in page.rows] == list(range(31, 200))
    assert shelf.fetches[:2] == [1, 30]


@pytest.mark.parametrize("gone", [1, 30, 100])
def test_a_resumed_list_steps_back_until_it_overlaps(gone: int) -> None:
    shelf = Shelf(range(1, 200))
    shelf.remove(*range(1, gone + 1))
    found = pages(shelf.fetch, id_of, limit=30, after_id=120, offset=120)
    assert [row for page in found for row in page.rows] == list(range(121, 200))


def test_resuming_a_finished_list_costs_one_call() -> None:
    shelf = Shelf(range(1, 100))
    last = list(walk(shelf))[-1]
    before = len(shelf.fetches)
    assert last.last
    assert list(pages(shelf.fetch, id_of, limit=30, after_id=last.last_id, offset=last.offset)) == []
    assert len(shelf.fetches) == before + 1


@pytest.mark.parametrize("cap", [10, 20, 25])
def test_a_server_that_silently_sends_smaller_pages_hides_nothing(cap: int) -> None:
    assert rows(Shelf(range(1, 100), cap)) == list(range(1, 100))


def test_unreadable_rows_are_yielded_once_too() -> None:
    mixed = [1, "a", 2, 3, "b", *range(4, 40), "c", "d", *range(40, 70), "e"]
    assert rows(Shelf(mixed)) == mixed


def test_an_unreadable_row_at_the_end_of_a_page_is_yielded_once() -> None:
    mixed = [*range(1, 30), "x", *range(30, 80)]
    assert rows(Shelf(mixed)) == mixed


def test_pages_with_only_unreadable_rows_do_not_stop_the_list() -> None:
    mixed: list[Any] = [1, *(f"x{number}" for number in range(100)), 2, 3]
    found = rows(Shelf(mixed))
    assert set(found) == set(mixed)
    assert [row for row in found if id_of(row)] == [1, 2, 3]


def test_a_server_that_ignores_the_offset_is_detected() -> None:
    with pytest.raises(ListStuck):
        list(pages(lambda _, limit: list(range(1, limit + 1)), id_of, limit=30))


def test_a_failed_page_ends_the_list_with_its_error() -> None:
    shelf = Shelf(range(1, 100))

    def fail() -> None:
        raise ConnectionError

    shelf.between[1] = fail
    found = walk(shelf)
    next(found)
    with pytest.raises(ConnectionError):
        next(found)


@settings(deadline=None)
@given(
    st.integers(0, 150),
    st.lists(st.tuples(st.integers(0, 60), st.sets(st.integers(0, 320), max_size=10)), max_size=8),
    st.integers(12, 40),
)
def test_rows_that_stay_are_yielded_exactly_once_while_others_come_and_go(
    size: int, changes: list[tuple[int, set[int]]], limit: int
) -> None:
    """Rows leave at the front, where they hide most; odd ones appear anywhere, fewer than a page at once."""
    shelf = Shelf(range(2, 2 * size + 2, 2))
    stayed = set(shelf.rows)

    def change(gone: int, come: set[int]) -> None:
        stayed.difference_update(shelf.rows[:gone])
        shelf.rows = sorted({*shelf.rows[gone:], *(2 * row + 1 for row in come)})

    for number, (gone, come) in enumerate(changes):
        shelf.between[number + 1] = partial(change, gone, come)
    found = rows(shelf, limit)
    assert stayed <= set(found)
    assert len(found) == len(set(found))
    assert found == sorted(found)
