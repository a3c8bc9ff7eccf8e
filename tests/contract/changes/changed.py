"""Helpers for tests of the change watch: a lane that watches in every run, sent orders, and exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import OrderException
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import Choice
from cartage_sandbox.kernel.rules import RuleValue
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, PROCESSING, World

CANCELER = "POST .*/canceler"


def watching(
    make_world: MakeWorld, *, warehouse_rules: Mapping[str, RuleValue] | None = None, **policy: str
) -> World:
    """Make a lane that reads the store's changes in every run; `policy` is its setting `changes`."""
    schedules = {"sweep_every": "1s", "watch_every": "1s"}
    return make_world(warehouse_rules=warehouse_rules, schedules=schedules, changes=policy)


def sent(world: World, kind: str = "single", count: int = 1) -> list[int]:
    """Place orders and send them; the store shows them as Processing."""
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    assert {world.store_status(order_id) for order_id in ids} == {PROCESSING}
    return ids


def look(world: World) -> dict[str, int]:
    """Run the import with a watch that is due."""
    world.execute("UPDATE lane_state SET watched_to = NULL, watch_claimed_at = NULL")
    return world.go("import_orders")["import_orders"]


def carry_out(world: World) -> dict[str, int]:
    """Settle and transfer."""
    return world.send()


def cycle(world: World) -> None:
    """Run all stages of the orders DAG, with a watch that is due."""
    look(world)
    world.go(*ORDERS_STAGES[1:])


def open_exceptions(world: World) -> list[OrderException]:
    """Return the exceptions that wait for a person."""
    with world.ledger.begin() as connection:
        return exceptions.open_exceptions(connection, world.lane.name)


def decide_as(world: World, choice: Choice, person: str = "Kim") -> OrderException:
    """Decide the only open exception."""
    [exception] = open_exceptions(world)
    with world.ledger.begin() as connection:
        return exceptions.decide(connection, exception.id, choice, By(person, "test"))


def at_warehouse(world: World) -> dict[str, str]:
    """Return the status of every order at the warehouse, by reference, from its own books."""
    state = world.shop.warehouse.state
    with state.lock:
        return {order.reference: order.status.name for order in state.book}


def closed(world: World) -> list[Any]:
    """Return kind, decision and reason of every closed exception, the oldest first."""
    sql = "SELECT kind, decision, close_reason FROM exception WHERE closed_at IS NOT NULL ORDER BY id"
    return [(row.kind, row.decision, row.close_reason) for row in world.rows(sql)]


def events(world: World, kind: str) -> list[str]:
    """Return the reasons of the events of this kind, in order."""
    return [row.why for row in world.rows("SELECT why FROM event WHERE kind = :kind ORDER BY id", kind=kind)]
