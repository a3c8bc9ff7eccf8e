"""A new, restored or foreign ledger sends nothing before it has verified with the warehouse, and misses no order."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.db.schema import metadata
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.sending.repo import transfers
from cartage.warehouses.contract import DuplicatePolicy, Reconcile
from cartage.warehouses.extensiv.connector import ExtensivWarehouse
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.contract.changes.changed import carry_out, decide_as, look, open_exceptions
from tests.contract.conftest import MakeWorld
from tests.contract.warehouses.damaged import damaged_order, no_list_of_lines
from tests.contract.world import (
    NEW,
    ORDERS_STAGES,
    PROCESSING,
    SHIPMENT_STAGES,
    SHIPPED,
    World,
)

ALL = (*ORDERS_STAGES, *SHIPMENT_STAGES)


@contextmanager
def restored_afterwards(world: World, postgres: EmbeddedPostgres, folder: Path) -> Iterator[None]:
    """Dump the ledger now and restore the dump at the end of the block, with PostgreSQL's own programs."""
    database = world.ledger.engine.url.database
    assert database
    dump, url = folder / "ledger.dump", postgres.libpq_url(database)
    subprocess.run([postgres.program("pg_dump"), "-Fc", "-f", dump, url], check=True)
    yield
    world.ledger.engine.dispose()
    options = ["--clean", "--if-exists", "--single-transaction", "--dbname", url]
    subprocess.run([str(postgres.program("pg_restore")), *options, str(dump)], check=True)


def lose_the_ledger(world: World) -> None:
    """Replace the ledger that has posted and sent orders by an empty one."""
    with world.ledger.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def each_once(world: World) -> bool:
    return set(world.references().values()) == {1}


def lane_row(world: World) -> Any:
    [row] = world.rows("SELECT * FROM lane_state")
    return row


@pytest.mark.parametrize("noticed", ["by itself", "by command"])
def test_after_a_restore_nothing_is_sent_or_posted_twice_and_nothing_is_lost(
    make_world: MakeWorld, postgres: EmbeddedPostgres, tmp_path: Path, noticed: str
) -> None:
    world = make_world(fresh=True)
    acknowledged, partly = world.place(), world.place("multi_ship_to")
    world.go(*ALL)
    blocked = world.place("unmapped_method")
    ready = world.place(count=3)
    world.go("import_orders", "validate_mappings")
    backup = world.ledger.now()
    with restored_afterwards(world, postgres, tmp_path):
        world.settings["ship_methods"].append({"store": "*", "carrier": "UPS"})
        world.shop.store.edit(blocked[0], **_mapped(world, blocked[0]))
        world.go(*ORDERS_STAGES)
        posted, shipped = world.place(count=2), world.place(count=2)
        world.go(*ORDERS_STAGES)
        tracking = [world.ship(order_id) for order_id in (*acknowledged, *shipped, ready[0], partly[0])]
        world.go(*SHIPMENT_STAGES)
        sent_not_posted = world.place(count=2)
        world.go(*ORDERS_STAGES[:4])
    everything = [*acknowledged, *partly, *blocked, *ready, *posted, *shipped, *sent_not_posted]
    assert len(tracking) == 5
    if noticed == "by command":
        world.execute(
            "DELETE FROM installation"
        )  # As after a storage snapshot: nothing shows that it is old.
        result = CliRunner().invoke(app, ["ledger", "recover", "--since", backup.isoformat()])
        assert result.exit_code == 0, result.output
    for _ in range(2):
        world.go(*ALL)
    assert each_once(world)
    assert {state for order_id in everything for state in world.state_of(order_id)} == {
        "acknowledged",
        "shipped",
    }
    assert [world.store_status(order_id) for order_id in shipped] == [SHIPPED, SHIPPED]
    for order_id in everything:
        assert {times for texts in world.tracking_written(order_id).values() for times in texts.values()} <= {
            1
        }
        assert set(world.statuses_written(order_id).values()) == {1}, order_id
    for order_id in (*posted, *sent_not_posted, *ready[1:]):
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert {world.store_status(order_id) for order_id in (*posted, *sent_not_posted, *ready)} == {SHIPPED}
    assert lane_row(world).quarantine_ended_at is not None


