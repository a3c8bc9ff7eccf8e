"""Processing: posted in bulk, forward only, never over what a person chose, and read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.errors import AuthFailed, LeaseLost
from cartage.http import HttpSession
from cartage.postback import store_reads
from cartage_sandbox.generate import UNKNOWN_SKUS
from cartage_sandbox.kernel.faults import Kind
from tests.contract.conftest import MakeWorld
from tests.contract.world import CANCEL, HOLD, NEW, ORDERS_STAGES, PROCESSING, SHIPPED, World, store_time

PUT_ORDERS = "PUT .*/Orders$"


def acknowledged(world: World, count: int = 1, kind: str = "single") -> list[int]:
    """A world with orders that the warehouse has acknowledged."""
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES[:2])
    world.execute("UPDATE fulfillment_order SET state = 'acknowledged', remote_id = id WHERE state = 'ready'")
    return ids


def mark(world: World) -> dict[str, int]:
    return world.go("mark_processing")["mark_processing"]


def puts(world: World) -> list[int]:
    """How many orders each bulk write named."""
    return [len(call["detail"]) for call in world.calls(method="PUT", path="/Orders")]


def events(world: World, kind: str) -> int:
    return len(world.rows("SELECT FROM event WHERE kind = :kind", kind=kind))


def test_processing_is_posted_in_bulk(world: World) -> None:
    ids = acknowledged(world, 130)
    counts = mark(world)
    assert sorted(puts(world)) == [30, 100]
    assert (counts["posted"], counts["verified"]) == (130, 130)
    assert {world.store_status(id_) for id_ in ids} == {PROCESSING}
    assert mark(world)["posted"] == 0
    assert len(puts(world)) == 2


@pytest.mark.parametrize("status", [HOLD, CANCEL, 7])
def test_a_status_that_a_person_set_meanwhile_stands_and_is_on_the_timeline_once(
    world: World, status: int
) -> None:
    first, other = acknowledged(world, 2)
    world.shop.store.edit(first, OrderStatusID=status)
    world.read_long_ago()
    counts = mark(world)
    assert (counts["person"], counts["posted"]) == (1, 1)
    assert (world.store_status(first), world.store_status(other)) == (status, PROCESSING)
    assert world.statuses_written(first) == {}
    assert events(world, "person_set_status") == 1
    mark(world)
    assert events(world, "person_set_status") == 1


def test_an_order_that_a_person_moved_on_already_is_not_set_back(world: World) -> None:
    [order_id] = acknowledged(world)
    world.shop.store.edit(order_id, OrderStatusID=SHIPPED)
    world.read_long_ago()
    assert mark(world)["already"] == 1
    assert (world.store_status(order_id), world.statuses_written(order_id)) == (SHIPPED, {})


def test_orders_read_too_long_ago_are_read_again_from_list_pages(world: World) -> None:
    acknowledged(world, 20)
    world.read_long_ago()
    before = len(world.calls(method="GET"))
    assert mark(world)["posted"] == 20
    assert len(world.calls(method="GET")) - before <= 2  # the reading before the write, and the read-back
    assert world.calls(path="/Orders/") == []


def test_an_order_that_the_store_refuses_stops_no_other(world: World) -> None:
    ids = acknowledged(world, 3)
    world.execute("UPDATE sales_order SET order_id = 999999 WHERE order_id = :id", id=ids[0])
    counts = mark(world)
    assert (counts["posted"], counts["refused"]) == (2, 1)
    assert [world.store_status(id_) for id_ in ids] == [NEW, PROCESSING, PROCESSING]
    [row] = world.rows(
        "SELECT p.outcome, p.error FROM post_back p JOIN sales_order s ON s.id = p.sales_order_id"
        " WHERE s.order_id = 999999"
    )
    assert row.outcome == "refused"
    assert row.error


@pytest.mark.parametrize("all_failed", [206, 400])
def test_a_bulk_write_that_fails_as_a_whole_is_bisected(make_world: MakeWorld, all_failed: int) -> None:
    world = make_world(store_rules={"bulk_bad_item": "whole", "bulk_all_failed_status": all_failed})
    ids = acknowledged(world, 5)
    world.execute("UPDATE sales_order SET order_id = 999999 WHERE order_id = :id", id=ids[2])
    counts = mark(world)
    assert (counts["posted"], counts["refused"]) == (4, 1)
    assert [world.store_status(id_) for id_ in ids if id_ != ids[2]] == [PROCESSING] * 4


def test_orders_missing_from_the_response_are_settled_by_reading(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"results_omit_every": 2})
    ids = acknowledged(world, 4)
    counts = mark(world)
    assert (counts["posted"], counts["unknown"]) == (2, 2)
    assert mark(world)["already"] == 2
    assert [world.statuses_written(id_) for id_ in ids] == [{"2": 1}] * 4


@pytest.mark.parametrize("kind", ["reset", "truncate"])
def test_a_lost_response_is_settled_by_reading_and_not_repeated(world: World, kind: Kind) -> None:
    ids = acknowledged(world, 3)
    world.store_fault(PUT_ORDERS, kind, "after")
    assert mark(world)["unknown"] == 3
    counts = mark(world)
    assert (counts["already"], counts["posted"]) == (3, 0)
    assert [world.statuses_written(id_) for id_ in ids] == [{"2": 1}] * 3
    assert world.rows("SELECT posted_status FROM sales_order WHERE posted_status IS DISTINCT FROM 2") == []


def test_a_cancel_after_a_lost_response_is_not_overwritten(world: World) -> None:
    [order_id] = acknowledged(world)
    world.store_fault(PUT_ORDERS, "reset", "before")
    mark(world)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    assert mark(world)["person"] == 1
    assert world.store_status(order_id) == CANCEL


def test_a_write_lost_before_its_effect_is_repeated(world: World) -> None:
    [order_id] = acknowledged(world)
    world.store_fault(PUT_ORDERS, "reset", "before")
    assert mark(world)["unknown"] == 1
    assert mark(world)["posted"] == 1
    assert (world.store_status(order_id), world.statuses_written(order_id)) == (PROCESSING, {"2": 1})


def test_what_was_posted_is_read_back(world: World) -> None:
    acknowledged(world, 3)
    assert mark(world)["verified"] == 3
    assert world.rows("SELECT FROM sales_order WHERE verified_at IS NULL") == []


def test_a_lagging_list_is_waited_for_and_nothing_is_repeated(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"lists_lag_seconds": 600})
    ids = world.place("single", 3)
    world.shop.clock.advance(601)
    world.go(*ORDERS_STAGES[:2])
    world.execute("UPDATE fulfillment_order SET state = 'acknowledged', remote_id = id")
    counts = mark(world)
    assert (counts["posted"], counts["verified"], counts["repeated"]) == (3, 0, 0)
    assert mark(world)["repeated"] == 0
    world.shop.clock.advance(601)
    assert mark(world)["verified"] == 3
    assert [world.statuses_written(id_) for id_ in ids] == [{"2": 1}] * 3


def test_a_status_that_the_store_never_took_is_posted_again(world: World) -> None:
    [order_id] = acknowledged(world)
    with world.shop.store.state.lock:
        as_it_was = world.shop.store.order(order_id)
    mark(world)
    world.shop.store.edit(order_id, OrderStatusID=as_it_was["OrderStatusID"])
    world.execute("UPDATE sales_order SET verified_at = NULL, posted_at = posted_at - interval '10 minutes'")
    assert mark(world)["repeated"] == 1
    assert mark(world)["posted"] == 1
    assert world.store_status(order_id) == PROCESSING


def test_an_order_is_posted_only_when_the_warehouse_has_all_of_it(world: World) -> None:
    [order_id] = world.place("multi_ship_to")
    lines = world.shop.store.order(order_id)["OrderItemList"]
    first_of_last_group = [line["ItemShipmentID"] for line in lines].index(lines[-1]["ItemShipmentID"])
    world.amend(order_id, line={"ItemID": UNKNOWN_SKUS[0]}, place=first_of_last_group)
    world.go(*ORDERS_STAGES)
    assert set(world.state_of(order_id)) == {"acknowledged", "blocked"}
    assert (world.store_status(order_id), world.statuses_written(order_id)) == (NEW, {})
    world.stock(UNKNOWN_SKUS[0])
    world.go(*ORDERS_STAGES)
    assert set(world.state_of(order_id)) == {"acknowledged"}
    assert (world.store_status(order_id), world.statuses_written(order_id)) == (PROCESSING, {"2": 1})


def test_a_store_that_refuses_the_credentials_fails_the_task_and_the_next_run_catches_up(
    world: World,
) -> None:
    ids = acknowledged(world, 3)
    world.store_fault(PUT_ORDERS, "status", nth=1, status=401)
    with pytest.raises(AuthFailed, match="Private key"):
        mark(world)
    mark(world)
    assert [world.statuses_written(id_) for id_ in ids] == [{"2": 1}] * 3


def test_a_claim_that_expires_before_the_write_writes_nothing(world: World) -> None:
    [order_id] = acknowledged(world)
    soon = "NEW.lease_until := clock_timestamp() + interval '1 s'"
    with (
        world.trigger("sales_order", "NEW.lease_owner IS NOT NULL", soon),
        pytest.raises(LeaseLost, match="claims ran out"),
    ):
        mark(world)
    assert world.statuses_written(order_id) == {}
    assert mark(world)["posted"] == 1


def test_the_import_of_the_same_run_is_fresh_enough_for_the_write(make_world: MakeWorld) -> None:
    world = make_world(schedules={"watch_every": "never"})
    world.place("single", 3)
    world.go(*ORDERS_STAGES)
    assert [call["path"].partition("?")[2].partition("&")[0] for call in world.calls(method="GET")] == [
        "orderstatus=1",  # the sweep
        "orderstatus=2",  # the read-back: the orders must show what was posted
    ]
    assert world.lane.limits.status_freshness <= timedelta(minutes=1)


@pytest.mark.parametrize("days", [1, 4])
def test_a_claim_is_renewed_while_a_slow_store_is_read_and_before_each_write(
    world: World, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Each call to the store takes most of a claim's life: together they take longer than the lease lasts."""
    ids = world.place("single", 130)
    for day in range(1, days):  # Orders placed on another day are read with another page.
        placed = store_time(datetime.now(UTC) - timedelta(days=day))
        world.shop.store.edit(ids[day], OrderDate=placed, LastUpdate=placed)
    world.go(*ORDERS_STAGES[:2])
    world.execute("UPDATE fulfillment_order SET state = 'acknowledged', remote_id = id WHERE state = 'ready'")
    world.read_long_ago()
    once, limits = HttpSession.once, world.lane.limits
    age = limits.lease - 2 * (limits.connect_timeout + limits.read_timeout)

    def slow(session: HttpSession, *arguments: Any, **options: Any) -> Any:
        response = once(session, *arguments, **options)
        world.execute("UPDATE sales_order SET lease_until = lease_until - CAST(:age AS interval)", age=age)
        return response

    monkeypatch.setattr(HttpSession, "once", slow)
    assert mark(world)["posted"] == 130
    assert sorted(puts(world)) == [30, 100]


def test_an_order_that_no_list_shows_is_read_by_id_and_never_taken_for_gone(world: World) -> None:
    ids = acknowledged(world, 30)
    world.read_long_ago()
    world.settings["store"]["time_zone"] = "Pacific/Auckland"
    counts = mark(world)
    assert (counts["posted"], counts["person"], counts["verified"]) == (30, 0, 30)
    assert {world.store_status(order_id) for order_id in ids} == {PROCESSING}


def test_orders_that_were_not_read_are_neither_posted_nor_verified_until_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledged(world, 6)
    world.read_long_ago()
    world.settings["store"]["time_zone"] = "Pacific/Auckland"
    monkeypatch.setattr(store_reads, "_BY_ID", 4)
    runs = [mark(world) for _ in range(4)]
    assert runs[0]["unread"] == 2
    assert [sum(run[name] for run in runs) for name in ("posted", "verified", "person")] == [6, 6, 0]


def test_an_order_that_the_store_does_not_know_by_its_id_is_gone(world: World) -> None:
    acknowledged(world)
    world.read_long_ago()
    world.execute("UPDATE sales_order SET order_id = 999999")
    assert (mark(world)["person"], events(world, "person_set_status")) == (1, 1)
