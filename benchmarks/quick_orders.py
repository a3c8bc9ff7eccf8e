"""(q) Quick orders: seconds from placed to at the warehouse, and from shipped to posted, with 100 lanes watched."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psutil

from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from cartage_sandbox.stack.airflow import AirflowStack, Component
from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop

_SEED = 2026
_FAMILIES = ("orders", "shipments")
_ONCE_A_YEAR = "0 0 1 1 *"
_LOOKS = {"look_for_orders_every": "10s", "look_for_shipments_every": "15s"}
# A new ledger would ask each warehouse about each order first, once in its life.
_SETTLED = (
    "UPDATE lane_state SET quarantined_at = '2000-01-01', surveyed_at = '2000-01-01', "
    "quarantine_ended_at = '2000-01-01'"
)
_POLL = 0.1
_BASELINE = (
    "Baseline: one lane with one-minute windows and without looks. Each watched lane has a store and a warehouse of "
    f"its own, and looks for orders every {_LOOKS['look_for_orders_every']} and for shipments every "
    f"{_LOOKS['look_for_shipments_every']}."
)
_SHIPPING = "The warehouse ships each 10 to 30 s after it arrived. The stores' throttle is on."
_HOW = (
    "The windows of watched lanes are out of the way: they cost what (e) says, as often as their schedule says.",
    "Airflow (LocalExecutor, parallelism 4) shares the machine with this process, which serves all remotes.",
)
_LEFT_BEHIND = 180.0


class OrdersLate(AssertionError):
    """An order did not arrive, so there is no result."""


@dataclass(frozen=True, slots=True)
class _Size:
    """How many lanes are watched, and how many orders are placed in how many seconds, also with one-minute windows."""

    lanes: int
    orders: int
    seconds: float
    window_orders: int
    window_seconds: float


@dataclass(slots=True)
class _Order:
    """An order on its way; times are those of this process's clock, in seconds."""

    shop: Shop
    order_id: int
    placed: float
    sent: float | None = None
    ship_at: float | None = None
    shipped: float | None = None
    posted: float | None = None


@dataclass(slots=True)
class _Traffic:
    """Orders that are placed at random times, and shipped some time after they arrived."""

    rng: Random
    orders: list[_Order] = field(default_factory=list)

    def run(self, shops: Sequence[Shop], count: int, seconds: float) -> None:
        """Place so many orders within this time, and wait until the last one is posted.

        Raises:
            OrdersLate: if one is not posted three minutes after the last was placed.
        """
        began = time.monotonic()
        due = sorted(self.rng.uniform(0, seconds) for _ in range(count))
        while due or any(order.posted is None for order in self.orders):
            now = time.monotonic() - began
            if now > seconds + _LEFT_BEHIND:
                late = [order.order_id for order in self.orders if order.posted is None]
                raise OrdersLate(f"{len(late)} of {count} orders were not posted: {late[:10]}")
            while due and due[0] <= now:
                due.pop(0)
                self._place(self.rng.choice(shops))
            for order in self.orders:
                self._follow(order)
            time.sleep(_POLL)

    def _place(self, shop: Shop) -> None:
        now = datetime.now(UTC)
        [order_id] = shop.fill(1, start=now - timedelta(seconds=1), end=now, mix={"single": 1.0})["single"]
        self.orders.append(_Order(shop, order_id, time.monotonic()))

    def _follow(self, order: _Order) -> None:
        now, floor = time.monotonic(), order.shop.warehouse.floor
        if order.sent is None:
            created = order.shop.warehouse.journal.count_by_key("order.created")
            if any(reference.split("_")[1] == str(order.order_id) for reference in created):
                # Cartage must have heard that the warehouse has it before it ships.
                order.sent, order.ship_at = now, now + self.rng.uniform(10, 30)
        elif order.shipped is None and order.ship_at is not None and now >= order.ship_at:
            mine = [
                reference
                for reference in order.shop.warehouse.journal.count_by_key("order.created")
                if reference.split("_")[1] == str(order.order_id)
            ]
            floor.ship(floor.named(mine))
            order.shipped = time.monotonic()
        elif (
            order.shipped is not None
            and order.posted is None
            and order.shop.store.state.effects.of(order.order_id)["tracking"]
        ):
            order.posted = now

    def sent_after(self) -> list[float]:
        """Return the seconds from placed to at the warehouse."""
        return [order.sent - order.placed for order in self.orders if order.sent is not None]

    def posted_after(self) -> list[float]:
        """Return the seconds from shipped to posted."""
        return [
            order.posted - order.shipped
            for order in self.orders
            if order.posted is not None and order.shipped is not None
        ]


