"""A lane whose warehouse exchanges files, from New to Shipped: real SFTP, CSV and X12."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.errors import CartageError
from cartage.inventory.repo import paused_pushes
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.model.documents import stored_request
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.monitoring.checks.files import file_findings
from cartage.monitoring.kinds import AlertKind
from cartage_sandbox.files import FileForm
from cartage_sandbox.kernel.faults import Kind, Moment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.contract.changes.changed import decide_as, open_exceptions
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
from tests.contract.inventory.stocked import NO_BREAKER, goods, shown
from tests.contract.recovery.test_recovery import lose_the_ledger, restored_afterwards
from tests.contract.warehouses.warehouse_suite import send
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED

FORMS = [FileForm.DSFX, FileForm.PLAIN, FileForm.X12]
SAYS_ALL = {"acknowledges": "all", "sends_997": "always"}


def numbers_in_store(world: FileWorld, order_id: int) -> set[str]:
    shipments = world.shop.store.order(order_id)["ShipmentList"]
    return {
        number for shipment in shipments for number in shipment["ShipmentTrackingCode"].split(", ") if number
    }


def sent(world: FileWorld, count: int = 1, kind: str = "single") -> list[int]:
    """Let orders be placed, sent and taken by the warehouse."""
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    world.work()
    assert {world.reference_of(order_id): 1 for order_id in ids}.items() <= world.references().items()
    return ids


@pytest.mark.parametrize("form", FORMS)
def test_orders_leave_as_files_and_end_as_shipped_with_their_tracking(
    make_file_world: MakeFileWorld, form: FileForm
) -> None:
    world = make_file_world(form, rules=SAYS_ALL)
    ids = world.place("single", 3)
    done = world.go(*ORDERS_STAGES)
    assert done["transfer_to_warehouse"]["acknowledged"] == 3
    assert len(world.names("in")) == 3
    world.work()
    assert world.copies() == {world.reference_of(order_id): 1 for order_id in ids}
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"acknowledged": 3}
    given = {order_id: set(world.ship(order_id)) for order_id in ids}
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 3}
    assert [world.store_status(order_id) for order_id in ids] == [SHIPPED] * 3
    assert {order_id: numbers_in_store(world, order_id) for order_id in ids} == given
    assert world.names("out") == []
    assert len(world.names("archive")) >= 2
    again = world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert again["poll_tracking"]["files"] == 0
    assert world.copies() == {world.reference_of(order_id): 1 for order_id in ids}


@pytest.mark.parametrize("form", FORMS)
def test_what_the_warehouse_sends_again_has_no_effect(make_file_world: MakeFileWorld, form: FileForm) -> None:
    world = make_file_world(form)
    [order_id] = sent(world)
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    before = world.tracking_written(order_id)
    [name] = world.sent("945" if form is FileForm.X12 else "sh")
    for new_name in ("", f"again_{name}", name.replace("_", "_9", 1)):
        with world.files.warehouse.premises.lock:
            world.files.warehouse.tray.resend(world.files.account, name, new_name)
        world.go(*SHIPMENT_STAGES)
    assert world.tracking_written(order_id) == before
    assert [row.count for row in world.rows("SELECT count(*) FROM shipment")] == [1]
    assert world.store_status(order_id) == SHIPPED


@pytest.mark.parametrize("form", FORMS)
def test_an_order_in_parts_is_partly_shipped_until_its_last_part(
    make_file_world: MakeFileWorld, form: FileForm
) -> None:
    world = make_file_world(form)
    [order_id] = sent(world, kind="multi_line")
    [held] = world.held(world.reference_of(order_id))
    first, *others = held.open_quantities
    world.ship(order_id, quantities={first: 1})
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["partially_shipped"]
    numbers = world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert others
    assert world.state_of(order_id) == ["shipped"]
    assert numbers_in_store(world, order_id) == set(numbers)


LOSSES: tuple[tuple[str, Kind, Moment], ...] = (
    ("^RENAME /in/", "reset", "after"),
    ("^RENAME /in/", "reset", "before"),
    ("^WRITE /in/", "close", "before"),
    ("^RENAME /out/", "reset", "after"),
    ("^RENAME /out/", "status", "before"),
    ("^READ /out/", "reset", "before"),
    ("^LIST /out", "reset", "before"),
    ("^CONNECT", "close", "before"),
)


@pytest.mark.parametrize("form", [FileForm.DSFX, FileForm.X12])
@pytest.mark.parametrize("seed", range(2))
def test_every_order_is_in_one_file_whatever_is_lost_on_the_way(
    make_file_world: MakeFileWorld, form: FileForm, seed: int
) -> None:
    world = make_file_world(form, rules=SAYS_ALL)
    ids = world.place("single", 8)
    for place, (route, kind, moment) in enumerate(LOSSES):
        status = 403 if kind == "status" else None
        world.warehouse_fault(route, kind, moment, nth=2 + (place + seed) % 3, times=1 + seed, status=status)
    for _ in range(8):
        for stages in (ORDERS_STAGES, SHIPMENT_STAGES):
            try:
                world.go(*stages)
            except CartageError:
                continue
        world.wait_out()
        world.work()
        for order_id in ids:
            if world.state_of(order_id) == ["acknowledged"]:
                world.ship(order_id)
    assert world.states() == {"shipped": 8}
    assert world.copies() == {world.reference_of(order_id): 1 for order_id in ids}
    assert all(list(codes.values()) == [1] for id_ in ids for codes in world.tracking_written(id_).values())
    assert world.names("out") == []


# Rejections and cancels


@pytest.mark.parametrize("form", [FileForm.DSFX, FileForm.PLAIN])
def test_an_order_that_the_warehouse_rejects_waits_for_a_person_and_is_resent_as_a_new_one(
    make_file_world: MakeFileWorld, form: FileForm
) -> None:
    world = make_file_world(form)
    [order_id] = sent(world)
    world.give_up(order_id, "Item discontinued")
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["conflict"]
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.REJECTED_BY_WAREHOUSE
    assert "Item discontinued" in exception.message
    decide_as(world, Choice.RESEND)
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    world.work()
    first, second = (world.reference_of(order_id, place) for place in (0, 1))
    assert world.copies() == {first: 1, second: 1}
    world.ship(order_id, place=1)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["cancelled", "shipped"]
    assert world.store_status(order_id) == SHIPPED


def test_a_997_that_rejects_a_set_stops_its_order(make_file_world: MakeFileWorld) -> None:
    rules = {"sends_997": "always", "x12_rejects_by": "997", "unknown_sku": "rejected"}
    world = make_file_world(FileForm.X12, rules=rules)
    [order_id] = world.place("single", 1)
    with world.files.warehouse.premises.lock:
        world.files.warehouse.premises.stock[world.files.account.login].clear()
    world.go(*ORDERS_STAGES)
    world.work()
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["conflict"]
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.REJECTED_BY_WAREHOUSE]


def test_an_order_that_the_warehouse_cancels_in_a_file_is_cancelled(
    make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although its file lies where the warehouse keeps what it took: that proves nothing about its state."""
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "lanes.yaml"))
    (tmp_path / "profiles").mkdir()
    columns = "columns: {status: status, tracking: {heading: tracking, required: false}}"
    (tmp_path / "profiles" / "own.yaml").write_text(f"extends: plain\nconfirmations: {{{columns}}}\n")
    world = make_file_world(FileForm.PLAIN, settings={"profile": "own"})
    whole, partly = sent(world, 2, kind="multi_line")
    [held] = world.held(world.reference_of(partly))
    sku = next(iter(held.open_quantities))
    named = {order_id: world.reference_of(order_id) for order_id in (whole, partly)}
    rows = [f"{named[whole]},,,cancelled", f"{named[partly]},{sku},1,shipped", f"{named[partly]},,,cancelled"]
    world.put("shipments_1.csv", "\r\n".join(["order,sku,quantity,status", *rows, ""]))
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(whole) == ["cancelled"]
    assert world.state_of(partly) == ["partially_shipped"]
    kinds = {exception.kind for exception in open_exceptions(world)}
    assert kinds == {ExceptionKind.CANCELLED_BY_WAREHOUSE, ExceptionKind.SHIPPED_DIFFERENTLY}


