"""Open exceptions: they fail and alert in the first run that lists them, and every run lists and counts them."""

from __future__ import annotations

import logging

import pytest

from cartage.model.exceptions import Choice
from tests.contract.changes.changed import cycle, decide_as, look, open_exceptions, sent, watching
from tests.contract.conftest import MakeWorld
from tests.contract.world import HOLD, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane with one order that was put on hold after it was sent."""
    world = watching(make_world)
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    look(world)
    return world


def blocked(world: World, dag_run: str) -> dict[str, int]:
    return world.go("blocked_orders", dag_run=dag_run)["blocked_orders"]


def test_an_exception_is_new_in_the_first_run_that_lists_it_and_when_that_run_is_cleared(
    world: World,
) -> None:
    assert blocked(world, "first") == {"causes": 0, "orders": 0, "exceptions": 1, "new": 1, "alerted": 0}
    assert blocked(world, "first")["new"] == 1
    assert blocked(world, "second") == {"causes": 0, "orders": 0, "exceptions": 1, "new": 0, "alerted": 0}


def test_every_run_lists_an_open_exception_with_its_choices(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    [question] = open_exceptions(world)
    with caplog.at_level(logging.WARNING, logger="cartage"):
        blocked(world, "first")
        blocked(world, "second")
    logged = [record.getMessage() for record in caplog.records if "exception" in record.getMessage()]
    assert len(logged) == 2
    assert "NEW" in logged[0]
    assert "NEW" not in logged[1]
    assert f"cartage exceptions decide {question.id} cancel|handled|ignore --by NAME" in logged[1]


def test_a_decided_exception_is_no_longer_listed(world: World) -> None:
    assert world.seen().exceptions == 1
    decide_as(world, Choice.HANDLED)
    assert blocked(world, "first")["exceptions"] == 0
    assert world.seen().exceptions == 0


def test_an_exception_whose_decision_could_not_be_carried_out_is_new_again(make_world: MakeWorld) -> None:
    world = watching(make_world, warehouse_rules={"cancel_refused": "always"})
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    look(world)
    blocked(world, "first")
    decide_as(world, Choice.CANCEL)
    cycle(world)
    assert blocked(world, "second")["new"] == 1
