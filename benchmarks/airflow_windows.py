"""(b) Orders per second through Airflow: windows of 500 and 10,000 orders, next to one mapped task per order."""

from __future__ import annotations

from benchmarks import airflow_runs
from benchmarks.airflow_runs import TimedRun
from benchmarks.checks import require_acknowledged
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import SIMPLE_MIX, UNTHROTTLED, fill, open_site
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop

_TARGETS = (30, 100)


def measure(*, quick: bool) -> Outcome:
    """Time two windows with Cartage's DAG, and an import with the baseline's, from the start of each run to its end."""
    sizes, baseline_orders = ((50, 200), 10) if quick else ((500, 10_000), 200)
    runs = _product(sizes)
    base = _baseline(baseline_orders)
    base_rate = baseline_orders / base.seconds
    rates = [size / run.seconds for size, run in zip(sizes, runs, strict=True)]
    return Outcome(
        title="Orders per second through Airflow",
        figures=(
            *(
                Figure(f"window of {size:,} orders", round(rate, 2), round(base_rate, 3), "orders/s")
                for size, rate in zip(sizes, rates, strict=True)
            ),
            *(
                Figure(
                    f"seconds of a window of {size:,} orders",
                    round(run.seconds, 1),
                    round(size / base_rate),
                    "s",
                )
                for size, run in zip(sizes, runs, strict=True)
            ),
            Figure(f"task processes of {sizes[0]:,} orders", runs[0].processes, 3 * sizes[0] + 2),
            *(
                Figure(f"{task}, {size:,} orders", seconds, None, "s")
                for size, run in zip(sizes, runs, strict=True)
                for task, seconds in run.by_task.items()
            ),
        ),
        targets=tuple(
            Target(
                f"times the baseline's rate, window of {size:,}",
                round(rate / base_rate, 1),
                bound,
                "at least",
                "x",
            )
            for size, rate, bound in zip(sizes, rates, _TARGETS, strict=True)
        ),
        notes=(
            "From start to end of the DAG run, as recorded by Airflow, after scheduler and API server have warmed up.",
            (
                "Baseline: `one_task_per_order` maps one task per order and stage. Measured on "
                f"{baseline_orders} orders ({base.processes} task processes in {base.seconds:.0f} s) "
                "and given as a rate. Airflow's default max_map_length is 1,024, so 10,000 orders would not run "
                "without another setting; the baseline's seconds and task instances are calculated from the rate."
            ),
            "Same Airflow settings for both: LocalExecutor, parallelism 4, scheduler_idle_sleep_time 0.2.",
        ),
    )


def _product(sizes: tuple[int, ...]) -> list[TimedRun]:
    with open_site() as site, airflow_runs.product(site) as airflow:
        runs, wanted = [], frozenset[int]()
        for number, size in enumerate(sizes):
            ids, window = site.fill(size, hours_ago=6 - 2 * number)
            runs.append(airflow.run(window))
            say(f"  {size:,} orders through Cartage's DAG: {runs[-1].seconds:.1f} s")
            wanted |= ids
            require_acknowledged(site.shop, wanted)
    return runs


def _baseline(orders: int) -> TimedRun:
    with (
        Shop(store_rules=UNTHROTTLED) as shop,
        EmbeddedPostgres(throw_away=True) as postgres,
        airflow_runs.baseline(shop, postgres) as airflow,
    ):
        ids, _ = fill(shop, orders, mix=SIMPLE_MIX)
        run = airflow.run()
        say(f"  {orders} orders through the baseline's DAG: {run.seconds:.1f} s")
        require_acknowledged(shop, ids)
    return run
