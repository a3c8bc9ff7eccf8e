"""Conflicts between ledger and warehouse: each opens an exception; its decision is checked before it is carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cartage.model.documents import request_from
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.warehouses.contract import DuplicatePolicy
from cartage.warehouses.extensiv.connector import ExtensivWarehouse
from tests.contract.changes.changed import at_warehouse, carry_out, closed, decide_as, open_exceptions
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

POST_ORDERS = "POST .*/orders$"


def lost(world: World, *, arrived: bool) -> int:
    """An order whose response was lost, and whose outcome may be settled now."""
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    world.warehouse_fault(POST_ORDERS, "reset", "after" if arrived else "before")
    carry_out(world)
    assert world.states() == {"unknown": 1}
    world.wait_out()
    return order_id


def other_content(world: World) -> int:
    """An order under whose reference the warehouse has an order to another address."""
    order_id = lost(world, arrived=False)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    request = request_from(row.request)
    context = world.context("transfer_to_warehouse")
    context.warehouse.submit(replace(request, ship_to=replace(request.ship_to, zip_code="99999")))
    context.close()
    carry_out(world)
    return order_id


def cancel_there(world: World) -> None:
    for there in list(world.shop.warehouse.state.book):
        world.shop.warehouse.desk.cancel(there, there.etag, {"reason": "by hand"})


def taken_twice(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, policy: DuplicatePolicy, **rules: float
) -> World:
    """A warehouse that accepts a reference twice, and a connector that says so."""
    real: Any = ExtensivWarehouse.capabilities.fget  # type: ignore[attr-defined]
    claims = {"duplicate_policy": policy}
    monkeypatch.setattr(
        ExtensivWarehouse, "capabilities", property(lambda self: replace(real(self), **claims))
    )
    return make_world(warehouse_rules={"duplicate_refused": False, **rules})


@pytest.mark.parametrize("policy", [DuplicatePolicy.UPSERTS, DuplicatePolicy.UNKNOWN])
def test_where_a_repeat_would_be_accepted_a_person_decides_about_an_absent_order(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, policy: DuplicatePolicy
) -> None:
    world = taken_twice(make_world, monkeypatch, policy)
    lost(world, arrived=False)
    carry_out(world)
    assert (world.states(), world.references()) == ({"conflict": 1}, {})
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.SENT_OR_NOT]
    carry_out(world)
    assert (world.states(), world.references()) == ({"conflict": 1}, {})
    decide_as(world, Choice.SEND)
    assert carry_out(world)["resolved"] == 1
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_the_lanes_settings_may_decide_to_send_an_absent_order(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = taken_twice(make_world, monkeypatch, DuplicatePolicy.UNKNOWN)
    world.settings["warehouse"]["when_absent"] = "send"
    lost(world, arrived=False)
    carry_out(world)
    assert open_exceptions(world) == []
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_where_a_repeat_would_be_accepted_an_order_that_arrived_is_found_and_not_sent_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = taken_twice(make_world, monkeypatch, DuplicatePolicy.UNKNOWN)
    lost(world, arrived=True)
    carry_out(world)
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_send_is_not_carried_out_if_the_warehouse_shows_the_order_meanwhile(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = taken_twice(make_world, monkeypatch, DuplicatePolicy.UNKNOWN, list_visibility_seconds=3600)
    lost(world, arrived=True)
    carry_out(world)
    decide_as(world, Choice.SEND)
    world.shop.clock.advance(3600)
    carry_out(world)
    [exception] = open_exceptions(world)
    assert "by now" in exception.message
    assert list(world.references().values()) == [1]
    decide_as(world, Choice.ACCEPT)
    carry_out(world)
    assert (world.states(), list(world.references().values())) == ({"acknowledged": 1}, [1])


def test_other_content_may_be_accepted(world: World) -> None:
    other_content(world)
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.DIFFERS_AT_WAREHOUSE]
    decide_as(world, Choice.ACCEPT)
    carry_out(world)
    assert world.states() == {"acknowledged": 1}
    assert world.rows("SELECT remote_id FROM fulfillment_order")[0].remote_id
    assert closed(world) == [("differs_at_warehouse", "accept", "accept: Kim")]


def test_other_content_is_replaced_only_once_it_is_cancelled_at_the_warehouse(world: World) -> None:
    order_id = other_content(world)
    decide_as(world, Choice.RESEND)
    carry_out(world)
    assert "have it cancelled" in open_exceptions(world)[0].message
    assert len(world.references()) == 1
    cancel_there(world)
    decide_as(world, Choice.RESEND)
    carry_out(world)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["cancelled", "acknowledged"]
    assert sorted(at_warehouse(world)) == [world.reference_of(order_id), world.reference_of(order_id, 1)]


def test_a_cancelled_order_is_resent_under_a_new_reference_or_dropped(world: World) -> None:
    order_id = lost(world, arrived=True)
    cancel_there(world)
    carry_out(world)
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.CANCELLED_AT_WAREHOUSE]
    decide_as(world, Choice.RESEND)
    world.go(*ORDERS_STAGES)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["cancelled", "acknowledged"]


def test_a_dropped_order_is_not_sent_though_it_still_has_the_import_status(world: World) -> None:
    order_id = other_content(world)
    decide_as(world, Choice.DROP)
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["cancelled"]
    assert len(world.references()) == 1


def test_an_exception_closes_when_its_order_leaves_the_conflict(world: World) -> None:
    other_content(world)
    world.execute("UPDATE fulfillment_order SET state = 'acknowledged', remote_id = '1'")
    carry_out(world)
    assert open_exceptions(world) == []


def test_a_refused_repeat_with_other_content_opens_an_exception(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    [row] = world.rows("SELECT request FROM fulfillment_order")
    request = request_from(row.request)
    context = world.context("transfer_to_warehouse")
    context.warehouse.submit(replace(request, ship_to=replace(request.ship_to, zip_code="99999")))
    context.close()
    assert carry_out(world)["exceptions"] == 1
    assert world.state_of(order_id) == ["conflict"]
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.DIFFERS_AT_WAREHOUSE]