def test_a_request_that_was_about_to_leave_when_the_backup_was_made_is_verified_and_not_withdrawn(
    make_world: MakeWorld, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    world = make_world()
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    intend = replace(world.context("transfer_to_warehouse").by, run_id="dying")
    lane = {"owner": "dying", "lease": timedelta(minutes=5), "freshness": timedelta(hours=1)}
    with world.ledger.begin() as connection:
        assert transfers.intend_transfers(connection, "demo", intend, import_status=NEW, size=9, **lane)  # type: ignore[arg-type]
    with restored_afterwards(world, postgres, tmp_path):
        world.wait_out()
        world.go(*ORDERS_STAGES)
        [number] = world.ship(order_id)
        world.go(*SHIPMENT_STAGES)
        assert world.store_status(order_id) == SHIPPED
    CliRunner().invoke(app, ["ledger", "recover", "--since", "2026-01-01"], catch_exceptions=False)
    world.wait_out()
    for _ in range(2):
        world.go(*ALL)
    assert (world.state_of(order_id), open_exceptions(world)) == (["shipped"], [])
    assert world.tracking_written(order_id) == {"0": {number: 1}}
    assert each_once(world)


def _mapped(world: World, order_id: int) -> dict[str, Any]:
    order = world.shop.store.order(order_id)
    method = world.settings["ship_methods"][0]["store"]
    return {"ShipmentList": [shipment | {"ShipmentMethodName": method} for shipment in order["ShipmentList"]]}


def test_a_new_ledger_at_a_live_store_finds_what_another_has_sent(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    posted = world.place(count=3)
    world.go(*ORDERS_STAGES)
    sent = world.place(count=2)
    world.go(*ORDERS_STAGES[:4])
    waiting = world.place(count=2)
    lose_the_ledger(world)
    counts = world.go(*ALL)
    assert counts["import_orders"]["recovered"] == 3
    settled = counts["settle_outcomes"]
    assert (settled["verified"], settled["found"], counts["transfer_to_warehouse"]["sent"]) == (4, 2, 2)
    assert each_once(world)
    assert {world.store_status(order_id) for order_id in (*posted, *sent, *waiting)} == {PROCESSING}
    assert world.states() == {"acknowledged": 7}


def test_orders_placed_long_after_the_quarantine_are_not_verified(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    world.place()
    world.go(*ORDERS_STAGES)
    assert lane_row(world).quarantine_ended_at is not None
    world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '3 days'")
    world.place()
    assert world.go(*ORDERS_STAGES)["settle_outcomes"]["verified"] == 0
    assert world.states() == {"acknowledged": 2}


def test_a_sent_order_that_cannot_be_read_is_named_and_recovered_once_it_can(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    odd, sound = world.place(count=2)
    world.go(*ORDERS_STAGES)
    reference = world.reference_of(odd)
    [at_warehouse] = world.shop.warehouse.floor.named([reference])
    lose_the_ledger(world)
    for order_id in (odd, sound):
        world.shop.store.edit(order_id, OrderStatusID=NEW)
    with damaged_order(at_warehouse, no_list_of_lines):
        world.go(*ORDERS_STAGES)
        assert (world.state_of(odd), world.state_of(sound)) == (["ready"], ["acknowledged"])
        assert [row.name for row in world.rows("SELECT name FROM unreadable_row")] == [reference]
        assert "unreadable_at_warehouse" in world.causes()
    world.go(*ORDERS_STAGES)
    assert world.state_of(odd) == ["acknowledged"]
    assert world.rows("SELECT name FROM unreadable_row") == []
    assert each_once(world)


def test_nothing_is_sent_while_the_warehouse_cannot_be_reached(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    world.place(count=2)
    world.go("import_orders", "validate_mappings")
    world.warehouse_fault("GET .*/orders", "status", nth=0, status=403, body="")
    with pytest.raises(Exception, match="403"):
        carry_out(world)
    assert (world.states(), world.references()) == ({"ready": 2}, {})


def test_recover_verifies_every_order_that_is_not_final_before_it_is_sent(world: World) -> None:
    world.place(count=2)
    world.go("import_orders", "validate_mappings")
    result = CliRunner().invoke(app, ["ledger", "recover", "--since", "2026-01-01", "--by", "Kim"])
    assert result.exit_code == 0, result.output
    row = lane_row(world)
    assert (row.quarantine_ended_at, row.surveyed_at, row.swept_at) == (None, None, None)
    assert world.rows("SELECT FROM warehouse_state WHERE shipments_cursor <> ''") == []
    [event] = world.rows("SELECT actor, why FROM event WHERE kind = 'quarantined'")
    assert event.actor == "Kim"
    assert carry_out(world)["verified"] == 2
    assert each_once(world)


def test_recover_names_a_lane_that_is_not_there(world: World) -> None:
    world.place()
    world.go("import_orders")
    result = CliRunner().invoke(app, ["ledger", "recover", "--lane", "nobody"])
    assert result.exit_code == 2
    assert "nobody" in result.output
    assert lane_row(world).quarantine_ended_at is not None


def test_a_foreign_ledger_verifies_before_it_sends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_INSTALLATION", "production")
    world.go("import_orders")
    assert lane_row(world).quarantine_ended_at is not None
    monkeypatch.setenv("CARTAGE_INSTALLATION", "staging")
    world.place()
    assert world.go(*ORDERS_STAGES)["settle_outcomes"]["verified"] == 1
    assert [row.id for row in world.rows("SELECT id FROM installation")] == ["staging"]
    assert "production" in world.rows("SELECT why FROM event WHERE kind = 'quarantined'")[0].why


def test_a_name_given_later_does_not_quarantine_the_ledger(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARTAGE_INSTALLATION", raising=False)
    world.go("import_orders")
    monkeypatch.setenv("CARTAGE_INSTALLATION", "production")
    world.go("import_orders")
    assert lane_row(world).quarantine_ended_at is not None
    assert [row.id for row in world.rows("SELECT id FROM installation")] == ["production"]


def unsure(monkeypatch: pytest.MonkeyPatch, **claims: Any) -> None:
    """Let the connector declare less than it can do."""
    real: Any = ExtensivWarehouse.capabilities.fget  # type: ignore[attr-defined]
    claims = {"duplicate_policy": DuplicatePolicy.UPSERTS, **claims}
    monkeypatch.setattr(
        ExtensivWarehouse, "capabilities", property(lambda self: replace(real(self), **claims))
    )


@pytest.mark.parametrize("policy", [DuplicatePolicy.UPSERTS, DuplicatePolicy.UNKNOWN])
def test_where_a_repeat_is_accepted_absence_counts_only_after_the_wait(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, policy: DuplicatePolicy
) -> None:
    world = make_world(fresh=True, warehouse_rules={"duplicate_refused": False})
    unsure(monkeypatch, duplicate_policy=policy, longest_request=timedelta(hours=1))
    world.place()
    world.go(*ORDERS_STAGES)
    assert (world.states(), world.references()) == ({"ready": 1}, {})
    world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '2 hours'")
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 1}


@pytest.mark.parametrize("setting", ["ask", "send"])
def test_where_absence_proves_nothing_a_person_decides(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    world = make_world(fresh=True)
    world.settings["warehouse"]["when_absent"] = setting
    unsure(monkeypatch, reconcile=Reconcile.EVIDENCE)
    world.place()
    world.go("import_orders", "validate_mappings")
    world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 hour'")
    carry_out(world)
    if setting == "ask":
        assert world.states() == {"conflict": 1}
        assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.SENT_OR_NOT]
        assert world.references() == {}
        decide_as(world, Choice.SEND)
        carry_out(world)
    assert world.states() == {"acknowledged": 1}
    assert each_once(world)


def test_an_order_that_was_resent_since_the_backup_is_followed_to_its_new_reference(
    make_world: MakeWorld, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    world = make_world(schedules={"sweep_every": "1s", "watch_every": "1s"}, changes={"edited": "resend"})
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    with restored_afterwards(world, postgres, tmp_path):
        world.amend(order_id, shipment={"ShipmentAddress": "9 New Street"})
        look(world)
        for _ in range(2):
            world.go(*ORDERS_STAGES)
    assert len(world.references()) == 2
    look(world)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["cancelled", "acknowledged"]
    assert len(world.references()) == 2 and each_once(world)
    tracking = world.ship(order_id, place=1)
    world.go(*SHIPMENT_STAGES)
    assert (world.store_status(order_id), [world.tracking(order_id)]) == (SHIPPED, tracking)


def test_an_order_to_another_address_under_our_reference_opens_an_exception(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    lose_the_ledger(world)
    world.amend(order_id, shipment={"ShipmentZipCode": "99999"})
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["conflict"]
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.DIFFERS_AT_WAREHOUSE]
    assert each_once(world)
    decide_as(world, Choice.ACCEPT)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


def test_an_order_in_processing_that_another_system_sent_is_not_ours(make_world: MakeWorld) -> None:
    world = make_world(fresh=True)
    world.place(OrderStatusID=PROCESSING)
    world.place(OrderStatusID=NEW)
    assert world.go(*ORDERS_STAGES)["import_orders"]["recovered"] == 0
    assert world.states() == {"acknowledged": 1, "skipped": 1}
