"""Two stores of lanes sharing stock: each takes into account what the other has sold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from cartage.runtime.context import StageContext
from cartage_sandbox.stack.shop import Shop
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, push, shown
from tests.contract.world import (
    CANCEL,
    HOLD,
    NEW,
    ORDERS_STAGES,
    SHIPMENT_STAGES,
    World,
    lane_settings,
)

UNPAID = 11
INVENTORY = {"breaker": NO_BREAKER}
SKUS = ("MUG", "CUP")


@dataclass
class LaneSharingStock(World):
    """A lane that knows which others sell from its stock."""

    others: list[World] = field(default_factory=list)

    def context(self, name: str, **more: Any) -> StageContext:
        found = super().context(name, **more)
        found.lanes_sharing_stock = [lane.lane for lane in self.others]
        return found


Pair = tuple[LaneSharingStock, LaneSharingStock]


@pytest.fixture
def pair(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Two stores on one customer and facility of one warehouse; their OrderIDs are the same."""
    world = make_world(inventory=INVENTORY)
    with Shop("second", seed=7, store_rules={"throttle": False}) as shop:
        monkeypatch.setenv(
            "AIRFLOW_CONN_THREEDCART_SECOND", shop.connections()["AIRFLOW_CONN_THREEDCART_SECOND"]
        )
        shop.warehouse = world.shop.warehouse
        settings = lane_settings(
            name="second", store={"connection": "threedcart_second"}, inventory=INVENTORY
        )
        first, second = (
            LaneSharingStock(world.shop, world.ledger, world.settings),
            LaneSharingStock(shop, world.ledger, settings),
        )
        first.others, second.others = [second], [first]
        second.settle_in()
        yield first, second


def stocked(pair: Pair, **stocks: int) -> dict[str, int]:
    """Stock these products in the warehouse, and push them to both stores; return the CatalogIDs by SKU."""
    ids = [goods(lane, stocks) for lane in pair]
    assert ids[0] == ids[1]
    for lane in pair:
        push(lane)
    return ids[0]


def test_a_unit_that_one_store_sold_is_gone_from_the_other_once_imported(pair: Pair) -> None:
    first, second = pair
    mug = stocked(pair, MUG=1)["MUG"]
    assert (shown(first, mug), shown(second, mug)) == (1, 1)
    assert buy(first, mug)
    first.go("import_orders")
    push(second)
    assert shown(second, mug) == 0
    # It is subtracted once, whatever its state.
    first.stock("MUG", qty=5)
    for stages in (("validate_mappings",), ORDERS_STAGES, SHIPMENT_STAGES):
        first.go(*stages)
        push(second)
        assert shown(second, mug) == 4


def test_an_unpaid_order_counts_for_the_other_store_once_its_own_store_was_read(pair: Pair) -> None:
    first, second = pair
    mug = stocked(pair, MUG=3)["MUG"]
    order_id = buy(first, mug, 2, OrderStatusID=UNPAID)
    assert order_id
    push(first)
    push(second)
    assert shown(second, mug) == 1
    first.shop.store.edit(order_id, OrderStatusID=NEW)
    first.go(*ORDERS_STAGES)
    push(second)
    assert shown(second, mug) == 1
    # What a paused lane listed does not count permanently.
    first.shop.store.edit(buy(first, mug, OrderStatusID=UNPAID) or 0, OrderStatusID=UNPAID)
    push(first)
    push(second)
    assert shown(second, mug) == 0
    first.execute("UPDATE stock_listed SET listed_at = listed_at - interval '25 h'")
    push(second)
    assert shown(second, mug) == 1


def test_each_store_has_its_own_skus_for_the_shared_stock(pair: Pair) -> None:
    first, second = pair
    mug = stocked(pair, MUG=9)["MUG"]
    first.settings["skus"] = [{"store": "MUG-2", "sku": "MUG", "quantity": 2}]
    state = first.shop.store.state
    with state.lock:
        [pack] = state.stock([{"SKUInfo": {"SKU": "MUG-2", "Name": "Two mugs", "Price": 8.0, "Stock": 4}}])
    assert buy(first, pack, 3)
    first.go("import_orders")
    push(second)
    assert shown(second, mug) == 3


def test_a_dry_run_stores_nothing(pair: Pair) -> None:
    from cartage.inventory.plan import plan_push

    first, _ = pair
    mug = stocked(pair, MUG=3)["MUG"]
    buy(first, mug)
    context = first.context("stock_diff")
    assert context.lane.inventory
    plan_push(context, context.lane.inventory)
    context.close()
    assert first.rows("SELECT FROM stock_listed") == []


