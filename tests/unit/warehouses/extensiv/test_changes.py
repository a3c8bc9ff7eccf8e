"""Reading by last change: nothing missed, nothing twice, and an end, while rows keep moving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.changes import (
    ChangedOrder,
    believed,
    first_stamp,
    read_changes,
    stamp_of,
)

NEW_YORK = ZoneInfo("America/New_York")
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime.fromisoformat("2026-11-24T12:00")  # naive, as all of the API's stamps


class Shelf:
    """Orders with stamps, listed in pages as the API does; `between` runs before each page except the first."""

    def __init__(self, stamps: dict[int, int], page: int) -> None:
        self.stamps = {number: START + timedelta(seconds=at) for number, at in stamps.items()}
        self.page, self.fetches = page, 0
        self.total_known = True
        self.between: Callable[[], None] = lambda: None

    def touch(self, number: int) -> None:
        self.stamps[number] = max(self.stamps.values()) + timedelta(seconds=1)

    def fetch(self, start: datetime | None, number: int) -> tuple[list[ChangedOrder], int | None]:
        self.fetches += 1
        if self.fetches > 1:
            self.between()
        found = sorted((at, key) for key, at in self.stamps.items() if start is None or at >= start)
        rows = found[(number - 1) * self.page : number * self.page]
        return [self.row(key, at) for at, key in rows], len(found) if self.total_known else None

    @staticmethod
    def row(key: int, at: datetime | None) -> ChangedOrder:
        return ChangedOrder(wire.read_row(wire.Order, {"readOnly": {"orderId": key}}), at)

    def read(self, since: datetime | None = None) -> list[int]:
        pages = read_changes(self.fetch, since)
        return [int(row.key) for page in pages for row in page]


def test_an_empty_list_costs_one_call_and_gives_no_page() -> None:
    shelf = Shelf({}, 2)
    assert list(read_changes(shelf.fetch, None)) == []
    assert shelf.fetches == 1


def test_a_single_page_costs_one_call() -> None:
    shelf = Shelf({1: 0, 2: 1}, 2)
    assert shelf.read() == [1, 2]
    assert shelf.fetches == 1


@pytest.mark.parametrize("page", [2, 3, 7])
def test_many_pages_yield_each_order_once_oldest_first(page: int) -> None:
    shelf = Shelf({number: number // 2 for number in range(20)}, page)
    assert shelf.read() == list(range(20))


def test_rows_before_the_start_are_left_out() -> None:
    assert Shelf({1: 0, 2: 5}, 10).read(START + timedelta(seconds=5)) == [2]


def test_more_orders_with_one_stamp_than_fit_on_a_page_are_all_read() -> None:
    shelf = Shelf(dict.fromkeys(range(11), 0) | {11: 1}, 3)
    assert sorted(shelf.read()) == list(range(12))


def test_a_row_that_moves_while_it_is_read_hides_no_other() -> None:
    shelf = Shelf({number: number for number in range(12)}, 3)
    moves = iter(range(12))
    shelf.between = lambda: shelf.touch(next(moves, 0))
    read = shelf.read()
    assert sorted(read) == list(range(12))


def test_a_row_that_leaves_a_crowded_stamp_hides_no_other() -> None:
    shelf = Shelf(dict.fromkeys(range(10), 0), 3)
    moves = iter([None, None, 1, 2])  # after the second page of the crowded stamp

    def between() -> None:
        number = next(moves, None)
        if number is not None:
            shelf.touch(number)

    shelf.between = between
    assert sorted(shelf.read()) == list(range(10))


def test_orders_that_never_stop_changing_do_not_keep_the_poll_from_ending() -> None:
    shelf = Shelf({number: number for number in range(9)}, 3)

    def between() -> None:
        for number in range(3):
            shelf.touch(number)

    shelf.between = between
    assert sorted(shelf.read()) == list(range(9))
    assert shelf.fetches < 20


@settings(deadline=None)
@given(
    stamps=st.dictionaries(st.integers(0, 30), st.integers(0, 2), min_size=5),
    page=st.integers(2, 3),
    moves=st.lists(st.integers(0, 30), max_size=20),
)
def test_nothing_is_missed_or_repeated_while_rows_move(
    stamps: dict[int, int], page: int, moves: list[int]
) -> None:
    shelf = Shelf(stamps, page)
    waiting = iter([number for number in moves if number in stamps])

    def between() -> None:
        number = next(waiting, None)
        if number is not None:
            shelf.touch(number)

    shelf.between = between
    assert sorted(shelf.read()) == sorted(stamps)


def test_the_overlap_is_subtracted_from_the_cursor() -> None:
    cursor = datetime.fromisoformat("2026-07-10T12:00")
    assert first_stamp(cursor, timedelta(hours=24), NEW_YORK) == datetime.fromisoformat("2026-07-09T12:00")


def test_a_change_in_the_hour_that_clocks_repeat_is_not_missed() -> None:
    # Clocks go back at 02:00 on 1 November 2026: a change ten minutes after the cursor's 01:50 has the stamp 01:00.
    since = first_stamp(datetime.fromisoformat("2026-11-01T01:50"), timedelta(minutes=5), NEW_YORK)
    assert since <= datetime.fromisoformat("2026-11-01T01:00")


@settings(deadline=None)
@given(
    at=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: YEAR + timedelta(minutes=minutes)),
    later=st.timedeltas(timedelta(0), timedelta(days=2)),
    overlap=st.timedeltas(timedelta(0), timedelta(days=1)),
)
def test_no_later_change_has_a_stamp_before_the_start_of_the_poll(
    at: datetime, later: timedelta, overlap: timedelta
) -> None:
    cursor = datetime.fromisoformat(stamp_of(at, NEW_YORK))
    assert first_stamp(cursor, overlap, NEW_YORK) <= datetime.fromisoformat(stamp_of(at + later, NEW_YORK))


@pytest.mark.parametrize("page", [2, 3, 50])
def test_a_list_without_a_total_is_read_to_its_end(page: int) -> None:
    shelf = Shelf({number: number // 2 for number in range(11)}, page)
    shelf.total_known = False
    assert sorted(shelf.read()) == list(range(11))
    assert shelf.fetches < 30


def test_a_row_without_a_stamp_is_read_and_moves_nothing() -> None:
    rows = [Shelf.row(1, START), Shelf.row(2, None)]
    pages = list(read_changes(lambda _, number: (rows if number == 1 else [], 2), None))
    assert [[row.key for row in page] for page in pages] == [["1", "2"]]


def believed_stamps(*seconds: int | None) -> list[int | None] | None:
    def stamp(at: int | None) -> datetime | None:
        return None if at is None else START + timedelta(seconds=at)

    rows = believed([Shelf.row(number, stamp(at)) for number, at in enumerate(seconds)])
    if rows is None:
        return None
    return [None if row.stamp is None else int((row.stamp - START).total_seconds()) for row in rows]


def test_a_stamp_that_is_out_of_order_is_not_believed_and_the_others_are() -> None:
    assert believed_stamps(1, 2, 900, 3, None, 4) == [1, 2, None, 3, None, 4]
    assert believed_stamps(5, 1, 6, 7) == [None, 1, 6, 7] or believed_stamps(5, 1, 6, 7) == [5, None, 6, 7]
    assert believed_stamps(1, 1, 2, 2) == [1, 1, 2, 2]
    assert believed_stamps() == []


def test_of_two_stamps_in_the_wrong_order_the_earlier_one_counts() -> None:
    assert believed_stamps(9, 1) == [None, 1]


def test_a_list_that_is_not_sorted_is_detected() -> None:
    assert believed_stamps(*range(40, 0, -1)) is None
