"""Random orders, rules, stock, edits and outages over two warehouses: each order ends at one of them, once."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from random import Random
from typing import Any

import pytest

from cartage.dispatch import stage
from cartage.errors import CartageError
from tests.contract.routing.test_two_warehouses import TO_CALIFORNIA, TO_MAINE
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES

FIRST_SEED = int(os.environ.get("CARTAGE_HISTORIES_SEED", "0"))
SEEDS = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("CARTAGE_ROUTED_HISTORIES", "2")))
STEPS = 14
SKUS = ("MUG", "PAN")
RULES: tuple[list[dict[str, Any]], ...] = (
    [{"name": "coast", "when": {"states": ["CA"]}, "to": WEST}],
    [{"name": "stock", "prefer": [WEST, EAST]}],
    [
        {
            "name": "pans",
            "when": {"skus": ["PAN"]},
            "lines": "all",
            "prefer": [EAST, WEST],
            "backorder_at": WEST,
        }
    ],
    [{"name": "shelf", "when": {"in_stock": [WEST]}, "to": WEST}, {"name": "rest", "to": EAST}],
    [],
)
EVERYTHING = ("poll_stock", *ORDERS_STAGES, *SHIPMENT_STAGES)


class History:
    """One random history. After each step no warehouse has more than one order of a reference."""

    def __init__(self, two: TwoWarehouses, seed: int) -> None:
        self.two, self.random = two, Random(seed)
        self.placed: list[int] = []
        two.settings["inventory"] = {}
        two.put_in_both(*SKUS, east=3, west=3)

    def step(self) -> None:
        self.random.choice(
            [self.place, self.place, self.edit, self.change_rules, self.change_stock, self.fail, self.heal]
        )()
        self.run()
        self.check_once()

    def place(self) -> None:
        where, sku = self.random.choice([TO_CALIFORNIA, TO_MAINE]), self.random.choice(SKUS)
        [order_id] = self.two.place()
        self.two.amend(
            order_id, shipment=where, line={"ItemID": sku, "ItemQuantity": self.random.randint(1, 3)}
        )
        self.placed.append(order_id)

    def edit(self) -> None:
        """Let the buyer move before the order has left."""
        waiting = {
            row.order_id
            for row in self.two.rows(
                "SELECT order_id FROM fulfillment_order WHERE state IN ('imported', 'blocked', 'ready')"
            )
        }
        if waiting:
            where = self.random.choice([TO_CALIFORNIA, TO_MAINE])
            self.two.amend(self.random.choice(sorted(waiting)), shipment=where)

    def change_rules(self) -> None:
        self.two.settings["routing"] = self.random.choice(RULES)

    def change_stock(self) -> None:
        self.two.put_in_both(*SKUS, east=self.random.randint(0, 6), west=self.random.randint(0, 6))

    def fail(self) -> None:
        self.two.west_is_down()

    def heal(self) -> None:
        self.two.west.warehouse.faults.clear()
        self.two.execute("DELETE FROM circuit")

    def run(self) -> None:
        """Run every stage, as tasks that may fail one by one."""
        # A sweep is due in every run: on a quick machine, several runs fit into a second.
        self.two.forget_sweep()
        for name in EVERYTHING:
            with closing(self.two.context(name)) as context, suppress(CartageError):
                stage(name)(context)

    def check_once(self) -> None:
        sent = self.two.sent()
        times = [count for at in sent.values() for count in at.values()]
        assert max(times, default=0) <= 1, sent
        assert not sent[EAST].keys() & sent[WEST].keys(), sent


@pytest.mark.parametrize("seed", SEEDS)
def test_each_order_ends_at_one_warehouse_once(two: TwoWarehouses, seed: int) -> None:
    history = History(two, seed)
    history.place()
    for _ in range(STEPS):
        history.step()
    history.heal()
    two.settings["routing"] = RULES[0]
    two.put_in_both(*SKUS, east=1000, west=1000)
    for _ in range(3):
        two.wait_out()
        history.run()
    history.check_once()
    assert set(two.at()) == set(history.placed)
    sent = two.sent()
    for order_id in history.placed:
        assert two.state_of(order_id) == ["acknowledged"], (seed, order_id, two.causes())
        assert two.reference_of(order_id) in sent[two.at()[order_id]], (
            "the ledger names the warehouse that has it"
        )
        assert two.store_status(order_id) == PROCESSING
        [row] = two.rows(
            "SELECT sum(l.quantity) AS units FROM fulfillment_line l JOIN fulfillment_order f "
            "ON f.id = l.fulfillment_order_id WHERE f.order_id = :id AND f.superseded_at IS NULL",
            id=order_id,
        )
        ordered = sum(line["ItemQuantity"] for line in two.shop.store.order(order_id)["OrderItemList"])
        assert row.units == ordered
