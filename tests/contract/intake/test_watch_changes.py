"""The change watch: it notices whatever changes in the store, on its own schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.dispatch import stage
from cartage.errors import AuthFailed
from cartage.model.skip_reasons import LEFT_IMPORT_STATUS, LEFT_TO_OLD_SYSTEM
from cartage.runtime.run import Window
from tests.contract.conftest import MakeWorld
from tests.contract.world import (
    CANCEL,
    HOLD,
    NEW,
    ORDERS_STAGES,
    PROCESSING,
    SHIPPED,
    World,
    store_time,
)

CUSTOM = 8


def run_as_is(world: World) -> dict[str, int]:
    """Run the import once, with whatever is due."""
    context = world.context("import_orders")
    try:
        return stage("import_orders")(context)
    finally:
        context.close()


def let_watch_be_due(world: World) -> None:
    world.execute("UPDATE lane_state SET watched_to = watched_to - interval '1 hour'")


def reason_of(world: World, order_id: int) -> str:
    [row] = world.rows("SELECT reason FROM fulfillment_order WHERE order_id = :id", id=order_id)
    reason: str = row.reason
    return reason


def known(world: World) -> set[int]:
    return {row.order_id for row in world.rows("SELECT order_id FROM sales_order")}


def test_an_unpaid_order_is_listed_as_skipped_and_imported_once_it_is_paid(world: World) -> None:
    [order_id] = world.place("unpaid")
    counts = world.go("import_orders")["import_orders"]
    assert (counts["listed"], counts["watched"]) == (1, 1)
    assert reason_of(world, order_id) == "status Unpaid"
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    assert list(world.references().values()) == [1]


def test_a_cart_is_not_listed_and_is_imported_when_it_turns_into_an_order(world: World) -> None:
    [order_id] = world.place("cart")
    world.go("import_orders")
    assert known(world) == set()
    now = store_time(datetime.now(UTC))
    world.shop.store.edit(order_id, OrderStatusID=NEW, OrderDate=now, LastUpdate=now)
    world.go("import_orders")
    assert known(world) == {order_id}


@pytest.mark.parametrize("status", [PROCESSING, SHIPPED, CANCEL])
def test_an_order_that_others_have_dealt_with_is_listed_as_not_by_cartage(world: World, status: int) -> None:
    [order_id] = world.place("single", OrderStatusID=status)
    world.go("import_orders")
    assert reason_of(world, order_id).endswith("when first seen: not by Cartage")
    assert world.states() == {"skipped": 1}


def test_the_reason_follows_the_status(world: World) -> None:
    [order_id] = world.place("unpaid")
    world.go("import_orders")
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    let_watch_be_due(world)
    world.go("import_orders")
    assert reason_of(world, order_id) == "status Hold"


def test_an_order_that_leaves_the_import_status_is_withdrawn_without_a_sweep(world: World) -> None:
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES[:2])
    world.execute("UPDATE lane_state SET swept_at = clock_timestamp() + interval '1 hour'")
    let_watch_be_due(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    counts = run_as_is(world)
    assert (counts["swept"], counts["watched"], counts["withdrawn"]) == (0, 1, 1)
    assert reason_of(world, order_id) == LEFT_IMPORT_STATUS


def test_the_watch_has_its_own_schedule(world: World) -> None:
    world.place("single")
    assert world.go("import_orders")["import_orders"]["watched"] == 1
    assert world.go("import_orders")["import_orders"]["watched"] == 0
    world.execute("UPDATE lane_state SET watched_to = watched_to - interval '14 minutes'")
    assert world.go("import_orders")["import_orders"]["watched"] == 1


def test_a_run_that_does_not_sweep_does_not_watch(world: World) -> None:
    now = datetime.now(UTC)
    counts = world.go("import_orders", window=Window(now - timedelta(hours=1), now), sweep=False)
    assert counts["import_orders"]["watched"] == 0


def test_a_watch_that_fails_is_due_again_and_loses_nothing(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"orders_page_max": 10})
    unpaid = world.place("unpaid", 25)
    world.store_fault(
        "GET .*/Orders", "status", nth=3, status=401
    )  # a sweep, and the second page of the watch
    with pytest.raises(AuthFailed):
        world.go("import_orders")
    first = known(world)
    assert 0 < len(first) < 25
    counts = run_as_is(world)
    assert counts["listed"] == 25 - len(first)
    assert known(world) == set(unpaid)
    assert world.rows("SELECT FROM reading") == []


def test_an_unchanged_order_costs_no_write(world: World) -> None:
    world.place("single", 3)
    world.place("unpaid", 3)
    world.go(*ORDERS_STAGES)
    world.go("import_orders")
    before = world.rows("SELECT xmin::text, ctid::text FROM sales_order ORDER BY id")
    let_watch_be_due(world)
    assert world.go("import_orders")["import_orders"]["watched"] == 1
    assert world.rows("SELECT xmin::text, ctid::text FROM sales_order ORDER BY id") == before


def test_a_lane_takes_over_an_order_that_another_lane_only_listed(world: World) -> None:
    other = world.lane_on_store(name="second", store={"import_status": CUSTOM})
    [order_id] = world.place("unpaid")
    world.go("import_orders")
    world.shop.store.edit(order_id, OrderStatusID=CUSTOM)
    counts = other.go(*ORDERS_STAGES)["import_orders"]
    assert (counts["conflicts"], counts["changed"]) == (0, 1)
    assert world.state_of(order_id) == ["acknowledged"]
    assert {row.lane for row in world.rows("SELECT lane FROM sales_order")} == {"second"}
    [event] = world.rows("SELECT lane, why FROM event WHERE kind = 'lane_changed'")
    assert (event.lane, "demo" in event.why) == ("second", True)


def test_the_other_lanes_orders_are_left_alone(world: World) -> None:
    other = world.lane_on_store(name="second", store={"import_status": CUSTOM})
    [order_id] = world.place("single", OrderStatusID=CUSTOM)
    other.go(*ORDERS_STAGES[:2])
    world.go("import_orders")
    assert world.state_of(order_id) == ["ready"]


def test_an_order_left_to_the_old_system_stays_there_whatever_its_status(world: World) -> None:
    [order_id] = world.place("unpaid")
    world.go("import_orders")
    world.execute("UPDATE fulfillment_order SET reason = :why", why=LEFT_TO_OLD_SYSTEM)
    world.execute("UPDATE sales_order SET left_at = clock_timestamp()")
    for status in (NEW, HOLD, NEW):
        world.shop.store.edit(order_id, OrderStatusID=status)
        let_watch_be_due(world)
        world.go("import_orders")
        assert (world.state_of(order_id), reason_of(world, order_id)) == (["skipped"], LEFT_TO_OLD_SYSTEM)


def test_a_draining_lane_imports_nothing_new_and_follows_its_known_orders(world: World) -> None:
    leaves, stays = world.place("single", 2)
    [unpaid] = world.place("unpaid")
    world.go(*ORDERS_STAGES[:2])
    world.settings["mode"] = "drain"
    world.place("single", 2)
    world.shop.store.edit(unpaid, OrderStatusID=NEW)
    world.shop.store.edit(leaves, OrderStatusID=HOLD)
    world.amend(stays, shipment={"ShipmentCity": "Elsewhere"})
    let_watch_be_due(world)
    world.go("import_orders")
    assert known(world) == {leaves, stays, unpaid}
    assert [world.state_of(order) for order in (leaves, stays, unpaid)] == [
        ["skipped"],
        ["imported"],
        ["skipped"],
    ]
