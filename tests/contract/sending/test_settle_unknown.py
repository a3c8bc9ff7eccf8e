"""Settling: the warehouse is asked about unseen outcomes, once it is time, and nothing is repeated blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cartage.errors import LeaseLost
from cartage.model.documents import request_from
from cartage.runtime.context import StageContext
from cartage.sending.repo import transfers
from cartage_sandbox.kernel.faults import Kind, Moment
from tests.contract.conftest import MakeWorld
from tests.contract.warehouses.damaged import damaged_order, no_list_of_lines
from tests.contract.world import World

BEFORE = ("import_orders", "validate_mappings")
POST_ORDERS = "POST .*/orders$"
LONGEST = timedelta(seconds=1)


def transfer(world: World) -> dict[str, int]:
    return world.send()


def ready(world: World, kind: str = "single", count: int = 1) -> list[int]:
    ids = world.place(kind, count)
    world.go(*BEFORE)
    return ids


def lose_response(world: World, moment: Moment, kind: Kind = "reset", **more: Any) -> None:
    world.warehouse_fault(POST_ORDERS, kind, moment, **more)
    transfer(world)


def dying_run(world: World) -> tuple[StageContext, list[transfers.TransferIntent]]:
    """Record the intents of a run that goes no further."""
    context = world.context("transfer_to_warehouse")
    limits = context.lane.limits
    with world.ledger.begin() as connection:
        intents = transfers.intend_transfers(
            connection,
            context.lane.name,
            context.by,
            owner="dying",
            lease=limits.lease,
            freshness=limits.freshness,
            import_status=1,
            size=10,
        )
    assert intents
    return context, intents


def leave(world: World, intent: transfers.TransferIntent) -> None:
    with world.ledger.begin() as connection:
        transfers.mark_dispatched(
            connection, intent.transfer_id, owner="dying", longest_request=LONGEST, settle=LONGEST
        )


@pytest.mark.parametrize("kind", ["reset", "close", "truncate"])
def test_a_lost_response_is_settled_by_asking(world: World, kind: Kind) -> None:
    ready(world, count=3)
    lose_response(world, "after", kind, times=3)
    assert world.states() == {"unknown": 3}
    world.wait_out()
    assert transfer(world)["settled"] == 3
    assert world.states() == {"acknowledged": 3}
    assert list(world.references().values()) == [1, 1, 1]
    assert all(row.remote_id for row in world.rows("SELECT remote_id FROM fulfillment_order"))
    # They were looked up, not sent again to a warehouse that refuses a repeat.
    assert [row.outcome for row in world.rows("SELECT outcome FROM transfer")] == ["found"] * 3


def test_an_outcome_whose_order_cannot_be_read_stays_unknown_is_named_and_stops_no_other(
    world: World,
) -> None:
    odd, _ = ready(world, count=2)
    lose_response(world, "after", times=2)
    reference = world.reference_of(odd)
    [at_warehouse] = world.shop.warehouse.floor.named([reference])
    world.wait_out()
    with damaged_order(at_warehouse, no_list_of_lines):
        transfer(world)
        assert world.states() == {"unknown": 1, "acknowledged": 1}
        assert world.state_of(odd) == ["unknown"]
        assert [row.name for row in world.rows("SELECT name FROM unreadable_row")] == [reference]
        assert world.causes() == {"unreadable_at_warehouse": 1}
    world.wait_out()
    transfer(world)
    assert world.states() == {"acknowledged": 2}
    assert world.rows("SELECT name FROM unreadable_row") == []
    assert set(world.references().values()) == {1}


def test_a_server_error_after_the_effect_is_settled_by_asking(world: World) -> None:
    ready(world)
    lose_response(world, "after", "status", status=502)
    assert world.states() == {"unknown": 1}
    world.wait_out()
    transfer(world)
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_nothing_is_asked_or_sent_before_the_wait_is_over(world: World) -> None:
    ready(world)
    lose_response(world, "after")
    assert transfer(world)["settled"] == 0
    assert world.states() == {"unknown": 1}
    assert list(world.references().values()) == [1]


def test_a_request_lost_before_its_effect_is_found_absent_and_sent_once(world: World) -> None:
    ready(world)
    lose_response(world, "before")
    assert (world.states(), world.references()) == ({"unknown": 1}, {})
    world.wait_out()
    counts = transfer(world)
    assert (counts["settled"], counts["acknowledged"]) == (1, 1)
    assert list(world.references().values()) == [1]


def test_an_unknown_outcome_stops_no_other_order(world: World) -> None:
    ready(world, count=5)
    lose_response(world, "after")
    assert world.states() == {"acknowledged": 4, "unknown": 1}


def test_a_warehouse_that_shows_orders_late_gets_no_order_twice(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"list_visibility_seconds": 3600})
    ready(world)
    lose_response(world, "after")
    for _ in range(3):
        world.wait_out()
        transfer(world)
        assert world.states() == {"unknown": 1}
        assert list(world.references().values()) == [1]
    world.shop.clock.advance(3600)
    world.wait_out()
    transfer(world)
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


@pytest.mark.parametrize("original", ["renamed", "cancelled", "kept"])
def test_an_order_that_was_split_at_once_is_found_by_its_children(
    make_world: MakeWorld, original: str
) -> None:
    world = make_world(warehouse_rules={"split_share": 1.0, "split_original": original})
    ready(world, "multi_line")
    lose_response(world, "after")
    world.wait_out()
    transfer(world)
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_an_order_found_cancelled_is_not_sent_again_and_a_person_decides(
    world: World,
) -> None:
    ready(world)
    lose_response(world, "after")
    [there] = list(world.shop.warehouse.state.book)
    world.shop.warehouse.desk.cancel(there, there.etag, {"reason": "by hand"})
    world.wait_out()
    transfer(world)
    transfer(world)
    assert (world.states(), list(world.references().values())) == ({"conflict": 1}, [1])


def test_other_content_under_our_reference_opens_an_exception(world: World) -> None:
    ready(world)
    lose_response(world, "before")
    [row] = world.rows("SELECT request FROM fulfillment_order")
    request = request_from(row.request)
    context = world.context("transfer_to_warehouse")
    context.warehouse.submit(replace(request, ship_to=replace(request.ship_to, zip_code="99999")))
    context.close()
    world.wait_out()
    transfer(world)
    assert (world.states(), list(world.references().values())) == ({"conflict": 1}, [1])


def test_the_next_run_sends_what_a_run_that_died_before_dispatch_left(world: World) -> None:
    ready(world, count=2)
    context, _ = dying_run(world)
    context.close()
    assert transfer(world)["sent"] == 0
    world.wait_out()
    assert transfer(world)["acknowledged"] == 2
    assert list(world.references().values()) == [1, 1]
    outcomes = [row.outcome for row in world.rows("SELECT outcome FROM transfer ORDER BY id")]
    assert outcomes == ["not_sent", "not_sent", "created", "created"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_run_that_died_after_its_request_left_is_settled_by_asking(world: World, arrived: bool) -> None:
    ready(world)
    context, [intent] = dying_run(world)
    leave(world, intent)
    if arrived:
        context.warehouse.submit(request_from(intent.request))
    context.close()
    world.wait_out()
    counts = transfer(world)
    assert counts["settled"] == 1
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_a_frozen_run_that_wakes_after_its_claim_ran_out_sends_nothing(world: World) -> None:
    ready(world)
    context, [intent] = dying_run(world)
    world.wait_out()
    transfer(world)
    with pytest.raises(LeaseLost):
        leave(world, intent)
    context.close()
    assert list(world.references().values()) == [1]


def test_a_warehouse_that_cannot_be_reached_leaves_the_outcome_unknown(world: World) -> None:
    ready(world)
    lose_response(world, "after")
    world.wait_out()
    world.warehouse_fault("GET .*/orders", "status", nth=0, status=403, body="")
    with pytest.raises(Exception, match="403"):
        transfer(world)
    assert world.states() == {"unknown": 1}
    world.shop.warehouse.faults.clear()
    world.wait_out()
    transfer(world)
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])
