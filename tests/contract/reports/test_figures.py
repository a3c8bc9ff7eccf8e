"""Reports say what store and warehouse recorded themselves: each figure is compared with the sandboxes' journals."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.lifecycle.exceptions import decide
from cartage.lifecycle.transitions import By
from cartage.reports.counts import Counts
from cartage.reports.figures import Report, read_report
from cartage.reports.histogram import ERROR, Span
from cartage.reports.period import Period
from cartage.reports.rollup import rebuild_reports, refresh_reports
from tests.contract.conftest import MakeWorld
from tests.contract.world import CANCEL, ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, STORE_ZONE, World


def report(world: World, days: int = 7) -> Report:
    """Refresh the figures and read them."""
    refresh_reports(world.ledger, [world.lane])
    return present(world, days)


def present(world: World, days: int = 7) -> Report:
    now = datetime.now(UTC)
    period = Period.last(days, now.astimezone(STORE_ZONE).date())
    with world.ledger.begin() as connection:
        return read_report(connection, [world.lane], period, now)


def warehouse_journal(world: World, kind: str) -> list[dict[str, Any]]:
    return [dict(entry) for entry in world.shop.warehouse.journal.entries(kind)]


def by_day(entries: list[dict[str, Any]]) -> dict[Any, int]:
    """Count journal entries by the store's day."""
    return Counter(datetime.fromisoformat(entry["at"]).astimezone(STORE_ZONE).date() for entry in entries)


def by_figure(found: Report, name: str) -> dict[Any, int]:
    return {day: getattr(counts, name) for day, counts in found.days.items() if getattr(counts, name)}


@pytest.fixture
def busy(make_world: MakeWorld) -> World:
    """A lane on which orders shipped, in one package and in two, were blocked, cancelled, or still wait."""
    world = make_world(reports={"promise": {"cutoff": "24:00", "days": list(_EVERY_DAY)}})
    world.place(count=3)
    world.place("multi_line", 2)
    world.place("unknown_sku", 2)
    world.go(*ORDERS_STAGES)
    return world


_EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def sent_ids(world: World) -> list[int]:
    rows = world.rows("SELECT order_id FROM fulfillment_order WHERE state = 'acknowledged' ORDER BY order_id")
    return [row.order_id for row in rows]


def test_throughput_is_what_store_and_warehouse_recorded(busy: World) -> None:
    first, second, third, *_ = sent_ids(busy)
    busy.ship(first)
    busy.ship(second, packages=1)
    busy.shop.store.edit(third, OrderStatusID=CANCEL)
    busy.go(*SHIPMENT_STAGES)
    found = report(busy)
    assert by_figure(found, "sent") == by_day(warehouse_journal(busy, "order.created")) != {}
    assert by_figure(found, "shipped") == by_day(warehouse_journal(busy, "order.shipped")) != {}
    posted = [
        dict(entry)
        for entry in busy.shop.store.journal.entries("order.status")
        if entry["detail"]["to"] == SHIPPED
    ]
    assert by_figure(found, "posted") == by_day(posted) != {}
    placed = [
        datetime.fromisoformat(busy.shop.store.order(row.order_id)["OrderDate"]).date()
        for row in busy.rows("SELECT DISTINCT order_id FROM fulfillment_order WHERE state <> 'skipped'")
    ]
    assert by_figure(found, "placed") == Counter(placed) != {}


def test_orders_that_left_in_several_packages_are_split(busy: World) -> None:
    multi = busy.rows(
        "SELECT f.order_id FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id"
        " WHERE f.state = 'acknowledged' GROUP BY 1 HAVING count(*) > 1"
    )
    for row in multi:
        busy.ship(row.order_id, packages=2)
    busy.ship(next(order for order in sent_ids(busy) if order not in {row.order_id for row in multi}))
    busy.go(*SHIPMENT_STAGES)
    shipped = warehouse_journal(busy, "order.shipped")
    in_several = [entry for entry in shipped if len(entry["detail"]["tracking_numbers"]) > 1]
    assert report(busy).total.split == len(in_several) > 0
    assert report(busy).total.shipped == len(shipped) > len(in_several)


