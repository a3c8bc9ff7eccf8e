"""Random histories of a lane with three warehouses whose orders are divided: every unit ships once or is accounted for.

Orders come, are edited and cancelled, rules and stock change, persons choose, warehouses are down or lose responses,
and the ledger forgets what it sent. CARTAGE_DIVIDED_HISTORIES and CARTAGE_HISTORIES_SEED choose how many and which.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from cartage.errors import CartageError
from cartage.model.orders import RoutingChoice
from cartage.routing.repo.choices import write_choice
from cartage_sandbox.kernel.faults import Fault
from tests.contract.divided import (
    due_again,
    forget_parts,
    order_of,
    parts_of,
    restored_an_hour_ago,
    set_lines,
    units_in_store,
    units_of_parts,
)
from tests.contract.three_warehouses import NORTH, WAREHOUSES, ThreeWarehouses
from tests.contract.two_warehouses import EAST, WEST
from tests.contract.world import CANCEL, ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED

_FIRST = int(os.environ.get("CARTAGE_HISTORIES_SEED", "1"))
_MANY = int(os.environ.get("CARTAGE_DIVIDED_HISTORIES", "1"))
_STEPS = 16
_SKUS = ("MUG", "PAN", "TEA")
_RULES: tuple[list[dict[str, Any]], ...] = (
    [],
    [
        {"name": "mugs", "when": {"skus": ["MUG"]}, "to": WEST},
        {"name": "tea", "when": {"skus": ["TEA"]}, "to": NORTH},
    ],
    [{"name": "stock", "prefer": [WEST, EAST, NORTH], "split": "when_needed"}],
    [{"name": "stock", "prefer": [EAST, NORTH, WEST], "split": "by_line"}],
    [
        {
            "name": "pans",
            "when": {"skus": ["PAN"]},
            "prefer": [NORTH, WEST],
            "split": "when_needed",
            "backorder_at": EAST,
        }
    ],
    [{"name": "drop", "when": {"skus": ["TEA"]}, "nobody": True}, {"name": "stock", "prefer": [WEST, EAST]}],
)
_EVERYTHING = ("poll_stock", *ORDERS_STAGES, *SHIPMENT_STAGES)


class History:
    """One random history; `log` says what happened, for a failure."""

    def __init__(self, three: ThreeWarehouses, seed: int) -> None:
        self.three, self.rng = three, Random(seed)
        self.orders: list[int] = []
        self.cancelled: set[int] = set()
        self.numbers: dict[int, list[str]] = {}
        self.log: list[str] = [f"seed {seed}"]

    def play(self) -> None:
        """Let random things happen, check after each, and bring everything to its end."""
        steps = (
            self.place, self.place, self.rules, self.stock, self.outage, self.lose, self.forget, self.edit, self.edit,
            self.cancel, self.choose, self.ship,
        )  # fmt: skip
        self.stock()
        self.place()
        for _ in range(_STEPS):
            step = self.rng.choice(steps)
            self.log.append(step.__name__)
            step()
            self.go(*self.rng.choice((ORDERS_STAGES, SHIPMENT_STAGES, _EVERYTHING)))
            self.check()
        self.end()

    def place(self) -> None:
        skus = self.rng.sample(_SKUS, self.rng.randint(1, 3))
        self.orders.append(order_of(self.three, **{sku: self.rng.randint(1, 4) for sku in skus}))
        self.log.append(f"{self.orders[-1]}: {units_in_store(self.three, self.orders[-1])}")

    def rules(self) -> None:
        number = self.rng.randrange(len(_RULES))
        self.three.settings["routing"] = _RULES[number]
        self.log.append(f"rules {number}")

    def stock(self) -> None:
        for warehouse in (EAST, WEST):
            for sku in _SKUS:
                self.three.put(warehouse, sku, self.rng.choice((0, 2, 6, 500)))
        for sku in _SKUS:
            self.three.put(NORTH, sku, 1000)

    def outage(self) -> None:
        if self.rng.random() < 0.5:
            self.three.is_down(self.rng.choice(WAREHOUSES))
        else:
            self.recover()

    def recover(self) -> None:
        for warehouse in WAREHOUSES:
            self.three.faults_of(warehouse).clear()
        self.three.execute("DELETE FROM circuit")

    def lose(self) -> None:
        """Lose the response to the next order that a warehouse takes."""
        route = {EAST: "POST .*/orders$", WEST: "POST .*/order$", NORTH: "POST .*/fulfillmentOrders$"}
        warehouse = self.rng.choice(WAREHOUSES)
        self.three.faults_of(warehouse).add(Fault(route[warehouse], "reset", "after"))

    def forget(self) -> None:
        """Restore a backup that is older than the transfer of one order, and than its division."""
        rows = self.three.rows(
            "SELECT DISTINCT f.sales_order_id, f.order_id FROM fulfillment_order f WHERE f.state = 'acknowledged' "
            "AND f.superseded_at IS NULL AND NOT EXISTS (SELECT FROM shipment h JOIN fulfillment_order g "
            "ON g.id = h.fulfillment_order_id WHERE g.sales_order_id = f.sales_order_id) "
            "AND NOT EXISTS (SELECT FROM fulfillment_order g WHERE g.sales_order_id = f.sales_order_id "
            "AND (g.generation > 0 OR g.state NOT IN ('acknowledged', 'skipped', 'imported', 'blocked', 'ready'))) "
            "AND NOT EXISTS (SELECT FROM exception x WHERE x.sales_order_id = f.sales_order_id) "
            "ORDER BY f.order_id"
        )
        if rows:
            forget_parts(self.three, self.rng.choice(rows).sales_order_id)
        restored_an_hour_ago(self.three)

    def edit(self) -> None:
        """A person changes quantities, or the lines, of an order of which nothing has shipped."""
        if order_id := self.quiet_order():
            units = units_in_store(self.three, order_id)
            sku = self.rng.choice(_SKUS)
            units[sku] = self.rng.randint(0, 4)
            units = {name: number for name, number in units.items() if number} or {"MUG": 1}
            set_lines(self.three, order_id, **units)
            self.log.append(f"{order_id}: edited to {units}")

    def cancel(self) -> None:
        if self.rng.random() < 0.4 and (order_id := self.quiet_order()):
            self.three.shop.store.edit(order_id, OrderStatusID=CANCEL)
            self.cancelled.add(order_id)
            self.log.append(f"{order_id}: cancelled")

    def choose(self) -> None:
        rows = self.three.rows(
            "SELECT id FROM fulfillment_order WHERE state = 'blocked' AND superseded_at IS NULL"
        )
        if rows:
            with self.three.ledger.begin() as connection:
                choice = self.rng.choice(list(RoutingChoice))
                write_choice(connection, self.three.lane.name, [self.rng.choice(rows).id], choice)

    def quiet_order(self) -> int | None:
        """Return an order of which nothing has shipped and that is not cancelled."""
        found = [order for order in self.orders if order not in self.numbers and order not in self.cancelled]
        return self.rng.choice(found) if found else None

    def ship(self) -> None:
        if order_id := self.quiet_order():
            parts = [part for part in parts_of(self.three, order_id) if part.state == "acknowledged"]
            if parts and not self.open_exceptions(order_id) and self.is_settled(order_id):
                part = self.rng.choice(parts)
                self.ship_part(order_id, part.warehouse, part.reference)

    def ship_part(self, order_id: int, warehouse: str, reference: str) -> None:
        numbers = self.three.ship_at(warehouse, reference, packages=self.rng.randint(1, 2))
        self.numbers.setdefault(order_id, []).extend(numbers)
        self.log.append(f"{order_id}: shipped {reference} from {warehouse}")

    def is_settled(self, order_id: int) -> bool:
        """Whether the ledger has seen the store's present order, so that what ships is what is wanted."""
        return units_of_parts(self.three, order_id) == units_in_store(self.three, order_id)

    def open_exceptions(self, order_id: int) -> list[Any]:
        return list(
            self.three.rows(
                "SELECT x.kind, x.message FROM exception x JOIN sales_order s ON s.id = x.sales_order_id "
                "WHERE s.order_id = :id AND x.ended_at IS NULL",
                id=order_id,
            )
        )

    def go(self, *names: str) -> None:
        for name in names:
            if name == "import_orders":
                due_again(self.three)
            # Airflow skips a stage that is idle. Now and then, see that such a stage does nothing if it runs anyway.
            skips_idle = self.rng.random() < 0.75
            try:
                self.three.go_once(name, skips_idle=skips_idle)
            except CartageError as failure:
                self.log.append(f"{name}: {type(failure).__name__}")
            if self.rng.random() < 0.3:
                self.three.wait_out()

    def check(self) -> None:
        """Each reference was accepted once, at one place; quantities are those of the copy that the ledger has."""
        sent = self.three.sent()
        times = Counter[str]()
        for at in sent.values():
            times.update(at)
        assert not times or max(times.values()) == 1, (times, self.log)
        for order_id in self.orders:
            parts = parts_of(self.three, order_id)
            known = self.known_units(order_id)
            states = {part.state for part in parts}
            # Of an order that was cancelled at the warehouses, what others ship is not edited any more.
            ended = "cancelled" in states and states <= {"cancelled", "skipped"}
            if states and not ended and not self.open_exceptions(order_id):
                assert units_of_parts(self.three, order_id) == known, self.story(order_id, known)

    def story(self, order_id: int, found: object) -> str:
        events = self.three.rows(
            "SELECT to_char(e.at, 'HH24:MI:SS') AS at, f.part, e.kind, e.from_state, e.to_state, e.actor, e.why "
            "FROM event e JOIN sales_order s ON s.id = e.sales_order_id "
            "LEFT JOIN fulfillment_order f ON f.id = e.fulfillment_order_id WHERE s.order_id = :id ORDER BY e.id",
            id=order_id,
        )
        parts, exceptions = parts_of(self.three, order_id), self.open_exceptions(order_id)
        said = [*self.log, f"order {order_id} is wrong: {found}", *parts, *exceptions, *events]
        return "\n".join(map(str, said))

    def known_units(self, order_id: int) -> dict[str, int]:
        """Return what the ledger's copy of the store's order says."""
        rows = self.three.rows(
            "SELECT line ->> 'sku' AS sku, sum((line ->> 'quantity')::numeric) AS quantity FROM sales_order s, "
            "jsonb_array_elements(s.document -> 'groups') g, jsonb_array_elements(g -> 'lines') line "
            "WHERE s.order_id = :id GROUP BY 1",
            id=order_id,
        )
        return {row.sku: int(row.quantity) for row in rows if row.quantity}

    def end(self) -> None:
        """Once all faults are over, everything ships."""
        three = self.three
        self.recover()
        three.settings["routing"] = [{"name": "stock", "prefer": [EAST, WEST, NORTH], "split": "by_line"}]
        for warehouse in WAREHOUSES:
            for sku in _SKUS:
                three.put(warehouse, sku, 1000)
        self.settle(within=6)
        for order_id in self.orders:
            if order_id not in self.cancelled:
                for part in parts_of(three, order_id):
                    if part.state == "acknowledged":
                        self.ship_part(order_id, part.warehouse, part.reference)
        self.settle(within=3)
        at = {name: three.units_at(name) for name in WAREHOUSES}
        for order_id in self.orders:
            self.check_ending(order_id, at)

    def settle(self, within: int) -> None:
        """Run everything until a whole round changes nothing more, at most so many times."""
        for _ in range(within):
            before = self.traces()
            self.three.wait_out()
            self.go(*_EVERYTHING)
            if self.traces() == before:
                break
        self.check()

    def traces(self) -> tuple[Any, ...]:
        """Return what shows that anything happened, in the ledger or outside."""
        [row] = self.three.rows(
            "SELECT (SELECT max(id) FROM event), (SELECT count(*) FROM exception WHERE closed_at IS NULL), "
            "(SELECT count(*) FROM cause WHERE closed_at IS NULL), surveyed_at, quarantine_ended_at FROM lane_state"
        )
        return (*row, *self.three.effects())

    def check_ending(self, order_id: int, at: dict[str, dict[str, Counter[str]]]) -> None:
        rows = self.three.rows("SELECT reference FROM fulfillment_order WHERE order_id = :id", id=order_id)
        shipped = Counter[str]()
        for units in at.values():
            for row in rows:
                shipped += units.get(row.reference, Counter())
        story = self.story(order_id, shipped)
        if order_id in self.cancelled:
            assert not shipped, story
            return
        left_out = Counter[str]()
        for part in parts_of(self.three, order_id):
            left_out.update(part.units if part.state == "skipped" else {})
        assert shipped + left_out == Counter(units_in_store(self.three, order_id)), story
        if shipped:
            assert self.three.store_status(order_id) == SHIPPED, story
            self.check_tracking(order_id, story)

    def check_tracking(self, order_id: int, story: str) -> None:
        """The store names every number: of the first package in the tracking field, of the others in the comments."""
        told = f"{self.three.tracking(order_id)} {self.three.shop.store.order(order_id)['InternalComments']}"
        missing = [number for number in self.numbers[order_id] if number not in told]
        assert not missing, f"{missing} are not in {told!r}: {story}"


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _MANY))
def test_every_unit_ships_once_whatever_happens(three: ThreeWarehouses, seed: int) -> None:
    three.settings |= {
        "inventory": {},
        "changes": {"edited": "resend", "cancelled": "cancel"},
        "post_back": {"further_packages": "comments"},
    }
    History(three, seed).play()