@pytest.mark.parametrize("policy", ["never", "warn", "require"])
def test_a_missing_997_means_what_the_partners_settings_say(
    make_file_world: MakeFileWorld, policy: str
) -> None:
    world = make_file_world(FileForm.X12, rules={"sends_997": "always", "response_seconds": 3600})
    x12 = world.settings["warehouse"]["settings"]["x12"]
    world.settings["warehouse"]["settings"]["x12"] = {**x12, "expect_997": policy}
    [order_id] = sent(world)
    world.go(*SHIPMENT_STAGES)
    assert open_exceptions(world) == []
    world.execute("UPDATE outbound_document SET published_at = published_at - interval '2 d'")
    for _ in range(2):
        world.go(*SHIPMENT_STAGES)
    with world.ledger.begin() as connection:
        alerts = {finding.kind for finding in file_findings(connection, world.lane, world.ledger.now())}
    assert (AlertKind.NO_RESPONSE in alerts) is (policy == "warn")
    asked = [exception.kind for exception in open_exceptions(world)]
    assert asked == ([ExceptionKind.SENT_OR_NOT] if policy == "require" else [])
    # Late, and that ends it.
    world.files.clock.advance(3601)
    world.work()
    world.go(*SHIPMENT_STAGES)
    assert (world.state_of(order_id), open_exceptions(world)) == (["acknowledged"], [])
    assert set(world.copies().values()) == {1}


