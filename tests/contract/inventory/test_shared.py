"""Two stores that sell from one stock of a warehouse: each takes into account what the other has sold.

What cannot be known is what a store sold that its own lane has not asked it about since. So the property test asks the
store that sold, and tells the other, before anybody buys there; in between everything happens in any order.
"""

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
        found.lanes_sharing_stock = [one.lane for one in self.others]
        return found


Pair = tuple[LaneSharingStock, LaneSharingStock]


@pytest.fixture
def pair(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Two stores on one customer and facility of one warehouse; their OrderIDs are the same."""
    first = make_world(inventory=INVENTORY)
    with Shop("second", seed=7, store_rules={"throttle": False}) as shop:
        monkeypatch.setenv(
            "AIRFLOW_CONN_THREEDCART_SECOND", shop.connections()["AIRFLOW_CONN_THREEDCART_SECOND"]
        )
        shop.warehouse = first.shop.warehouse
        settings = lane_settings(
            name="second", store={"connection": "threedcart_second"}, inventory=INVENTORY
        )
        one, two = (
            LaneSharingStock(first.shop, first.ledger, first.settings),
            LaneSharingStock(shop, first.ledger, settings),
        )
        one.others, two.others = [two], [one]
        two.settle_in()
        yield one, two


def stocked(pair: Pair, **stocks: int) -> dict[str, int]:
    """These goods in the warehouse, and in both stores, which are told of them; returns the CatalogIDs by SKU."""
    ids = [goods(one, stocks) for one in pair]
    assert ids[0] == ids[1]
    for one in pair:
        push(one)
    return ids[0]


def test_a_piece_that_one_store_sold_is_gone_from_the_other_once_it_was_imported(pair: Pair) -> None:
    one, two = pair
    mug = stocked(pair, MUG=1)["MUG"]
    assert (shown(one, mug), shown(two, mug)) == (1, 1)
    assert buy(one, mug)
    one.go("import_orders")
    push(two)
    assert shown(two, mug) == 0
    # It is subtracted once, wherever it stands.
    one.stock("MUG", qty=5)
    for stages in (("validate_mappings",), ORDERS_STAGES, SHIPMENT_STAGES):
        one.go(*stages)
        push(two)
        assert shown(two, mug) == 4


def test_an_order_that_nobody_has_paid_is_known_to_the_other_store_once_its_own_was_asked(pair: Pair) -> None:
    one, two = pair
    mug = stocked(pair, MUG=3)["MUG"]
    order_id = buy(one, mug, 2, OrderStatusID=UNPAID)
    assert order_id
    push(one)
    push(two)
    assert shown(two, mug) == 1
    one.shop.store.edit(order_id, OrderStatusID=NEW)
    one.go(*ORDERS_STAGES)
    push(two)
    assert shown(two, mug) == 1
    # A lane that is paused says nothing for ever.
    one.shop.store.edit(buy(one, mug, OrderStatusID=UNPAID) or 0, OrderStatusID=UNPAID)
    push(one)
    push(two)
    assert shown(two, mug) == 0
    one.execute("UPDATE stock_listed SET listed_at = listed_at - interval '25 h'")
    push(two)
    assert shown(two, mug) == 1


def test_each_store_has_its_own_names_for_what_is_on_the_shelf(pair: Pair) -> None:
    one, two = pair
    mug = stocked(pair, MUG=9)["MUG"]
    one.settings["skus"] = [{"store": "MUG-2", "sku": "MUG", "quantity": 2}]
    state = one.shop.store.state
    with state.lock:
        [pack] = state.stock([{"SKUInfo": {"SKU": "MUG-2", "Name": "Two mugs", "Price": 8.0, "Stock": 4}}])
    assert buy(one, pack, 3)
    one.go("import_orders")
    push(two)
    assert shown(two, mug) == 3


def test_a_dry_run_keeps_nothing(pair: Pair) -> None:
    from cartage.inventory.plan import plan_push

    one, _ = pair
    mug = stocked(pair, MUG=3)["MUG"]
    buy(one, mug)
    context = one.context("stock_diff")
    assert context.lane.inventory
    plan_push(context, context.lane.inventory)
    context.close()
    assert one.rows("SELECT FROM stock_listed") == []


def test_a_share_of_what_is_free_is_all_that_a_store_shows(pair: Pair) -> None:
    one, two = pair
    one.settings["inventory"] = INVENTORY | {"share": 70}
    two.settings["inventory"] = INVENTORY | {"share": 30}
    mug = stocked(pair, MUG=11)["MUG"]
    assert (shown(one, mug), shown(two, mug)) == (7, 3)


class Market:
    """Deeds of everyone in two stores, drawn from a seed."""

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
        """People buy in one store; then it is asked, and the other is told."""
        one = self.random.choice(self.pair)
        for _ in range(self.random.randint(1, 3)):
            sku, status = self.random.choice(SKUS), self.random.choice([NEW, NEW, UNPAID])
            order_id = buy(one, self.places[sku], self.random.randint(1, 3), sku="", OrderStatusID=status)
            self.sold += [(one, order_id)] if order_id else []
        one.go("update_stock")
        for other in one.others:
            other.go("update_stock")

    def transfer(self) -> None:
        self.random.choice(self.pair).go(*ORDERS_STAGES)

    def ship(self) -> None:
        warehouse = self.pair[0].shop.warehouse
        whole = [order for order in warehouse.state.book if order.fully_allocated]
        warehouse.floor.ship(whole[: self.random.randint(1, 3)])
        for one in self.pair:
            one.go(*SHIPMENT_STAGES)

    def receive(self) -> None:
        item = self.pair[0].shop.warehouse.state.catalogue.item(12, self.random.choice(SKUS))
        assert item
        item.on_hand += self.random.randint(1, 3)

    def change(self) -> None:
        """A person pays, holds, releases or cancels an order that was not sent."""
        sent = self.sent()
        open_ones = [(one, number) for one, number in self.sold if self.reference(one, number) not in sent]
        for one, number in self.random.sample(open_ones, min(1, len(open_ones))):
            if one.store_status(number) != CANCEL:
                one.shop.store.edit(number, OrderStatusID=self.random.choice([NEW, HOLD, CANCEL]))

    def poll(self) -> None:
        self.random.choice(self.pair).go("poll_stock")

    def sent(self) -> set[str]:
        return {order.accepted_as for order in self.pair[0].shop.warehouse.state.book}

    def reference(self, one: LaneSharingStock, order_id: int) -> str:
        [row] = one.rows(
            "SELECT s.code FROM store s JOIN lane_state l ON l.store_id = s.id WHERE l.lane = :lane",
            lane=one.lane.name,
        )
        return f"{row.code}_{order_id}_0"

    def unfillable(self) -> dict[str, float]:
        """What is promised beyond what is there, by SKU: stores and warehouse are asked, not the ledger."""
        book = self.pair[0].shop.warehouse.state.book
        shipped = {order.accepted_as for order in book if order.is_closed}
        promised = dict.fromkeys(SKUS, 0.0)
        for one, number in self.sold:
            order = one.shop.store.order(number)
            if self.reference(one, number) not in shipped and order["OrderStatusID"] != CANCEL:
                for line in order["OrderItemList"]:
                    promised[line["ItemID"]] += line["ItemQuantity"]
        items = self.pair[0].shop.warehouse.state.catalogue.items()
        there = {item.sku: float(item.on_hand) for item in items}
        return {sku: many - there[sku] for sku, many in promised.items() if many > there[sku]}


@pytest.mark.parametrize("seed", [5, 2026])
def test_two_stores_never_sell_what_their_warehouse_cannot_fill_together(pair: Pair, seed: int) -> None:
    market = Market(pair, seed)
    for _ in range(24):
        market.step()
        assert market.unfillable() == {}
    assert {one.lane.name for one, _ in market.sold} == {"demo", "second"}
