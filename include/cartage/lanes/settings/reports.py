"""Settings of a lane's reports: what the merchant promises its buyers, and whether the weekly report is sent."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from cartage.lanes.kinds import Settings, TimeZone, setting_error
from cartage.lanes.settings.alerts import Clock, Weekday


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
