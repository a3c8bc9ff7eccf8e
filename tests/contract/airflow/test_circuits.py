"""Operators of the API and the circuits of the lanes: they call a remote that is down, and change no circuit."""

from __future__ import annotations

import pytest

from cartage.db import circuit
from cartage.errors import RemoteDown, RemoteUnavailable
from cartage_airflow import ThreeDCartListOrdersOperator, WarehouseFindOrderOperator
from tests.contract.world import World


def circuits(world: World) -> list[tuple[str, int]]:
    return [
        (row.remote, row.failures)
        for row in world.rows("SELECT remote, failures FROM circuit ORDER BY remote")
    ]


def test_operators_call_remotes_whose_circuits_are_open_and_close_none(world: World, lane: str) -> None:
    context = world.context("import_orders")
    names = (f"store {context.credentials.identity}", "warehouse extensiv/extensiv_demo")
    context.close()
    with world.ledger.begin() as connection:
        for name in names * 2:
            circuit.record_failure(connection, name, "gone")
    with pytest.raises(RemoteDown):
        world.go("import_orders")
    before = circuits(world)
    assert [name for name, _ in before] == list(names)
    ThreeDCartListOrdersOperator(task_id="count", lane=lane, count_only=True).execute({})
    WarehouseFindOrderOperator(task_id="find", lane=lane, reference="A3_1_0").execute({})
    assert circuits(world) == before


def test_the_failure_of_an_operator_opens_no_circuit(world: World, lane: str) -> None:
    world.store_fault("GET .*", "status", nth=0, status=503)
    task = ThreeDCartListOrdersOperator(task_id="count", lane=lane, count_only=True)
    for _ in range(2):
        with pytest.raises(RemoteUnavailable):
            task.execute({})
    assert circuits(world) == []
