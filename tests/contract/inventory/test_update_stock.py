"""Stock: the store shows what the warehouse can still fill, with the fewest calls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cartage.dispatch import stage
from cartage.errors import AuthFailed, SettingsError
from cartage.inventory import open_orders as stock_orders
from cartage.inventory import writes as stock_writes
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, kit, options, push, shown, writes
from tests.contract.world import HOLD, ORDERS_STAGES, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane whose breaker pauses nothing."""
    return make_world(inventory={"breaker": NO_BREAKER})


def changes(world: World) -> list[Any]:
    return [tuple(row) for row in world.rows("SELECT sku, value, outcome FROM stock_change ORDER BY id")]


def test_products_and_combinations_show_what_is_available(world: World) -> None:
    mug = goods(world, {"MUG": 12})["MUG"]
    tent = options(world, "TENT", {"TENT-S": 4, "TENT-L": 7})
    counts = push(world)
    assert (shown(world, mug), shown(world, tent, "TENT-S"), shown(world, tent, "TENT-L")) == (12, 4, 7)
    assert (counts["changed"], counts["written"], counts["calls"]) == (3, 3, 2)
    assert counts["not_at_warehouse"] == 1  # the tent itself, which no warehouse has
    assert sorted(changes(world)) == [
        ("MUG", 12, "written"),
        ("TENT-L", 7, "written"),
        ("TENT-S", 4, "written"),
    ]


def test_an_alias_a_pack_and_a_kit_of_the_lanes_mappings_show_what_can_be_made_of_the_shelf(
    make_world: MakeWorld,
) -> None:
    skus = [
        {"store": "CUP", "sku": "CUP-EU"},
        {"store": "MUG-6PK", "sku": "MUG", "quantity": 6},
        {"store": "TEA-SET", "kit": [{"sku": "MUG", "quantity": 4}, {"sku": "POT"}]},
    ]
    world = make_world(inventory={"breaker": NO_BREAKER}, skus=skus)
    ids = goods(world, {"MUG": 20, "POT": 9, "CUP-EU": 7, "CUP": 0, "MUG-6PK": 0, "TEA-SET": 0}, in_store=1)
    buy(world, ids["MUG-6PK"], 1)
    push(world)
    # Twenty mugs, of which a pack of six is sold and not at the warehouse yet: fourteen are left.
    assert {sku: shown(world, ids[sku]) for sku in ("MUG", "CUP", "MUG-6PK", "TEA-SET")} == {
        "MUG": 14, "CUP": 7, "MUG-6PK": 2, "TEA-SET": 3,
    }  # fmt: skip


@pytest.mark.parametrize("odd", ["available", "itemIdentifier"])
def test_a_sku_whose_stock_cannot_be_read_keeps_its_figure_until_it_can(world: World, odd: str) -> None:
    ids = goods(world, {"MUG": 12, "TEA": 9})
    push(world)
    rows = [
        {"itemIdentifier": {"sku": sku}, "facilityId": 1, "available": quantity}
        for sku, quantity in {"MUG": 5, "TEA": 4}.items()
    ]
    rows[0][odd] = "none"
    body = json.dumps({"totalResults": 2, "summaries": rows})
    world.warehouse_fault("stocksummaries", "status", status=200, body=body)
    push(world)
    assert [shown(world, ids[sku]) for sku in ("MUG", "TEA")] == [12, 4]
    # The warehouse lists what it has only: the mug is sold out.
    world.warehouse_fault(
        "stocksummaries", "status", status=200, body=json.dumps({"totalResults": 1, "summaries": rows[1:]})
    )
    push(world)
    assert [shown(world, ids[sku]) for sku in ("MUG", "TEA")] == [0, 4]


def test_what_is_right_already_is_written_only_on_demand(world: World) -> None:
    goods(world, {"MUG": 12, "CUP": 5})
    push(world)
    assert writes(world) == [2]
    assert push(world)["written"] == 0
    assert writes(world) == [2]
    context = world.context("update_stock")
    context.run = replace(context.run, everything=True)
    assert stage("update_stock")(context)["written"] == 2
    context.close()
    assert writes(world) == [2, 2]


