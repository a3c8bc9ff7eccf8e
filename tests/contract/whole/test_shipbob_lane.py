"""A lane whose warehouse is ShipBob, from New to Shipped, with what a lane has besides: stock, shadow, cancels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.errors import CartageError
from cartage.http import HttpSession
from cartage.lanes import get_lane
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.preflight import run_section
from cartage.preflight.world import PreflightWorld
from cartage_sandbox.kernel.faults import Kind, Moment
from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID, DEFAULT_TOKEN
from cartage_sandbox.threedcart import TOKEN
from tests.contract.changes.changed import cycle, decide_as, open_exceptions
from tests.contract.shipbob_world import ShipBobWorld, open_shipbob_world
from tests.contract.world import CANCEL, ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED

MakeShipBobWorld = Callable[..., ShipBobWorld]


@pytest.fixture
def make_shipbob_world(world_ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeShipBobWorld]:
    """Build worlds with rules of ShipBob's; `settings` are those of the connector. Retries do not wait."""
    opened: list[ShipBobWorld] = []
    defaults = HttpSession.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "sleep", lambda _: None)
    monkeypatch.setenv("CARTAGE_LEDGER_URL", world_ledger_url)

    def make(*, settings: dict[str, Any] | None = None, **rules: Any) -> ShipBobWorld:
        world = open_shipbob_world(world_ledger_url, rules, settings)
        for name, value in world.bob.connections().items():
            monkeypatch.setenv(name, value)
        opened.append(world)
        world.settle_in()
        return world

    yield make
    for world in opened:
        world.ledger.close()
        world.bob.__exit__(None, None, None)


def numbers_in_store(world: ShipBobWorld, order_id: int) -> set[str]:
    parts = world.shop.store.order(order_id)["ShipmentList"]
    return {number for part in parts for number in part["ShipmentTrackingCode"].split(", ") if number}


def sent(world: ShipBobWorld, count: int = 1, kind: str = "single") -> list[int]:
    """Let orders be placed and sent."""
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    assert {world.reference_of(order_id): 1 for order_id in ids}.items() <= world.references().items(), (
        world.causes()
    )
    return ids


def test_orders_go_from_new_to_shipped_and_are_marked_as_synced(make_shipbob_world: MakeShipBobWorld) -> None:
    world = make_shipbob_world()
    ids = sent(world, 3)
    given = {order_id: set(world.ship(order_id, packages=2)) for order_id in ids}
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 3}
    assert [world.store_status(order_id) for order_id in ids] == [SHIPPED] * 3
    assert {order_id: numbers_in_store(world, order_id) for order_id in ids} == given
    marked = world.bob.warehouse.journal.entries("shipment.marked")
    assert len(marked) == sum(map(len, given.values())) >= 3
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert len(world.bob.warehouse.journal.entries("shipment.marked")) == len(marked)
    assert world.references() == {world.reference_of(order_id): 1 for order_id in ids}
    assert world.bob.warehouse.journal.entries("product.created") == []


LOSSES: tuple[tuple[Kind, Moment], ...] = (
    ("reset", "after"),
    ("close", "before"),
    ("garbage", "after"),
    ("truncate", "within"),
)


@pytest.mark.parametrize("body", ["existing", "other"])
def test_every_order_is_there_once_whatever_is_lost_on_the_way(
    make_shipbob_world: MakeShipBobWorld, body: str
) -> None:
    world = make_shipbob_world(duplicate_body=body)
    ids = world.place("single", 8)
    for at, (kind, moment) in enumerate(LOSSES, start=1):
        world.warehouse_fault("^POST /2026-01/order$", kind, moment, nth=2 * at - 1)
    for _ in range(4):
        try:
            world.go(*ORDERS_STAGES)
        except CartageError:
            continue
        finally:
            world.wait_out()
    world.go(*ORDERS_STAGES)
    assert world.references() == {world.reference_of(order_id): 1 for order_id in ids}
    assert world.states() == {"acknowledged": 8}


def test_an_unknown_sku_blocks_the_order_and_never_becomes_a_product(
    make_shipbob_world: MakeShipBobWorld,
) -> None:
    world = make_shipbob_world()
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemID": "NO-SUCH"})
    world.go(*ORDERS_STAGES)
    assert world.causes() == {"unknown_sku": 1}
    assert world.references() == {}
    assert world.bob.warehouse.journal.entries("product.created") == []


