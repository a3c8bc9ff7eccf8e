"""The operator of the DAG reports: the weekly report of all lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator

from cartage_airflow.links import reports_url
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from airflow.sdk import Context


class SendReportsOperator(BaseOperator):
    """Send the report of the last seven whole days through the lanes' channels. Has no parameters.

    A report that was sent is not sent a second time, unless the run's parameter `again` is set.

    XCom: how many reports were sent, and how many had been sent before.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Send the reports and return the counts.

        Raises:
            SettingsError: If the ledger's address is not configured.
            ReportsNotSent: After all channels were tried, if any failed.
        """
        from cartage.connections import ledger_url
        from cartage.db import open_ledger
        from cartage.lanes import valid_lanes
        from cartage.operations.weekly_report import send_weekly_reports

        resolver = AirflowResolver()
        again = bool(context["params"].get("again", False))
        ledger = open_ledger(ledger_url(resolver), pool_size=1)
        try:
            return send_weekly_reports(ledger, valid_lanes(), resolver, reports_url, again=again)
        finally:
            ledger.close()
