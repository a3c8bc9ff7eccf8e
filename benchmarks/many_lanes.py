"""(o) Many lanes: CPU of a task process, parsing of the DAG file, and a round of the watchdog, by number of lanes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from psycopg import sql

from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import Site, open_site
from cartage_sandbox.stack.environment import own_environment

_PROGRAM = Path(__file__).with_name("lane_process.py")
_TIMES = 3
# Lanes in which something is wrong, whatever the number of lanes: the watchdog's work.
_BLOCKED = 5
_HOW = (
    f"The median of {_TIMES} processes each. Parse times are over Airflow's import; a task process is from its start "
    "on, with Airflow's import and the parse as the task runner does it, and opens its lane."
)
_WATCHED = (
    f"The watchdog's lanes run on time; {_BLOCKED} of them have an open cause, whatever their number. Calls to "
    "Airflow's API, which the benchmark responds to at once, take some milliseconds each."
)


class LaneIsMissing(AssertionError):
    """A process did not build what it was asked for, so there is no result."""


def measure(*, quick: bool) -> Outcome:
    """Measure each number of lanes in processes of its own, the first of which finds the lanes changed."""
    numbers = (1, 10, 50) if quick else (1, 10, 200, 500)
    whole: dict[int, float] = {}
    own: dict[int, float] = {}
    task: dict[int, float] = {}
    watched: dict[int, dict[str, float]] = {}
    with open_site() as site, tempfile.TemporaryDirectory(prefix="cartage-bench-airflow-") as home:
        for number in numbers:
            names = [f"merchant_{index:04}" for index in range(number)]
            site.deployment.write_lanes({name: _lane(name) for name in names})
            dag_id = f"orders__{names[-1]}"
            whole[number] = _seconds(site, home, "parse", "", dags=number)
            own[number] = _seconds(site, home, "parse", dag_id, dags=1)
            task[number] = _seconds(site, home, "task", dag_id, dags=1)
            if number >= 10:
                _run_on_time(site, names)
                watched[number] = _middle(site, home, "watchdog", "")
            say(
                f"  {number} lanes: file {whole[number]:.2f} s, own DAG {own[number]:.2f} s, task {task[number]:.2f} s"
            )
    most, least = numbers[-1], numbers[0]
    ratio = watched[most]["seconds"] / watched[10]["seconds"]
    return Outcome(
        title=f"{least} to {most} lanes",
        figures=(
            *(
                Figure(f"CPU of a task process, {n} lanes", round(task[n], 2), round(task[least], 2), "s")
                for n in numbers
            ),
            *(
                Figure(f"all DAGs of the file, {n} lanes", round(whole[n], 2), round(whole[least], 2), "s")
                for n in numbers
            ),
            *(
                Figure(f"its own DAG alone, {n} lanes", round(own[n], 3), round(own[least], 3), "s")
                for n in numbers
            ),
            *(
                Figure(
                    f"a round of the watchdog, {n} lanes",
                    round(found["seconds"], 2),
                    round(watched[10]["seconds"], 2),
                    "s",
                )
                for n, found in watched.items()
            ),
            Figure(f"DAGs that the watchdog asks Airflow about, {most} lanes", watched[most]["asked"]),
        ),
        targets=(
            Target(
                f"task process at {most} lanes to {least}",
                round(task[most] / task[least], 3),
                1.15,
                "at most",
            ),
            Target(f"all DAGs of the file at {most} lanes", round(whole[most], 2), 3, "at most", "s"),
            Target(f"its own DAG alone at {most} lanes", round(own[most], 3), 0.2, "at most", "s"),
            Target(f"the watchdog at {most} lanes to 10", round(ratio, 2), 2, "at most"),
        ),
        notes=(_HOW, _WATCHED, "Baseline: the fewest lanes (for the watchdog, 10)."),
    )


def _lane(name: str) -> dict[str, Any]:
    """Return what is a merchant's own: store, warehouse, a few rules; schedules as they are by default."""
    return {
        "store": {"connection": f"threedcart_{name}"},
        "warehouse": {"connection": f"extensiv_{name}"},
        "schedules": {"orders": "*/5 * * * *", "shipments": "*/10 * * * *"},
        "skus": [{"store": f"SKU-{index}", "sku": f"W-{index}", "quantity": 2} for index in range(5)],
        "inventory": {},
    }


def _seconds(site: Site, home: str, what: str, dag_id: str, *, dags: int) -> float:
    found = _middle(site, home, what, dag_id)
    if found["dags"] != dags:
        raise LaneIsMissing(f"{found['dags']} DAGs were built instead of {dags}")
    return found["seconds"]


def _middle(site: Site, home: str, what: str, dag_id: str) -> dict[str, float]:
    """Return the median of several processes, after one that is not counted."""
    environment = own_environment() | site.deployment.cartage_env | {"AIRFLOW_HOME": home}
    found = []
    for _ in range(_TIMES + 1):
        done = subprocess.run(
            [sys.executable, str(_PROGRAM), what, dag_id],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return {name: median(row[name] for row in found[1:]) for name in found[0]}


def _run_on_time(site: Site, names: list[str]) -> None:
    """Let the ledger have runs of every lane, its windows covered, and a blocked order in a few lanes."""
    now = datetime.now(UTC)
    rows = [(name, task) for name in names for task in ("import_orders", "poll_tracking", "poll_stock")]
    with site.postgres.connect("cartage") as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM alert_delivery")
        for table in ("alert", "cause", "task_run", "coverage", "lane_state"):
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        cursor.execute(
            "INSERT INTO store (secure_url, code) VALUES ('bench.example', 'A99') ON CONFLICT DO NOTHING"
        )
        cursor.executemany(
            "INSERT INTO task_run (lane, task, first_at, started_at, succeeded_at) VALUES (%s, %s, %s, %s, %s)",
            [(*row, now - timedelta(days=1), now + timedelta(hours=1), now) for row in rows],
        )
        cursor.executemany(
            "INSERT INTO lane_state (lane, store_id, swept_at) SELECT %s, min(id), %s FROM store",
            [(name, now + timedelta(hours=1)) for name in names],
        )
        cursor.executemany(
            "INSERT INTO cause (lane, fingerprint, kind, subject, message, fix) "
            "VALUES (%s, 'f', 'unmapped_ship_method', 'Owl Post', 'has no rule', 'Add one.')",
            [(name,) for name in names[:_BLOCKED]],
        )
