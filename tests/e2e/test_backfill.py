"""Missed windows, filled through Airflow's own backfill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.shop import Shop
from tests.e2e.conftest import Site, hours_ago
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

HEALTHY = {"single": 3.0, "multi_line": 2.0, "guest": 1.0}


def seed_hours(shop: Shop, first: datetime, counts: list[int]) -> list[set[int]]:
    """Place orders in consecutive hours from `first` on, and return the OrderIDs of each hour."""
    placed = []
    for hour, count in enumerate(counts):
        start = first + timedelta(hours=hour)
        ids = shop.fill(count, start=start, end=start + timedelta(minutes=55), mix=HEALTHY)
        placed.append({order_id for kind in ids.values() for order_id in kind})
    return placed


def be_from_then(shop: Shop, placed: list[set[int]], first: datetime) -> None:
    """Set LastUpdate of each order to when it was placed, as for orders of an outage."""
    for hour, ids in enumerate(placed):
        stamp = (first + timedelta(hours=hour, minutes=58)).astimezone(shop_zone(shop))
        for order_id in ids:
            shop.store.edit(order_id, LastUpdate=stamp.replace(tzinfo=None).isoformat(timespec="seconds"))


def shop_zone(shop: Shop) -> ZoneInfo:
    """The time zone of the store's naive times."""
    return ZoneInfo(shop.store.rules.text("store_time_zone"))


def test_backfill_imports_exactly_its_windows_orders_once(site: Site, client: AirflowClient) -> None:
    shop, first = site.shops["past"], hours_ago(8)
    placed = seed_hours(shop, first - timedelta(hours=1), [4, 7, 9, 5, 6])
    be_from_then(shop, placed, first - timedelta(hours=1))
    client.unpause("orders__past")
    live_runs = client.runs("orders__past")

    # Three windows of five hours, named by their starts, by Airflow's own command line.
    last = first + timedelta(hours=2)
    dates = ("--from-date", first.isoformat(), "--to-date", last.isoformat())
    site.airflow.cli("backfill", "create", "--dag-id", "orders__past", *dates)
    runs = until(
        lambda: client.runs("orders__past", run_type="backfill"),
        lambda seen: len(seen) == 3 and all(run.state in ("success", "failed") for run in seen),
        seconds=240,
        what="three backfilled windows",
    )

    assert [(run.window_start, run.state) for run in runs] == [
        (first + timedelta(hours=hour), "success") for hour in range(3)
    ]
    wanted = placed[1] | placed[2] | placed[3]
    assert site.imported("past") == dict.fromkeys(wanted, 1), f"live runs were {live_runs}"
    references = shop.warehouse.journal.count_by_key("order.created")
    assert sorted(references.values()) == [1] * len(wanted)
    assert {shop.store.order(order_id)["OrderStatusID"] for order_id in wanted} == {2}
    assert {shop.store.order(order_id)["OrderStatusID"] for order_id in placed[0] | placed[4]} == {1}

    # The same windows again, through the REST API as the UI does it, including finished ones.
    until(
        lambda: client.call("GET", "/backfills", params={"dag_id": "orders__past"})["backfills"],
        lambda seen: all(backfill["completed_at"] for backfill in seen),
        seconds=60,
        what="the first backfill to count as complete",
    )
    again = client.create_backfill("orders__past", first, last, reprocess="completed")
    client.wait_for_backfill(again, seconds=240)

    assert site.imported("past") == dict.fromkeys(wanted, 1)
    assert shop.warehouse.journal.count_by_key("order.created") == references
    covered = site.ledger("SELECT ranges @> tstzrange(%s, %s) FROM coverage WHERE lane = 'past'", first, last)
    assert covered == [(True,)]


def test_backfill_in_parallel_with_live_runs_that_sweep_ends_the_same(
    site: Site, client: AirflowClient
) -> None:
    shop, first = site.shops["parallel"], hours_ago(3)
    placed = seed_hours(shop, first, [8, 8, 8])
    be_from_then(shop, placed, first)
    wanted = placed[0] | placed[1] | placed[2]
    client.unpause("orders__parallel")

    # Live windows are a minute long here: three of them, from the past.
    start = first + timedelta(minutes=30)
    backfill = client.create_backfill("orders__parallel", start, start + timedelta(minutes=2))
    until(
        lambda: {shop.store.order(order_id)["OrderStatusID"] for order_id in wanted},
        lambda statuses: statuses == {2},
        seconds=240,
        what="all orders to be Processing",
    )
    client.wait_for_backfill(backfill, seconds=240)
    client.pause("orders__parallel")

    assert site.imported("parallel") == dict.fromkeys(wanted, 1)
    assert sorted(shop.warehouse.journal.count_by_key("order.created").values()) == [1] * len(wanted)
    assert datetime.now(UTC) > start
