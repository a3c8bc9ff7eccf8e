"""A lane's settings decide what it ships, also for orders that are already waiting."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.model.skip_reasons import (
    AMOUNT_ZERO,
    GIFT_CERTIFICATES_ONLY,
    LEFT_TO_ANOTHER_SHIPPER,
    NO_SHIPPABLE_LINE,
)
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World


def reason_of(world: World, order_id: int) -> str:
    [row] = world.rows("SELECT reason FROM fulfillment_order WHERE order_id = :id", id=order_id)
    reason: str = row.reason
    return reason


def sent_skus(world: World) -> list[str]:
    [order] = list(world.shop.warehouse.state.book)
    return [line.item.sku for line in order.lines]


def test_a_partly_excluded_order_ships_the_rest(make_world: MakeWorld) -> None:
    world = make_world()
    [order_id] = world.place("multi_line")
    first, *others = [line["ItemID"] for line in world.shop.store.order(order_id)["OrderItemList"]]
    world.settings["store"]["exclude"] = {"skus": [first.lower()]}
    world.go(*ORDERS_STAGES)
    assert sorted(sent_skus(world)) == sorted(others)


@pytest.mark.parametrize(
    ("line", "exclude"),
    [
        ({"ItemWeight": 0}, {"weightless": True}),
        ({"ItemWarehouseID": 9}, {"store_warehouses": [9]}),
        ({"ItemID": "GIFT-25"}, {"skus": ["gift-*"]}),
    ],
)
def test_lines_that_another_shipper_has_never_reach_the_warehouse(
    make_world: MakeWorld, line: dict[str, Any], exclude: dict[str, Any]
) -> None:
    world = make_world(store={"exclude": exclude})
    [order_id] = world.place("single")
    world.amend(order_id, line=line)
    world.go(*ORDERS_STAGES)
    assert reason_of(world, order_id) == LEFT_TO_ANOTHER_SHIPPER
    assert world.references() == {}


@pytest.mark.parametrize(
    ("setting", "fields", "reason"),
    [
        ("zero_value", {"OrderAmount": 0}, AMOUNT_ZERO),
        (
            "gift_certificate_only",
            {"TransactionList": [{"TransactionMethod": "Gift Certificate", "TransactionAmount": 5}]},
            GIFT_CERTIFICATES_ONLY,
        ),
    ],
)
def test_odd_orders_follow_the_lanes_settings(
    make_world: MakeWorld, setting: str, fields: dict[str, Any], reason: str
) -> None:
    world = make_world(store={setting: "skip"})
    [order_id] = world.place("single", **fields)
    world.go(*ORDERS_STAGES)
    assert (world.state_of(order_id), reason_of(world, order_id)) == (["skipped"], reason)
    world.settings["store"][setting] = "ship"
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


@pytest.mark.parametrize("quantity", ["1,5", -1, None, "many", "NaN"])
@pytest.mark.parametrize("kind", ["single", "multi_line", "bundle"])
def test_a_faulty_quantity_blocks_the_order_and_nothing_of_it_ships(
    world: World, kind: str, quantity: object
) -> None:
    [order_id] = world.place(kind)
    [neighbour] = world.place("single")
    right = world.shop.store.order(order_id)["OrderItemList"][-1]["ItemQuantity"]
    world.amend(order_id, line={"ItemQuantity": quantity}, place=-1)
    world.go(*ORDERS_STAGES)
    assert (world.state_of(order_id), world.state_of(neighbour)) == (["blocked"], ["acknowledged"])
    assert world.causes() == {"malformed_field": 1}
    world.amend(order_id, line={"ItemQuantity": right}, place=-1)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


def test_an_order_of_true_zeros_has_no_shippable_line(world: World) -> None:
    [order_id] = world.place()
    world.amend(order_id, line={"ItemQuantity": 0})
    world.go(*ORDERS_STAGES)
    assert (world.state_of(order_id), reason_of(world, order_id)) == (["skipped"], NO_SHIPPABLE_LINE)


def test_excluding_the_sku_that_blocked_an_order_releases_it(make_world: MakeWorld) -> None:
    world = make_world()
    [order_id] = world.place("multi_line")
    world.amend(order_id, line={"ItemID": "EBOOK-1"})
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["blocked"]
    world.settings["store"]["exclude"] = {"skus": ["EBOOK-*"]}
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    assert "EBOOK-1" not in sent_skus(world)


def test_new_rules_do_not_touch_what_was_sent(world: World) -> None:
    [order_id] = world.place("multi_line")
    world.go(*ORDERS_STAGES[:4])
    lines = world.rows("SELECT * FROM fulfillment_line")
    world.settings["store"]["exclude"] = {"skus": ["*"]}
    world.go("import_orders")
    assert world.state_of(order_id) == ["acknowledged"]
    assert world.rows("SELECT * FROM fulfillment_line") == lines


def test_the_texts_that_the_lane_names_go_to_the_warehouse_as_plain_text(make_world: MakeWorld) -> None:
    world = make_world()
    world.settings["warehouse"]["texts"] = ["po_number", "customer_comments", "internal_comments"]
    asked = [{"QuestionTitle": "PO number?", "QuestionAnswer": "77"}]
    world.place("single", CustomerComments="<b>Ring</b> twice", InternalComments="VIP", QuestionList=asked)
    world.go(*ORDERS_STAGES)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    assert row.request["notes"] == "PO: 77\nRing twice\nInternal: VIP"


def test_a_staff_comment_counts_as_a_change_only_if_the_lane_sends_it(make_world: MakeWorld) -> None:
    world = make_world()
    [order_id] = world.place("single")
    world.go("import_orders")
    world.shop.store.edit(order_id, InternalComments="first")
    assert world.go("import_orders")["import_orders"]["changed"] == 0
    world.settings["warehouse"]["texts"] = ["internal_comments"]
    assert world.go("import_orders")["import_orders"]["changed"] == 1
    world.shop.store.edit(order_id, InternalComments="second")
    assert world.go("import_orders")["import_orders"]["changed"] == 1