def test_a_store_shows_only_its_share_of_what_is_free(pair: Pair) -> None:
    first, second = pair
    first.settings["inventory"] = INVENTORY | {"share": 70}
    second.settings["inventory"] = INVENTORY | {"share": 30}
    mug = stocked(pair, MUG=11)["MUG"]
    assert (shown(first, mug), shown(second, mug)) == (7, 3)


class Market:
    """Actions of everyone in two stores, drawn from a seed."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair, self.random = pair, Random(seed)
        self.places = stocked(pair, MUG=6, CUP=4)
        self.sold: list[tuple[LaneSharingStock, int]] = []
        self.actions = {
            self.shop: 5,
            self.transfer: 2,
            self.ship: 2,
            self.receive: 1,
            self.change: 2,
            self.poll: 2,
        }

    def step(self) -> None:
        [action] = self.random.choices(list(self.actions), list(self.actions.values()))
        action()

    def shop(self) -> None:
        """People buy in one store; then it is read, and stock is pushed to the other."""
        lane = self.random.choice(self.pair)
        for _ in range(self.random.randint(1, 3)):
            sku, status = self.random.choice(SKUS), self.random.choice([NEW, NEW, UNPAID])
            order_id = buy(lane, self.places[sku], self.random.randint(1, 3), sku="", OrderStatusID=status)
            self.sold += [(lane, order_id)] if order_id else []
        lane.go("update_stock")
        for other in lane.others:
            other.go("update_stock")

    def transfer(self) -> None:
        self.random.choice(self.pair).go(*ORDERS_STAGES)

    def ship(self) -> None:
        warehouse = self.pair[0].shop.warehouse
        whole = [order for order in warehouse.state.book if order.fully_allocated]
        warehouse.floor.ship(whole[: self.random.randint(1, 3)])
        for lane in self.pair:
            lane.go(*SHIPMENT_STAGES)

    def receive(self) -> None:
        item = self.pair[0].shop.warehouse.state.catalogue.item(12, self.random.choice(SKUS))
        assert item
        item.on_hand += self.random.randint(1, 3)

    def change(self) -> None:
        """A person pays, holds, releases or cancels an order that was not sent."""
        sent = self.sent()
        unsent = [(item, number) for item, number in self.sold if self.reference(item, number) not in sent]
        for item, number in self.random.sample(unsent, min(1, len(unsent))):
            if item.store_status(number) != CANCEL:
                item.shop.store.edit(number, OrderStatusID=self.random.choice([NEW, HOLD, CANCEL]))

    def poll(self) -> None:
        self.random.choice(self.pair).go("poll_stock")

    def sent(self) -> set[str]:
        return {order.accepted_as for order in self.pair[0].shop.warehouse.state.book}

    def reference(self, lane: LaneSharingStock, order_id: int) -> str:
        [row] = lane.rows(
            "SELECT s.code FROM store s JOIN lane_state l ON l.store_id = s.id WHERE l.lane = :lane",
            lane=lane.lane.name,
        )
        return f"{row.code}_{order_id}_0"

    def unfillable(self) -> dict[str, float]:
        """Return what is sold beyond what is there, by SKU, from stores and warehouse and not the ledger."""
        book = self.pair[0].shop.warehouse.state.book
        shipped = {order.accepted_as for order in book if order.is_closed}
        promised = dict.fromkeys(SKUS, 0.0)
        for item, number in self.sold:
            order = item.shop.store.order(number)
            if self.reference(item, number) not in shipped and order["OrderStatusID"] != CANCEL:
                for line in order["OrderItemList"]:
                    promised[line["ItemID"]] += line["ItemQuantity"]
        items = self.pair[0].shop.warehouse.state.catalogue.items()
        there = {item.sku: float(item.on_hand) for item in items}
        return {sku: many - there[sku] for sku, many in promised.items() if many > there[sku]}


@pytest.mark.parametrize("seed", [5, 2026])
def test_two_stores_together_never_sell_what_their_warehouse_cannot_fill(pair: Pair, seed: int) -> None:
    market = Market(pair, seed)
    for _ in range(24):
        market.step()
        assert market.unfillable() == {}
    assert {item.lane.name for item, _ in market.sold} == {"demo", "second"}