def test_times_are_those_between_the_journals_entries(busy: World) -> None:
    for order_id in sent_ids(busy):
        busy.ship(order_id)
    busy.go(*SHIPMENT_STAGES)
    created = {entry["key"]: entry["at"] for entry in warehouse_journal(busy, "order.created")}
    waited = []
    for row in busy.rows("SELECT order_id, reference FROM fulfillment_order WHERE state = 'shipped'"):
        placed = datetime.fromisoformat(busy.shop.store.order(row.order_id)["OrderDate"]).replace(
            tzinfo=STORE_ZONE
        )
        waited.append(datetime.fromisoformat(created[row.reference]) - placed)
    [times] = [found.times for found in report(busy).times_by(Span.PLACED_TO_SENT, "all")]
    assert times.orders == len(waited) > 0
    waited.sort()
    # A few seconds pass between the request and the commit that records it.
    allowed = waited[len(waited) // 2] * (ERROR + 0.005) + timedelta(seconds=10)
    assert abs(times.median - waited[(len(waited) - 1) // 2]) <= allowed
    slowest = waited[math.ceil(0.9 * len(waited)) - 1]
    assert abs(times.p90 - slowest) <= slowest * (ERROR + 0.005) + timedelta(seconds=10)
    for span in (Span.SENT_TO_SHIPPED, Span.SHIPPED_TO_POSTED):
        [found_times] = [found.times for found in present(busy).times_by(span, "all")]
        assert found_times.orders == len(waited)


def test_what_blocked_orders_is_what_never_reached_the_warehouse(busy: World) -> None:
    found = report(busy)
    references = set(busy.references())
    placed = [row.order_id for row in busy.rows("SELECT order_id FROM fulfillment_order ORDER BY order_id")]
    blocked = [order for order in placed if busy.reference_of(order) not in references]
    assert len(blocked) == 2
    in_store = Counter(
        item["ItemID"] for order in blocked for item in busy.shop.store.order(order)["OrderItemList"]
    )
    assert {cause.subject: cause.orders for cause in found.causes if cause.kind == "unknown_sku"} == {
        sku: in_store[sku] for sku in in_store if sku in {cause.subject for cause in found.causes}
    }
    assert sum(sku.orders for sku in found.skus) == len(blocked)


def test_a_fixed_cause_stops_costing_hours(busy: World) -> None:
    busy.execute("UPDATE event SET at = at - interval '3 hours' WHERE to_state = 'blocked'")
    before = {cause.subject: cause.blocked for cause in report(busy).causes}
    assert before
    for subject in before:
        busy.stock(subject)
    busy.execute("DELETE FROM catalogue_refresh")
    busy.go(*ORDERS_STAGES)
    assert busy.causes() == {}
    after = {cause.subject: cause.blocked for cause in report(busy).causes}
    assert after.keys() == before.keys()
    assert all(timedelta(hours=3) <= blocked <= timedelta(hours=3, minutes=5) for blocked in after.values())
    assert {cause.subject: cause.blocked for cause in present(busy).causes} == after


def test_cancels_are_those_that_the_warehouse_recorded(make_world: MakeWorld) -> None:
    world = make_world(changes={"cancelled": "cancel"})
    first, _ = world.place(count=2)
    world.go(*ORDERS_STAGES)
    world.shop.store.edit(first, OrderStatusID=CANCEL)
    world.execute("UPDATE lane_state SET watched_to = clock_timestamp() - interval '1 day'")
    world.go(*ORDERS_STAGES)
    world.go(*ORDERS_STAGES)
    assert world.state_of(first) == ["cancelled"]
    found = report(world)
    assert by_figure(found, "cancelled_after") == by_day(warehouse_journal(world, "order.cancelled")) != {}
    assert found.total.cancelled_before == 0


def test_the_promise_was_kept_where_the_warehouse_shipped_on_the_day_of_the_store(busy: World) -> None:
    old = [busy.place_at(datetime.now(UTC) - timedelta(days=days)) for days in (2, 2, 3)]
    busy.go(*ORDERS_STAGES)
    for order_id in (*sent_ids(busy)[:2], *old[:2]):
        busy.ship(order_id)
    busy.go(*SHIPMENT_STAGES)
    left = {
        entry["key"]: datetime.fromisoformat(entry["at"]).astimezone(STORE_ZONE).date()
        for entry in warehouse_journal(busy, "order.shipped")
    }
    due = kept = 0
    for row in busy.rows("SELECT order_id, reference FROM fulfillment_order WHERE state <> 'skipped'"):
        placed = datetime.fromisoformat(busy.shop.store.order(row.order_id)["OrderDate"]).date()
        due += 1
        kept += row.reference in left and left[row.reference] <= placed
    refresh_reports(busy.ledger, [busy.lane])
    # Tomorrow today's promises are over.
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    period = Period.last(7, tomorrow.astimezone(STORE_ZONE).date())
    with busy.ledger.begin() as connection:
        total = read_report(connection, [busy.lane], period, tomorrow).total
    assert (total.due, total.kept) == (due, kept)
    assert 0 < kept < len(left) < due


def test_exceptions_are_the_edits_of_the_store_and_what_was_decided_about_them(busy: World) -> None:
    first, second, third, *_ = sent_ids(busy)
    for order_id in (first, second, third):
        busy.amend(order_id, shipment={"ShipmentAddress": "1 Other Street"})
    busy.execute("UPDATE lane_state SET watched_to = clock_timestamp() - interval '1 day'")
    busy.go(*ORDERS_STAGES)
    edited = {entry["key"] for entry in busy.shop.store.journal.entries("order.edited")}
    opened = busy.rows("SELECT id FROM exception WHERE kind = 'edited_after_transfer' ORDER BY id")
    with busy.ledger.begin() as connection:
        decide(connection, opened[0].id, "ignore", By("ann", "desk/1"))
    busy.go(*ORDERS_STAGES)
    outcomes = {found.outcome: found.exceptions for found in report(busy).exceptions}
    assert outcomes == {"open": len(edited) - 1, "ignore": 1}


def test_a_rebuild_finds_the_same_figures(busy: World) -> None:
    for order_id in sent_ids(busy)[:2]:
        busy.ship(order_id)
    busy.go(*SHIPMENT_STAGES)
    kept = report(busy)
    assert kept.total != Counts()
    done = rebuild_reports(busy.ledger, [busy.lane])
    assert done.complete
    again = present(busy)
    assert (again.days, again.by_lane, again.times) == (kept.days, kept.by_lane, kept.times)
    assert [(cause.kind, cause.orders) for cause in again.causes] == [
        (cause.kind, cause.orders) for cause in kept.causes
    ]


def test_a_refresh_without_changes_counts_nothing_again(busy: World) -> None:
    assert refresh_reports(busy.ledger, [busy.lane]).orders > 0
    done = refresh_reports(busy.ledger, [busy.lane])
    assert (done.orders, done.days, done.complete) == (0, 0, True)


def test_a_shipment_that_is_reported_late_counts_on_the_day_on_which_it_left(busy: World) -> None:
    [order_id, *_] = sent_ids(busy)
    busy.ship(order_id)
    busy.go(*SHIPMENT_STAGES)
    today = datetime.now(UTC).astimezone(STORE_ZONE).date()
    assert by_figure(report(busy), "shipped") == {today: 1}
    busy.execute(
        "UPDATE shipment SET shipped_at = shipped_at - interval '2 days', checked_at = clock_timestamp()"
    )
    assert by_figure(report(busy), "shipped") == {today - timedelta(days=2): 1}


def test_a_shipment_that_is_taken_back_no_longer_counts(busy: World) -> None:
    [order_id, *_] = sent_ids(busy)
    busy.ship(order_id)
    busy.go(*SHIPMENT_STAGES)
    assert report(busy).total.shipped == 1
    floor = busy.shop.warehouse.floor
    floor.void(floor.named([busy.reference_of(order_id)]), reopen=True)
    busy.go(*SHIPMENT_STAGES)
    assert busy.state_of(order_id) == ["acknowledged"]
    assert report(busy).total.shipped == 0


def test_a_long_report_has_each_day_of_its_whole_months_and_of_those_around_them(
    make_world: MakeWorld,
) -> None:
    world = make_world(reports={"promise": {"cutoff": "24:00", "days": list(_EVERY_DAY)}})
    now = datetime.now(UTC)
    for days in (1, 20, 35, 36, 36, 64, 80, 118):
        world.place_at(now - timedelta(days=days, hours=1))
    world.go(*ORDERS_STAGES)
    for order_id in sent_ids(world)[:3]:
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    found = report(world, 120)
    in_store = [
        datetime.fromisoformat(entry["OrderDate"]).date()
        for entry in (each.data() for each in world.shop.store.state.orders.entries())
    ]
    assert len(in_store) == 8
    assert by_figure(found, "placed") == Counter(in_store)
    assert by_figure(found, "sent") == by_day(warehouse_journal(world, "order.created")) != {}
    # Every order was promised for a day that is over, and left today, but the one of yesterday.
    today = now.astimezone(STORE_ZONE).date()
    assert by_figure(found, "due") == Counter(day for day in in_store if day < today)
    assert found.by_lane == {world.lane.name: found.total}
    whole = world.rows("SELECT month FROM report_month ORDER BY month")
    assert len(whole) >= 4
    # One of the months alone, and one that ends before its last day.
    first = min(row.month for row in whole)
    for until in (first + timedelta(days=27), today - timedelta(days=40)):
        period = Period(until - timedelta(days=70), until)
        with world.ledger.begin() as connection:
            part = read_report(connection, [world.lane], period, now)
        wanted = Counter(day for day in in_store if period.since <= day <= period.until)
        assert by_figure(part, "placed") == wanted
        assert part.by_lane[world.lane.name].placed == sum(wanted.values())
