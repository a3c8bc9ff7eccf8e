"""A small world for tests: store and warehouse over HTTP, an empty ledger, stages called as functions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import text

from cartage.connections import EnvironmentResolver
from cartage.db import Ledger
from cartage.dispatch import stage
from cartage.lanes.settings.lane import Lane
from cartage.operations.views.overview import Overview, lane_overview
from cartage.readiness.stages import idle_stages
from cartage.runtime.context import StageContext
from cartage.runtime.run import Run, Window
from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.stack.shop import Shop

ORDERS_STAGES = (
    "import_orders",
    "validate_mappings",
    "settle_outcomes",
    "transfer_to_warehouse",
    "mark_processing",
)
SHIPMENT_STAGES = ("poll_tracking", "update_order_status")
STORE_ZONE = ZoneInfo("America/New_York")
SAMPLE_SKU = "SAMPLE-1"  # on the line of a placed order that names no other
NEW, PROCESSING, PARTIAL, SHIPPED, CANCEL, HOLD = range(1, 7)

T = TypeVar("T")
_numbers = itertools.count(1)


def _what_it_did(stage_name: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that say that a stage did something; `blocked_orders` also counts what is as it was."""
    names = {"new", "alerted"} if stage_name == "blocked_orders" else counts.keys()
    return {name: counts[name] for name in sorted(names & counts.keys()) if counts[name]}


