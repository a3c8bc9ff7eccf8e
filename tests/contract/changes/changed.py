"""What the tests of the change watch share: a lane that watches in every run, sent orders, and its questions."""

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
    """A lane that reads the store's changes in every run; `policy` is its setting `changes`."""
    schedules = {"sweep_every": "1s", "watch_every": "1s"}
    return make_world(warehouse_rules=warehouse_rules, schedules=schedules, changes=policy)


def sent(world: World, kind: str = "single", count: int = 1) -> list[int]:
    """Orders that the warehouse has, and that the store was seen to have taken to Processing."""
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    assert {world.store_status(id_) for id_ in ids} == {PROCESSING}
    return ids


def look(world: World) -> dict[str, int]:
    """One import with a watch that is due."""
    world.execute("UPDATE lane_state SET watched_to = NULL, watch_claimed_at = NULL")
    return world.go("import_orders")["import_orders"]


def carry_out(world: World) -> dict[str, int]:
    """One transfer."""
    return world.send()


def cycle(world: World) -> None:
    """One whole run of the orders DAG, with a watch that is due."""
    look(world)
    world.go(*ORDERS_STAGES[1:])


def questions(world: World) -> list[OrderException]:
    """The questions that wait for a person."""
    with world.ledger.begin() as connection:
        return exceptions.open_exceptions(connection, world.lane.name)


def decide_as(world: World, choice: Choice, person: str = "Kim") -> OrderException:
    """Answer the only open question."""
    [question] = questions(world)
    with world.ledger.begin() as connection:
        return exceptions.decide(connection, question.id, choice, By(person, "test"))


def at_warehouse(world: World) -> dict[str, str]:
    """The status of every order at the warehouse, by reference, from its own books."""
    state = world.shop.warehouse.state
    with state.lock:
        return {order.reference: order.status.name for order in state.book}


def closed(world: World) -> list[Any]:
    """Every closed question's kind, answer and reason, the oldest first."""
    sql = "SELECT kind, decision, close_reason FROM exception WHERE closed_at IS NOT NULL ORDER BY id"
    return [(row.kind, row.decision, row.close_reason) for row in world.rows(sql)]


def events(world: World, kind: str) -> list[str]:
    """The reasons of the events of one kind, in order."""
    return [row.why for row in world.rows("SELECT why FROM event WHERE kind = :kind ORDER BY id", kind=kind)]
