"""Helpers for tests of shipments: orders at the warehouse, what its staff does, and the exceptions that follow."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cartage.lifecycle.exceptions import decide, open_exceptions
from cartage.lifecycle.transitions import By
from cartage_sandbox.extensiv.data.model import Order
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World


def sent(world: World, kind: str = "single", count: int = 1, **line: Any) -> list[int]:
    """Place orders and send them, until they are posted as Processing; `line` changes the first line of each."""
    ids = world.place(kind, count)
    for order_id in ids if line else ():
        world.amend(order_id, line=line)
    world.go(*ORDERS_STAGES)
    assert set(world.states()) == {"acknowledged"}
    return ids


def poll_and_post(world: World) -> dict[str, int]:
    """Poll and post back; return the counts of both."""
    counts = world.go(*SHIPMENT_STAGES)
    return {**counts["poll_tracking"], **counts["update_order_status"]}


def at_warehouse(world: World, order_id: int, place: int = 0) -> list[Order]:
    """Return what the warehouse has of a fulfillment order."""
    return world.shop.warehouse.floor.named([world.reference_of(order_id, place)])


def void(world: World, order_id: int, *, reopen: bool = False) -> None:
    """Have the warehouse void the labels of an order."""
    world.shop.warehouse.floor.void(at_warehouse(world, order_id), reopen=reopen)


def pick(
    world: World, order_id: int, quantities: Mapping[str, int], instead: Mapping[str, str] | None = None
) -> None:
    """Have the warehouse ship other quantities or other goods of an order."""
    wanted = {sku: Decimal(quantity) for sku, quantity in quantities.items()}
    for order in at_warehouse(world, order_id):
        world.shop.warehouse.floor.pick(order, wanted, instead)


def skus(world: World, order_id: int) -> list[str]:
    """Return the SKUs of an order as the warehouse has them."""
    return [line.item.sku for order in at_warehouse(world, order_id) for line in order.lines]


def cancel_at_warehouse(world: World, *orders: Order) -> None:
    """Have the warehouse cancel orders without being asked."""
    for order in orders:
        world.shop.warehouse.desk.cancel(order, order.etag, {"reason": "no stock"})


def exceptions_by_kind(world: World) -> dict[str, Any]:
    """Return the open exceptions by kind; there is at most one of each."""
    with world.ledger.begin() as connection:
        found = open_exceptions(connection, world.lane.name)
    kinds = {exception.kind.value: exception for exception in found}
    assert len(kinds) == len(found)
    return kinds


def decide_exception_as_person(world: World, kind: str, choice: str) -> None:
    """Decide the open exception of this kind as a person."""
    with world.ledger.begin() as connection:
        decide(connection, exceptions_by_kind(world)[kind].id, choice, By("Kim Doe", "test"))
