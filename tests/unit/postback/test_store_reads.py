"""Clusters: orders that were placed close together share a query; those far apart never widen one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cartage.postback.store_reads import WantedOrder, clusters

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOURS = st.lists(st.integers(0, 200), max_size=30)


def wanted(*hours: int) -> list[WantedOrder]:
    return [
        WantedOrder(place, 1000 + place, NOON + timedelta(hours=hour)) for place, hour in enumerate(hours)
    ]


def test_orders_placed_close_together_share_a_query_and_others_do_not() -> None:
    assert [[order.id for order in cluster] for cluster in clusters(wanted(0, 5, 11, 18, 300))] == [
        [0, 1, 2],
        [3],
        [4],
    ]


def test_orders_of_unknown_time_are_left_to_single_reads() -> None:
    assert list(clusters([WantedOrder(1, 1001, None)])) == []
    assert list(clusters([])) == []


@given(HOURS)
def test_every_dated_order_is_in_exactly_one_cluster(hours: list[int]) -> None:
    found = [order for cluster in clusters(wanted(*hours)) for order in cluster]
    assert sorted(order.id for order in found) == list(range(len(hours)))


@given(HOURS)
def test_no_cluster_spans_a_gap_of_more_than_six_hours(hours: list[int]) -> None:
    for cluster in clusters(wanted(*hours)):
        stamps = [order.ordered_at for order in cluster if order.ordered_at]
        gaps = [later - earlier for earlier, later in pairwise(stamps)]
        assert all(timedelta(0) <= gap <= timedelta(hours=6) for gap in gaps)
