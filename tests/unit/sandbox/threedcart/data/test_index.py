"""Lists as a view of the orders: always the same as a scan of all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cartage_sandbox.threedcart.data.entries import Entry, Place, entry_of
from cartage_sandbox.threedcart.data.filters import Criteria
from cartage_sandbox.threedcart.data.index import ListIndex

_NOW = datetime(2026, 3, 2, tzinfo=UTC)
_DAY = datetime(2026, 3, 2)  # noqa: DTZ001 - store-local
_WRITES = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4), st.integers(0, 5)), max_size=60)


def _entry(order_id: int, status: int, day: int = 0) -> Entry:
    return entry_of(order_id, {"OrderStatusID": status}, Place(1, _DAY + timedelta(days=day)))


@given(writes=_WRITES, statuses=st.frozensets(st.integers(1, 4)), last=st.integers(0, 5))
def test_a_selection_equals_a_scan_of_the_latest_states(
    writes: list[tuple[int, int, int]], statuses: frozenset[int], last: int
) -> None:
    index, latest = ListIndex(), {}
    criteria = Criteria(statuses=statuses, ordered=(_DAY, _DAY + timedelta(days=last)))
    for order_id, status, day in writes:
        latest[order_id] = _entry(order_id, status, day)
        index.show(latest[order_id], _NOW, _NOW)
        expected = [
            key for key in sorted(latest) if latest[key].status in statuses and criteria.matches(latest[key])
        ]
        assert list(index.select(criteria)) == expected


@given(writes=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(0, 3)), max_size=30))
def test_after_any_lag_lists_show_the_last_write(writes: list[tuple[int, int, int]]) -> None:
    index, latest = ListIndex(), {}
    for order_id, status, lag in writes:
        latest[order_id] = _entry(order_id, status)
        index.show(latest[order_id], _NOW + timedelta(seconds=lag), _NOW)
    index.settle(_NOW + timedelta(seconds=10))
    shown = index.entries(index.select(Criteria()))
    assert {each.order_id: each.status for each in shown} == {
        key: each.status for key, each in latest.items()
    }


def test_cached_selections_are_limited() -> None:
    index = ListIndex()
    index.show(_entry(1, 1), _NOW, _NOW)
    for number in range(100):
        index.select(Criteria(invoice=number))
    assert len(index._selections) <= 16
