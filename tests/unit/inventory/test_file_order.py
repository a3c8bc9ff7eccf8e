"""Which of two stock files is newer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.inventory.file_order import FileTimes, compare, figures_from

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=2), NOW - timedelta(hours=1)


def file(as_of: datetime | None = None, path: str = "inv.csv", modified: datetime | None = None) -> FileTimes:
    return FileTimes(as_of, path, modified)


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        (file(as_of=LATER), file(as_of=EARLIER)),
        # The time in the file outranks the file's own: an old file that is sent again is new by its own time.
        (file(as_of=LATER, modified=EARLIER), file(as_of=EARLIER, modified=LATER)),
        (file(path="inv_20260310.csv", modified=EARLIER), file(path="inv_20260309.csv", modified=LATER)),
        (file(path="in/inv-2026-03-10_0700.csv"), file(path="out/inv-2026-03-10_0600.csv")),
        (file(path="20260310T070001_a"), file(path="20260310T070000_a")),
        (file(modified=LATER), file(modified=EARLIER)),
        (file(as_of=EARLIER, modified=LATER), file(modified=EARLIER)),
        (file(as_of=EARLIER, modified=LATER), file(as_of=EARLIER, modified=EARLIER)),
    ],
)
def test_the_newer_file_is_known_by_what_is_most_certain(newer: FileTimes, older: FileTimes) -> None:
    assert (compare(newer, older, NOW), compare(older, newer, NOW), compare(newer, newer, NOW)) == (1, -1, 0)


@pytest.mark.parametrize(
    ("new", "last"),
    [
        ("inv_12312025.csv", "inv_01012026.csv"),  # the year is last: it does not sort
        ("inv_311225.csv", "inv_010126.csv"),
        ("inv_20260310.csv", "stock_20260309.csv"),  # other files
        ("inv_20261310.csv", "inv_20260309.csv"),  # no date
        ("inv_120260310.csv", "inv_20260309.csv"),  # a longer number
        ("inv.csv", "inv_20260309.csv"),
    ],
)
def test_names_that_do_not_sort_by_date_tell_nothing(new: str, last: str) -> None:
    assert compare(file(path=new), file(path=last), NOW) == 0
    assert compare(file(path=new, modified=LATER), file(path=last, modified=EARLIER), NOW) == 1


def test_a_time_in_the_future_does_not_outrank_every_later_file() -> None:
    wrong = file(as_of=NOW + timedelta(days=365), modified=EARLIER)
    assert compare(file(as_of=LATER, modified=LATER), wrong, NOW) == 1


def test_orders_may_be_missing_in_the_figures_since_the_earliest_time_that_is_sure() -> None:
    assert figures_from(file(as_of=EARLIER, modified=LATER), NOW, NOW) == EARLIER
    assert figures_from(file(modified=LATER), NOW, NOW) == LATER
    assert figures_from(file(), EARLIER, NOW) == EARLIER
    assert figures_from(file(modified=NOW + timedelta(hours=3)), NOW, NOW) == NOW