def test_a_hundred_products_fit_into_one_call_and_combinations_into_one_call_per_product(
    world: World,
) -> None:
    goods(world, {f"MUG-{number}": 5 for number in range(130)})
    options(world, "TENT", {f"TENT-{number}": 5 for number in range(12)})
    push(world)
    assert sorted(writes(world)) == [12, 30, 100]


@pytest.mark.parametrize("status", [1, HOLD, 11, 13])
def test_an_open_order_is_subtracted_whether_imported_or_paid(world: World, status: int) -> None:
    mug = goods(world, {"MUG": 12}, in_store=12)["MUG"]
    buy(world, mug, 3, OrderStatusID=status)
    push(world)
    assert shown(world, mug) == 9


def test_open_statuses_are_ids_or_the_stores_labels(make_world: MakeWorld) -> None:
    inventory = {"open_statuses": ["waits for a CHEQUE", 9], "breaker": NO_BREAKER}
    world = make_world(inventory=inventory)
    world.shop.store.state.statuses.relabel(10, "Waits for a cheque", True)
    mug = goods(world, {"MUG": 12}, in_store=12)["MUG"]
    for status, quantity in ((10, 3), (9, 2), (HOLD, 1)):
        buy(world, mug, quantity, OrderStatusID=status)
    push(world)
    assert shown(world, mug) == 7
    push(world)
    assert len(world.calls(path="/OrderStatus")) == 1


def test_an_unknown_label_of_the_open_statuses_stops_stock_and_no_order(
    make_world: MakeWorld,
) -> None:
    world = make_world(inventory={"open_statuses": ["Layaway"]})
    goods(world, {"MUG": 12})
    with pytest.raises(
        SettingsError, match=r"inventory.open_statuses: the store has no order status labelled"
    ):
        push(world)
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


@pytest.mark.parametrize("known", [0, 2, 3])
def test_an_order_is_subtracted_once_whatever_its_state(world: World, known: int) -> None:
    """Not imported, blocked or ready, and at the warehouse, whose figure then holds it."""
    mug = goods(world, {"MUG": 12}, in_store=12)["MUG"]
    buy(world, mug, 3)
    world.go(*ORDERS_STAGES[:known])
    assert push(world)["written"] == 0
    assert shown(world, mug) == 9


def test_an_order_that_got_to_the_warehouse_after_its_figures_were_read_is_subtracted(world: World) -> None:
    mug = goods(world, {"MUG": 12}, in_store=12)["MUG"]
    buy(world, mug, 3)
    world.go("poll_stock")
    world.go(*ORDERS_STAGES)
    assert world.go("update_stock")["update_stock"]["written"] == 0
    assert shown(world, mug) == 9


def test_an_order_that_shipped_is_subtracted_by_the_warehouse_alone(world: World) -> None:
    mug = goods(world, {"MUG": 12}, in_store=12)["MUG"]
    order_id = buy(world, mug, 3)
    assert order_id
    world.go(*ORDERS_STAGES)
    world.ship(order_id)
    world.go("poll_tracking", "update_order_status")
    assert push(world)["written"] == 0
    assert shown(world, mug) == 9


def test_what_the_warehouse_has_ordered_but_not_allocated_is_subtracted(world: World) -> None:
    mug = goods(world, {"MUG": 2}, in_store=6)["MUG"]
    buy(world, mug, 4)
    world.go(*ORDERS_STAGES)
    world.shop.warehouse.state.catalogue.item(12, "MUG").on_hand += 5  # type: ignore[union-attr]
    push(world)
    assert shown(world, mug) == 3  # 7 on hand, 2 allocated, 2 more owed


def test_buffers_are_kept_back_and_nothing_goes_below_zero(make_world: MakeWorld) -> None:
    buffers = [{"skus": "MUG-RED", "units": 3}, {"skus": "MUG-*", "units": 5}]
    world = make_world(inventory={"breaker": NO_BREAKER, "buffers": buffers})
    ids = goods(world, {"MUG-RED": 12, "MUG-BLUE": 12, "mug-black": 4, "CUP": 12}, in_store=9)
    push(world)
    assert [shown(world, id_) for id_ in ids.values()] == [9, 7, 0, 12]


