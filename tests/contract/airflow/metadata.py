"""Airflow's own database on the embedded PostgreSQL, with DAGs and runs as Airflow leaves them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg

from cartage_sandbox.stack.environment import own_environment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.dags.airflow_home import ROOT

_DAG = """
    INSERT INTO dag (dag_id, is_paused, is_stale, last_parsed_time, bundle_name, max_active_tasks, max_active_runs,
        max_consecutive_failed_dag_runs, has_task_concurrency_limits, has_import_errors, timetable_type, fail_fast,
        exceeds_max_non_backfill, timetable_periodic, timetable_partitioned,
        partition_mapper_info)
    VALUES (%(dag)s, false, %(stale)s, %(at)s, 'dags-folder', 1, 1, 0, false, false, 't', false, false,
        false, false, '{}')
"""
_VERSION = """
    INSERT INTO dag_version (id, version_number, dag_id, bundle_name, created_at, last_updated)
    VALUES (%(version)s, 1, %(dag)s, 'dags-folder', %(at)s, %(at)s)
"""
_RUN = """
    INSERT INTO dag_run (dag_id, run_id, run_type, state, start_date, queued_at, run_after, logical_date,
        clear_number, created_dag_version_id, log_template_id)
    VALUES (%(dag)s, %(run)s, %(type)s, %(state)s, %(at)s, %(at)s, %(at)s, %(at)s, 0, %(version)s,
        (SELECT min(id) FROM log_template))
"""
_TASK = """
    INSERT INTO task_instance (id, task_id, dag_id, run_id, map_index, state, start_date, pool, pool_slots, queue,
        priority_weight, try_number, max_tries, dag_version_id, updated_at)
    VALUES (%(id)s, %(task)s, %(dag)s, %(run)s, -1, %(state)s, %(started)s, 'default_pool', 1, 'default', 1, 1, 0,
        %(version)s, %(at)s)
"""


@dataclass(frozen=True)
class AirflowDatabase:
    """A migrated database of Airflow's, and the environment of a process that is configured for it."""

    postgres: EmbeddedPostgres
    name: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the machine on which Airflow's scheduler would run."""
        return own_environment() | {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.home / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.postgres.url(self.name, "psycopg2"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": self.postgres.url(self.name, "asyncpg"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a person or a timer would on that machine."""
        return subprocess.run(
            words,
            env=self.environment | environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Query the database."""
        with self.postgres.connect(self.name) as connection:
            return connection.execute(query.encode()).fetchall()

    def add_run(
        self,
        dag: str,
        at: datetime,
        *,
        run_type: str = "scheduled",
        state: str = "success",
        stale: bool = False,
        parsed: datetime | None = None,
        tasks: dict[str, tuple[str, datetime | None]],
    ) -> None:
        """Add a run of a DAG; `tasks` have a state and a time of start, which a skipped task has not."""
        values = {
            "dag": dag,
            "at": at,
            "run": f"{run_type}__{at.isoformat()}",
            "type": run_type,
            "state": state,
            "stale": stale,
            "version": uuid4(),
        }
        with self.postgres.connect(self.name) as connection:
            self._add_dag(connection, values | {"at": parsed or at})
            connection.execute(_VERSION, values)
            connection.execute(_RUN, values)
            for task, (task_state, started) in tasks.items():
                task_values = {"id": uuid4(), "task": task, "state": task_state, "started": started}
                connection.execute(_TASK, values | task_values)

    def _add_dag(self, connection: psycopg.Connection[tuple[object, ...]], values: dict[str, object]) -> None:
        connection.execute(
            "INSERT INTO dag_bundle (name, active) VALUES ('dags-folder', true) ON CONFLICT DO NOTHING"
        )
        connection.execute(_DAG, values)


def migrated(postgres: EmbeddedPostgres, home: Path) -> AirflowDatabase:
    """Return an empty database of Airflow's, as `airflow db migrate` makes it."""
    for folder in ("dags", "plugins"):
        (home / folder).mkdir(parents=True)
    database = AirflowDatabase(postgres, "airflow_metadata", home)
    postgres.create_database(database.name)
    done = database.run("airflow", "db", "migrate")
    assert done.returncode == 0, json.dumps([done.stdout[-2000:], done.stderr[-2000:]])
    return database
