"""The operator of the watchdog DAG: look at all lanes at once, and check those that may need it one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from cartage.plurals import counted, word_for
from cartage_airflow.links import alert_links
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.exceptions import AirflowRuntimeError

    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.checks.runs import DagState
    from cartage.monitoring.survey import LaneSurvey


# A run's share of a long way to go, such as a first count; housekeeping reads everything.
_MOST_EVENTS = 40_000


class WatchFailed(AirflowException):
    """Some lanes could not be checked; the log says why. All others were."""


class WatchdogOperator(BaseOperator):
    """Open, send and close the alerts of all lanes, then call the outside monitor if there is one.

    Checks every valid lane whose mode is not `off`. Has no parameters and no templated fields.

    XCom: the counts of each lane that needed a check of its own, by its name.
    """

    ui_color = "#f0e7db"

    def execute(self, context: Context) -> dict[str, dict[str, int]]:
        """Check the lanes and return their counts.

        Raises:
            WatchFailed: After all lanes were tried, if one could not be checked. The outside monitor is not called.
        """
        from cartage.connections import ledger_url
        from cartage.db import open_ledger
        from cartage.lanes import valid_lanes
        from cartage.monitoring.heartbeat import call_monitor
        from cartage.monitoring.survey import record_watched, survey_lanes

        resolver = AirflowResolver()
        all_lanes = valid_lanes()
        lanes = [lane for lane in all_lanes if lane.mode != "off"]
        ledger = open_ledger(ledger_url(resolver), pool_size=1)
        counts: dict[str, dict[str, int]] = {}
        fine: list[str] = []
        try:
            surveyed = survey_lanes(ledger, lanes)
            for lane in lanes:
                try:
                    found = self._check(context, ledger, lane, resolver, surveyed[lane.name])
                except Exception:
                    self.log.exception("lane %s could not be checked", lane.name)
                    continue
                if found is None:
                    fine.append(lane.name)
                else:
                    counts[lane.name] = found
            record_watched(ledger, fine)
            self._refresh_figures(ledger, all_lanes)
        finally:
            ledger.close()
        self.log.info(
            "%s fine, %d had a check of their own", counted(len(fine), "lane is", "lanes are"), len(counts)
        )
        if unchecked := sorted({lane.name for lane in lanes} - {*fine, *counts}):
            raise WatchFailed(
                f"could not check {word_for(len(unchecked), 'lane')} {', '.join(unchecked)}: the log above says why"
            )
        if call_monitor(resolver, len(lanes)):
            self.log.info("called the outside monitor: all lanes were checked")
        return counts

    def _refresh_figures(self, ledger: Ledger, lanes: list[Lane]) -> None:
        """Bring the figures of the reports up to date. Alerts do not wait for it, and do not fail with it."""
        from cartage.reports.rollup import refresh_reports

        try:
            done = refresh_reports(ledger, lanes, most_events=_MOST_EVENTS)
        except Exception:
            self.log.exception(
                "the figures of the reports could not be refreshed; the next run tries it again"
            )
        else:
            self.log.info(
                "figures of the reports: %s and %s changed",
                counted(done.orders, "order"),
                counted(done.days, "day"),
            )

    def _check(
        self,
        context: Context,
        ledger: Ledger,
        lane: Lane,
        resolver: AirflowResolver,
        surveyed: LaneSurvey,
    ) -> dict[str, int] | None:
        """Check a lane if it may need it, and return its counts; None if nothing is wrong with it."""
        from cartage.monitoring.checks.runs import DagState
        from cartage.monitoring.measures import gauges
        from cartage.monitoring.watch import watch_lane
        from cartage_airflow.metrics import metrics_are_on, send_gauges

        dags = {dag_id: dag_state(context, dag_id) for dag_id in surveyed.overdue}
        counts = None
        if surveyed.needs_check or set(dags.values()) - {DagState.ACTIVE}:
            counts = watch_lane(ledger, lane, resolver, dags=dags, links=alert_links())
        if metrics_are_on():
            send_gauges(gauges(ledger, lane))
        return counts


def dag_state(context: Context, dag_id: str) -> DagState:
    """Ask Airflow for a DAG's state through the Task SDK: tasks have no access to Airflow's database."""
    from airflow.sdk.exceptions import AirflowRuntimeError

    from cartage.monitoring.checks.runs import DagState

    task: Any = context["ti"]
    try:
        paused = task.get_dag(dag_id).is_paused
    except AirflowRuntimeError as error:
        if _not_found(error):
            return DagState.MISSING
        raise
    return DagState.PAUSED if paused else DagState.ACTIVE


def _not_found(error: AirflowRuntimeError) -> bool:
    return (error.error.detail or {}).get("status_code") == 404
