"""When an order has shipped: all that was ordered has, whatever the warehouse says of the rest; or it is given up."""

from __future__ import annotations

import pytest

from cartage.model.exceptions import ExceptionKind
from cartage_sandbox.files import FileForm
from tests.contract.changes.changed import open_exceptions
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES


def taken(world: FileWorld) -> tuple[int, dict[str, int]]:
    """Let an order with several items be sent and taken; return its OrderID and what it has."""
    [order_id] = world.place("multi_line")
    world.go(*ORDERS_STAGES)
    world.work()
    [held] = world.held(world.reference_of(order_id))
    assert len(held.open_quantities) > 1
    return order_id, {sku: int(quantity) for sku, quantity in held.open_quantities.items()}


def kinds(world: FileWorld) -> list[ExceptionKind]:
    return [exception.kind for exception in open_exceptions(world)]


def confirm(world: FileWorld, name: str, order_id: int, items: dict[str, int], complete: str) -> None:
    """Let the warehouse confirm these items in a CSV file."""
    rows = [f"{world.reference_of(order_id)},{sku},{n},1Z{name},{complete}" for sku, n in items.items()]
    world.put(f"shipments_{name}.csv", "\r\n".join(["order,sku,quantity,tracking,complete", *rows, ""]))
    world.go(*SHIPMENT_STAGES)


@pytest.mark.parametrize(
    ("complete", "all_of_it", "state", "asked"),
    [
        ("yes", True, "shipped", []),
        ("no", True, "shipped", []),
        ("yes", False, "partially_shipped", [ExceptionKind.SHIPPED_DIFFERENTLY]),
        ("no", False, "partially_shipped", []),
    ],
)
def test_a_confirmation_in_csv(
    make_file_world: MakeFileWorld,
    complete: str,
    all_of_it: bool,
    state: str,
    asked: list[ExceptionKind],
) -> None:
    world = make_file_world(FileForm.PLAIN)
    order_id, ordered = taken(world)
    first = dict(list(ordered.items())[:1])
    confirm(world, "1", order_id, ordered if all_of_it else first, complete)
    assert world.state_of(order_id) == [state]
    assert kinds(world) == asked


def test_the_file_that_completes_an_order_need_not_say_so(make_file_world: MakeFileWorld) -> None:
    world = make_file_world(FileForm.PLAIN)
    order_id, ordered = taken(world)
    for number, (sku, quantity) in enumerate(ordered.items(), 1):
        assert world.state_of(order_id) == [("acknowledged" if number == 1 else "partially_shipped")]
        confirm(world, str(number), order_id, {sku: quantity}, "no")
    assert world.state_of(order_id) == ["shipped"]
    assert kinds(world) == []


@pytest.mark.parametrize("short_is_final", [True, False])
def test_a_945_that_says_that_it_is_short(make_file_world: MakeFileWorld, short_is_final: bool) -> None:
    x12 = {
        "us": {"id": "CARTAGE"},
        "partner": {"id": "SANDBOXWMS"},
        "orders": {"line_qualifier": "LI", "line_note_rows": 4},
        "shipments": {"short_is_final": short_is_final},
    }
    world = make_file_world(FileForm.X12, settings={"x12": x12})
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemQuantity": 3})
    world.go(*ORDERS_STAGES)
    world.work()
    [held] = world.held(world.reference_of(order_id))
    world.ship(order_id, quantities=dict.fromkeys(held.open_quantities, 1))
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["partially_shipped"]
    assert kinds(world) == ([ExceptionKind.SHIPPED_DIFFERENTLY] if short_is_final else [])
    # The rest comes all the same: the order is complete, and nobody needs to decide any more.
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert kinds(world) == []
