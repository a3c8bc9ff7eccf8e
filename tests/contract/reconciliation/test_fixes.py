"""The fixes of differences: each does what a stage does, and the next comparison ends the difference."""

from __future__ import annotations

import pytest

from cartage.errors import LedgerError
from cartage.model.differences.fixes import DifferenceFix
from cartage.model.differences.kinds import DifferenceKind
from tests.contract.conftest import MakeWorld
from tests.contract.reconciliation import seeds
from tests.contract.reconciliation.reconciled import AT_ONCE, busy, compare, fix, only
from tests.contract.world import HOLD, ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(reconciliation=AT_ONCE)


def test_an_order_that_was_never_imported_is_imported(world: World) -> None:
    [order_id] = world.place("single")
    found = only(compare(world))
    assert (found.kind, found.fix) == (DifferenceKind.NOT_IMPORTED, DifferenceFix.REIMPORT)
    assert "read from the store" in fix(world, found)
    assert world.state_of(order_id) == ["imported"]
    assert compare(world).differences == ()
    [row] = world.rows("SELECT fix_started_by FROM difference")
    assert row.fix_started_by == "ann"


def test_an_edit_that_no_watch_saw_is_read_and_becomes_an_exception(world: World) -> None:
    [order_id], _ = busy(world, 1)
    world.amend(order_id, line={"ItemQuantity": 9.0})
    found = only(compare(world))
    assert (found.kind, found.fix) == (DifferenceKind.QUANTITIES, DifferenceFix.REIMPORT)
    fix(world, found)
    [row] = world.rows("SELECT kind FROM exception WHERE closed_at IS NULL")
    assert row.kind == "edited_after_transfer"
    assert compare(world).differences == ()


def test_a_status_that_a_person_set_is_read_and_not_overwritten(world: World) -> None:
    [order_id], _ = busy(world, 1)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    fix(world, only(compare(world)))
    assert world.store_status(order_id) == HOLD
    [row] = world.rows("SELECT kind FROM exception WHERE closed_at IS NULL")
    assert row.kind == "held_after_transfer"
    assert compare(world).differences == ()


def test_an_order_that_shipped_is_polled_again(world: World) -> None:
    [order_id], _ = busy(world, 1)
    [number] = world.ship(order_id)
    found = only(compare(world))
    assert (found.kind, found.fix) == (DifferenceKind.NOT_POSTED, DifferenceFix.POLL)
    fix(world, found)
    assert world.state_of(order_id) == ["shipped"]
    world.go("update_order_status")
    assert (world.tracking(order_id), world.store_status(order_id)) == (number, SHIPPED)
    assert compare(world).differences == ()


def test_tracking_that_the_store_lost_is_posted_again(world: World) -> None:
    _, [order_id] = busy(world, 0, 1)
    number = world.tracking(order_id)
    world.amend(order_id, shipment={"ShipmentTrackingCode": ""})
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    report = compare(world)
    assert {(each.kind, each.fix) for each in report.differences} == {
        (DifferenceKind.TRACKING, DifferenceFix.POST),
        (DifferenceKind.STATUS, DifferenceFix.POST),
    }
    fix(world, report.differences[0])
    world.go("update_order_status")
    assert (world.tracking(order_id), world.store_status(order_id)) == (number, SHIPPED)
    assert compare(world).differences == ()


def test_a_voided_number_is_taken_out_of_the_store(world: World) -> None:
    _, [order_id] = busy(world, 0, 1)
    seeds.voided_number_left_in_the_store(world, order_id)
    world.execute("UPDATE package SET intended_at = NULL")
    found = only(compare(world))
    assert (found.kind, found.fix) == (DifferenceKind.VOIDED, DifferenceFix.POST)
    fix(world, found)
    world.go("update_order_status")
    assert world.tracking(order_id) == ""
    assert compare(world).differences == ()


def test_an_order_that_the_warehouse_has_is_adopted_and_not_sent_again(world: World) -> None:
    [order_id], _ = busy(world, 1)
    seeds.unsent_by_the_ledgers_account(world, order_id)
    found = only(compare(world))
    assert (found.kind, found.fix) == (DifferenceKind.STATUS, DifferenceFix.ADOPT)
    assert "follows" in fix(world, found)
    assert world.state_of(order_id) == ["acknowledged"]
    assert compare(world).differences == ()
    world.go(*ORDERS_STAGES)
    assert set(world.references().values()) == {1}


def test_an_order_that_the_ledger_forgot_is_imported_as_sent(world: World) -> None:
    [order_id], _ = busy(world, 1)
    reference = world.reference_of(order_id)
    for table in ("event", "transfer", "post_back"):
        world.execute(f"DELETE FROM {table}")
    world.execute("DELETE FROM fulfillment_order")
    world.execute("DELETE FROM sales_order")
    found = only(compare(world))
    assert (found.kind, found.key, found.fix) == (
        DifferenceKind.NOT_IN_LEDGER,
        reference,
        DifferenceFix.ADOPT,
    )
    fix(world, found)
    assert world.state_of(order_id) == ["acknowledged"]
    world.ship(order_id)
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert world.store_status(order_id) == SHIPPED
    assert compare(world).differences == ()
    assert world.references() == {reference: 1}


def test_a_difference_without_a_safe_fix_is_refused(world: World) -> None:
    [order_id], _ = busy(world, 1)
    seeds.another_address_at_the_warehouse(world, order_id)
    found = only(compare(world))
    assert found.fix is None
    with pytest.raises(LedgerError, match="no fix that is safe"):
        fix(world, found)


def test_a_difference_that_has_ended_is_refused(world: World) -> None:
    world.place("single")
    found = only(compare(world))
    world.go("import_orders")
    compare(world)
    with pytest.raises(LedgerError, match="may have ended by itself"):
        fix(world, found)


def test_a_lane_in_shadow_is_not_fixed(make_world: MakeWorld) -> None:
    world = make_world(mode="shadow", reconciliation=AT_ONCE)
    world.place("single")
    with pytest.raises(LedgerError, match="live or drains"):
        fix(world, only(compare(world)))
