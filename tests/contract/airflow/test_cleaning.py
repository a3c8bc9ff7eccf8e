"""`cartage airflow clean` against a real database of Airflow's, as a timer runs it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.contract.airflow.metadata import AirflowDatabase, migrated

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=200)
CUTOFF = NOW - timedelta(days=90)


@pytest.fixture(scope="module")
def template(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AirflowDatabase:
    return migrated(postgres, tmp_path_factory.mktemp("airflow"))


@pytest.fixture
def database(template: AirflowDatabase, postgres: EmbeddedPostgres) -> Iterator[AirflowDatabase]:
    """Yield a database with an old run of a lane that has left the file, and an old and a new one of a live lane."""
    name = "airflow_to_clean"
    postgres.clone_database(template.name, name)
    found = AirflowDatabase(postgres, name, template.home)
    # The last scheduled run of a DAG is kept, and a task that was skipped has no time of start.
    tasks = {"import_orders": ("success", OLD), "mark_processing": ("skipped", None)}
    found.add_run("orders__removed", OLD, stale=True, tasks=tasks)
    found.add_run("orders__live", OLD, parsed=NOW, tasks=tasks)
    # Asked 200 days ago, and still waiting for a person.
    found.add_run(
        "required_actions__live",
        OLD,
        parsed=NOW,
        run_type="manual",
        state="running",
        tasks={"ask": ("deferred", OLD)},
    )
    yield found
    postgres.drop_database(name)


def dags(database: AirflowDatabase) -> set[object]:
    return {row[0] for row in database.rows("SELECT dag_id FROM dag")}


def runs(database: AirflowDatabase) -> set[object]:
    return {row[0] for row in database.rows("SELECT dag_id FROM dag_run")}


def test_airflows_own_command_fails_on_a_removed_lane(database: AirflowDatabase) -> None:
    """apache/airflow#71864. Once this fails, cartage_airflow.cleaning need not leave that table out."""
    done = database.run(
        "airflow", "db", "clean", "--yes", "--skip-archive", "--clean-before-timestamp", CUTOFF.isoformat()
    )
    assert done.returncode != 0
    assert "task_instance_dag_version_id_fkey" in done.stdout + done.stderr


def test_a_removed_lane_is_cleaned_with_all_that_belongs_to_it_and_a_live_one_keeps_its_last_run(
    database: AirflowDatabase,
) -> None:
    first, again = (database.run("cartage", "airflow", "clean") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stdout + first.stderr + again.stderr
    assert "and 1 removed DAG" in first.stdout
    assert "removed DAG" not in again.stdout
    assert dags(database) == {"orders__live", "required_actions__live"}
    # The scheduled run stays for its schedule's sake. The one that waits for a person goes: Cartage asks again.
    assert runs(database) == {"orders__live"}
    assert {row[0] for row in database.rows("SELECT dag_id FROM task_instance")} == {"orders__live"}
    assert database.rows("SELECT FROM dag_version WHERE dag_id = 'orders__removed'") == []


def test_what_is_younger_than_the_retention_stays(database: AirflowDatabase) -> None:
    done = database.run("cartage", "airflow", "clean", CARTAGE_AIRFLOW_RETENTION="365d")
    assert done.returncode == 0, done.stderr
    assert "orders__removed" in dags(database)
    assert len(runs(database)) == 3


def test_a_table_that_cannot_be_cleaned_stops_no_other_and_is_named(database: AirflowDatabase) -> None:
    with database.postgres.connect(database.name) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER refuse BEFORE DELETE ON job FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        connection.execute(
            "INSERT INTO job (dag_id, state, job_type, latest_heartbeat) VALUES ('x', 'success', 'y', '2020-01-01')"
        )
    done = database.run("cartage", "airflow", "clean")
    assert done.returncode == 1
    assert "not cleaned" in done.stderr
    assert "table job: " in done.stderr
    assert "orders__removed" not in dags(database)
    assert runs(database) == {"orders__live"}


def test_without_access_to_the_database_it_says_where_to_run_it(database: AirflowDatabase) -> None:
    nowhere = "postgresql+psycopg2://airflow:s3cr3t-word@127.0.0.1:1/airflow"
    done = database.run("cartage", "airflow", "clean", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=nowhere)
    assert done.returncode == 1
    assert "where Airflow is configured" in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cr3t-word" not in done.stdout + done.stderr


def test_a_retention_that_is_no_duration_cleans_nothing(database: AirflowDatabase) -> None:
    done = database.run("cartage", "airflow", "clean", CARTAGE_AIRFLOW_RETENTION="ninety days")
    assert done.returncode == 1
    assert "CARTAGE_AIRFLOW_RETENTION" in done.stderr
    assert "orders__removed" in dags(database)


def test_old_logs_are_deleted_on_the_machine_where_the_command_runs(
    template: AirflowDatabase, tmp_path: Path
) -> None:
    old, new = tmp_path / "dag_id=a" / "attempt=1.log", tmp_path / "dag_id=a" / "attempt=2.log"
    old.parent.mkdir()
    for file in (old, new):
        file.write_text("a log")
    aged = time.time() - timedelta(days=31).total_seconds()
    os.utime(old, (aged, aged))
    done = template.run("cartage", "airflow", "delete-logs", AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "1 log older than 30 days deleted" in done.stdout
    assert (old.exists(), new.exists()) == (False, True)
