"""A remote that is down: noted once, alerted once, tried by one run at a time; the backlog is sent when it is back."""

from __future__ import annotations

import pytest

from cartage.db import circuit
from cartage.dispatch import stage
from cartage.errors import NotSent, RemoteDown, RemoteUnavailable
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World, at_once

STORE, WAREHOUSE = "GET .*/Orders", ".*/orders.*"


def take_down(world: World, what: str) -> None:
    fault = world.store_fault if what == STORE else world.warehouse_fault
    fault(what, "status", nth=0, status=503)


def bring_back(world: World) -> None:
    world.shop.store.faults.clear()
    world.shop.warehouse.faults.clear()


def probe_is_due(world: World) -> None:
    world.execute("UPDATE circuit SET probe_at = clock_timestamp() - interval '1 s'")


def fail(world: World, name: str) -> BaseException:
    with pytest.raises(RemoteUnavailable) as failure:
        world.go(name)
    return failure.value


def asked_warehouse(world: World) -> int:
    entries = world.shop.warehouse.journal.entries("request")
    return sum("/orders" in entry["path"] for entry in entries)


def test_the_first_failure_is_noted_and_stops_no_other_run(world: World) -> None:
    take_down(world, STORE)
    assert not isinstance(fail(world, "import_orders"), RemoteDown)
    bring_back(world)
    world.place()
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 1}


def test_a_store_that_is_down_is_not_called_before_the_next_probe(world: World) -> None:
    take_down(world, STORE)
    fail(world, "import_orders")
    fail(world, "import_orders")
    before = len(world.calls())
    failure = fail(world, "import_orders")
    assert isinstance(failure, RemoteDown)
    assert "down since" in str(failure)
    assert len(world.calls()) == before


def test_one_of_many_runs_probes_and_the_first_response_lets_all_continue(world: World) -> None:
    take_down(world, STORE)
    fail(world, "import_orders")
    fail(world, "import_orders")
    bring_back(world)
    world.place()
    probe_is_due(world)
    world.forget_sweep()
    world.go(*ORDERS_STAGES)
    assert world.rows("SELECT remote FROM circuit") == []
    assert world.states() == {"acknowledged": 1}


def test_only_one_caller_may_probe(world: World) -> None:
    with world.ledger.begin() as connection:
        circuit.record_failure(connection, "store x", "gone")
        assert circuit.record_failure(connection, "store x", "gone")
    probe_is_due(world)

    def look() -> bool:
        with world.ledger.begin() as connection:
            state = circuit.check_circuit(connection, "store x")
            return state is not None and state.probe

    assert sum(at_once(look, look, look, look)) == 1


def test_each_failed_probe_makes_the_next_wait_longer_up_to_a_limit(world: World) -> None:
    waits = []
    for _ in range(7):
        with world.ledger.begin() as connection:
            circuit.record_failure(connection, "store x", "gone")
        sql = "SELECT extract(epoch FROM probe_at - clock_timestamp()) AS wait FROM circuit"
        waits.append(round(world.rows(sql)[0].wait / 15))
    assert waits == [0, 1, 2, 4, 8, 8, 8]


def test_failures_far_apart_are_no_outage(world: World) -> None:
    with world.ledger.begin() as connection:
        circuit.record_failure(connection, "store x", "gone")
    world.execute("UPDATE circuit SET probe_at = probe_at - interval '1 hour'")
    with world.ledger.begin() as connection:
        assert not circuit.record_failure(connection, "store x", "gone")


def test_an_outage_is_alerted_once(world: World) -> None:
    with world.ledger.begin() as connection:
        circuit.record_failure(connection, "store x", "gone")
        assert circuit.claim_outage_alert(connection, "store x")
        assert not circuit.claim_outage_alert(connection, "store x")
        circuit.release_outage_alert(connection, "store x")
        assert circuit.claim_outage_alert(connection, "store x")
        circuit.record_success(connection, "store x")
        assert circuit.claim_outage_alert(connection, "store x")


def test_a_warehouse_that_goes_down_costs_no_call_per_order_and_the_backlog_goes_out_when_it_is_back(
    world: World,
) -> None:
    world.place(count=40)
    world.go("import_orders", "validate_mappings")
    world.warehouse_fault("POST .*/orders$", "status", nth=0, status=503)
    world.warehouse_fault("GET .*/orders.*", "status", nth=0, status=503)
    failure = fail(world, "transfer_to_warehouse")
    assert "in a row" in str(failure)
    states = world.states()
    assert states["ready"] >= 15 and states["unknown"] <= 25
    world.wait_out()
    fail(world, "transfer_to_warehouse")
    before = asked_warehouse(world)
    assert isinstance(fail(world, "transfer_to_warehouse"), RemoteDown)
    assert asked_warehouse(world) == before
    bring_back(world)
    probe_is_due(world)
    world.wait_out()
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert world.states() == {"acknowledged": 40}
    assert set(world.references().values()) == {1}


def test_a_store_that_responds_to_no_write_costs_a_few_writes_not_one_per_order(world: World) -> None:
    ids = world.place(count=30)
    world.go(*ORDERS_STAGES)
    for order_id in ids:
        world.ship(order_id)
    world.go("poll_tracking")
    world.store_fault("PUT .*", "status", nth=0, status=503)
    assert "in a row" in str(fail(world, "update_order_status"))
    assert len(world.calls(method="PUT", path="Shipments")) <= 15
    bring_back(world)
    world.wait_out()
    world.go("update_order_status")
    assert {world.store_status(order_id) for order_id in ids} == {4}
    assert all(sum(texts.values()) == 1 for id_ in ids for texts in world.tracking_written(id_).values())


def test_wrong_credentials_are_not_an_outage(world: World) -> None:
    world.store_fault(STORE, "status", nth=0, status=401)
    for _ in range(3):
        with pytest.raises(Exception, match="401"):
            world.go("import_orders")
    assert world.rows("SELECT remote FROM circuit") == []


def test_a_remote_that_refuses_connections_is_down(world: World) -> None:
    context = world.context("import_orders")
    _ = context.store
    for _ in range(2):
        context.breaker.note(NotSent(context.credentials.remote, "GET /Orders", "the connection was refused"))
    context.close()
    assert isinstance(fail(world, "import_orders"), RemoteDown)


@pytest.mark.parametrize(("send_first", "first"), [("oldest", 0), ("express", 2)])
def test_the_backlog_goes_out_oldest_or_express_first(
    make_world: MakeWorld, send_first: str, first: int
) -> None:
    world = make_world(limits={"send_first": send_first, "threads": 1})
    ids = world.place(count=3)
    for order_id, method in zip(ids, ("UPS Ground", "UPS Ground", "UPS 2nd Day Air"), strict=True):
        world.amend(order_id, shipment={"ShipmentMethodName": method})
    world.go("import_orders", "validate_mappings")
    assert world.states() == {"ready": 3}
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert next(iter(world.references())) == world.reference_of(ids[first])


def test_a_stage_that_is_told_to_stop_starts_no_new_order(world: World) -> None:
    world.place(count=5)
    world.go("import_orders", "validate_mappings")
    context = world.context("transfer_to_warehouse")
    context.stop.set()
    stage("transfer_to_warehouse")(context)
    context.close()
    assert (world.states(), world.references()) == ({"ready": 5}, {})
