"""Freshness: a copy that is too old is read again, in bulk, before it may be sent."""

from __future__ import annotations

from tests.contract.world import CANCEL, HOLD, NEW, ORDERS_STAGES, World

BEFORE = ORDERS_STAGES[:2]


def transfer(world: World) -> dict[str, int]:
    return world.send()


def stale(world: World, count: int = 1) -> list[int]:
    ids = world.place("single", count)
    world.go(*BEFORE)
    world.read_long_ago()
    return ids


def test_stale_copies_are_read_again_in_bulk_and_sent(world: World) -> None:
    stale(world, 24)
    before = len(world.calls())
    counts = transfer(world)
    assert (counts["reread"], counts["acknowledged"]) == (24, 24)
    assert len(world.calls()) - before == 1


def test_fresh_copies_cost_no_call_to_the_store(world: World) -> None:
    world.place("single", 3)
    world.go(*BEFORE)
    before = len(world.calls())
    transfer(world)
    assert len(world.calls()) == before


def test_an_order_edited_meanwhile_is_not_sent_stale_but_revalidated(world: World) -> None:
    edited, other = stale(world, 2)
    world.amend(edited, shipment={"ShipmentZipCode": "10001"})
    counts = transfer(world)
    assert counts["acknowledged"] == 1
    assert (world.state_of(edited), world.state_of(other)) == (["imported"], ["acknowledged"])
    world.go(*ORDERS_STAGES[1:])
    zips = [order.document["shipTo"]["zip"] for order in world.shop.warehouse.state.book]
    assert "10001" in zips
    assert sorted(world.references().values()) == [1, 1]


def test_an_order_that_left_the_import_status_is_withdrawn(world: World) -> None:
    cancelled, held, other = stale(world, 3)
    world.shop.store.edit(cancelled, OrderStatusID=CANCEL)
    world.shop.store.edit(held, OrderStatusID=HOLD)
    counts = transfer(world)
    assert (counts["withdrawn"], counts["acknowledged"]) == (2, 1)
    assert (world.state_of(cancelled), world.state_of(held)) == (["skipped"], ["skipped"])
    assert list(world.references()) == [world.reference_of(other)]


def test_a_withdrawn_order_that_comes_back_is_imported_again_and_sent_once(world: World) -> None:
    [order_id] = stale(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    transfer(world)
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    assert list(world.references().values()) == [1]