def test_a_kit_has_as_many_as_its_scarcest_component_allows(world: World) -> None:
    ids = goods(world, {"MUG": 9, "SPOON": 7})
    tea = kit(world, "TEA-SET", {ids["MUG"]: 2, ids["SPOON"]: 1})
    push(world)
    assert shown(world, tea) == 4
    buy(world, tea, 3)
    push(world)
    assert [shown(world, catalog_id) for catalog_id in (tea, ids["MUG"], ids["SPOON"])] == [1, 3, 4]


@pytest.mark.parametrize("quantity", ["1,5", 0, -2])
def test_a_kit_with_a_faulty_quantity_is_left_alone_and_counted(world: World, quantity: Any) -> None:
    ids = goods(world, {"MUG": 9})
    tea = kit(world, "TEA-SET", {ids["MUG"]: quantity})
    counts = push(world)
    assert (counts["unclear_kit"], shown(world, tea)) == (1, 0)


def test_a_kit_whose_component_has_options_is_left_alone_and_counted(world: World) -> None:
    tent = options(world, "TENT", {"TENT-S": 4})
    camp = kit(world, "CAMP", {tent: 1})
    counts = push(world)
    assert (counts["unclear_kit"], shown(world, camp)) == (1, 0)


def test_nothing_is_pushed_where_inventory_control_is_off(make_world: MakeWorld) -> None:
    world = make_world(inventory={"breaker": NO_BREAKER})
    mug = goods(world, {"MUG": 12}, InventoryControl=0)["MUG"]
    cup = goods(world, {"CUP": 12}, InventoryControl=2)["CUP"]
    assert push(world)["untracked"] == 1
    assert (shown(world, mug), shown(world, cup)) == (0, 12)


def test_the_lane_sets_which_value_means_off(make_world: MakeWorld) -> None:
    world = make_world(inventory={"breaker": NO_BREAKER, "untracked_controls": []})
    mug = goods(world, {"MUG": 12}, InventoryControl=0)["MUG"]
    push(world)
    assert shown(world, mug) == 12


