"""A process that stands for one of Airflow's: it parses `dags/orders.py`, is a task of a lane, or is the watchdog.

It prints its CPU seconds as JSON. It uses the public names of families and operators only.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

DAGS = Path(__file__).resolve().parents[1] / "dags"
_PARSING = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"


def parse(dag_id: str) -> dict[str, float]:
    """Build the DAGs of the orders family; with an id, as a task of that DAG does. Airflow's import is not counted."""
    import os

    import airflow.sdk  # noqa: F401 - Airflow has loaded it before it parses a file

    if dag_id:
        os.environ[_PARSING] = dag_id
    before = time.process_time()
    from cartage_airflow.families import lane_dags

    found = lane_dags("orders")
    seconds = time.process_time() - before
    return {"seconds": seconds, "dags": len(found)}


def task(dag_id: str) -> dict[str, float]:
    """Parse the file as the task runner does, and open the lane as every stage does, from the start of the process."""
    import os

    os.environ[_PARSING] = dag_id
    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(
        dag_folder=str(DAGS / "orders.py"),
        safe_mode=False,
        load_op_links=False,
        bundle_path=DAGS,
        bundle_name="dags",
    )
    from cartage.connections import EnvironmentResolver
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane
    from cartage.runtime.run import Run

    lane = get_lane(dag_id.partition("__")[2])
    run = Run(id="benchmark", dag_run="benchmark", stage="import_orders")
    with open_lane(lane, run, resolver=EnvironmentResolver()):
        pass
    return {"seconds": time.process_time(), "dags": len(bag.dags)}


def watchdog(_: str) -> dict[str, float]:
    """Check all lanes twice, and return the seconds of the second time, and how often it asks Airflow about a DAG."""
    from cartage.connections import EnvironmentResolver
    from cartage_airflow.operators import watchdog as module

    vars(module)["AirflowResolver"] = (
        EnvironmentResolver  # its own asks a task's supervisor, which there is none of
    )
    asked: list[str] = []

    def get_dag(dag_id: str) -> Any:
        asked.append(dag_id)
        return SimpleNamespace(is_paused=False)

    context: Any = {"ti": SimpleNamespace(get_dag=get_dag)}
    operator = module.WatchdogOperator(task_id="watch")
    operator.execute(context)
    asked.clear()
    before = time.perf_counter()
    operator.execute(context)
    return {"seconds": time.perf_counter() - before, "asked": len(asked)}


if __name__ == "__main__":
    print(json.dumps({"parse": parse, "task": task, "watchdog": watchdog}[sys.argv[1]](sys.argv[2])))
