"""A lane whose warehouse is Amazon, from New to Shipped, and what Amazon does differently on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import CartageError
from cartage.http import HttpSession
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.preflight import SECTION_NAMES, run_section
from cartage.preflight.world import PreflightWorld
from cartage_sandbox.kernel.faults import Kind, Moment
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.mcf import ROOT
from tests.contract.changes.changed import cycle, decide_as, open_exceptions
from tests.contract.mcf_world import McfWorld, open_mcf_world
from tests.contract.recovery.test_recovery import lose_the_ledger
from tests.contract.world import CANCEL, ORDERS_STAGES, PARTIAL, SHIPMENT_STAGES, SHIPPED

MakeMcfWorld = Callable[..., McfWorld]
# The store's changes are read in every run.
WATCHING = {"sweep_every": "1s", "watch_every": "1s"}


@pytest.fixture
def make_mcf_world(
    world_ledger_url: str, closing: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeMcfWorld]:
    """Build worlds whose warehouse is Amazon; `rules` are the emulator's, `settings` the connector's."""
    opened: list[McfWorld] = []
    defaults = HttpSession.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "sleep", lambda _: None)
    monkeypatch.setenv("CARTAGE_LEDGER_URL", world_ledger_url)

    def make(
        *,
        rules: Mapping[str, RuleValue] | None = None,
        settings: Mapping[str, Any] | None = None,
        fresh: bool = False,
        **changes: Any,
    ) -> McfWorld:
        world = open_mcf_world(world_ledger_url, rules, settings, **changes)
        for name, value in world.account.connections().items():
            monkeypatch.setenv(name, value)
        opened.append(world)
        if not fresh:
            world.settle_in()
        return world

    yield make
    for world in opened:
        world.ledger.close()
        closing.submit(world.account.__exit__, None, None, None)


def numbers_in_store(world: McfWorld, order_id: int) -> set[str]:
    shipments = world.shop.store.order(order_id)["ShipmentList"]
    return {
        number for shipment in shipments for number in shipment["ShipmentTrackingCode"].split(", ") if number
    }


def sent(world: McfWorld, count: int = 1, kind: str = "single") -> list[int]:
    """Let orders be placed and sent."""
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    assert world.references() == {world.reference_of(order_id): 1 for order_id in ids}
    return ids


def test_orders_are_sent_and_end_as_shipped_with_their_tracking(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    ids = sent(world, 3)
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"acknowledged": 3}
    given = {order_id: set(world.ship(order_id, packages=2)) for order_id in ids}
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 3}
    assert [world.store_status(order_id) for order_id in ids] == [SHIPPED] * 3
    assert {order_id: numbers_in_store(world, order_id) for order_id in ids} == given
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert set(world.references().values()) == {1}
    assert all(list(codes.values()) == [1] for id_ in ids for codes in world.tracking_written(id_).values())


def test_a_shipment_that_leaves_first_is_posted_before_the_rest(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    [order_id] = sent(world, kind="multi_line")
    order = world.held(order_id)
    world.seller.floor.pick(order, {order.lines[0].sku: order.lines[0].quantity})
    world.go(*SHIPMENT_STAGES)
    world.shop.clock.advance(3 * 3600)
    world.seller.floor.ship([order], pick=False)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["partially_shipped"]
    assert world.store_status(order_id) == PARTIAL
    numbers = world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert numbers_in_store(world, order_id) == set(numbers)


def test_what_a_center_gives_up_and_amazon_replaces_ships_once(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    [order_id] = sent(world)
    order = world.held(order_id)
    world.seller.floor.pick(order)
    world.go(*SHIPMENT_STAGES)
    world.seller.floor.abandon(order)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    numbers = world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert numbers_in_store(world, order_id) == set(numbers)
    assert open_exceptions(world) == []


def test_units_that_amazon_does_not_find_are_an_exception(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    [order_id] = sent(world, kind="multi_line")
    order = world.held(order_id)
    world.seller.floor.lose(order, {order.lines[0].sku: order.lines[0].quantity})
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.SHIPPED_DIFFERENTLY
    assert order.lines[0].sku in exception.message


@pytest.mark.parametrize("end", ["Invalid", "Unfulfillable"])
def test_an_order_that_amazon_gives_up_waits_for_a_person_and_is_sent_again_as_a_new_one(
    make_mcf_world: MakeMcfWorld, end: str
) -> None:
    world = make_mcf_world()
    [order_id] = sent(world)
    order = world.held(order_id)
    if end == "Invalid":
        world.seller.floor.invalidate(order)
    else:
        world.seller.floor.lose(order, {line.sku: line.quantity for line in order.lines})
    for _ in range(2):
        world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["conflict"]
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.REJECTED_BY_WAREHOUSE
    assert "Amazon" in exception.message
    decide_as(world, Choice.RESEND)
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    first, second = (world.reference_of(order_id, place) for place in (0, 1))
    assert world.references() == {first: 1, second: 1}
    world.ship(order_id, place=1)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["cancelled", "shipped"]
    assert world.store_status(order_id) == SHIPPED


def test_orders_of_other_systems_in_the_account_change_nothing(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    [order_id] = sent(world)
    posted = dict(world.held(order_id).document)
    for seller_id in ("S01-1234567-1234567", "TKS+Creator+1", "Order 5"):
        other = world.seller.desk.create({**posted, "sellerFulfillmentOrderId": seller_id})
        world.seller.floor.invalidate(other)
    world.go(*SHIPMENT_STAGES)
    assert open_exceptions(world) == []
    assert world.state_of(order_id) == ["acknowledged"]


# Cancels


def test_a_cancel_is_a_wish_that_amazon_grants_later(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world(rules={"cancel_seconds": 600}, schedules=WATCHING)
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    assert world.state_of(order_id) == ["acknowledged"]
    world.shop.clock.advance(601)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["cancelled"]
    assert open_exceptions(world) == []


def test_an_order_that_amazon_picks_already_is_not_cancelled_and_a_person_hears_of_it(
    make_mcf_world: MakeMcfWorld,
) -> None:
    world = make_mcf_world(schedules=WATCHING)
    [order_id] = sent(world)
    world.seller.floor.pick(world.held(order_id))
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.CANCELLED_AFTER_TRANSFER


# Once


LOSSES: tuple[tuple[str, Kind, Moment], ...] = (
    (f"^POST {ROOT}$", "reset", "after"),
    (f"^POST {ROOT}$", "status", "after"),
    (f"^POST {ROOT}$", "close", "before"),
    (f"^GET {ROOT}/", "status", "before"),
    (f"^GET {ROOT}$", "reset", "before"),
    ("^POST /auth", "close", "before"),
)


@pytest.mark.parametrize("seed", range(3))
def test_every_order_is_at_amazon_once_whatever_is_lost_on_the_way(
    make_mcf_world: MakeMcfWorld, seed: int
) -> None:
    world = make_mcf_world(settings={"repeated_id": "refused"})
    ids = world.place("single", 8)
    for place, (route, kind, moment) in enumerate(LOSSES):
        status = 503 if kind == "status" else None
        world.warehouse_fault(route, kind, moment, nth=1 + (place + seed) % 4, times=1 + seed, status=status)
    for _ in range(8):
        for stages in (ORDERS_STAGES, SHIPMENT_STAGES):
            try:
                world.go(*stages)
            except CartageError:
                continue
        world.wait_out()
        for order_id in ids:
            if world.state_of(order_id) == ["acknowledged"]:
                world.ship(order_id)
    assert world.states() == {"shipped": 8}
    assert world.references() == {world.reference_of(order_id): 1 for order_id in ids}


def test_a_person_decides_about_an_order_whose_request_was_lost(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    [order_id] = world.place()
    world.warehouse_fault(f"^POST {ROOT}$", "close")
    world.go(*ORDERS_STAGES)
    world.wait_out()
    world.go(*ORDERS_STAGES)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.SENT_OR_NOT
    decide_as(world, Choice.SEND)
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    assert world.references() == {world.reference_of(order_id): 1}


def test_after_the_loss_of_the_ledger_nothing_is_sent_twice(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world(fresh=True)
    before, after = world.place("single", 2)
    world.go(*ORDERS_STAGES)
    for _ in range(2):
        world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 h'")
        world.go(*ORDERS_STAGES)
    assert set(world.references().values()) == {1}
    lose_the_ledger(world)
    for _ in range(2):
        world.go(*ORDERS_STAGES)
        world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 h'")
    assert [world.state_of(order_id) for order_id in (before, after)] == [["acknowledged"]] * 2
    assert set(world.references().values()) == {1}


# What else a lane has


def test_an_unknown_sku_blocks_an_order_before_it_is_sent(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    [order_id] = world.place()
    world.seller.state.goods.clear()
    world.go(*ORDERS_STAGES)
    assert world.causes() == {"unknown_sku": 1}
    assert world.references() == {}
    assert world.state_of(order_id) == ["blocked"]


def test_a_ship_method_that_is_no_speed_blocks_an_order(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    for entry in world.settings["ship_methods"]:
        entry.update(carrier="UPS", service="Ground")
    world.place()
    world.go(*ORDERS_STAGES)
    assert world.causes() == {"unmapped_ship_method": 1}


def test_a_ship_method_without_a_mapping_is_one_cause(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world()
    world.settings["ship_methods"].clear()
    world.place()
    world.go(*ORDERS_STAGES)
    [cause] = world.seen().causes
    assert cause.message.endswith("has no mapping")


def test_stock_is_what_amazon_can_fulfill(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world(inventory={})
    world.stock("STOCKED-1", qty=42, unfulfillable=5, inbound=100)
    world.go("poll_stock")
    [level] = world.rows("SELECT available, on_hand FROM stock_level WHERE sku = 'STOCKED-1'")
    assert (level.available, level.on_hand) == (42, 47)


def test_in_shadow_nothing_is_sent(make_mcf_world: MakeMcfWorld) -> None:
    world = make_mcf_world(mode="shadow")
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    assert world.references() == {}
    assert world.state_of(order_id) == ["ready"]


def test_preflight_sees_account_marketplace_and_delivery_and_finds_no_mistake(
    make_mcf_world: MakeMcfWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = (
        "lanes:\n  demo:\n"
        "    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}\n"
        "    warehouse: {connector: mcf, connection: mcf_demo, settings: {marketplace: US}}\n"
    )
    (tmp_path / "lanes.yaml").write_text(lane)
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "lanes.yaml"))
    world = make_mcf_world()
    world.place("single", 3)
    context = world.context("preflight")
    checked = {name: run_section(name, PreflightWorld(context)) for name in SECTION_NAMES}
    context.close()
    assert {name: section.mistakes for name, section in checked.items()} == dict.fromkeys(SECTION_NAMES, 0)
    texts = [finding.what for finding in checked["warehouse_access"].findings]
    assert any("Amazon would deliver" in text for text in texts), texts
    assert world.references() == {}


def test_where_the_inventory_is_no_catalogue_orders_are_sent_and_amazon_judges_their_skus(
    make_mcf_world: MakeMcfWorld,
) -> None:
    world = make_mcf_world(settings={"catalogue": False})
    [known, unknown] = world.place(count=2)
    [line] = world.shop.store.order(unknown)["OrderItemList"]
    [other] = world.shop.store.order(known)["OrderItemList"]
    assert line["ItemID"] != other["ItemID"]
    del world.seller.state.goods[line["ItemID"]]
    world.go(*ORDERS_STAGES)
    assert world.state_of(known) == ["acknowledged"]
    assert world.state_of(unknown) == ["blocked"]
    assert world.references() == {world.reference_of(known): 1}
