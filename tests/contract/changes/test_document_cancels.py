"""Orders that the store cancels after they were sent in files: a file asks for it once, the warehouse's proves it."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.errors import RemoteError
from cartage.model.exceptions import ExceptionKind
from cartage.warehouses.files.connector import FilesWarehouse
from cartage_sandbox.files import FileForm
from cartage_sandbox.kernel.faults import Kind, Moment
from tests.contract.changes.changed import carry_out, closed, events, look, open_exceptions
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
from tests.contract.world import CANCEL, ORDERS_STAGES, SHIPMENT_STAGES

WATCHED = {"sweep_every": "1s", "watch_every": "1s"}
TAKES_CANCELS: dict[str, Any] = {
    "cancel_file": "cancel_{number}.edi",
    "orders": {"line_qualifier": "LI", "line_note_rows": 4, "cancel_code": "F"},
}
RULES = {"sends_997": "always"}


def opened(make_file_world: MakeFileWorld, **rules: Any) -> FileWorld:
    """A lane whose partner takes cancels in files."""
    base = {
        "us": {"id": "CARTAGE"},
        "partner": {"id": "SANDBOXWMS"},
        "shipments": {"cancel_codes": ["X"]},
        "stock": {"snapshot": "full"},
    }
    settings = {"x12": base | TAKES_CANCELS}
    return make_file_world(FileForm.X12, rules=RULES | rules, settings=settings, schedules=WATCHED)


@pytest.fixture
def world(make_file_world: MakeFileWorld) -> FileWorld:
    return opened(make_file_world)


def cancelled_in_store(world: FileWorld, kind: str = "single") -> int:
    """Let an order be sent, taken by the warehouse, and cancelled in the store; return its OrderID."""
    [order_id] = world.place(kind)
    world.go(*ORDERS_STAGES)
    world.work()
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    look(world)
    return order_id


def cancel_files(world: FileWorld) -> list[str]:
    """Return the names of the files that ask for cancels, taken or not."""
    return [name for folder in ("in", "in/archive") for name in world.names(folder) if "cancel" in name]


def confirm(world: FileWorld, order_id: int) -> None:
    """Let the warehouse say in a 945 that it has cancelled an order."""
    reference = world.reference_of(order_id)
    segments = [
        "ISA*00*          *00*          *ZZ*SANDBOXWMS     *ZZ*CARTAGE        *261129*0300*U*00401*000009001*0*P*>",
        "GS*SW*SANDBOXWMS*CARTAGE*20261129*0300*9001*X*004010",
        "ST*945*0001",
        f"W06*X*{reference}*20261129*WH1",
        f"N9*CO*{reference}",
        "SE*4*0001",
        "GE*1*9001",
        "IEA*1*000009001",
    ]
    world.put("945_cancelled.edi", "~".join([*segments, ""]))
    world.go(*SHIPMENT_STAGES)


def of_warehouse(world: FileWorld, order_id: int) -> list[str]:
    return [order.state for order in world.held(world.reference_of(order_id))]


def test_a_cancel_leaves_as_a_file_and_the_warehouse_s_file_proves_it(world: FileWorld) -> None:
    order_id = cancelled_in_store(world)
    assert carry_out(world)["cancelled"] == 0
    assert len(cancel_files(world)) == 1
    # Until the warehouse says so, it may still ship.
    assert world.state_of(order_id) == ["acknowledged"]
    assert len(events(world, "cancel_sent")) == 1
    world.work()
    assert of_warehouse(world, order_id) == ["cancelled"]
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    carry_out(world)
    assert len(cancel_files(world)) == 1
    confirm(world, order_id)
    assert world.state_of(order_id) == ["cancelled"]
    carry_out(world)
    assert open_exceptions(world) == []
    assert closed(world) == [("cancelled_after_transfer", "cancel", "cancelled at the warehouse")]
    assert len(cancel_files(world)) == 1
    assert world.references() == {world.reference_of(order_id): 1}


def test_number_and_bytes_are_saved_before_anything_is_written(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = cancelled_in_store(world)
    saved: list[Any] = []
    stage = FilesWarehouse.stage

    def staged(warehouse: FilesWarehouse, document: Any) -> None:
        saved.extend(world.rows("SELECT number, name, content FROM outbound_document WHERE kind = 'cancel'"))
        stage(warehouse, document)

    monkeypatch.setattr(FilesWarehouse, "stage", staged)
    carry_out(world)
    [row] = saved
    [name] = cancel_files(world)
    assert (row.name, f"{row.number:09d}" in row.name) == (name, True)
    home = world.files.warehouse.premises.home(world.files.account.login)
    assert (home / "in" / name).read_bytes() == bytes(row.content)
    assert f"W05*F*{world.reference_of(order_id)}*".encode() in bytes(row.content)


@pytest.mark.parametrize(
    ("route", "kind", "moment"),
    [
        ("open .*cancel.*", "reset", "before"),
        ("rename .*cancel.*", "reset", "before"),
        ("rename .*cancel.*", "reset", "after"),
    ],
)
def test_a_cancel_whose_publication_fails_or_is_not_seen_leaves_once(
    world: FileWorld, route: str, kind: Kind, moment: Moment
) -> None:
    order_id = cancelled_in_store(world)
    world.warehouse_fault(route, kind, moment, times=1)
    for _ in range(3):
        try:
            carry_out(world)
        except RemoteError:
            continue
    assert len(cancel_files(world)) == 1
    world.work()
    assert of_warehouse(world, order_id) == ["cancelled"]
    [published] = world.rows("SELECT published_at, attempt FROM outbound_document WHERE kind = 'cancel'")
    assert published.published_at is not None
    confirm(world, order_id)
    assert world.state_of(order_id) == ["cancelled"]


def test_an_order_that_ships_all_the_same_is_an_exception_for_a_person(world: FileWorld) -> None:
    order_id = cancelled_in_store(world)
    carry_out(world)
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    carry_out(world)
    assert world.state_of(order_id) == ["shipped"]
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.CANCELLED_AFTER_TRANSFER
    assert "it has shipped" in exception.message


def test_a_cancel_that_is_not_confirmed_in_an_hour_is_shown_to_a_person(world: FileWorld) -> None:
    cancelled_in_store(world)
    carry_out(world)
    world.execute("UPDATE exception SET decided_at = decided_at - interval '2 hours'")
    carry_out(world)
    [exception] = open_exceptions(world)
    [name] = cancel_files(world)
    assert f"{name} asks for it, and the warehouse has not confirmed it" in exception.message


def test_a_997_that_rejects_the_cancel_is_an_exception_and_the_order_stands(world: FileWorld) -> None:
    order_id = cancelled_in_store(world)
    carry_out(world)
    [row] = world.rows("SELECT number, name FROM outbound_document WHERE kind = 'cancel'")
    segments = [
        "ISA*00*          *00*          *ZZ*SANDBOXWMS     *ZZ*CARTAGE        *261129*0300*U*00401*000009002*0*P*>",
        "GS*FA*SANDBOXWMS*CARTAGE*20261129*0300*9002*X*004010",
        "ST*997*0001",
        f"AK1*OW*{row.number}",
        "AK9*R*1*1*0",
        "SE*4*0001",
        "GE*1*9002",
        "IEA*1*000009002",
    ]
    world.put("997_1.edi", "~".join([*segments, ""]))
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    carry_out(world)
    [exception] = open_exceptions(world)
    assert f"the warehouse rejected {row.name}" in exception.message
    assert len(events(world, "document_rejected")) == 1


def test_where_the_partner_takes_no_cancels_none_is_claimed_and_a_person_is_asked(
    make_file_world: MakeFileWorld,
) -> None:
    world = make_file_world(FileForm.X12, schedules=WATCHED)
    cancelled_in_store(world)
    carry_out(world)
    assert cancel_files(world) == []
    [exception] = open_exceptions(world)
    assert "cannot be cancelled at this warehouse from here" in exception.message
