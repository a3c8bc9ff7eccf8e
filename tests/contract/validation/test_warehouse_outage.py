"""Validation while the warehouse is down: orders are judged by the cached catalogue, and no SKU is called unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cartage.dispatch import stage
from cartage.errors import AuthFailed, CartageError, NotSupported, RemoteUnavailable, SettingsError
from cartage.warehouses.extensiv.connector import ExtensivWarehouse
from cartage_sandbox.generate import UNMAPPED_METHOD
from tests.contract.conftest import MakeWorld
from tests.contract.warehouses.damaged import damaged_item
from tests.contract.world import ORDERS_STAGES, World

VALIDATED = ORDERS_STAGES[:2]


def take_warehouse_down(world: World) -> None:
    world.warehouse_fault(".*", "status", nth=0, status=503)


def open_circuit(world: World) -> None:
    """Let two runs find the warehouse down, so that the next ones do not call it."""
    for _ in range(2):
        with pytest.raises(RemoteUnavailable):
            world.go("settle_outcomes", "transfer_to_warehouse", sweep=False)


def make_catalogue_old(world: World) -> None:
    world.execute("UPDATE catalogue_refresh SET refreshed_at = refreshed_at - interval '30 days'")


def warehouse_requests(world: World) -> int:
    return len(world.shop.warehouse.journal.entries("request"))


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane whose catalogue was cached by an earlier run."""
    world = make_world()
    world.place("single")
    world.go(*ORDERS_STAGES)
    return world


