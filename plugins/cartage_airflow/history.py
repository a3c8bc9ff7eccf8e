"""The timetable of `orders_history`: windows for backfills and for runs by hand, and none that comes by itself.

Registered by cartage_plugin.py, since Airflow stores a timetable of one's own by its name. It keeps no state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.timetables.interval import CronDataIntervalTimetable

if TYPE_CHECKING:
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction


class HistoryTimetable(CronDataIntervalTimetable):
    """Cron windows that only a backfill runs through.

    Airflow asks a timetable for the next window in two places. The scheduler asks with the DAG's own `catchup`, which
    is off; a backfill asks with `catchup` on, whatever the DAG says (`SerializedDAG.iter_dagrun_infos_between`, 3.3.2).
    """

    # So that Airflow expects no run of it; `periodic`, which backfills need, stays true.
    can_be_scheduled = False

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next window of a backfill; None for the scheduler."""
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )

    @property
    def summary(self) -> str:
        """What Airflow's list of DAGs shows as the schedule."""
        return "backfill only"
