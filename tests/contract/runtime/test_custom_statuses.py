"""Custom order statuses: imported and posted by id or label; a label that does not exist stops the whole lane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from cartage.connections import EnvironmentResolver
from cartage.dispatch import stage
from cartage.errors import SettingsError
from cartage.lanes import get_lane
from cartage.model.statuses import SHIPPED, StatusMap
from cartage.runtime.context import open_lane
from cartage.runtime.run import Run
from tests.contract.conftest import MakeWorld
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, World, at_once

READY, DEPOT, PART_GONE, ALL_GONE = 8, 9, 10, 15
LABEL = "Ready for Warehouse"  # of the first custom status of the sandbox's store
BY_LABEL = {
    "import_status": LABEL.lower(),
    "processing_status": "At the depot",
    "partial_status": PART_GONE,
    "shipped_status": " all gone ",
}
ALL_STAGES = (*ORDERS_STAGES, *SHIPMENT_STAGES)


def relabel(world: World, status_id: int, label: str | None = None, *, visible: bool = True) -> None:
    world.shop.store.state.statuses.relabel(status_id, label, visible)


def by_label(make_world: MakeWorld) -> World:
    world = make_world(store=BY_LABEL)
    relabel(world, DEPOT, "At the depot")
    relabel(world, ALL_GONE, "All gone")
    return world


def history(world: World, order_id: int) -> list[int]:
    entries = world.shop.store.journal.entries("order.status")
    moves = [entry["detail"]["to"] for entry in entries if entry["key"] == str(order_id)]
    return list(dict.fromkeys(moves))


def table_reads(world: World) -> int:
    return len(world.calls(path="/OrderStatus"))


def hour_passes(world: World) -> None:
    world.execute("UPDATE store_status SET read_at = read_at - interval '61 min'")


def refusal(world: World, name: str, lanes_on_store: Sequence[World] = ()) -> str:
    """Return the error with which the stage refuses to work."""
    context = world.context(name)
    context.lanes_on_store = [other.lane for other in lanes_on_store]
    try:
        with pytest.raises(SettingsError) as raised:
            stage(name)(context)
    finally:
        context.close()
    return str(raised.value)


def test_orders_are_imported_from_the_custom_status_of_this_id_and_no_other(make_world: MakeWorld) -> None:
    world = make_world(store={"import_status": READY})
    new, ready = world.place("single", 2)
    world.shop.store.edit(ready, OrderStatusID=READY)
    world.go(*ORDERS_STAGES)
    assert (world.state_of(ready), world.references()) == (["acknowledged"], {world.reference_of(ready): 1})
    assert (world.store_status(new), world.store_status(ready)) == (NEW, PROCESSING)
    assert world.counts["mark_processing"]["already"] == 0
    assert table_reads(world) == 0


@pytest.mark.parametrize("moves", ["never", "always"])
def test_custom_target_statuses_are_posted_in_turn_and_kept_by_meaning(
    make_world: MakeWorld, moves: str
) -> None:
    world = make_world(store=BY_LABEL, store_rules={"shipment_status_moves_order": moves})
    relabel(world, DEPOT, "At the depot")
    relabel(world, ALL_GONE, "All gone")
    [order_id] = world.place("multi_ship_to", OrderStatusID=READY)
    world.go(*ORDERS_STAGES)
    assert world.store_status(order_id) == DEPOT
    groups = len(world.state_of(order_id))
    for place in range(groups):
        world.ship(order_id, place=place)
        world.go(*SHIPMENT_STAGES)
    assert history(world, order_id)[-3:] == [DEPOT, PART_GONE, ALL_GONE]
    assert world.seen().posted == {SHIPPED: 1}
    assert world.rows("SELECT status_id FROM sales_order")[0].status_id == ALL_GONE
    assert world.rows("SELECT FROM sales_order WHERE verified_at IS NULL") == []
    assert table_reads(world) == 1


def test_a_standard_status_that_is_not_one_of_the_lanes_targets_was_set_by_a_person(
    make_world: MakeWorld,
) -> None:
    world = by_label(make_world)
    [order_id] = world.place("single", OrderStatusID=READY)
    world.go(*ORDERS_STAGES)
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    [number] = world.ship(order_id)
    assert world.go(*SHIPMENT_STAGES)["update_order_status"]["person"] == 1
    assert (world.store_status(order_id), world.tracking(order_id)) == (PROCESSING, number)


def test_a_renamed_label_stops_the_lane_until_the_setting_is_fixed(
    make_world: MakeWorld,
) -> None:
    world = by_label(make_world)
    [order_id] = world.place("single", OrderStatusID=READY)
    world.go(*ORDERS_STAGES[:2])
    relabel(world, READY, "Pick me")
    hour_passes(world)
    for name in ("import_orders", "settle_outcomes", "transfer_to_warehouse"):
        said = refusal(world, name)
        assert "lanes.demo.store.import_status" in said
        assert f"no order status labelled '{LABEL.lower()}'" in said
        assert '8 "Pick me"' in said
    assert (world.references(), world.state_of(order_id)) == ({}, ["ready"])
    assert world.calls(method="PUT") == []
    relabel(world, READY, LABEL)
    world.go(*ORDERS_STAGES)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["acknowledged"], DEPOT)


def test_a_label_renamed_after_transfer_stops_the_post_back_until_the_setting_follows(
    make_world: MakeWorld,
) -> None:
    world = by_label(make_world)
    [order_id] = world.place("single", OrderStatusID=READY)
    world.go(*ORDERS_STAGES)
    [number] = world.ship(order_id)
    world.go("poll_tracking")
    relabel(world, ALL_GONE, "Everything gone")
    hour_passes(world)
    assert "lanes.demo.store.shipped_status" in refusal(world, "update_order_status")
    assert (world.store_status(order_id), world.tracking(order_id)) == (DEPOT, "")
    world.settings["store"]["shipped_status"] = "Everything gone"
    world.go("update_order_status")
    assert (world.store_status(order_id), world.tracking(order_id)) == (ALL_GONE, number)


def test_a_hidden_status_is_refused_until_it_is_visible(make_world: MakeWorld) -> None:
    world = by_label(make_world)
    [order_id] = world.place("single", OrderStatusID=READY)
    relabel(world, READY, visible=False)
    said = refusal(world, "import_orders")
    assert "(id 8) is hidden in the store. Make it visible" in said
    assert world.state_of(order_id) == []
    relabel(world, READY)
    world.go("import_orders")
    assert world.state_of(order_id) == ["imported"]


def test_labels_are_read_once_an_hour_and_only_then_is_a_new_name_seen(make_world: MakeWorld) -> None:
    world = by_label(make_world)
    world.go(*ALL_STAGES)
    relabel(world, READY, "Pick me")
    world.go(*ALL_STAGES)
    assert table_reads(world) == 1
    hour_passes(world)
    refusal(world, "import_orders")
    assert table_reads(world) == 2


def test_stages_that_read_the_labels_at_the_same_time_agree(make_world: MakeWorld) -> None:
    world = by_label(make_world)
    contexts = [world.context("import_orders") for _ in range(4)]
    expected = StatusMap(READY, DEPOT, PART_GONE, ALL_GONE)
    assert at_once(*((lambda context=context: context.statuses) for context in contexts)) == [expected] * 4
    for context in contexts:
        context.close()


def test_two_lanes_whose_import_statuses_are_the_same_in_the_store_both_stop(make_world: MakeWorld) -> None:
    world = make_world(store={"import_status": READY})
    other = world.lane_on_store(name="second", store={"import_status": LABEL})
    world.place("single", OrderStatusID=READY)
    assert "lane 'second' imports too" in refusal(world, "import_orders", [other])
    assert "lane 'demo' imports too" in refusal(other, "import_orders", [world])
    assert world.states() == {}


def test_a_lane_knows_the_other_lanes_on_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger_url: str
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES.format(day=date(2026, 1, 1)), encoding="utf-8")
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    with open_lane(get_lane("west"), Run("r/s/1", "r", "s"), resolver=EnvironmentResolver()) as context:
        assert [lane.name for lane in context.lanes_on_store] == ["east"]


LANES = """\
x-warehouse: &warehouse
  connector: extensiv
  connection: extensiv_demo
  settings: {{customer_id: 12, facility_id: 1}}
lanes:
  west:
    store: {{connection: one, time_zone: UTC, go_live: {day}, import_status: Ready}}
    warehouse: *warehouse
  east:
    store: {{connection: one, time_zone: UTC, go_live: {day}}}
    warehouse: *warehouse
  north:
    store: {{connection: two, time_zone: UTC, go_live: {day}}}
    warehouse: *warehouse
"""