def measure(*, quick: bool) -> Outcome:
    """Place orders at one lane with one-minute windows, then at many lanes that are looked at between long windows."""
    size = _Size(10, 4, 40, 3, 40) if quick else _Size(100, 32, 300, 16, 150)
    rng = Random(_SEED)
    with _open_site(size.lanes) as (shops, deployment, postgres):
        windows, watched = _Traffic(rng), _Traffic(rng)
        stack = deployment.start_airflow()
        stack.launch("triggerer")
        stack.wait_until_healthy()
        with stack.client() as client:
            _switch_on(client, ["windows"])
            say("  one lane with one-minute windows")
            per_task = _ProcessorTime(stack, client)
            windows.run(shops[:1], size.window_orders, size.window_seconds)
            per_task_cpu = per_task.of_a_task("windows")
            for dag in _dags(["windows"]):
                client.pause(dag)
            _say_seconds("one-minute windows", windows)
            names = [_name(number) for number in range(size.lanes)]
            _settle(postgres, shops[1:], names)
            _switch_on(client, names)
            _wait_until_watched(postgres, 2 * size.lanes)
            say(f"  {size.lanes} lanes are watched")
            calls = _Calls(shops[1:])
            cpu = _processor_seconds(stack, ["triggerer"])
            began = time.monotonic()
            watched.run(shops[1:], size.orders, size.seconds)
            minutes = (time.monotonic() - began) / 60
            cpu = (_processor_seconds(stack, ["triggerer"]) - cpu) / minutes
            looks, refused = calls.looks() / minutes / size.lanes, calls.refused()
            _say_seconds("watched", watched)
    return _outcome(size, windows, watched, looks=looks, refused=refused, cpu=cpu, task_cpu=per_task_cpu)


def _outcome(
    size: _Size,
    windows: _Traffic,
    watched: _Traffic,
    *,
    looks: float,
    refused: int,
    cpu: float,
    task_cpu: float,
) -> Outcome:
    sent, posted = watched.sent_after(), watched.posted_after()
    return Outcome(
        title=f"Quick orders, {size.lanes} lanes watched",
        figures=(
            *_both("placed to at the warehouse", sent, windows.sent_after()),
            *_both("shipped to posted", posted, windows.posted_after()),
            Figure("calls of looks, per store and minute", round(looks, 2), None, "calls"),
            Figure("CPU of the triggerer, per minute", round(cpu, 2), None, "s"),
            Figure("CPU of Airflow, per task instance", None, round(task_cpu, 2), "s"),
            Figure("responses 429 of the stores", refused),
            Figure("orders", len(sent), len(windows.orders)),
        ),
        targets=(
            Target("placed to at the warehouse, p95", round(_share(sent, 0.95), 1), 20, "at most", "s"),
            Target("shipped to posted, p95", round(_share(posted, 0.95), 1), 30, "at most", "s"),
            Target("calls of looks, per store and minute", round(looks, 2), 12, "at most", "calls"),
            Target("responses 429 of the stores", refused, 0, "at most"),
        ),
        notes=(
            _BASELINE,
            f"{size.orders} orders at random times within {size.seconds:.0f} s, at random lanes. {_SHIPPING}",
            *_HOW,
        ),
    )


def _both(name: str, product: list[float], baseline: list[float]) -> Iterator[Figure]:
    for share, label in ((0.5, "p50"), (0.95, "p95")):
        yield Figure(
            f"{name}, {label}", round(_share(product, share), 1), round(_share(baseline, share), 1), "s"
        )


