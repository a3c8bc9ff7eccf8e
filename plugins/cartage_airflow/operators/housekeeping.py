"""The operators of the DAG housekeeping: the ledger's retention, the figures of the reports, and task logs.

Airflow's own database is not among them: tasks have no access to it. `cartage airflow clean` cleans it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator

from cartage.plurals import counted
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from airflow.sdk import Context


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


class RefreshReportsOperator(BaseOperator):
    """Bring the figures of all reports up to date, and apply changed time zones and promises to past days.

    Has no parameters. XCom: how many orders and days changed.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Refresh the figures and return the counts.

        Raises:
            SettingsError: If the ledger's address is not configured.
        """
        from cartage.connections import ledger_url
        from cartage.db import open_ledger
        from cartage.lanes import valid_lanes
        from cartage.reports.rollup import refresh_reports

        ledger = open_ledger(ledger_url(AirflowResolver()), pool_size=1)
        try:
            done = refresh_reports(ledger, valid_lanes())
        finally:
            ledger.close()
        if not done.complete:
            self.log.info("another process refreshes the figures; nothing was done")
        return {"orders": done.orders, "days": done.days}


class DeleteLogsOperator(BaseOperator):
    """Delete old task logs from Airflow's log folder on the machine that runs this task. Has no parameters.

    Where each worker keeps its own logs, `cartage airflow delete-logs` deletes them on each.

    XCom: how many logs were deleted.
    """

    def execute(self, context: Context) -> int:
        """Delete logs older than `CARTAGE_LOG_RETENTION` (default 30 days) and return how many."""
        from airflow.sdk.configuration import conf

        from cartage.operations.housekeeping import LOG_RETENTION, delete_old_logs, kept_for

        folder, age = Path(conf.get("logging", "base_log_folder")), kept_for(LOG_RETENTION)
        deleted = delete_old_logs(folder, age)
        self.log.info("deleted %s older than %s from %s", counted(deleted, "log"), age, folder)
        return deleted
