"""The share shipped within the promise, by the warehouse's days; and how exceptions were decided."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cartage.reports.figures import Report, read_report
from cartage.reports.period import Period
from cartage.reports.rollup import refresh_reports
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, STORE_ZONE, World

ZONE = ZoneInfo("America/New_York")
PROMISE: dict[str, Any] = {"cutoff": "14:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
# A week without holidays, far enough back that it is over.
MONDAY = date(2026, 3, 2)
WEEK = Period(MONDAY, MONDAY + timedelta(days=6))


def at(day: int, clock: str) -> datetime:
    """Return the instant of a clock time, so many days after Monday."""
    return datetime.fromisoformat(f"{MONDAY + timedelta(days=day)}T{clock}").replace(tzinfo=ZONE)


def shipped(world: World, placed: datetime, left: datetime) -> int:
    """Let an order be placed and leave the warehouse at these times; return its number."""
    order_id = world.place_at(placed)
    world.go(*ORDERS_STAGES)
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    world.execute(
        "UPDATE shipment SET shipped_at = :left, checked_at = clock_timestamp() WHERE fulfillment_order_id ="
        " (SELECT id FROM fulfillment_order WHERE order_id = :id)",
        left=left,
        id=order_id,
    )
    return order_id


def read(world: World, period: Period = WEEK) -> Report:
    refresh_reports(world.ledger, [world.lane])
    with world.ledger.begin() as connection:
        return read_report(connection, [world.lane], period, datetime.now(UTC))


def kept(report: Report) -> dict[int, tuple[int, int]]:
    """Return due and kept by the number of days after Monday."""
    return {(day - MONDAY).days: (found.due, found.kept) for day, found in report.days.items() if found.due}


def test_the_promise_counts_by_cutoff_and_working_days(make_world: MakeWorld) -> None:
    world = make_world(reports={"promise": PROMISE})
    shipped(world, at(0, "13:59"), at(0, "20:00"))
    shipped(world, at(0, "14:00"), at(1, "23:59"))
    shipped(world, at(1, "09:00"), at(2, "00:01"))
    shipped(world, at(4, "15:00"), at(5, "10:00"))
    found = read(world, Period(MONDAY, MONDAY + timedelta(days=10)))
    assert kept(found) == {0: (1, 1), 1: (2, 1), 7: (1, 1)}
    assert found.total.share_kept == 3 / 4


def test_an_order_that_has_not_shipped_was_not_kept_and_a_cancelled_one_is_not_due(
    make_world: MakeWorld,
) -> None:
    world = make_world(reports={"promise": PROMISE})
    waiting, cancelled = world.place_at(at(0, "09:00")), world.place_at(at(0, "10:00"))
    world.go(*ORDERS_STAGES)
    assert kept(read(world)) == {0: (2, 0)}
    world.execute("UPDATE fulfillment_order SET state = 'cancelled' WHERE order_id = :id", id=cancelled)
    world.execute(
        "INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, to_state, actor, run_id)"
        " SELECT lane, sales_order_id, id, 'moved', 'cancelled', 'test', 'test' FROM fulfillment_order"
        " WHERE order_id = :id",
        id=cancelled,
    )
    assert world.state_of(waiting) == ["acknowledged"]
    assert kept(read(world)) == {0: (1, 0)}


def test_a_day_that_is_not_over_is_not_judged(make_world: MakeWorld) -> None:
    every_day = {"cutoff": "24:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
    world = make_world(reports={"promise": every_day})
    world.place_at(datetime.now(UTC))
    world.go(*ORDERS_STAGES)
    today = datetime.now(UTC).astimezone(STORE_ZONE).date()
    assert read(world, Period.last(7, today)).total.due == 0


def test_a_new_promise_is_applied_to_past_days(make_world: MakeWorld) -> None:
    world = make_world(reports={"promise": PROMISE})
    shipped(world, at(0, "09:00"), at(1, "09:00"))
    assert kept(read(world)) == {0: (1, 0)}
    world.settings["reports"] = {"promise": PROMISE | {"days_after": 1}}
    assert kept(read(world)) == {1: (1, 1)}
    world.settings["reports"] = {}
    found = read(world)
    assert (kept(found), found.promised) == ({}, False)


def test_the_warehouses_own_time_zone_decides(make_world: MakeWorld) -> None:
    world = make_world(reports={"promise": PROMISE | {"time_zone": "America/Los_Angeles"}})
    # 14:30 in New York is 11:30 in Los Angeles, and 02:00 on Tuesday is still Monday there.
    shipped(world, at(0, "14:30"), at(1, "02:00"))
    assert kept(read(world)) == {0: (1, 1)}


def test_exceptions_are_counted_by_how_they_were_decided(world: World) -> None:
    orders = world.place(count=3)
    world.go(*ORDERS_STAGES)
    for order_id, decision, by in (
        (orders[0], "handled", "ann"),
        (orders[1], "cancel", "the lane's settings"),
    ):
        world.execute(
            "INSERT INTO exception (lane, sales_order_id, kind, message, choices, run_id, decision, decided_by,"
            " decided_at, closed_at) SELECT lane, id, 'edited_after_transfer', 'x', '{handled,cancel}', 'r', :decision,"
            " :by, now(), now() FROM sales_order WHERE order_id = :id",
            decision=decision,
            by=by,
            id=order_id,
        )
    world.execute(
        "INSERT INTO exception (lane, sales_order_id, kind, message, choices, run_id) SELECT lane, id, 'put_back', 'x',"
        " '{handled}', 'r' FROM sales_order WHERE order_id = :id",
        id=orders[2],
    )
    today = datetime.now(UTC).astimezone(STORE_ZONE).date()
    found = {
        (figures.kind, figures.outcome): (figures.exceptions, figures.by_policy)
        for figures in read(world, Period.last(7, today)).exceptions
    }
    assert found == {
        ("edited_after_transfer", "handled"): (1, False),
        ("edited_after_transfer", "cancel"): (1, True),
        ("put_back", "open"): (1, False),
    }