def _share(values: list[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _say_seconds(what: str, traffic: _Traffic) -> None:
    for name, seconds in (("to the warehouse", traffic.sent_after()), ("posted", traffic.posted_after())):
        say(f"  {what}: {name} p50 {_share(seconds, 0.5):.1f} s, p95 {_share(seconds, 0.95):.1f} s")


class _Calls:
    """The requests that the stores got since this was made."""

    def __init__(self, shops: Sequence[Shop]) -> None:
        self._since = [(shop.store.journal, shop.store.journal.last_seq) for shop in shops]

    def looks(self) -> int:
        """Return how many of them only counted orders."""
        return sum("countonly" in entry["path"] for entry in self._entries())

    def refused(self) -> int:
        """Return how many of them got a 429."""
        return sum(entry["status"] == 429 for entry in self._entries())

    def _entries(self) -> Iterator[dict[str, Any]]:
        for journal, since in self._since:
            yield from journal.entries("request", since)


@contextmanager
def _open_site(lanes: int) -> Iterator[tuple[list[Shop], Deployment, EmbeddedPostgres]]:
    """Start a shop for each lane, PostgreSQL and the deployment; the first lane has one-minute windows."""
    names = ["windows", *(_name(number) for number in range(lanes))]
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cartage-bench-")))
        shops = [stack.enter_context(Shop(name, seed=_SEED + n)) for n, name in enumerate(names)]
        postgres = stack.enter_context(EmbeddedPostgres(throw_away=True))
        settings = {
            name: _lane(shop, is_watched=name != "windows") for name, shop in zip(names, shops, strict=True)
        }
        deployment = stack.enter_context(
            Deployment(home, shops[0], postgres, others=shops[1:], lanes=settings, all_admins=True)
        )
        yield shops, deployment, postgres


def _name(number: int) -> str:
    return f"shop{number:03}"


def _lane(shop: Shop, *, is_watched: bool) -> dict[str, Any]:
    cron = _ONCE_A_YEAR if is_watched else "* * * * *"
    return {
        "store": {"connection": shop.store_connection},
        "warehouse": {"connection": shop.warehouse_connection, "settings": {"visibility_delay": "0s"}},
        "schedules": {
            "orders": cron,
            "shipments": cron,
            "sweep_every": "1h" if is_watched else "1m",
            **(_LOOKS if is_watched else {}),
        },
    }


def _switch_on(client: AirflowClient, names: Sequence[str]) -> None:
    dags = _dags(names)
    client.wait_for_dags(dags, seconds=180)
    for dag in dags:
        client.unpause(dag)


def _dags(names: Sequence[str]) -> list[str]:
    return [f"{family}__{name}" for name in names for family in _FAMILIES]


def _settle(postgres: EmbeddedPostgres, shops: Sequence[Shop], names: Sequence[str]) -> None:
    """Let the ledger know the lanes as it does after their first run."""
    with postgres.connect("cartage") as connection, connection.cursor() as cursor:
        for number, (shop, name) in enumerate(zip(shops, names, strict=True)):
            host = shop.store.credentials.secure_url.removeprefix("https://")
            cursor.execute(
                "INSERT INTO store (secure_url, code) VALUES (%s, %s) RETURNING id",
                (host, f"{chr(ord('B') + number // 100)}{number % 100:02}"),
            )
            [store] = cursor.fetchone() or [None]
            cursor.execute(
                "INSERT INTO lane_state (lane, store_id, swept_at, watched_to) VALUES (%s, %s, now(), now())",
                (name, store),
            )
        cursor.execute(_SETTLED)


def _wait_until_watched(postgres: EmbeddedPostgres, looks: int) -> None:
    """Wait until each lane was looked at.

    Raises:
        OrdersLate: if that takes longer than three minutes.
    """
    until, made = time.monotonic() + _LEFT_BEHIND, 0
    while time.monotonic() < until:
        with postgres.connect("cartage") as connection:
            made = len(connection.execute("SELECT FROM lookout WHERE looked_at IS NOT NULL").fetchall())
        if made >= looks:
            return
        time.sleep(1)
    raise OrdersLate(f"only {made} of {looks} looks were made")


class _ProcessorTime:
    """The CPU seconds of all of Airflow for a task instance, while one lane works."""

    def __init__(self, stack: AirflowStack, client: AirflowClient) -> None:
        self._stack, self._client, self._before = stack, client, _processor_seconds(stack, stack.processes)

    def of_a_task(self, lane: str) -> float:
        """Return the CPU seconds since this was made for each task instance of the lane."""
        spent = _processor_seconds(self._stack, self._stack.processes) - self._before
        runs = [(dag, run) for dag in _dags([lane]) for run in self._client.runs(dag)]
        return spent / max(1, sum(len(self._client.task_instances(dag, run.run_id)) for dag, run in runs))


def _processor_seconds(stack: AirflowStack, components: Iterable[Component]) -> float:
    """Return the CPU seconds of these components, with what they started and waited for."""
    spent = 0.0
    for component in components:
        leader = psutil.Process(stack.processes[component].pid)
        for process in (leader, *leader.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                spent += sum(process.cpu_times()[:4])
    return spent
