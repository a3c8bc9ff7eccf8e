"""Settings of a lane's schedules: when its DAGs run, and how often a run reads more than its window."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from cartage.lanes.kinds import Cron, DurationOrNever, Settings


class HistoryWindows(StrEnum):
    """The length of a window of `orders_history`."""

    HOURLY = "hourly"
    DAILY = "daily"


class Schedules(Settings):
    """When the lane's DAGs run, in UTC."""

    orders: Cron = Field(
        default="*/5 * * * *", description="Cron of the orders DAG; each run covers one window."
    )
    shipments: Cron = Field(default="*/10 * * * *", description="Cron of the shipments DAG.")
    sweep_every: DurationOrNever = Field(
        default=timedelta(minutes=5),
        description="Minimum time between two sweeps, in which the newest run reads all orders in the import status; "
        "or never.",
    )
    watch_every: DurationOrNever = Field(
        default=timedelta(minutes=15),
        description="Minimum time between two change watches, in which the newest run reads all orders changed in the "
        "store, in any status; or never.",
    )
    history_windows: HistoryWindows = Field(
        default=HistoryWindows.DAILY, description="Length of an orders_history window: hourly or daily."
    )
    preflight: Cron = Field(default="0 6 * * *", description="Cron of the preflight DAG.")
