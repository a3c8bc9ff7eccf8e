"""The operator of the watchdog: looks at every lane, and lets none keep it from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from cartage_airflow.links import alert_links
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.exceptions import AirflowRuntimeError

    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.checks.runs import DagState


class WatchFailed(AirflowException):
    """Some lanes could not be looked at; the log says why. The others were."""


class WatchdogOperator(BaseOperator):
    """Opens, tells and closes the alerts of all lanes, and then calls the monitor outside, if there is one."""

    ui_color = "#f0e7db"

    def execute(self, context: Context) -> dict[str, dict[str, int]]:
        """Look at every valid lane that is not off; returns each one's counts, which go to XCom.

        Raises:
            WatchFailed: at the end, if a lane could not be looked at. The monitor outside is not called then.
        """
        from cartage.connections import ledger_url
        from cartage.db import open_ledger
        from cartage.lanes import valid_lanes
        from cartage.monitoring.heartbeat import call_monitor

        resolver = AirflowResolver()
        lanes = [lane for lane in valid_lanes() if lane.mode != "off"]
        ledger = open_ledger(ledger_url(resolver), pool_size=1)
        counts: dict[str, dict[str, int]] = {}
        try:
            for lane in lanes:
                try:
                    counts[lane.name] = self._look(context, ledger, lane, resolver)
                except Exception:
                    self.log.exception("lane %s could not be looked at", lane.name)
        finally:
            ledger.close()
        if blind := [lane.name for lane in lanes if lane.name not in counts]:
            raise WatchFailed(f"could not look at lane(s) {', '.join(blind)}: the log above says why")
        if call_monitor(resolver, len(lanes)):
            self.log.info("told the monitor outside that all is watched")
        return counts

    def _look(
        self, context: Context, ledger: Ledger, lane: Lane, resolver: AirflowResolver
    ) -> dict[str, int]:
        from cartage.monitoring.checks.runs import expected
        from cartage.monitoring.measures import gauges
        from cartage.monitoring.watch import watch_lane
        from cartage_airflow.metrics import send_gauges

        dags = {dag_id: dag_state(context, dag_id) for dag_id in expected(lane)}
        counts = watch_lane(ledger, lane, resolver, dags=dags, links=alert_links())
        send_gauges(gauges(ledger, lane))
        return counts


def dag_state(context: Context, dag_id: str) -> DagState:
    """What Airflow says of a DAG, asked through the Task SDK: tasks have no access to Airflow's database."""
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
