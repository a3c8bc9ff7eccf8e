"""The timetable of `orders_history`: windows for backfills and manual runs, with no schedule of its own.

The plugin registers it, because Airflow stores a custom timetable by its class path. It keeps no state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.timetables.interval import CronDataIntervalTimetable

if TYPE_CHECKING:
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction


class HistoryTimetable(CronDataIntervalTimetable):
    """Cron windows that only a backfill runs through.

    Airflow asks a timetable for the next window in two places. The scheduler passes the DAG's own `catchup`, which is
    off. A backfill passes `catchup` on, whatever the DAG says (`SerializedDAG.iter_dagrun_infos_between`, 3.3.2).
    """

    # Airflow expects no scheduled run. `periodic` stays true, which backfills need.
    can_be_scheduled = False

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the next window of a backfill, or None to the scheduler."""
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )

    @property
    def summary(self) -> str:
        """What Airflow's list of DAGs shows as the schedule."""
        return "backfill only"