def test_an_order_about_which_a_person_has_decided_is_not_asked_about_again(
    make_file_world: MakeFileWorld,
) -> None:
    world = make_file_world(FileForm.X12, rules={"sends_997": "never"})
    x12 = world.settings["warehouse"]["settings"]["x12"]
    world.settings["warehouse"]["settings"]["x12"] = {**x12, "expect_997": "require"}
    [order_id] = sent(world)
    world.execute("UPDATE outbound_document SET published_at = published_at - interval '2 d'")
    world.go(*SHIPMENT_STAGES)
    decide_as(world, Choice.ACCEPT)
    for _ in range(2):
        world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert (world.state_of(order_id), open_exceptions(world)) == (["acknowledged"], [])


# Stock


@pytest.mark.parametrize("form", FORMS)
def test_the_store_shows_what_the_newest_inventory_file_says(
    make_file_world: MakeFileWorld, form: FileForm
) -> None:
    world = make_file_world(form, inventory={"breaker": NO_BREAKER})
    ids = goods(world, {"MUG": 42, "TEA": 7}, in_store=1)
    world.go("poll_stock", "update_stock")
    assert [shown(world, ids[sku]) for sku in ("MUG", "TEA")] == [1, 1]
    count_stock(world)
    done = world.go("poll_stock", "update_stock")["poll_stock"]
    assert (done["files"], done["unacknowledged"]) == (1, 0)
    assert [shown(world, ids[sku]) for sku in ("MUG", "TEA")] == [42, 7]
    assert world.names("out") == []
    [old] = world.sent("846" if form is FileForm.X12 else "inv")
    world.files.clock.advance(60)
    world.stock("MUG", qty=40)
    count_stock(world)
    world.go("poll_stock", "update_stock")
    if form is not FileForm.PLAIN:  # Nothing in a plain file says when it was made.
        with world.files.warehouse.premises.lock:
            world.files.warehouse.tray.resend(world.files.account, old)
        world.go("poll_stock", "update_stock")
    assert [shown(world, ids[sku]) for sku in ("MUG", "TEA")] == [40, 7]


def test_a_file_that_would_empty_the_store_waits_for_a_person(make_file_world: MakeFileWorld) -> None:
    world = make_file_world(FileForm.DSFX, inventory={})
    stocks = {f"MUG-{number}": 20 for number in range(20)}
    ids = goods(world, stocks, in_store=20)
    count_stock(world)
    world.go("poll_stock", "update_stock")
    later = world.ledger.now() + timedelta(minutes=1)
    world.put(f"inv_9_{later:%y%m%d%H%M%S}.csv", "SKU,Quantity Available\r\nMUG-1,20\r\n")
    world.go("poll_stock", "update_stock")
    assert {shown(world, catalog_id) for catalog_id in ids.values()} == {20}
    with world.ledger.begin() as connection:
        assert paused_pushes.paused_push_of(connection, "demo") is not None


