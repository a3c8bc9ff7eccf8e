"""A real Airflow with the product's or the baseline's DAGs, with the same settings, and timed runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.site import Site
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.deployment import PROJECT
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop

PRODUCT_DAG, BASELINE_DAG = "orders__demo", "one_task_per_order"
_BASELINE = Path(__file__).parent / "baseline"
_PARALLELISM = 4
_RUN_SECONDS = 1800
# Read once: a benchmark that runs past a full hour must not ask for one window twice.
_LAST_WEEK = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=7)


class RunFailed(RuntimeError):
    """A timed run did not succeed."""


@dataclass(frozen=True, slots=True)
class TimedRun:
    """A successful DAG run. `processes` are the task instances that were not skipped: each started a process."""

    seconds: float
    processes: int
    by_task: dict[str, float]


class Airflow:
    """A DAG in a running Airflow."""

    def __init__(self, client: AirflowClient, dag_id: str) -> None:
        self._client, self._dag_id = client, dag_id

    def run(self, window: tuple[datetime, datetime] | None = None) -> TimedRun:
        """Trigger a run, wait for it, and return its times as recorded by Airflow.

        Raises:
            RunFailed: with the state of every task.
        """
        run_id = self._client.trigger(self._dag_id, window=window)
        run = self._client.wait_for_run(self._dag_id, run_id, seconds=_RUN_SECONDS)
        tasks = self._client.task_instances(self._dag_id, run_id)
        if run.state != "success" or run.started is None or run.ended is None:
            states = {f"{task.task_id}[{task.map_index}]": task.state for task in tasks}
            raise RunFailed(f"{self._dag_id} {run_id} is {run.state}: {states}")
        processes = sum(task.state != "skipped" for task in tasks)
        by_task: dict[str, float] = {}
        for task in tasks:
            by_task[task.task_id] = round(by_task.get(task.task_id, 0.0) + (task.seconds or 0.0), 2)
        return TimedRun((run.ended - run.started).total_seconds(), processes, by_task)


@contextmanager
def product(site: Site) -> Iterator[Airflow]:
    """Run Cartage's DAGs. First parse and first run are finished before this is yielded."""
    stack = site.deployment.start_airflow()
    with stack.client() as client:
        client.wait_for_dags([PRODUCT_DAG])
        client.unpause(PRODUCT_DAG)
        airflow = Airflow(client, PRODUCT_DAG)
        airflow.run(empty_window(1))
        yield airflow


@contextmanager
def baseline(shop: Shop, postgres: EmbeddedPostgres) -> Iterator[Airflow]:
    """Run the baseline's DAG, without Cartage's plugins. It warms up with an empty store."""
    with (
        tempfile.TemporaryDirectory(prefix="cartage-bench-") as home,
        AirflowStack(
            Path(home) / "airflow",
            postgres,
            dags=_BASELINE,
            plugins=Path(home) / "plugins",
            env=shop.connections() | {"PYTHONPATH": str(PROJECT)},
            all_admins=True,
            parallelism=_PARALLELISM,
            components=("api-server", "scheduler", "dag-processor"),
        ) as stack,
        stack.client() as client,
    ):
        client.wait_for_dags([BASELINE_DAG])
        client.unpause(BASELINE_DAG)
        airflow = Airflow(client, BASELINE_DAG)
        airflow.run()
        yield airflow


def empty_window(number: int) -> tuple[datetime, datetime]:
    """Return a window of last week without orders; a different one for each number."""
    start = _LAST_WEEK - timedelta(hours=number)
    return start, start + timedelta(hours=1)
