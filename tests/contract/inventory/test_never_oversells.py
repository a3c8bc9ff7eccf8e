"""Stock over real HTTP: shoppers, transfers, shipments, receipts and pushes in any order, from a seed.

No shopper buys while a stage runs here, every good has one entry, and the warehouse loses nothing: so there is nothing
that a push cannot know, and the store must never sell what the warehouse cannot fill. `test_update_stock.py` has a
sale amid a push; the model of `tests/unit/inventory/test_stock_never_oversells.py` has all of it at once.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, options, push
from tests.contract.world import CANCEL, HOLD, NEW, ORDERS_STAGES, SHIPMENT_STAGES, World

SKUS = ("MUG", "TENT-S", "TENT-L")
STEPS = 26


class Trade:
    """Actions of everyone, drawn from a seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        mug = goods(world, {"MUG": 5})["MUG"]
        tent = options(world, "TENT", {"TENT-S": 4, "TENT-L": 3})
        self.places = {"MUG": mug, "TENT-S": tent, "TENT-L": tent}
        self.sold: list[int] = []
        self.actions = {
            self.shop: 6,
            self.transfer: 2,
            self.ship: 2,
            self.receive: 1,
            self.hold_or_release: 1,
            self.cancel: 1,
            self.push: 3,
            self.poll: 2,
            self.update: 2,
        }
        self.push()

    def step(self) -> None:
        [action] = self.random.choices(list(self.actions), list(self.actions.values()))
        action()

    def shop(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            sku = self.random.choice(SKUS)
            status = self.random.choice([NEW, NEW, 11])
            order_id = buy(self.world, self.places[sku], self.random.randint(1, 3), sku, OrderStatusID=status)
            self.sold += [order_id] if order_id else []

    def transfer(self) -> None:
        self.world.go(*ORDERS_STAGES)

    def ship(self) -> None:
        floor = self.world.shop.warehouse.floor
        whole = [order for order in self.world.shop.warehouse.state.book if order.fully_allocated]
        floor.ship(whole[: self.random.randint(1, 3)])
        self.world.go(*SHIPMENT_STAGES)

    def receive(self) -> None:
        item = self.world.shop.warehouse.state.catalogue.item(12, self.random.choice(SKUS))
        assert item
        item.on_hand += self.random.randint(1, 3)

    def hold_or_release(self) -> None:
        for order_id in self.unsent()[:2]:
            status = NEW if self.world.store_status(order_id) in (HOLD, 11) else HOLD
            self.world.shop.store.edit(order_id, OrderStatusID=status)

    def cancel(self) -> None:
        for order_id in self.unsent()[:1]:
            self.world.shop.store.edit(order_id, OrderStatusID=CANCEL)

    def push(self) -> None:
        push(self.world)

    def poll(self) -> None:
        self.world.go("poll_stock")

    def update(self) -> None:
        if self.world.rows("SELECT FROM stock_reading"):
            self.world.go("update_stock")

    def unsent(self) -> list[int]:
        sent = {int(reference.split("_")[1]) for reference in self.world.references()}
        unsent = [
            order_id
            for order_id in self.sold
            if self.world.store_status(order_id) != CANCEL and order_id not in sent
        ]
        self.random.shuffle(unsent)
        return unsent

    def unfillable(self) -> dict[str, float]:
        """Return what is sold beyond what is there, by SKU, from the store and the warehouse and not the ledger."""
        shipped = {
            int(order.accepted_as.split("_")[1])
            for order in self.world.shop.warehouse.state.book
            if order.is_closed
        }
        promised = dict.fromkeys(SKUS, 0.0)
        for order_id in self.sold:
            order = self.world.shop.store.order(order_id)
            if order_id not in shipped and order["OrderStatusID"] != CANCEL:
                for line in order["OrderItemList"]:
                    promised[line["ItemID"]] += line["ItemQuantity"]
        there = {item.sku: float(item.on_hand) for item in self.world.shop.warehouse.state.catalogue.items()}
        return {sku: many - there[sku] for sku, many in promised.items() if many > there[sku]}


@pytest.mark.parametrize("seed", [7, 2026])
def test_the_store_never_sells_what_the_warehouse_cannot_fill(make_world: MakeWorld, seed: int) -> None:
    trade = Trade(make_world(inventory={"breaker": NO_BREAKER}), seed)
    for _ in range(STEPS):
        trade.step()
        assert trade.unfillable() == {}
    assert len(trade.sold) > 3
