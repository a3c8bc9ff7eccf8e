"""The operator of the reconciliation DAG: compare store, ledger and warehouse, and mail the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cartage_airflow.links import differences_url
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink, Context

    from cartage.reconciliation.reconcile import ReconciliationReport
    from cartage.runtime.context import StageContext

# People read a log; the desk and `cartage differences list` have all.
_MOST_LINES = 200


class ReconcileOperator(StageOperator):
    """Compare a lane's store, ledger and warehouse, and list in the log what differs. Writes nothing outside.

    A difference does not fail the task: alerts are for the kinds that the lane names in `reconciliation.alert_after`.

    Templated fields: `lane`, `days`. It has no window.

    XCom: what was read, compared and found.

    :param lane: Name of the lane in lanes.yaml.
    :param days: Days of past orders. Default: the run's param `days`, else the lane's `reconciliation.days`.
    """

    stage = "compare"
    template_fields: Sequence[str] = ("lane", "days")
    # It moves no order.
    operator_extra_links: Sequence[BaseOperatorLink] = ()

    def __init__(self, *, days: str = "{{ params.get('days') or '' }}", **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]
        self.days = days

    def execute(self, context: Context) -> dict[str, int]:
        """Compare, and return the counts.

        Raises:
            CartageError: If the store, the warehouse or the ledger cannot be read. The retry policy decides.
        """
        return super().execute(context)

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """Compare, list what differs, and mail the report if the lane wants it."""
        from cartage.lanes.modes import Mode
        from cartage.operations.reconciliation_mail import mail_report
        from cartage.reconciliation.reconcile import reconcile

        lane = stage_context.lane
        if lane.mode is Mode.OFF:
            self.log.info("lane %s is off: nothing is compared", lane.name)
            return {}
        days = int(self.days) if str(self.days).strip() else None
        report = reconcile(stage_context, days=days)
        self._list(report)
        mail_report(lane, report, stage_context.resolver, differences_url(lane.name))
        return report.counts

    def _list(self, report: ReconciliationReport) -> None:
        for line in report.not_compared:
            self.log.info("not compared: %s", line)
        for found in report.heeded[:_MOST_LINES]:
            self.log.warning(
                "%s %s: the ledger has %s, the %s has %s (difference %d, since %s)",
                found.key,
                found.kind.value,
                found.ours,
                found.side,
                found.theirs,
                found.id,
                f"{found.first_seen_at:%F %T} UTC",
            )
        if len(report.heeded) > _MOST_LINES:
            command = f"cartage differences list --lane {self.lane} --csv FILE"
            self.log.warning("... and %d more: %s", len(report.heeded) - _MOST_LINES, command)
