"""Settings of a lane's schedules: when its DAGs run, and how often a run reads more than its window."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cartage.lanes.kinds import Cron, CronOrOff, DurationOrNever, Settings, setting_error

# The lookout begins what is due once a second, and asks each remote within a few seconds.
_SHORTEST_LOOK = timedelta(seconds=5)
_LONGEST_LOOK = timedelta(minutes=10)
_LOOKS = ("look_for_orders_every", "look_for_shipments_every")


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
    reconciliation: CronOrOff = Field(
        default="15 4 * * *",
        description="Cron of the reconciliation DAG; or off: it runs only when a person starts it.",
    )
    look_for_orders_every: DurationOrNever = Field(
        default="never",
        description="How often the triggerer asks the store how many orders have the import status (one call), to "
        "start a run of the orders DAG between two windows if one is new: 5s to 10m; or never.",
    )
    look_for_shipments_every: DurationOrNever = Field(
        default="never",
        description="How often the triggerer asks the warehouse whether something has shipped (at most one call), to "
        "start a run of the shipments DAG if so: 5s to 10m; or never.",
    )

    @model_validator(mode="after")
    def _looks_are_of_use(self) -> Self:
        """A look costs a call, finds what the last sweep has not read, and must come more often than a window."""
        for name in _LOOKS:
            every = getattr(self, name)
            if isinstance(every, timedelta) and not _SHORTEST_LOOK <= every <= _LONGEST_LOOK:
                raise setting_error(f"{name} is not between 5s and 10m", "Write for example 10s, or never.")
        if isinstance(self.look_for_orders_every, timedelta) and self.sweep_every == "never":
            raise setting_error(
                "look_for_orders_every is set, but sweep_every is never",
                "A run that the lookout starts reads the whole import status: give sweep_every a duration.",
            )
        return self
