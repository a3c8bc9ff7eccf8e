"""A lane whose warehouse exchanges files, from New to Shipped: real SFTP, CSV and X12."""

from __future__ import annotations

import pytest

from cartage.errors import CartageError
from cartage_sandbox.files import FileForm
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
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


LOSSES = (
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