def test_with_the_warehouse_down_orders_are_judged_by_the_cached_catalogue(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    good, unmapped = world.place("single")[0], world.place("unmapped_method")[0]
    make_catalogue_old(world)
    take_warehouse_down(world)
    counts = world.go(*VALIDATED)["validate_mappings"]
    assert (counts["ready"], counts["blocked"]) == (1, 1)
    assert [world.state_of(good), world.state_of(unmapped)] == [["ready"], ["blocked"]]
    assert "the warehouse could not be asked for its catalogue" in caplog.text


def test_with_the_circuit_open_validation_judges_without_calling_the_warehouse(world: World) -> None:
    world.place("single")
    world.go(*VALIDATED)
    take_warehouse_down(world)
    open_circuit(world)
    [order] = world.place("single")
    make_catalogue_old(world)
    before = warehouse_requests(world)
    world.go(*VALIDATED)
    assert warehouse_requests(world) == before
    assert world.state_of(order) == ["ready"]


def test_with_the_circuit_open_blocked_orders_reports_new_causes(world: World) -> None:
    world.place("single")
    world.go(*VALIDATED)
    take_warehouse_down(world)
    open_circuit(world)
    world.place("unmapped_method", 2)
    make_catalogue_old(world)
    counts = world.go(*VALIDATED, "blocked_orders")["blocked_orders"]
    assert (counts["causes"], counts["orders"], counts["new"]) == (1, 2, 1)


def test_an_outage_that_validation_meets_counts_for_the_circuit(world: World) -> None:
    world.place("single", 2)
    make_catalogue_old(world)
    take_warehouse_down(world)
    world.go(*VALIDATED)
    assert [row.failures for row in world.rows("SELECT failures FROM circuit")] == [1]


def refuse_credentials(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.warehouse_fault("AuthServer", "status", nth=0, status=401, body="")


def remove_connection(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_EXTENSIV_DEMO")


def lose_the_capability(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_supported(*_: object) -> None:
        raise NotSupported("extensiv lists no catalogue")

    monkeypatch.setattr(ExtensivWarehouse, "items", not_supported)


Failure = Callable[[World, pytest.MonkeyPatch], None]
FAILURES: tuple[tuple[Failure, type[CartageError]], ...] = (
    (refuse_credentials, AuthFailed),
    (remove_connection, SettingsError),
    (lose_the_capability, NotSupported),
)


@pytest.mark.parametrize("fail", [fail for fail, _ in FAILURES])
def test_whatever_keeps_the_warehouse_from_being_asked_orders_are_judged_by_the_cached_catalogue(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fail: Failure
) -> None:
    good, unmapped, new = (
        world.place("single")[0],
        world.place("unmapped_method")[0],
        world.place("single")[0],
    )
    world.amend(new, line={"ItemID": "NEW-ITEM-1"})
    make_catalogue_old(world)
    fail(world, monkeypatch)
    world.go(*VALIDATED)
    assert [world.state_of(order) for order in (good, unmapped, new)] == [
        ["ready"],
        ["blocked"],
        ["imported"],
    ]
    assert "the warehouse could not be asked for its catalogue" in caplog.text


@pytest.mark.parametrize(("fail", "error"), FAILURES)
def test_without_a_cached_catalogue_the_failure_is_the_task_s(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, fail: Failure, error: type[CartageError]
) -> None:
    world = make_world()
    [order] = world.place("single")
    world.go("import_orders")
    fail(world, monkeypatch)
    with pytest.raises(error):
        world.go("validate_mappings")
    assert world.state_of(order) == ["imported"]


def test_a_new_item_that_cannot_be_read_is_not_called_unknown(world: World) -> None:
    [order] = world.place("single")
    world.amend(order, line={"ItemID": "new-item-1"})
    world.stock("NEW-ITEM-1")

    def damage(row: dict[str, Any]) -> None:
        row["readOnly"]["deactivated"] = "perhaps"

    with damaged_item("NEW-ITEM-1", damage):
        world.go(*VALIDATED)
    assert world.state_of(order) == ["blocked"]
    [cause] = world.rows("SELECT message FROM cause WHERE kind = 'unknown_sku'")
    assert cause.message == "the warehouse's item 'new-item-1' cannot be read"
    world.go(*VALIDATED)
    assert world.state_of(order) == ["ready"]


def test_an_item_that_cannot_be_read_any_more_stays_in_the_catalogue_as_it_was_read(world: World) -> None:
    [order] = world.place("single")
    sku = world.shop.store.order(order)["OrderItemList"][0]["ItemID"]
    make_catalogue_old(world)

    def damage(row: dict[str, Any]) -> None:
        row["readOnly"]["deactivated"] = "perhaps"

    with damaged_item(sku, damage):
        world.go(*VALIDATED)
    assert world.state_of(order) == ["ready"]
    [row] = world.rows("SELECT kind, name, what FROM unreadable_row")
    assert (row.kind, row.name, row.what) == ("item", sku, "readOnly.deactivated")
    make_catalogue_old(world)
    world.place("single")
    world.go(*VALIDATED)
    assert world.rows("SELECT name FROM unreadable_row") == []


def test_without_a_cached_catalogue_an_outage_fails_the_task(make_world: MakeWorld) -> None:
    world = make_world()
    [order] = world.place("single")
    world.go("import_orders")
    take_warehouse_down(world)
    with pytest.raises(RemoteUnavailable):
        world.go("validate_mappings")
    assert world.state_of(order) == ["imported"]


def test_a_sku_that_the_warehouse_could_not_be_asked_for_is_not_called_unknown(world: World) -> None:
    [order] = world.place("single")
    world.amend(order, line={"ItemID": "NEW-ITEM-1"})
    take_warehouse_down(world)
    counts = world.go(*VALIDATED, "blocked_orders")
    assert world.state_of(order) == ["imported"]
    assert (counts["validate_mappings"]["validated"], counts["blocked_orders"]["causes"]) == (0, 0)
    world.shop.warehouse.faults.clear()
    world.stock("NEW-ITEM-1")
    world.go(*VALIDATED)
    assert world.state_of(order) == ["ready"]


def test_a_blocked_order_loses_a_fixed_cause_while_the_warehouse_is_down(world: World) -> None:
    [order] = world.place("unmapped_method")
    world.amend(order, line={"ItemID": "GONE-404"})
    world.go(*VALIDATED)
    assert world.causes() == {"unknown_sku": 1, "unmapped_ship_method": 1}
    take_warehouse_down(world)
    world.settings["ship_methods"].append({"store": UNMAPPED_METHOD, "carrier": "UPS"})
    world.go(*VALIDATED)
    assert world.causes() == {"unknown_sku": 1}


def test_a_ready_order_that_new_rules_map_to_an_unconfirmed_sku_is_not_sent_by_the_old_rules(
    world: World,
) -> None:
    [order] = world.place("single")
    world.go(*VALIDATED)
    sku = world.shop.store.order(order)["OrderItemList"][0]["ItemID"]
    take_warehouse_down(world)
    world.settings["skus"] = [{"store": sku, "sku": "NEW-ITEM-1"}]
    world.go(*VALIDATED)
    assert world.state_of(order) == ["imported"]


def test_orders_are_judged_without_opening_the_warehouse_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, unmapped = world.place("single")[0], world.place("unmapped_method")[0]
    world.go("import_orders")
    monkeypatch.delenv("AIRFLOW_CONN_EXTENSIV_DEMO")
    context = world.context("validate_mappings")
    stage("validate_mappings")(context)
    assert "warehouse" not in vars(context)
    context.close()
    assert [world.state_of(good), world.state_of(unmapped)] == [["ready"], ["blocked"]]


def test_the_warehouse_is_asked_outside_of_every_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place("single")
    make_catalogue_old(world)
    world.go("import_orders")
    context = world.context("validate_mappings")
    warehouse, open_while_called = context.warehouse, []
    items = warehouse.items

    def watched(*args: object) -> object:
        for page in items(*args):  # type: ignore[arg-type]
            open_while_called.append(context.ledger.engine.pool.checkedout())  # type: ignore[attr-defined]
            yield page

    monkeypatch.setattr(warehouse, "items", watched)
    stage("validate_mappings")(context)
    context.close()
    assert open_while_called
    assert set(open_while_called) == {0}
