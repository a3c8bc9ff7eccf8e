"""Play what a warehouse may do with orders, at random and by seed, while the lane runs, fails and dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy.exc import DBAPIError

from cartage.errors import CartageError
from cartage_sandbox.extensiv.data.model import Order, Status
from tests.contract.shipment_histories.oracle import HAND, Oracle
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World

MODES = ("field", "field", "shipments", "comments")
_KINDS = ("single", "multi_line", "multi_ship_to")
_STEPS = 25
_MINUTE, _DAY = 60, 86_400
# Where a run may die: inside the transaction that would have changed a row of this table.
_DEATHS = (
    ("package", "NEW.posted_at IS NOT NULL"),
    ("package", "NEW.store_shipment_id IS NOT NULL"),
    ("post_back", "NEW.outcome IS NOT NULL"),
    ("sales_order", "NEW.posted_at IS DISTINCT FROM OLD.posted_at"),
    ("warehouse_state", "NEW.shipments_cursor IS DISTINCT FROM OLD.shipments_cursor"),
)
_STORE_FAULTS = (
    ("PUT .*/Shipments/", "reset"),
    ("POST .*/Shipments", "reset"),
    ("PUT .*/Orders$", "reset"),
    ("PUT .*/Orders$", "truncate"),
    ("GET .*/Orders", "status"),
)


def scene(rng: Random) -> dict[str, Any]:
    """The kinds of store, warehouse and lane of a history."""
    shown = rng.choice(("all", "all", "packages", "routing", "parcel"))
    hold = {"wait_for_carrier": "4h"} if rng.random() < 0.3 else {}
    return {
        "store_rules": {
            "shipment_status_moves_order": rng.choice(("never", "single", "always")),
            "bulk_nested_shipments": rng.random() < 0.5,
            "tracking_padding": rng.random() < 0.5,
            "results_order": rng.choice(("request", "shuffled")),
        },
        "warehouse_rules": {
            "tracking_shown": shown,
            "tracking_written": rng.choice(("bare", "grouped", "joined")),
            "package_ids": rng.choice(("unique", "zero")),
            # A master number that is shown alone is posted: nothing else is known.
            "master_numbers": shown != "routing" and rng.random() < 0.5,
            "split_share": rng.choice((0.0, 0.4)),
            "split_original": rng.choice(("renamed", "cancelled", "kept")),
        },
        "limits": {"threads": 1},  # The warehouse numbers orders as they arrive.
        "post_back": {"further_packages": rng.choice(MODES), **hold},
    }


@dataclass
class Player:
    """One history that is being played. `log` is what happened so far, for a person who investigates a failure."""

    world: World
    rng: Random
    oracle: Oracle
    log: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Play all steps, then let the lane run until it is done, and judge."""
        self._place()
        for _ in range(_STEPS):
            step = self.rng.choice(self._steps())
            step()
            self.oracle.look()
        self.finish()

    def _steps(self) -> list[Callable[[], None]]:
        """Return what may happen next; what happens more often occurs more often."""
        at_warehouse = [self._ship] * 4 + [self._floor] * 3
        return [*at_warehouse, self._time, self._hand, self._run, self._run, self._place]

    def finish(self) -> None:
        """Run without faults: settle what is under way, release what is held, and judge the store."""
        self.world.shop.store.faults.clear()
        self.world.shop.warehouse.faults.clear()
        for _ in range(4):
            self.world.wait_out()
            self.world.execute(
                "UPDATE post_back SET intent_at = intent_at - interval '2 hours',"
                " finished_at = finished_at - interval '2 hours'"
            )
            self.world.execute(
                "UPDATE shipment SET shipped_at = shipped_at - interval '1 day',"
                " first_seen_at = first_seen_at - interval '1 day'"
            )
            self.world.go(*ORDERS_STAGES)
            self.oracle.look()
            self.world.go(*SHIPMENT_STAGES)
        calls = len(self.world.calls(method="PUT")) + len(self.world.calls(method="POST"))
        self.world.go(*SHIPMENT_STAGES)
        assert len(self.world.calls(method="PUT")) + len(self.world.calls(method="POST")) == calls, (
            "not at rest"
        )
        self.oracle.judge(mode=self.world.settings["post_back"]["further_packages"])
        self.oracle.judge_moves()

    # What the store and the lane do

    def _place(self) -> None:
        ids = self.world.place(self.rng.choice(_KINDS), self.rng.randint(1, 5))
        self._note(f"placed {ids}")
        self._stages(ORDERS_STAGES, faulty=False)

    def _hand(self) -> None:
        """Let a person type the number of another parcel into the field."""
        order_id = self.rng.choice(sorted(self.oracle.orders()) or [0])
        if not order_id:
            return
        first = self.world.shop.store.order(order_id)["ShipmentList"][0]
        code = first["ShipmentTrackingCode"].strip()
        if HAND not in code and len(code) < 80:
            text = f"{code}, {HAND}" if code else HAND
            self.world.amend(order_id, shipment={"ShipmentTrackingCode": text})
            self._note(f"typed {text!r} into {order_id}")

    def _time(self) -> None:
        seconds = self.rng.choice((_MINUTE, 90 * _MINUTE, _DAY, 100 * _DAY))
        self.world.shop.clock.advance(seconds)
        self._note(f"{seconds} s pass")

    def _run(self) -> None:
        self._stages(self.rng.choice((SHIPMENT_STAGES, SHIPMENT_STAGES, ORDERS_STAGES)), faulty=True)

    def _stages(self, names: tuple[str, ...], *, faulty: bool) -> None:
        died = ""
        if faulty and self.rng.random() < 0.4:
            for route, kind in self.rng.sample(_STORE_FAULTS, 2):
                moment = "after" if kind == "truncate" else self.rng.choice(("before", "after"))
                more = {"status": 503} if kind == "status" else {}
                self.world.store_fault(route, kind, moment, nth=self.rng.randint(1, 3), **more)  # type: ignore[arg-type]
            self.world.warehouse_fault("GET .*/orders", "status", nth=self.rng.randint(1, 4), status=503)
        try:
            if faulty and self.rng.random() < 0.25:
                table, when = self.rng.choice(_DEATHS)
                with self.world.trigger(table, when, "RAISE EXCEPTION 'killed'"):
                    self.world.go(*names)
            else:
                self.world.go(*names)
        except (CartageError, DBAPIError) as failure:
            died = f", which failed: {str(failure)[:80]}"
        self.world.shop.store.faults.clear()
        self.world.shop.warehouse.faults.clear()
        if self.rng.random() < 0.5:
            self.world.wait_out()
        self._note(f"ran {names[0]} ...{died}")

    # What the warehouse does

    def _orders(self, status: Status) -> list[Order]:
        return [
            order for order in self.world.shop.warehouse.state.book if order.status is status and order.lines
        ]

    def _ship(self) -> None:
        """Ship a part, perhaps different from the order, and perhaps hand it to the carrier."""
        opened = self._orders(Status.OPEN)
        if not opened:
            return
        order, floor = self.rng.choice(opened), self.world.shop.warehouse.floor
        if self.rng.random() < 0.15:
            line = self.rng.choice(order.lines)
            floor.pick(order, {line.item.sku: max(Decimal(1), line.qty + self.rng.choice((-1, 1)))})
        floor.ship([order], packages=self.rng.choice((1, 1, 2, 3)))
        if self.rng.random() < 0.4:
            floor.load_out([order])
        self._note(f"shipped {order.reference}: {[package.tracking_number for package in order.packages]}")

    def _floor(self) -> None:
        """Void, correct, split or cancel something."""
        floor = self.world.shop.warehouse.floor
        what = self.rng.choice(("void", "reopen", "correct", "split", "cancel"))
        opened = what in ("split", "cancel")
        found = self._orders(Status.OPEN if opened else Status.CLOSED)
        found = found if opened else [order for order in found if order.packages]
        if not found:
            return
        order = self.rng.choice(found)
        if what == "split":
            floor.split(order)
        elif what == "cancel":
            self.world.shop.warehouse.desk.cancel(order, order.etag, {"reason": "no stock"})
        elif what == "correct":
            floor.correct([order], self.rng.choice(order.packages).tracking_number)
        else:
            floor.void([order], reopen=what == "reopen")
        self._note(f"{what}: {order.reference}")

    def _note(self, what: str) -> None:
        self.log.append(what)
