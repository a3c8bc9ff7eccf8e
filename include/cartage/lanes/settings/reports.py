"""Settings of what a lane reports: what the merchant promises its buyers, and what differs between the systems."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from pydantic import Field, field_validator

from cartage.lanes.kinds import Duration, PositiveDuration, Settings, TimeZone, setting_error
from cartage.lanes.settings.alerts import Clock, Weekday
from cartage.model.differences.kinds import DifferenceKind


class Promise(Settings):
    """By when an order ships: the working day on which it is placed, or a later one."""

    cutoff: Clock = Field(
        default="14:00",
        description="Time of day in quotes. An order placed on a working day before it counts for that day, any other "
        "order for the next working day.",
    )
    days_after: int = Field(
        default=0,
        ge=0,
        le=60,
        description="Working days after that day by which the order ships; 0: on the same day.",
    )
    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday)[:5],
        min_length=1,
        description="The warehouse's working days: mon, tue, wed, thu, fri, sat, sun.",
    )
    holidays: tuple[date, ...] = Field(
        default=(), description="Dates on which the warehouse does not ship, e.g. 2026-12-25."
    )
    time_zone: TimeZone | None = Field(
        default=None, description="The warehouse's time zone (IANA name); none: the store's time zone."
    )

    @field_validator("holidays")
    @classmethod
    def _leaves_working_days(cls, value: tuple[date, ...]) -> tuple[date, ...]:
        if len(set(value)) > _MOST_HOLIDAYS:
            raise setting_error(
                f"{len(set(value))} holidays are too many",
                f"Name at most {_MOST_HOLIDAYS}; past years may go.",
            )
        return value


# Even if all of them follow each other, a due day is found, and within four years.
_MOST_HOLIDAYS = 200


class Reports(Settings):
    """What reports say about the lane."""

    promise: Promise | None = Field(
        default=None,
        description="By when orders ship. `{}`: on the same working day if placed before 14:00, else on the next. "
        "None if absent: reports do not say how many orders shipped in time.",
    )
    weekly: bool = Field(
        default=True,
        description="Whether the weekly report is sent through the lane's channels (`alerts.email`, `alerts.webhook`).",
    )


class ReportMail(StrEnum):
    """When the report is mailed."""

    NEVER = "never"
    DIFFERENCES = "differences"
    ALWAYS = "always"


class Reconciliation(Settings):
    """How store, ledger and warehouse are compared. The comparison changes nothing."""

    days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="Days of past orders that are compared, by when they were placed.",
    )
    settle: Duration = Field(
        default=timedelta(hours=2),
        description="An order that changed within this time, on any side, is still on its way and not compared; 0s: "
        "every order is.",
    )
    owner: str = Field(default="", max_length=100, description="Who looks at a new difference.")
    mail: ReportMail = Field(
        default=ReportMail.DIFFERENCES,
        description="When the report is mailed to the addresses of alerts.email: never, differences (if there are "
        "any), or always.",
    )
    alert_after: Mapping[DifferenceKind, PositiveDuration] = Field(
        default={},
        description="Kinds of differences that raise an alert, each with its age, e.g. {not_posted: 1d}; others raise "
        "none.",
    )
