"""What a look takes for news, and when it asks for a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.lanes.settings.lane import Lane
from cartage.lookout.rules import (
    LookFor,
    LookState,
    announces_orders,
    announces_shipments,
    difference,
    looks_of,
    turn_of,
    unmanned,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def lane(mode: str = "live", **schedules: Any) -> Lane:
    settings = {
        "name": "demo",
        "mode": mode,
        "store": {"connection": "store", "time_zone": "America/New_York", "go_live": "2026-11-01"},
        "warehouse": {"connector": "extensiv", "connection": "warehouse"},
        "schedules": schedules,
    }
    return Lane.model_validate(settings)


def both(mode: str = "live") -> Lane:
    return lane(mode, look_for_orders_every="10s", look_for_shipments_every="20s")


def asked(age: timedelta, *, taken: bool = False, **more: Any) -> LookState:
    """A run was asked for so long ago, and has begun a second later, or not yet."""
    at = NOW - age
    return LookState(NOW, announced_at=at, taken_at=at + SECOND if taken else at - MINUTE, **more)


@pytest.mark.parametrize(
    ("mode", "parts"),
    [
        ("live", {LookFor.ORDERS, LookFor.SHIPMENTS}),
        ("shadow", {LookFor.ORDERS}),
        ("drain", {LookFor.SHIPMENTS}),
        ("off", set()),
    ],
)
def test_a_lane_looks_for_what_its_mode_works_on(mode: str, parts: set[LookFor]) -> None:
    assert set(looks_of(both(mode))) == parts


def test_a_lane_looks_for_nothing_unless_its_schedules_say_so() -> None:
    assert looks_of(lane()) == {}
    assert looks_of(lane(look_for_orders_every="30s")) == {LookFor.ORDERS: 30 * SECOND}


@pytest.mark.parametrize(
    ("listed", "known", "besides", "found"),
    [(0, 0, 0, ""), (5, 3, 2, ""), (4, 3, 0, "1 more"), (2, 3, 0, "1 fewer"), (3, 5, -2, "")],
)
def test_news_is_what_the_last_sweep_does_not_explain(
    listed: int, known: int, besides: int, found: str
) -> None:
    assert difference(listed, known, besides) == found


@pytest.mark.parametrize(
    ("found", "state", "announces"),
    [
        ("", LookState(NOW), False),
        ("1 more", LookState(NOW), True),
        ("1 more", asked(10 * SECOND), False),
        ("1 more", asked(10 * SECOND, taken=True), True),
        ("1 more", asked(3 * MINUTE), True),
        ("1 fewer", LookState(NOW), False),
        ("1 fewer", LookState(NOW, seen="2 fewer"), True),
        ("1 fewer", LookState(NOW, seen="1 more"), False),
    ],
)
def test_a_run_for_orders_is_asked_for_once(found: str, state: LookState, announces: bool) -> None:
    assert announces_orders(found, state, 1, 2.0) is announces


def test_a_long_list_is_not_read_again_at_every_look() -> None:
    """Ten pages at a quarter of two calls a second take twenty seconds."""
    state = LookState(NOW, announced_at=NOW - 16 * SECOND, taken_at=NOW - 15 * SECOND)
    assert announces_orders("1 more", state, 300, 2.0)
    assert not announces_orders("1 more", state, 3000, 2.0)
    later = LookState(NOW, announced_at=NOW - 21 * SECOND, taken_at=NOW - 20 * SECOND)
    assert announces_orders("1 more", later, 3000, 2.0)


@pytest.mark.parametrize(
    ("found", "state", "announces"),
    [
        ("", LookState(NOW), False),
        ("1 17", LookState(NOW), True),
        ("1 17", asked(10 * SECOND, announced="1 17"), False),
        ("2 17", asked(10 * SECOND, announced="1 17"), False),
        ("1 17", asked(10 * SECOND, announced="1 17", taken=True), False),
        ("2 17", asked(10 * SECOND, announced="1 17", taken=True), True),
        ("1 17", asked(3 * MINUTE, announced="1 17"), True),
        ("1 17", asked(3 * MINUTE, announced="1 17", taken=True), False),
    ],
)
def test_a_run_for_shipments_is_asked_for_once(found: str, state: LookState, announces: bool) -> None:
    assert announces_shipments(found, state) is announces


def test_a_warehouse_that_cannot_be_asked_is_polled_less_while_nothing_ships() -> None:
    def turns(last_shipment: datetime | None) -> int:
        return len({turn_of(NOW + MINUTE * passed, last_shipment) for passed in range(60)})

    assert turns(NOW + timedelta(hours=1)) == 60
    assert 5 < turns(NOW - timedelta(minutes=50)) < 15
    assert 6 <= turns(None) <= 7
    assert 6 <= turns(NOW - timedelta(days=30)) <= 7


def test_a_part_that_nobody_has_in_mind_is_named_with_its_time() -> None:
    fresh, old = NOW - MINUTE, NOW - 11 * MINUTE
    assert unmanned(both(), {"orders": fresh, "shipments": old}, NOW) == {LookFor.SHIPMENTS: old}
    assert unmanned(both(), {}, NOW) == {LookFor.ORDERS: None, LookFor.SHIPMENTS: None}
    assert unmanned(lane(), {"orders": old}, NOW) == {}
