"""What the coverage page reads."""

from __future__ import annotations

from sqlalchemy import func, select

from cartage.intake.coverage.report import CoverageHistory, coverage_history
from cartage.lanes.settings.lane import Lane
from cartage_airflow.desk.ledger import reading


def history_of_lane(lane: Lane) -> CoverageHistory:
    """Return what the lane has imported since its go-live, by the ledger's clock."""
    with reading() as connection:
        now = connection.execute(select(func.clock_timestamp())).scalar_one()
        return coverage_history(connection, lane, now)
