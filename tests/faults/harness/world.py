"""The world of a trial: store and warehouse over HTTP, a ledger, a lane, and a gate that processes pass."""

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
from cartage_sandbox.stack.storefront import Storefront
from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Program, Programs
from tests.faults.harness.schedule import Schedule
from tests.faults.harness.sides import Side, side_of

LANE = "demo"
# Seconds after which every claim has ended, and absence at the warehouse proves something.
PAST_EVERY_LEASE = 120.0
_DRAINED_SECONDS = 20.0
_LONGEST_FIRST_RUN = 120.0


class Gate:
    """Processes pass it to start. When closed, none can start; `drained` waits until all but frozen ones have ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._running: set[int] = set()
        self._frozen: set[int] = set()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Start and watch a process in this block, identified by the calling thread."""
        thread = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._running.add(thread)
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(thread)
                self._frozen.discard(thread)
                self._changed.notify_all()

    def freeze(self, thread: int) -> None:
        """Stop waiting for this thread's process."""
        with self._changed:
            self._frozen.add(thread)
            self._changed.notify_all()

    def is_empty(self) -> bool:
        """Return whether no process is running, not even a frozen one."""
        with self._changed:
            return not self._running

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Let no process start in this block."""
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
        """Let no process start in this block. Yield whether none runs either, except frozen ones."""
        with self.closed():
            with self._changed:
                drained = self._changed.wait_for(lambda: not self._running - self._frozen, _DRAINED_SECONDS)
            yield drained


@dataclass
class World:
    """The world of a trial. `kinds` has the OrderIDs of each kind of placed orders."""

    schedule: Schedule
    folder: Path
    side: Side
    ledgers: Ledgers
    programs: Programs
    ledger_url: str
    gate: Gate = field(default_factory=Gate)
    kinds: dict[str, list[int]] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def shop(self) -> Storefront:
        """The shop: its store, and the warehouse of `side`."""
        return self.side.shop

    def start(self, *arguments: str, name: str) -> Program:
        """Start `cartage ARGUMENTS...` in this world, with a log named `name`."""
        log = Path("/dev/full") if self.schedule.full_disk else self.folder / f"{name}.log"
        environment = {
            **self.shop.connections(),
            "CARTAGE_LEDGER_URL": self.ledger_url,
            "CARTAGE_LANES_FILE": str(self.folder / "lanes.yaml"),
        }
        return self.programs.start(arguments, environment, log, forked=self.schedule.forked)

    def journal(self, whose: str) -> Journal:
        """Return the store's or the warehouse's journal."""
        return self.shop.store.journal if whose == "store" else self.side.journal

    def place_orders(self, count: int) -> None:
        """Place orders of all kinds in the store, as of the last two hours."""
        now = datetime.now(UTC)
        made = self.shop.fill(count, start=now - timedelta(hours=2), end=now, mix=self.side.mix)
        for kind, ids in made.items():
            self.kinds.setdefault(kind, []).extend(ids)

    def window(self) -> tuple[str, str]:
        """Return a window that contains all orders of the trial."""
        return (self.began - timedelta(hours=3)).isoformat(), (self.began + timedelta(hours=1)).isoformat()

    def skip(self, seconds: float) -> None:
        """Advance all clocks: the ledger's, the store's and the warehouse's."""
        self.ledgers.skip(seconds)
        self.shop.clock.advance(seconds)


@contextmanager
def open_world(schedule: Schedule, folder: Path, ledgers: Ledgers, programs: Programs) -> Iterator[World]:
    """Yield the world of a schedule, with the first orders placed and the faults of calls armed."""
    side = side_of(schedule, folder)
    with ledgers.fresh() as url, side.shop:
        (folder / "lanes.yaml").write_text(yaml.safe_dump({"lanes": {LANE: _lane(side)}}))
        world = World(schedule, folder, side, ledgers, programs, url)
        world.place_orders(schedule.orders)
        side.open_doors()
        if not side.shows_orders:
            _end_quarantine(world)
        for whose, fault in schedule.calls:
            (side.shop.store if whose == "store" else side).faults.add(fault)
        yield world


def _end_quarantine(world: World) -> None:
    """Let the ledger be the only one that ever sent: a person would be asked about each order of a new lane."""
    first = ("run", "poll_tracking", "--lane", LANE)
    if world.start(*first, name="000-first").wait(_LONGEST_FIRST_RUN) != 0:
        raise RuntimeError("the first run of the lane failed")
    world.ledgers.execute(
        "UPDATE lane_state SET quarantined_at = '2000-01-01', surveyed_at = '2000-01-01', "
        "quarantine_ended_at = '2000-01-01'"
    )


def _lane(side: Side) -> dict[str, object]:
    return {
        "store": {
            "connection": "threedcart_demo",
            "time_zone": "America/New_York",
            "go_live": "2020-01-01",
        },
        "warehouse": side.lane_warehouse(),
        "ship_methods": [{"store": name, **side.ship_method()} for name in SHIP_METHODS],
        "schedules": {"sweep_every": "1s", "watch_every": "1s"},
        "limits": {
            "burst": 100_000,
            "calls_per_second": 10_000.0,
            "warehouse_burst": 100_000,
            "warehouse_calls_per_second": 10_000.0,
            "connect_timeout": "1s",
            "read_timeout": "2s",
            "lease": "10s",
        },
    }