def test_an_order_in_two_parts_is_partly_shipped_until_its_last_part(
    make_shipbob_world: MakeShipBobWorld,
) -> None:
    world = make_shipbob_world()
    [order_id] = sent(world, kind="multi_line")
    [held] = world.held(order_id)
    world.bob.warehouse.floor.split(held)
    first, second = held.shipments
    second.status = type(second.status)("OnHold")
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert first.tracking_number
    assert world.state_of(order_id) == ["partially_shipped"]
    second.status = type(second.status)("Processing")
    numbers = world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert numbers_in_store(world, order_id) == set(numbers)


def test_low_stock_waits_and_another_exception_waits_for_a_person(
    make_shipbob_world: MakeShipBobWorld,
) -> None:
    world = make_shipbob_world()
    low, bad = sent(world, 2)
    world.trouble(low, "Exception", "OutOfStock")
    world.trouble(bad, "Exception", "InvalidAddress")
    world.go(*SHIPMENT_STAGES)
    assert (world.state_of(low), world.state_of(bad)) == (["acknowledged"], ["conflict"])
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.REJECTED_BY_WAREHOUSE
    assert "InvalidAddress" in exception.message
    # Sent again, it could ship twice: what ShipBob holds must be cancelled there before.
    decide_as(world, Choice.RESEND)
    world.go(*ORDERS_STAGES)
    assert "not cancelled" in open_exceptions(world)[0].message
    # Corrected at ShipBob, it is an order like any other.
    decide_as(world, Choice.HANDLED)
    for order_id in (low, bad):
        world.trouble(order_id, "Processing")
    for _ in range(2):
        world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    for order_id in (low, bad):
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 2}
    assert set(world.references().values()) == {1}


def test_an_order_that_the_store_cancels_is_cancelled_at_shipbob(
    make_shipbob_world: MakeShipBobWorld,
) -> None:
    world = make_shipbob_world()
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    world.go(*SHIPMENT_STAGES)
    assert world.held(order_id)[0].status == "Cancelled"
    assert world.state_of(order_id) == ["cancelled"]


def test_stock_goes_into_the_store(make_shipbob_world: MakeShipBobWorld) -> None:
    world = make_shipbob_world()
    sent(world)
    done = world.go("poll_stock")["poll_stock"]
    assert done["skus"] == len([item for item in world.bob.warehouse.state.items if not item.parts]) > 0


def test_shadow_writes_what_would_be_sent_and_sends_nothing(make_shipbob_world: MakeShipBobWorld) -> None:
    world = make_shipbob_world()
    world.settings["mode"] = "shadow"
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES)
    assert world.references() == {}
    [row] = world.rows("SELECT detail FROM event WHERE kind = 'shadow_payload'")
    assert row.detail["payload"]["reference_id"] == world.reference_of(order_id)


def test_preflight_looks_up_what_the_lane_names_and_finds_a_wrong_channel_out(
    make_shipbob_world: MakeShipBobWorld,
) -> None:
    world = make_shipbob_world()
    world.place("single", 2)
    assert wrong(world) == []
    world.settings["warehouse"]["settings"]["channel_id"] = 7
    assert "channel 7" in wrong(world)


def wrong(world: ShipBobWorld) -> list[str]:
    """Return what preflight finds wrong with the warehouse and what it is to ship."""
    context = world.context("preflight")
    with closing(context):
        found = PreflightWorld(context)
        names = ("warehouse_access", "ship_methods", "product_skus")
        return [finding.subject for name in names for finding in run_section(name, found).wrong]


def test_init_needs_a_token_and_a_channel_and_both_connections_work(
    make_shipbob_world: MakeShipBobWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shipbob_world().bob
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "lanes.yaml"))
    monkeypatch.setenv("CARTAGE_INIT_PRIVATE_KEY", shop.store.credentials.private_key)
    monkeypatch.setenv("CARTAGE_INIT_TOKEN", TOKEN)
    monkeypatch.setenv("CARTAGE_INIT_WAREHOUSE_PASSWORD", DEFAULT_TOKEN)
    arguments = [
        "init", "--connections", str(tmp_path), "--no-input", "--lane", "mine",
        "--secure-url", shop.store.credentials.secure_url, "--api-address", shop.store_url,
        "--time-zone", "America/New_York", "--go-live", "2026-03-01",
        "--connector", "shipbob", "--warehouse", f"host={shop.warehouse_url}",
        "--setting", f"channel_id={DEFAULT_CHANNEL_ID}",
    ]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert DEFAULT_TOKEN not in result.output
    lane = get_lane("mine", tmp_path / "lanes.yaml")
    assert lane.warehouse.connector == "shipbob"
    assert lane.warehouse.settings["channel_id"] == DEFAULT_CHANNEL_ID
