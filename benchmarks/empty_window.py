"""(e) The cost of a window without orders in Airflow: task processes and seconds."""

from __future__ import annotations

from statistics import median

from benchmarks import airflow_runs
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.site import UNTHROTTLED, open_site
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop

_TARGET_TASKS = 1
_TARGET_SECONDS = 10


def measure(*, quick: bool) -> Outcome:
    """Run several empty windows in an Airflow that has warmed up, and take the median of their seconds."""
    times = 2 if quick else 5
    with open_site() as site, airflow_runs.product(site) as airflow:
        runs = [airflow.run(airflow_runs.empty_window(number + 2)) for number in range(times)]
    with (
        Shop(store_rules=UNTHROTTLED) as shop,
        EmbeddedPostgres(throw_away=True) as postgres,
        airflow_runs.baseline(shop, postgres) as airflow,
    ):
        base = [airflow.run() for _ in range(times)]
    seconds = round(median(run.seconds for run in runs), 2)
    tasks = max(run.processes for run in runs)
    return Outcome(
        title="An empty window through Airflow",
        figures=(
            Figure("task processes", tasks, max(run.processes for run in base)),
            Figure("seconds, median", seconds, round(median(run.seconds for run in base), 2), "s"),
            Figure(
                "seconds, worst", round(max(run.seconds for run in runs), 2),
                round(max(run.seconds for run in base), 2), "s",
            ),
            *(
                Figure(task, round(median(run.by_task[task] for run in runs), 2), None, "s")
                for task in runs[0].by_task
            ),
        ),
        targets=(
            Target("task processes", tasks, _TARGET_TASKS, "at most"),
            Target("seconds, median", seconds, _TARGET_SECONDS, "at most", "s"),
        ),
        notes=(
            f"{times} runs of the orders DAG, with all of its tasks, from the start of the DAG run to its end.",
            (
                "Baseline: its mapped tasks have nothing to map and are skipped. Only two tasks run, without a ledger "
                "and without work left by earlier runs."
            ),
        ),
    )  # fmt: skip
