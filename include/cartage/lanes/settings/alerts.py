"""The settings of a lane's alerts: who is told, how often, and from what age on an order is late."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.settings.base import Settings
from cartage.lanes.settings.kinds import (
    ConnectionId,
    Duration,
    MailAddress,
    Pace,
    PositiveDuration,
    TimeZone,
    wrong,
)

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def _clock(value: str) -> str:
    if not _CLOCK.fullmatch(value):
        raise wrong(f"{value!r} is no time of day", "Write hours and minutes in quotes, '00:00' to '24:00'.")
    return value


Clock = Annotated[str, AfterValidator(_clock)]


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


class EmailAlerts(Settings):
    """Alerts by e-mail."""

    connection: ConnectionId = Field(description="Airflow connection of type SMTP.")
    sender: MailAddress = Field(description="From address.")
    to: tuple[MailAddress, ...] = Field(min_length=1, description="Receivers.")


class WebhookAlerts(Settings):
    """Alerts to a Slack-compatible incoming webhook."""

    connection: ConnectionId = Field(
        description="Airflow connection of type HTTP; its password is the secret part of the URL."
    )


class HttpAlerts(Settings):
    """Alerts to any HTTP endpoint, as JSON of Cartage's own shape."""

    connection: ConnectionId = Field(
        description="Airflow connection of type HTTP: address, and login and password or headers as its extras."
    )


class BusinessHours(Settings):
    """The hours in which orders grow older, for alerts about their age."""

    time_zone: TimeZone | None = Field(
        default=None, description="Time zone of these hours (IANA name); none: the store's."
    )
    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday)[:5],
        min_length=1,
        description="Working days: mon, tue, wed, thu, fri, sat, sun.",
    )
    opens: Clock = Field(default="09:00", description="First minute of a working day, in quotes.")
    closes: Clock = Field(
        default="17:00", description="End of a working day, in quotes; '24:00' is midnight."
    )
    holidays: tuple[date, ...] = Field(default=(), description="Days without work, e.g. 2026-12-25.")

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise wrong(f"opens {self.opens} is not before closes {self.closes}", "Name hours of one day.")
        return self


class AlertLimits(Settings):
    """From what age on something is late. Counted in business hours where the lane has any."""

    not_imported: Pace = Field(
        default=timedelta(hours=1), description="Time whose orders were neither imported nor swept; or never."
    )
    not_acknowledged: Pace = Field(
        default=timedelta(hours=4),
        description="An order that nothing blocks and the warehouse does not have; or never.",
    )
    not_shipped: Pace = Field(
        default=timedelta(days=3), description="An order that the warehouse has and did not ship; or never."
    )
    not_posted_back: Pace = Field(
        default=timedelta(hours=2), description="What the store was not told: Processing, tracking; or never."
    )
    unknown: Pace = Field(
        default=timedelta(hours=1),
        description="A send whose outcome was not seen, and is still not settled; or never.",
    )
    run: PositiveDuration = Field(
        default=timedelta(minutes=30),
        description="By the clock: how late a run may be, or how long it may last, or its DAG be paused.",
    )


class Alerts(Settings):
    """Who is told when something is wrong."""

    email: EmailAlerts | None = Field(default=None, description="E-mail; none if absent.")
    webhook: WebhookAlerts | None = Field(
        default=None, description="Slack-compatible webhook; none if absent."
    )
    http: HttpAlerts | None = Field(default=None, description="Any HTTP endpoint; none if absent.")
    repeat_every: Pace = Field(
        default=timedelta(hours=4), description="How often an alert is told again while it lasts; or never."
    )
    settle: Duration = Field(
        default=timedelta(minutes=10),
        description="How long something must be well before that is told; the same within it is no new alert.",
    )
    limits: AlertLimits = Field(
        default_factory=AlertLimits, description="From what age on something is late."
    )
    hours: BusinessHours | None = Field(
        default=None, description="Business hours in which ages count; none: round the clock."
    )