def test_combinations_rebuilt_since_they_were_read_are_matched_by_sku(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tent = options(world, "TENT", {"TENT-S": 4, "TENT-L": 7})
    world.go("poll_stock")
    context = world.context("update_stock")
    write = context.store.stock.set_options
    rebuilt: list[int] = []

    def rebuild_and_write(*given: Any, **more: Any) -> Any:
        if not rebuilt:
            rebuilt.append(tent)
            with world.shop.store.state.lock:
                world.shop.store.state.goods.rebuild_options(tent)
        return write(*given, **more)

    monkeypatch.setattr(context.store.stock, "set_options", rebuild_and_write)
    counts = stage("update_stock")(context)
    context.close()
    assert counts["written"] == 2
    assert (shown(world, tent, "TENT-S"), shown(world, tent, "TENT-L")) == (4, 7)


@pytest.mark.parametrize("key", ["AdvancedOptionCode", "CatalogID"])
@pytest.mark.parametrize("suffix", ["kept", "blanked"])
def test_combinations_keep_their_skus_whatever_the_store_returns(
    make_world: MakeWorld, key: str, suffix: str
) -> None:
    rules = {"option_results_key": key, "omitted_option_suffix": suffix}
    world = make_world(store_rules=rules, inventory={"breaker": NO_BREAKER})
    tent = options(world, "TENT", {" TENT-S": 4})
    assert push(world)["written"] == 1
    assert shown(world, tent, " TENT-S") == 4


def test_an_entry_that_the_store_refuses_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = goods(world, {"MUG": 12, "CUP": 5})
    world.go("poll_stock")
    context = world.context("update_stock")
    products = context.store.products
    pages = list(products())
    with world.shop.store.state.lock:
        world.shop.store.state.goods.remove(ids["MUG"])
    monkeypatch.setattr(context.store, "products", lambda: iter(pages))
    counts = stage("update_stock")(context)
    context.close()
    assert (counts["written"], counts["refused"]) == (1, 1)
    assert shown(world, ids["CUP"]) == 5


def test_a_lost_response_is_settled_in_the_same_run(world: World) -> None:
    mug = goods(world, {"MUG": 12})["MUG"]
    world.store_fault("PUT .*/Products$", "close", "after")
    counts = push(world)
    assert (counts["written"], counts["unknown"], shown(world, mug)) == (1, 0, 12)
    assert [change[2] for change in changes(world)] == ["unknown", "written"]


def test_what_a_call_that_raised_may_have_written_is_unknown(world: World) -> None:
    goods(world, {"MUG": 12})
    world.store_fault("PUT .*/Products$", "status", status=401)
    with pytest.raises(AuthFailed):
        push(world)
    assert changes(world) == [("MUG", 12, "unknown")]
    assert push(world)["written"] == 1


def test_a_sale_between_reading_and_writing_is_corrected_in_the_same_run(world: World) -> None:
    mug = goods(world, {"MUG": 12}, in_store=3)["MUG"]
    world.shop.store.interventions.arm(
        {
            "route": "PUT .*/Products$",
            "place": [{"OrderItemList": [{"CatalogID": mug, "ItemID": "MUG", "ItemQuantity": 2.0}]}],
        }
    )
    counts = push(world)
    assert (counts["corrected"], shown(world, mug)) == (1, 10)


def test_open_orders_that_were_read_too_long_ago_are_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call that wrote took 40 of the 60 seconds for which a reading is fresh."""
    for module in (stock_orders, stock_writes):
        monkeypatch.setattr(module, "monotonic", lambda: 40.0 * len(writes(world)))
    goods(world, {f"MUG-{number}": 5 for number in range(430)})
    counts = push(world)
    assert (counts["written"], counts["corrected"], writes(world)) == (430, 0, [100, 100, 100, 100, 30])
    order = [
        "write" if call["method"] == "PUT" else "read"
        for call in world.calls()
        if call["method"] == "PUT" or "orderstatus=1&" in call["path"]
    ]
    assert order == ["read", "write", "write", "read", "write", "write", "read", "write", "read"]


def test_reading_that_takes_longer_than_the_freshness_limit_fails_and_nothing_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_orders, "monotonic", lambda: 0.0)
    monkeypatch.setattr(stock_writes, "monotonic", lambda: 61.0)
    goods(world, {"MUG": 5})
    with pytest.raises(SettingsError, match=r"limits\.status_freshness 1m"):
        push(world)
    assert writes(world) == []


def test_only_one_of_two_pushes_at_once_writes(world: World) -> None:
    goods(world, {"MUG": 12})
    world.go("poll_stock")
    world.execute(
        "INSERT INTO stock_push (lane, run_id, everything, compared, lease_until)"
        " VALUES ('demo', 'another', false, 0, clock_timestamp() + interval '1 min')"
    )
    assert world.go("update_stock")["update_stock"]["compared"] == 0
    world.execute("UPDATE stock_push SET lease_until = clock_timestamp() - interval '1 s'")
    assert world.go("update_stock")["update_stock"]["written"] == 1


def test_a_lane_without_inventory_reads_and_pushes_nothing(make_world: MakeWorld) -> None:
    world = make_world()
    goods(world, {"MUG": 12})
    assert world.go("poll_stock", "update_stock") == {"poll_stock": {}, "update_stock": {}}
    assert world.calls() == []


def test_a_lane_in_shadow_reads_and_writes_nothing(make_world: MakeWorld) -> None:
    world = make_world(mode="shadow", inventory={"breaker": NO_BREAKER})
    goods(world, {"MUG": 12})
    assert world.go("poll_stock", "update_stock") == {
        "poll_stock": {"pages": 1, "skus": 1, "unreadable": 0},
        "update_stock": {},
    }
    assert writes(world) == []
