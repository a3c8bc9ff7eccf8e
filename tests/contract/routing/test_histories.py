"""Random histories of a lane with two warehouses: every order ships once, from one of them, and the store is told so.

Orders come and are edited, rules and stock change, a warehouse is down or loses responses, and the ledger forgets what
it sent. CARTAGE_ROUTED_HISTORIES and CARTAGE_HISTORIES_SEED choose how many and which.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from cartage.errors import CartageError
from cartage_sandbox.kernel.faults import Fault
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED

_FIRST = int(os.environ.get("CARTAGE_HISTORIES_SEED", "1"))
_MANY = int(os.environ.get("CARTAGE_ROUTED_HISTORIES", "3"))
_STEPS = 16
_RULES: list[list[dict[str, Any]]] = [
    [],
    [{"name": "coast", "when": {"states": ["CA"]}, "to": WEST}],
    [{"name": "stock", "prefer": [WEST, EAST], "backorder_at": EAST}],
    [{"name": "look", "when": {"states": ["ME"]}, "prefer": [EAST, WEST], "backorder_at": WEST}],
]
_PLACES = {
    "CA": {"ShipmentState": "CA", "ShipmentZipCode": "94105", "ShipmentCity": "San Francisco"},
    "ME": {"ShipmentState": "ME", "ShipmentZipCode": "04101", "ShipmentCity": "Portland"},
}


class History:
    """One random history; `log` says what happened, for a failure."""

    def __init__(self, two: TwoWarehouses, seed: int) -> None:
        self.two, self.rng = two, Random(seed)
        self.orders: list[int] = []
        self.shipped: dict[int, list[str]] = {}
        self.log: list[str] = []

    def play(self) -> None:
        """Let random things happen, check after each, and bring everything to its end."""
        steps = (
            self.place, self.place, self.rules, self.stock, self.outage, self.lose, self.forget, self.edit, self.ship,
        )  # fmt: skip
        self.place()
        for _ in range(_STEPS):
            step = self.rng.choice(steps)
            self.log.append(step.__name__)
            step()
            self.go(*self.rng.choice((ORDERS_STAGES, SHIPMENT_STAGES, (*ORDERS_STAGES, *SHIPMENT_STAGES))))
            self.check()
        self.end()

    def place(self) -> None:
        [order_id] = self.two.place()
        self.two.amend(order_id, shipment=self.rng.choice([*_PLACES.values()]), line={"ItemID": "MUG"})
        self.orders.append(order_id)

    def rules(self) -> None:
        self.two.settings["routing"] = self.rng.choice(_RULES)

    def stock(self) -> None:
        self.two.put_in_both("MUG", east=self.rng.choice((0, 5, 500)), west=self.rng.choice((0, 5, 500)))
        self.go("poll_stock")

    def outage(self) -> None:
        if self.rng.random() < 0.5:
            self.two.west_is_down()
        else:
            self.recover()

    def recover(self) -> None:
        self.two.west.warehouse.faults.clear()
        self.two.shop.warehouse.faults.clear()
        self.two.execute("DELETE FROM circuit")

    def lose(self) -> None:
        """Lose the response to the next order that a warehouse takes."""
        if self.rng.random() < 0.5:
            self.two.west.warehouse.faults.add(Fault("POST .*/order$", "reset", "after"))
        else:
            self.two.warehouse_fault("POST .*/orders$", "reset", "after")

    def forget(self) -> None:
        """Restore a backup that is older than an order's transfer."""
        rows = self.two.rows(
            "SELECT f.id, f.sales_order_id FROM fulfillment_order f WHERE f.state = 'acknowledged' "
            "AND NOT EXISTS (SELECT FROM shipment h WHERE h.fulfillment_order_id = f.id) ORDER BY f.id"
        )
        for row in rows[:1]:
            self.two.execute("DELETE FROM transfer WHERE fulfillment_order_id = :id", id=row.id)
            self.two.execute(
                "UPDATE fulfillment_order SET state = 'imported', remote_id = NULL, warehouse = '', request = NULL "
                "WHERE id = :id",
                id=row.id,
            )
            self.two.execute(
                "UPDATE sales_order SET posted_status = NULL, posted_at = NULL, verified_at = NULL WHERE id = :id",
                id=row.sales_order_id,
            )
        self.two.execute(
            "UPDATE lane_state SET quarantined_at = now(), quarantined_since = now() - interval '1 d', "
            "surveyed_at = NULL, quarantine_ended_at = NULL, swept_at = NULL"
        )

    def edit(self) -> None:
        """The address of an order changes before it is sent."""
        waiting = [order_id for order_id in self.orders if self.two.store_status(order_id) == 1]
        unsent = [
            order_id
            for order_id in waiting
            if self.two.state_of(order_id) in ([], ["ready"], ["blocked"], ["imported"])
            and not any(self.accepted(order_id).values())
        ]
        if unsent:
            self.two.amend(self.rng.choice(unsent), shipment=self.rng.choice([*_PLACES.values()]))

    def ship(self) -> None:
        ready = [
            order_id for order_id in self.orders if order_id not in self.shipped and self.accepted(order_id)
        ]
        if ready:
            self.ship_order(self.rng.choice(ready))

    def ship_order(self, order_id: int) -> None:
        [warehouse] = self.accepted(order_id)
        two = self.two
        self.shipped[order_id] = two.west_ships(order_id) if warehouse == WEST else two.ship(order_id)

    def accepted(self, order_id: int) -> Counter[str]:
        """Return how often each warehouse accepted an order."""
        if not self.two.state_of(order_id):
            return Counter()
        reference = self.two.reference_of(order_id)
        return +Counter({name: counts.get(reference, 0) for name, counts in self.two.sent().items()})

    def go(self, *names: str) -> None:
        for name in names:
            try:
                self.two.go(name)
            except CartageError as failure:
                self.log.append(f"{name}: {type(failure).__name__}")
            if self.rng.random() < 0.3:
                self.two.wait_out()

    def check(self) -> None:
        """No warehouse and no two of them have an order twice; what is at one is known to be there."""
        for order_id in self.orders:
            accepted = self.accepted(order_id)
            assert accepted.total() <= 1, (order_id, accepted, self.log)
        rows = self.two.rows(
            "SELECT order_id, warehouse FROM fulfillment_order "
            "WHERE state IN ('acknowledged', 'partially_shipped', 'shipped')"
        )
        for row in rows:
            assert list(self.accepted(row.order_id)) == [row.warehouse], (row, self.log)

    def end(self) -> None:
        """Once all faults are over, everything ships."""
        self.recover()
        self.two.put_in_both("MUG")
        for _ in range(4):
            self.two.wait_out()
            self.go("poll_stock", *ORDERS_STAGES)
        self.check()
        for order_id in self.orders:
            assert self.two.state_of(order_id) in (["acknowledged"], ["shipped"]), (order_id, self.log)
            if order_id not in self.shipped:
                self.ship_order(order_id)
        for _ in range(3):
            self.two.wait_out()
            self.go(*SHIPMENT_STAGES)
        for order_id, numbers in self.shipped.items():
            assert numbers, self.log
            assert all(number in self.two.tracking(order_id) for number in numbers), (order_id, self.log)
            assert self.two.store_status(order_id) == SHIPPED, (order_id, self.log)


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _MANY))
def test_every_order_ships_once_whatever_happens(two: TwoWarehouses, seed: int) -> None:
    two.settings["inventory"] = {}
    two.put_in_both("MUG")
    History(two, seed).play()
