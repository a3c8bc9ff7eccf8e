"""Modes: off does nothing, shadow writes nothing outside and shows what it would send, drain finishes its orders."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from cartage.dispatch import STAGE_NAMES
from cartage_sandbox.extensiv.emulator import TOKEN_PATH
from tests.contract.conftest import MakeWorld
from tests.contract.world import (
    CANCEL,
    NEW,
    ORDERS_STAGES,
    PROCESSING,
    SHIPMENT_STAGES,
    SHIPPED,
    World,
)

EVERY_STAGE = (*STAGE_NAMES,)


def set_mode(world: World, mode: str) -> None:
    world.settings["mode"] = mode


def writes(world: World) -> list[str]:
    """Return every request that could change something in store or warehouse, by their own journals."""
    return [
        f"{entry['method']} {entry['path']}"
        for side in (world.shop.store, world.shop.warehouse)
        for entry in side.journal.entries("request")
        if entry["method"] != "GET" and TOKEN_PATH not in entry["path"]
    ]


def requests(world: World) -> int:
    return sum(len(side.journal.entries("request")) for side in (world.shop.store, world.shop.warehouse))


def shown(world: World) -> list[dict[str, Any]]:
    rows = world.rows("SELECT detail FROM event WHERE kind = 'shadow_payload' ORDER BY id")
    return [row.detail for row in rows]


def test_a_lane_that_is_off_does_nothing_and_logs_why(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(mode="off")
    world.place("single")
    with caplog.at_level(logging.INFO, "cartage"):
        counts = world.go(*EVERY_STAGE)
    assert not any(value for count in counts.values() for value in count.values())
    assert requests(world) == 0
    assert world.states() == {}
    for name in EVERY_STAGE:
        assert f"{name} did nothing: the lane's mode says that it is off" in caplog.text


def test_a_lane_in_shadow_writes_nothing_to_store_or_warehouse(make_world: MakeWorld) -> None:
    world = make_world(mode="shadow")
    world.shop.warehouse.rules.update({"split_share": 0.5})
    ids = world.place("single", 3) + world.place("multi_line", 2)
    for _ in range(2):
        world.go(*EVERY_STAGE)
    assert world.states() == {"ready": 5}
    assert requests(world) > 0
    assert writes(world) == []
    assert {world.store_status(id_) for id_ in ids} == {NEW}
    assert world.references() == {}


def test_a_lane_in_shadow_writes_nothing_about_orders_that_it_sent_while_live(make_world: MakeWorld) -> None:
    world = make_world()
    acknowledged, shipped = world.place("single", 2)
    world.go(*ORDERS_STAGES[:4])
    world.ship(shipped)
    set_mode(world, "shadow")
    before = writes(world)
    world.shop.store.edit(acknowledged, OrderStatusID=CANCEL)
    world.go(*EVERY_STAGE)
    assert writes(world) == before
    assert world.rows("SELECT FROM warehouse_state WHERE shipments_cursor <> ''") == []
    set_mode(world, "live")
    world.go("mark_processing", *SHIPMENT_STAGES)
    assert world.store_status(shipped) == SHIPPED


def test_shadow_shows_each_content_once_and_exactly_what_live_then_sends(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(mode="shadow")
    order_id, _ = world.place("single", 2)
    with caplog.at_level(logging.INFO, "cartage"):
        counts = world.go(*ORDERS_STAGES)
    assert counts["transfer_to_warehouse"]["shown"] == 2
    assert f"would send {world.reference_of(order_id)}: 1 SKU" in caplog.text
    assert world.go(*ORDERS_STAGES)["transfer_to_warehouse"]["shown"] == 0
    world.amend(order_id, shipment={"ShipmentAddress": "1 Other Road"})
    assert world.go(*ORDERS_STAGES)["transfer_to_warehouse"]["shown"] == 1
    payloads = [payload["payload"] for payload in shown(world)]
    assert payloads[-1]["shipTo"]["address1"] == "1 Other Road"
    set_mode(world, "live")
    world.go(*ORDERS_STAGES)
    entries = world.shop.warehouse.journal.entries("request")
    sent = [entry["detail"] for entry in entries if (entry["method"], entry["path"]) == ("POST", "/orders")]
    assert sorted(sent, key=str) == sorted(payloads[1:], key=str)


def test_an_order_that_leaves_the_import_status_in_shadow_keeps_its_payload_and_is_never_sent(
    make_world: MakeWorld,
) -> None:
    world = make_world(mode="shadow")
    gone, stays = world.place("single", 2)
    world.go(*ORDERS_STAGES)
    world.shop.store.edit(gone, OrderStatusID=PROCESSING)
    world.go(*ORDERS_STAGES)
    assert (world.state_of(gone), world.state_of(stays)) == (["skipped"], ["ready"])
    assert len(shown(world)) == 2
    set_mode(world, "live")
    world.read_long_ago()
    world.go(*ORDERS_STAGES)
    assert list(world.references()) == [world.reference_of(stays)]


def test_a_lane_that_drains_finishes_its_orders_and_imports_no_new_ones(make_world: MakeWorld) -> None:
    world = make_world()
    sent, unsent = world.place("single", 2)
    world.go(*ORDERS_STAGES[:2])
    set_mode(world, "drain")
    late = world.place("multi_line")[0]
    world.go(*ORDERS_STAGES)
    assert (world.state_of(sent), world.state_of(unsent), world.state_of(late)) == (
        ["acknowledged"],
        ["acknowledged"],
        [],
    )
    for order_id in (sent, unsent):
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert {world.store_status(order_id) for order_id in (sent, unsent)} == {SHIPPED}
    assert world.store_status(late) == NEW
