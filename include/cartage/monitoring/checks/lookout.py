"""Check that somebody looks for new orders and shipments, if the lane's schedules say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cartage.lookout.rules import LookFor, unmanned
from cartage.monitoring.checks.runs import DagState, expected_dags
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.repo.alerts import AlertFinding

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

LOOKOUT_KINDS = (AlertKind.LOOKOUT_SILENT,)

# The first task of the DAG that the lookout starts.
_STAGES = {LookFor.ORDERS: "import_orders", LookFor.SHIPMENTS: "poll_tracking"}


def silent_looks(lane: Lane, manned: Mapping[str, datetime], now: datetime) -> dict[str, datetime | None]:
    """Return the DAGs for which nobody looks although somebody should, and since when; None if nobody ever did."""
    expected = expected_dags(lane)
    found = {f"{part}__{lane.name}": last for part, last in unmanned(lane, manned, now).items()}
    return {dag: last for dag, last in found.items() if dag in expected}


def lookout_findings(
    lane: Lane, manned: Mapping[str, datetime], dags: Mapping[str, DagState], now: datetime
) -> list[AlertFinding]:
    """Return a finding for each DAG for which nobody looks. A DAG that is paused or missing has its own alert."""
    return [
        AlertFinding(
            kind=AlertKind.LOOKOUT_SILENT,
            key=dag,
            stage=_STAGES[LookFor(dag.partition("__")[0])],
            title=f"Nobody looks for new {dag.partition('__')[0]} of this lane",
            meaning="The windows still find everything, so nothing is lost. It takes as long as a window lasts.",
            fix="Check that Airflow's triggerer is up (`airflow jobs check --job-type TriggererJob`), and its log.",
            facts={"last look": f"{last:%F %T} UTC" if last else "none yet"},
            # A lane that has just begun to look, or a triggerer that has just started, is about to look.
            patience=lane.alerts.limits.lookout if last is None else timedelta(0),
        )
        for dag, last in silent_looks(lane, manned, now).items()
        if dags.get(dag, DagState.ACTIVE) is DagState.ACTIVE
    ]