@dataclass
class World:
    """One lane with its store, warehouse and ledger; `go` runs stages one after the other, as a DAG run does.

    Before a stage, `go` asks whether the ledger has work for it; one that has none, and that Airflow would skip, must
    find none.
    """

    shop: Shop
    ledger: Ledger
    settings: dict[str, Any]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    # The lane at work

    @property
    def lane(self) -> Lane:
        """The lane with its present settings."""
        return Lane.model_validate(self.settings)

    def context(
        self, name: str, *, window: Window | None = None, sweep: bool = True, dag_run: str = ""
    ) -> StageContext:
        """Return a context for one stage; the caller closes it."""
        dag_run = dag_run or f"test/{next(_numbers)}"
        run = Run(id=f"{dag_run}/{name}/1", dag_run=dag_run, stage=name, may_sweep=sweep)
        return StageContext(self.lane, self.ledger, run, window, EnvironmentResolver())

    def go(
        self, *names: str, window: Window | None = None, sweep: bool = True, dag_run: str = ""
    ) -> dict[str, dict[str, int]]:
        """Run these stages as one DAG run; return the counts of each. With `sweep` a sweep is due."""
        if sweep:
            self.forget_sweep()
        dag_run = dag_run or f"test/{next(_numbers)}"
        for name in names:
            self.go_once(name, window=window, sweep=sweep, dag_run=dag_run)
        return {name: self.counts[name] for name in names}

    def go_once(
        self,
        name: str,
        *,
        window: Window | None = None,
        sweep: bool = True,
        dag_run: str = "",
        skips_idle: bool = False,
    ) -> None:
        """Run one stage, or skip it as Airflow does if the ledger has no work for it and the caller wants that."""
        context = self.context(name, window=window, sweep=sweep, dag_run=dag_run)
        try:
            with self.ledger.begin() as connection:
                is_idle = bool(idle_stages(connection, context, {name}))
            self.counts[name] = {} if is_idle and skips_idle else stage(name)(context)
        finally:
            context.close()
        moved = _what_it_did(name, self.counts[name])
        assert not (is_idle and moved), f"{name} would have been skipped, and did {moved}"

    def send(self, *, dag_run: str = "") -> dict[str, int]:
        """Settle and transfer as one DAG run; return the counts of both."""
        done = self.go("settle_outcomes", "transfer_to_warehouse", dag_run=dag_run)
        return done["settle_outcomes"] | done["transfer_to_warehouse"]

    def lane_on_store(self, **changes: Any) -> World:
        """Return another lane on the same store, warehouse and ledger."""
        return World(self.shop, self.ledger, lane_settings(**changes))

    def settle_in(self) -> None:
        """End the lane's quarantine, as if its first full sweep was settled long ago."""
        context = self.context("import_orders")
        _ = context.store_row
        context.close()
        self.execute(
            "UPDATE lane_state SET quarantined_at = '2000-01-01', surveyed_at = '2000-01-01', "
            "quarantine_ended_at = '2000-01-01' WHERE lane = :lane",
            lane=self.lane.name,
        )

    def forget_sweep(self) -> None:
        """Make the next sweep due at once."""
        self.execute("UPDATE lane_state SET swept_at = NULL, sweep_claimed_at = NULL")

    # The ledger

    def seen(self) -> Overview:
        """Return the overview of the lane."""
        with self.ledger.begin() as connection:
            return lane_overview(connection, self.lane.name)

    def states(self) -> dict[str, int]:
        """Return the number of fulfillment orders in each state."""
        return {standing.state: standing.orders for standing in self.seen().standings}

    def state_of(self, order_id: int) -> list[str]:
        """Return the state of each fulfillment order of a sales order, by ShipmentID."""
        rows = self.rows(
            "SELECT state FROM fulfillment_order WHERE order_id = :order_id ORDER BY shipment_id, part, generation",
            order_id=order_id,
        )
        return [row.state for row in rows]

    def reference_of(self, order_id: int, place: int = 0) -> str:
        """Return the reference of an order's fulfillment order at this place."""
        sql = (
            "SELECT reference FROM fulfillment_order WHERE order_id = :order_id"
            " ORDER BY shipment_id, part, generation"
        )
        reference: str = self.rows(sql, order_id=order_id)[place].reference
        return reference

    def causes(self) -> dict[str, int]:
        """Return the kinds of the open causes, with the number of orders that each blocks."""
        counted: Counter[str] = Counter()
        for cause in self.seen().causes:
            counted[cause.kind.value] += cause.orders
        return dict(counted)

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """Query the ledger."""
        with self.ledger.begin() as connection:
            return connection.execute(text(sql), values).all()

    def execute(self, sql: str, **values: Any) -> None:
        """Change the ledger directly."""
        with self.ledger.begin() as connection:
            connection.execute(text(sql), values)

    def read_long_ago(self, age: timedelta = timedelta(hours=1)) -> None:
        """Make all copies of orders this much older."""
        self.execute("UPDATE sales_order SET read_at = read_at - CAST(:age AS interval)", age=age)

    def wait_out(self) -> None:
        """Let every lease run out, and every unknown outcome be old enough to be settled."""
        statements = (
            "UPDATE transfer SET settle_after = clock_timestamp() - interval '1 s' WHERE settle_after IS NOT NULL",
            "UPDATE post_back SET finished_at = finished_at - interval '10 minutes' WHERE outcome = 'unknown'",
            *(
                f"UPDATE {table} SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL"
                for table in ("fulfillment_order", "sales_order")
            ),
        )
        self.execute("; ".join(statements))

    @contextmanager
    def trigger(self, table: str, when: str, body: str) -> Iterator[None]:
        """Let PostgreSQL interfere with updates of a table."""
        self.execute(
            f"CREATE FUNCTION interfere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NEW; END $$"
        )
        try:
            self.execute(
                f"CREATE TRIGGER interfere BEFORE UPDATE ON {table} FOR EACH ROW"
                f" WHEN ({when}) EXECUTE FUNCTION interfere()"
            )
            yield
        finally:
            self.execute("DROP FUNCTION interfere CASCADE")

    # The warehouse

    def references(self) -> dict[str, int]:
        """Return how often the warehouse accepted each reference, by its own journal."""
        return self.shop.warehouse.journal.count_by_key("order.created")

    def stock(self, *skus: str, **fields: Any) -> None:
        """Add these items to the warehouse's catalogue."""
        with self.shop.warehouse.state.lock:
            for sku in skus:
                self.shop.warehouse.state.catalogue.put_item(
                    {"sku": sku, "qty": 1000, **fields}, self.shop.clock.now()
                )

    def ship(self, order_id: int, *, place: int = 0, packages: int = 1) -> list[str]:
        """Let the warehouse ship one fulfillment order; return the tracking numbers."""
        floor = self.shop.warehouse.floor
        shipped = floor.ship(floor.named([self.reference_of(order_id, place)]), packages=packages)
        return [package.tracking_number for order in shipped for package in order.packages]

    # The store

    def store_status(self, order_id: int) -> int:
        """Return the order's status in the store."""
        status: int = self.shop.store.order(order_id)["OrderStatusID"]
        return status

    def tracking(self, order_id: int, place: int = 0) -> str:
        """Return the tracking text of an order's shipment at this place in the store."""
        code: str = self.shop.store.order(order_id)["ShipmentList"][place]["ShipmentTrackingCode"]
        return code

    def place(self, kind: str = "single", count: int = 1, **edits: Any) -> list[int]:
        """Put generated orders of one kind into the store; `edits` are set as a person would set them."""
        now = datetime.now(UTC)
        ids = self.shop.fill(count, start=now - timedelta(hours=2), end=now, mix={kind: 1.0})[kind]
        for order_id in ids:
            if edits:
                self.shop.store.edit(order_id, **edits)
        return ids

    def place_at(self, ordered: datetime, *, updated: datetime | None = None, **fields: Any) -> int:
        """Put an order into the store that was placed, and last changed, at these times."""
        self.stock(SAMPLE_SKU)
        stamps = {"OrderDate": store_time(ordered), "LastUpdate": store_time(updated or ordered)}
        return self.shop.store.place([{**stamps, **fields}])[0]

    def amend(
        self,
        order_id: int,
        *,
        shipment: dict[str, Any] | None = None,
        line: dict[str, Any] | None = None,
        place: int = 0,
    ) -> None:
        """Edit one shipment or line of an order, as a person would."""
        order = self.shop.store.order(order_id)
        order["ShipmentList"][place] |= shipment or {}
        order["OrderItemList"][place] |= line or {}
        self.shop.store.edit(
            order_id, ShipmentList=order["ShipmentList"], OrderItemList=order["OrderItemList"]
        )

    def statuses_written(self, order_id: int) -> dict[str, int]:
        """Return how often the API wrote each status of an order."""
        written: dict[str, int] = self.shop.store.state.effects.of(order_id)["status"]
        return written

    def tracking_written(self, order_id: int) -> dict[str, dict[str, int]]:
        """Return how often the API wrote each tracking text, by ShipmentID."""
        written: dict[str, dict[str, int]] = self.shop.store.state.effects.of(order_id)["tracking"]
        return written

    def calls(self, *, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Return the requests that reached the store, in order."""
        entries = self.shop.store.journal.entries("request")
        return [entry for entry in entries if method in entry["method"] and path in entry["path"]]

    def store_fault(self, route: str, kind: Kind, moment: Moment = "before", **more: Any) -> None:
        """Let requests to the store fail."""
        self.shop.store.faults.add(Fault(route, kind, moment, **more))

    def warehouse_fault(self, route: str, kind: Kind, moment: Moment = "before", **more: Any) -> None:
        """Let requests to the warehouse fail."""
        self.shop.warehouse.faults.add(Fault(route, kind, moment, **more))


def store_time(instant: datetime) -> str:
    """Return an instant as the store shows it: naive, in its zone."""
    return instant.astimezone(STORE_ZONE).replace(tzinfo=None).isoformat(timespec="seconds")


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make these calls in threads at the same time; return what they return."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def lane_settings(**changes: Any) -> dict[str, Any]:
    """Return settings of a lane on the sandbox; every generated ship method except the unmapped one is mapped."""
    return {
        "name": "demo",
        "store": {
            "connection": "threedcart_demo",
            "time_zone": STORE_ZONE.key,
            "go_live": date(2020, 1, 1),
            **changes.pop("store", {}),
        },
        "warehouse": {
            "connector": "extensiv",
            "connection": "extensiv_demo",
            "settings": {
                "customer_id": 12,
                "facility_id": 1,
                "facility_time_zone": "America/New_York",
                "visibility_delay": "0s",
                **changes.pop("warehouse", {}),
            },
        },
        "ship_methods": [{"store": name, "carrier": "UPS", "service": "Ground"} for name in SHIP_METHODS],
        "schedules": {"sweep_every": "1s"},
        "limits": {"burst": 100_000, "calls_per_second": 10_000.0, **changes.pop("limits", {})},
        **changes,
    }
