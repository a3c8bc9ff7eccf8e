"""(a) Orders per second through all stages of the orders DAG, without Airflow and without a throttle."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks import processor_time
from benchmarks.bare_loop import bare_loop
from benchmarks.checks import require_acknowledged
from benchmarks.engine import ORDERS_STAGES, StageRun
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.site import SIMPLE_MIX, UNTHROTTLED, Site, fill, open_site
from cartage_sandbox.stack.shop import Shop

_TARGET = 150


@dataclass(frozen=True, slots=True)
class _Product:
    runs: dict[str, StageRun]
    seconds: float
    processor: dict[str, float]


def measure(*, quick: bool) -> Outcome:
    """Measure one window in an engine process that has warmed up with another, and the bare loop."""
    orders, bare_orders = (200, 50) if quick else (2000, 500)
    with open_site() as site:
        product = _product(site, orders)
    rate, bare = round(orders / product.seconds, 1), round(_bare(bare_orders), 1)
    return Outcome(
        title="Orders per second through the stages, without Airflow",
        figures=(
            Figure("all stages", rate, bare, "orders/s"),
            *(Figure(name, round(run.seconds, 2), None, "s") for name, run in product.runs.items()),
            *(
                Figure(f"CPU time of {name}, per 1,000 orders", round(1000 * seconds / orders, 2), None, "s")
                for name, seconds in product.processor.items()
            ),
        ),
        targets=(Target("orders per second", rate, _TARGET, "at least", "orders/s"),),
        notes=(
            (
                f"Product: {orders} orders of one window, one engine process that runs each stage as a "
                "task does. The window is read as in a backfill: the orders placed in it and those changed in it, "
                "which are the same here; the sweep of a live run reads them once."
            ),
            (
                f"Baseline: {bare_orders} simple orders in a bare loop of requests calls. No ledger, no "
                "checks before writes, no retries, and no protection from sending an order twice."
            ),
        ),
    )


def _product(site: Site, orders: int) -> _Product:
    with site.engine() as engine:
        first, earlier = site.fill(20, hours_ago=12)
        engine.run_all(ORDERS_STAGES, window=earlier)
        ids, window = site.fill(orders)
        postgres, sandbox, started = (
            processor_time.postgres(site),
            processor_time.sandbox(),
            time.perf_counter(),
        )
        runs = engine.run_all(ORDERS_STAGES, window=window)
        seconds = time.perf_counter() - started
        processor = {
            "the engine": sum(run.cpu for run in runs.values()),
            "PostgreSQL": processor_time.postgres(site) - postgres,
            "the sandbox": processor_time.sandbox() - sandbox,
        }
    require_acknowledged(site.shop, first | ids)
    return _Product(runs, seconds, processor)


def _bare(orders: int) -> float:
    with Shop(store_rules=UNTHROTTLED) as shop:
        ids, _ = fill(shop, orders, mix=SIMPLE_MIX)
        run = bare_loop(shop, "all")
        require_acknowledged(shop, ids)
    return orders / run.seconds
