"""Stock over real HTTP: shoppers, transfers, shipments, receipts and pushes in any order, from a seed.

After each push the store shows what is there, less what it has sold, less what came in since the warehouse was read:
each unit is taken off once, wherever it is between the acknowledgement, the shipment and the reading.

No shopper buys while a stage runs here, every good has one entry, and the warehouse loses nothing: so there is nothing
that a push cannot know, and the store must never sell what the warehouse cannot fill. `test_update_stock.py` has a
sale amid a push; the model of `tests/unit/inventory/test_stock_never_oversells.py` has all of it at once.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, options, shown
from tests.contract.world import CANCEL, HOLD, NEW, ORDERS_STAGES, SHIPMENT_STAGES, World

SKUS = ("MUG", "TENT-S", "TENT-L")
STEPS = 26
# Orders that the figures left out when the warehouse had them, and that have shipped since.
_SHIPPED_SINCE = """
    SELECT FROM fulfillment_order f JOIN event e ON e.fulfillment_order_id = f.id AND e.to_state = 'acknowledged'
    JOIN stock_reading r ON r.lane = f.lane AND e.at <= r.began_at
    WHERE f.state = 'shipped' AND f.state_since > r.began_at
"""


class Trade:
    """Actions of everyone, drawn from a seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        mug = goods(world, {"MUG": 14})["MUG"]
        tent = options(world, "TENT", {"TENT-S": 11, "TENT-L": 4})
        self.places = {"MUG": mug, "TENT-S": tent, "TENT-L": tent}
        self.sold: list[int] = []
        self.received: Counter[str] = Counter()  # since the last reading
        self.shipped_since = 0
        self.actions = {
            self.shop: 5,
            self.transfer: 4,
            self.ship: 4,
            self.ship_unseen: 1,
            self.ship_after_reading: 2,
            self.receive: 1,
            self.hold_or_release: 1,
            self.cancel: 1,
            self.push: 2,
            self.poll: 2,
            self.update: 5,
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
        self.ship_unseen()
        self.look_for_shipments()

    def ship_unseen(self) -> None:
        floor = self.world.shop.warehouse.floor
        book = self.world.shop.warehouse.state.book
        whole = [order for order in book if order.fully_allocated and not order.is_closed]
        floor.ship(whole[: self.random.randint(1, 3)])

    def ship_after_reading(self) -> None:
        """Read the figures with an order at the warehouse in them, and let it leave before the store gets them."""
        self.shop()
        self.transfer()
        self.poll()
        self.ship()
        self.update()

    def look_for_shipments(self) -> None:
        self.world.go(*SHIPMENT_STAGES)

    def receive(self) -> None:
        item = self.world.shop.warehouse.state.catalogue.item(12, self.random.choice(SKUS))
        assert item
        many = self.random.randint(1, 3)
        item.on_hand += many
        self.received[item.sku] += many

    def hold_or_release(self) -> None:
        for order_id in self.unsent()[:2]:
            status = NEW if self.world.store_status(order_id) in (HOLD, 11) else HOLD
            self.world.shop.store.edit(order_id, OrderStatusID=status)

    def cancel(self) -> None:
        for order_id in self.unsent()[:1]:
            self.world.shop.store.edit(order_id, OrderStatusID=CANCEL)

    def push(self) -> None:
        self.poll()
        self.update()

    def poll(self) -> None:
        self.world.go("poll_stock")
        self.received.clear()

    def update(self) -> None:
        self.world.go("update_stock")
        self.shipped_since += len(self.world.rows(_SHIPPED_SINCE))
        free = self.free()
        assert self.shown() == {sku: max(free[sku] - self.received[sku], 0) for sku in SKUS}

    def shown(self) -> dict[str, int]:
        return {
            sku: shown(self.world, place, "" if sku == "MUG" else sku) for sku, place in self.places.items()
        }

    def unsent(self) -> list[int]:
        sent = {int(reference.split("_")[1]) for reference in self.world.references()}
        unsent = [
            order_id
            for order_id in self.sold
            if self.world.store_status(order_id) != CANCEL and order_id not in sent
        ]
        self.random.shuffle(unsent)
        return unsent

    def unfillable(self) -> dict[str, int]:
        """Return what is sold beyond what is there, by SKU."""
        return {sku: -free for sku, free in self.free().items() if free < 0}

    def free(self) -> dict[str, int]:
        """Return what is there less what is sold, by SKU, from the store and the warehouse and not the ledger."""
        shipped = {
            int(order.accepted_as.split("_")[1])
            for order in self.world.shop.warehouse.state.book
            if order.is_closed
        }
        promised = dict.fromkeys(SKUS, 0)
        for order_id in self.sold:
            order = self.world.shop.store.order(order_id)
            if order_id not in shipped and order["OrderStatusID"] != CANCEL:
                for line in order["OrderItemList"]:
                    promised[line["ItemID"]] += int(line["ItemQuantity"])
        there = {item.sku: int(item.on_hand) for item in self.world.shop.warehouse.state.catalogue.items()}
        return {sku: there[sku] - promised[sku] for sku in SKUS}


@pytest.mark.parametrize("seed", [7, 15, 2026])
def test_the_store_never_sells_what_the_warehouse_cannot_fill(make_world: MakeWorld, seed: int) -> None:
    trade = Trade(make_world(inventory={"breaker": NO_BREAKER}), seed)
    for _ in range(STEPS):
        trade.step()
        assert trade.unfillable() == {}
    assert len(trade.sold) > 3
    assert trade.shipped_since
