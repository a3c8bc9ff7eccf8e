"""Writes of an engineer's own DAG through the API, which the ledger does not know: they count as edits by a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cartage.model.exceptions import ExceptionKind
from cartage.runtime.context import StageContext
from cartage.storefront import ShipmentWrite
from tests.contract.changes.changed import cycle, events, look, open_exceptions, sent, watching
from tests.contract.conftest import MakeWorld
from tests.contract.world import HOLD, SHIPMENT_STAGES, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane that watches in every run."""
    return watching(make_world)


@pytest.fixture
def own_dag(world: World) -> Iterator[StageContext]:
    """The client that the operators use, without the ledger's records."""
    context = world.context("own_dag")
    yield context
    context.close()


def test_a_status_that_an_own_dag_sets_stands(world: World, own_dag: StageContext) -> None:
    [order_id] = sent(world)
    own_dag.store.update_statuses({order_id: HOLD})
    cycle(world)
    assert len(events(world, "person_set_status")) == 1
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.store_status(order_id) == HOLD
    assert world.tracking(order_id), "tracking is posted without a status"


def test_an_unsent_order_that_an_own_dag_takes_out_of_the_import_status_is_withdrawn(
    world: World, own_dag: StageContext
) -> None:
    [order_id] = world.place("unmapped_method")
    world.go("import_orders", "validate_mappings")
    own_dag.store.update_statuses({order_id: HOLD})
    cycle(world)
    assert world.state_of(order_id) == ["skipped"]


def test_another_ship_method_on_a_sent_order_is_an_edit_in_the_store(
    world: World, own_dag: StageContext
) -> None:
    [order_id] = sent(world)
    own_dag.store.update_shipment(order_id, ShipmentWrite(0, "", "Courier by bicycle"))
    look(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.EDITED_AFTER_TRANSFER
    assert "ship method" in exception.message
