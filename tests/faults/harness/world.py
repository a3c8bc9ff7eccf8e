"""The world of one trial: a store and a warehouse over HTTP, a ledger, one lane, and a gate that processes pass."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.stack.shop import Shop
from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Program, Programs
from tests.faults.harness.schedule import Schedule

LANE = "demo"
# Beyond every claim, and beyond every instant before which absence proves nothing.
PAST_EVERY_LEASE = 120.0
_DRAINED_SECONDS = 20.0


class Gate:
    """Processes pass it to start. Closed, it lets nobody in; `drained` waits until all that are not frozen ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._running: set[int] = set()
        self._frozen: set[int] = set()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Start and watch one process inside this block; the calling thread stands for it."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._running.add(me)
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(me)
                self._frozen.discard(me)
                self._changed.notify_all()

    def freeze(self, thread: int) -> None:
        """Wait for this thread's process no more."""
        with self._changed:
            self._frozen.add(thread)
            self._changed.notify_all()

    def is_empty(self) -> bool:
        """Whether no process is inside, not even a frozen one."""
        with self._changed:
            return not self._running

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Nobody starts inside this block."""
        with self._changed:
            self._closed = True
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()

    @contextmanager
    def drained(self) -> Iterator[bool]:
        """Nobody starts inside this block; True if nobody runs either, other than the frozen ones."""
        with self.closed():
            with self._changed:
                drained = self._changed.wait_for(lambda: not self._running - self._frozen, _DRAINED_SECONDS)
            yield drained


@dataclass
class World:
    """One trial's world. `kinds` has the OrderIDs of each kind that was put into the store."""

    schedule: Schedule
    folder: Path
    shop: Shop
    ledgers: Ledgers
    programs: Programs
    ledger_url: str
    gate: Gate = field(default_factory=Gate)
    kinds: dict[str, list[int]] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def start(self, *arguments: str, name: str) -> Program:
        """Start `cartage ARGUMENTS...` on this world; its log is named after `name`."""
        log = Path("/dev/full") if self.schedule.full_disk else self.folder / f"{name}.log"
        environment = {
            **self.shop.connections(),
            "CARTAGE_LEDGER_URL": self.ledger_url,
            "CARTAGE_LANES_FILE": str(self.folder / "lanes.yaml"),
        }
        return self.programs.start(arguments, environment, log, forked=self.schedule.forked)

    def journal(self, whose: str) -> Journal:
        """The store's journal, or the warehouse's."""
        return self.shop.store.journal if whose == "store" else self.shop.warehouse.journal

    def place_orders(self, count: int) -> None:
        """Put orders of all kinds into the store, as placed in the two hours before now."""
        now = datetime.now(UTC)
        for kind, ids in self.shop.fill(count, start=now - timedelta(hours=2), end=now).items():
            self.kinds.setdefault(kind, []).extend(ids)

    def window(self) -> tuple[str, str]:
        """All orders of the trial lie in it."""
        return (self.began - timedelta(hours=3)).isoformat(), (self.began + timedelta(hours=1)).isoformat()

    def skip(self, seconds: float) -> None:
        """Move everybody's clock on: the ledger's, the store's and the warehouse's."""
        self.ledgers.skip(seconds)
        self.shop.clock.advance(seconds)


@contextmanager
def opened(schedule: Schedule, folder: Path, ledgers: Ledgers, programs: Programs) -> Iterator[World]:
    """The world of a schedule: the first orders are in the store, its calls go wrong as planned."""
    rules = {"throttle": False, **schedule.store_rules}
    warehouse_rules = {"auto_ship_seconds": 1.0, **schedule.warehouse_rules}
    shop = Shop(seed=schedule.seed, store_rules=rules, warehouse_rules=warehouse_rules)
    with ledgers.fresh() as url, shop:
        (folder / "lanes.yaml").write_text(yaml.safe_dump({"lanes": {LANE: _lane()}}))
        world = World(schedule, folder, shop, ledgers, programs, url)
        world.place_orders(schedule.orders)
        for whose, fault in schedule.calls:
            (shop.store if whose == "store" else shop.warehouse).faults.add(fault)
        yield world


def _lane() -> dict[str, object]:
    return {
        "store": {
            "connection": "threedcart_demo",
            "time_zone": "America/New_York",
            "go_live": "2020-01-01",
        },
        "warehouse": {
            "connector": "extensiv",
            "connection": "extensiv_demo",
            "settings": {"customer_id": 12, "facility_id": 1, "visibility_delay": "1s"},
        },
        "ship_methods": [{"store": name, "carrier": "UPS", "service": "Ground"} for name in SHIP_METHODS],
        "schedules": {"sweep_every": "1s", "watch_every": "1s"},
        "limits": {
            "burst": 100_000,
            "calls_per_second": 10_000.0,
            "connect_timeout": "1s",
            "read_timeout": "2s",
            "lease": "10s",
        },
    }
