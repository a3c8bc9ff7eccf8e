"""The operators of the DAG housekeeping: the ledger's retention, Airflow's own database, and task logs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from airflow.sdk import Context

# Tasks have no access to Airflow's database, so a task that cleans it needs the address in a connection.
DATABASE_CONNECTION = "cartage_airflow_db"


class PurgeLedgerOperator(BaseOperator):
    """Delete from the ledger what is older than each lane's `retention` allows. Has no parameters.

    XCom: how much was deleted of each kind, by lane.
    """

    def execute(self, context: Context) -> dict[str, dict[str, int]]:
        """Delete it and return the counts.

        Raises:
            SettingsError: If the ledger's address is not configured.
            PurgeIncomplete: If something could not be deleted. It names each such lane, after all lanes.
        """
        from cartage.connections import ledger_url
        from cartage.db import open_ledger
        from cartage.operations.housekeeping import purge_all

        ledger = open_ledger(ledger_url(AirflowResolver()), pool_size=1)
        try:
            purged = purge_all(ledger)
        finally:
            ledger.close()
        return {lane: dict(counts) for lane, counts in purged.items()}


class CleanAirflowOperator(BaseOperator):
    """Run `airflow db clean` in a separate process that gets the address of Airflow's database.

    The address is the connection `cartage_airflow_db`. Has no parameters, and returns nothing.
    """

    def execute(self, context: Context) -> None:
        """Delete what is older than `CARTAGE_AIRFLOW_RETENTION` (default 90 days), without an archive.

        Raises:
            AirflowSkipException: If the connection is not defined.
            AirflowException: If the command fails; its output is in the log.
        """
        from cartage.connections import database_url
        from cartage.operations.housekeeping import AIRFLOW_RETENTION, kept_for

        connection = AirflowResolver().get(DATABASE_CONNECTION)
        if connection is None:
            raise AirflowSkipException(
                f"nothing was cleaned: the connection {DATABASE_CONNECTION!r} (type Postgres) to Airflow's database "
                "is not defined. Define it, or run `airflow db clean` from a timer where Airflow is configured."
            )
        before = datetime.now(UTC) - kept_for(AIRFLOW_RETENTION)
        self.log.info(
            "deleting from Airflow's database what is older than %s", before.isoformat(timespec="seconds")
        )
        ended = subprocess.run(  # noqa: S603 - the interpreter's own Airflow, and a time
            [
                sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive",
                "--error-on-cleanup-failure", "--clean-before-timestamp", before.isoformat(),
            ],
            env=_environment(database_url(connection, driver="postgresql+psycopg2")),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )  # fmt: skip
        self.log.info("%s", ended.stdout)
        if ended.returncode:
            raise AirflowException(f"airflow db clean ended with {ended.returncode}; its output is above.")


class DeleteLogsOperator(BaseOperator):
    """Delete old task logs from Airflow's log folder on the machine that runs this task. Has no parameters.

    XCom: how many logs were deleted.
    """

    def execute(self, context: Context) -> int:
        """Delete logs older than `CARTAGE_LOG_RETENTION` (default 30 days) and return how many."""
        from airflow.sdk.configuration import conf

        from cartage.operations.housekeeping import LOG_RETENTION, delete_old_logs, kept_for

        folder, age = Path(conf.get("logging", "base_log_folder")), kept_for(LOG_RETENTION)
        deleted = delete_old_logs(folder, age)
        self.log.info("deleted %d log(s) older than %s from %s", deleted, age, folder)
        return deleted


def _environment(url: str) -> dict[str, str]:
    """Return this process's environment with the database and without what marks it as a task's."""
    task_only = ("_AIRFLOW_PROCESS_CONTEXT", "AIRFLOW__CORE__SQL_ALCHEMY_CONN")
    inherited = {name: value for name, value in os.environ.items() if name not in task_only}
    return inherited | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