def count_stock(world: FileWorld) -> None:
    """Let the warehouse write a file with all its stock."""
    with world.files.warehouse.premises.lock:
        world.files.warehouse.floor.send_inventory(world.files.account, full=True)


# Servers that take every file at once


@pytest.mark.parametrize("form", [FileForm.DSFX, FileForm.X12])
def test_a_server_that_takes_whatever_is_written_gets_each_order_once(
    make_file_world: MakeFileWorld, form: FileForm
) -> None:
    world = make_file_world(form, rules={"write_once": True}, settings={"publish": "direct"})
    ids = world.place("single", 3)
    world.warehouse_fault("^CLOSE /in/", "reset", "after", nth=2)
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": 2, "unknown": 1}
    world.wait_out()
    # Its file lies where the warehouse keeps what it took: nobody has to be asked.
    world.go(*ORDERS_STAGES)
    assert (world.states(), open_exceptions(world)) == ({"acknowledged": 3}, [])
    assert world.copies() == {world.reference_of(order_id): 1 for order_id in ids}


# A ledger that has forgotten


def test_after_the_loss_of_the_ledger_nothing_is_sent_that_the_folders_show(
    make_file_world: MakeFileWorld,
) -> None:
    world = make_file_world(fresh=True)
    taken, lying, new = world.place("single", 3)
    world.go("import_orders", "validate_mappings")
    for order_id, takes in ((taken, True), (lying, False)):
        send_alone(world, order_id)
        if takes:
            world.work()
    lose_the_ledger(world)
    world.go(*ORDERS_STAGES)
    assert world.states() == {"ready": 3}
    # Longer ago than a publication lasts.
    world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 h'")
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order_id) for order_id in (taken, lying)] == [["acknowledged"]] * 2
    assert [exception.kind for exception in open_exceptions(world)] == [ExceptionKind.SENT_OR_NOT]
    assert world.state_of(new) == ["conflict"]
    decide_as(world, Choice.SEND)
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    world.work()
    assert set(world.copies().values()) == {1}
    assert len(world.copies()) == 3


def send_alone(world: FileWorld, order_id: int) -> None:
    """Publish one order as a ledger that is lost later would have."""
    [row] = world.rows("SELECT request FROM fulfillment_order WHERE order_id = :id", id=order_id)
    request = stored_request(row.request)
    assert request is not None
    context = world.context("transfer_to_warehouse")
    send(context.warehouse, request)
    context.close()


@pytest.mark.parametrize("form", [FileForm.DSFX, FileForm.X12])
def test_confirmations_that_a_restored_ledger_has_forgotten_are_read_again_from_the_archive(
    make_file_world: MakeFileWorld, postgres: EmbeddedPostgres, tmp_path: Path, form: FileForm
) -> None:
    world = make_file_world(form)
    ids = sent(world, 2)
    world.go(*SHIPMENT_STAGES)
    backup = world.ledger.now()
    with restored_afterwards(world, postgres, tmp_path):
        numbers = {order_id: set(world.ship(order_id)) for order_id in ids}
        world.go(*SHIPMENT_STAGES)
        assert world.states() == {"shipped": 2}
        assert world.names("out") == []
    recovered = CliRunner().invoke(app, ["ledger", "recover", "--since", backup.isoformat()])
    assert recovered.exit_code == 0, recovered.output
    before = {order_id: world.tracking_written(order_id) for order_id in ids}
    replies = world.names("in")
    for _ in range(2):
        world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert world.states() == {"shipped": 2}
    assert {order_id: numbers_in_store(world, order_id) for order_id in ids} == numbers
    assert {order_id: world.tracking_written(order_id) for order_id in ids} == before
    assert set(world.copies().values()) == {1}
    assert world.names("in") == replies
    assert world.rows("SELECT FROM inbound_document WHERE acknowledged_at IS NULL") == []
    again = world.go(*SHIPMENT_STAGES)["poll_tracking"]
    assert (again["files"], again["known_files"]) == (0, 0)
