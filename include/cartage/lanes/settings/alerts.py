"""Settings of a lane's alerts: who is notified, how often, and when an order counts as late."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.kinds import (
    ConnectionId,
    Duration,
    DurationOrNever,
    MailAddress,
    PositiveDuration,
    Settings,
    TimeZone,
    setting_error,
)

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def _clock(value: str) -> str:
    if not _CLOCK.fullmatch(value):
        raise setting_error(
            f"{value!r} is not a time of day", "Write hours and minutes in quotes, '00:00' to '24:00'."
        )
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
    sender: MailAddress = Field(description="Sender's address.")
    to: tuple[MailAddress, ...] = Field(min_length=1, description="Recipients' addresses.")


class WebhookAlerts(Settings):
    """Alerts to a Slack-compatible incoming webhook."""

    connection: ConnectionId = Field(
        description="Airflow connection of type HTTP; its password holds the secret part of the URL."
    )


class HttpAlerts(Settings):
    """Alerts to any HTTP endpoint, as Cartage's own JSON."""

    connection: ConnectionId = Field(
        description="Airflow connection of type HTTP: its address, and login and password, or headers in its extras."
    )


class BusinessHours(Settings):
    """The hours that count towards an order's age in alerts."""

    time_zone: TimeZone | None = Field(
        default=None, description="Time zone of these hours (IANA name); none: the store's time zone."
    )
    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday)[:5],
        min_length=1,
        description="Working days: mon, tue, wed, thu, fri, sat, sun.",
    )
    opens: Clock = Field(default="09:00", description="Start of a working day, in quotes.")
    closes: Clock = Field(
        default="17:00", description="End of a working day, in quotes; '24:00' is midnight."
    )
    holidays: tuple[date, ...] = Field(
        default=(), description="Dates that are not working days, e.g. 2026-12-25."
    )

    @model_validator(mode="after")
    def _opens_before_closing(self) -> Self:
        if self.opens >= self.closes:
            raise setting_error(
                f"opens {self.opens} is not before closes {self.closes}", "Stay within one day."
            )
        return self


class AlertLimits(Settings):
    """When something counts as late. Ages are in business hours if the lane has any."""

    not_imported: DurationOrNever = Field(
        default=timedelta(hours=1),
        description="Age of a time range whose orders were not imported; or never.",
    )
    not_acknowledged: DurationOrNever = Field(
        default=timedelta(hours=4),
        description="Age of an order that nothing blocks but the warehouse has not accepted; or never.",
    )
    not_shipped: DurationOrNever = Field(
        default=timedelta(days=3),
        description="Age of an order that the warehouse has accepted but not shipped; or never.",
    )
    not_posted_back: DurationOrNever = Field(
        default=timedelta(hours=2),
        description="Age of something not reported to the store (Processing, tracking); or never.",
    )
    unknown: DurationOrNever = Field(
        default=timedelta(hours=1),
        description="Age of a request whose outcome is still unknown; or never.",
    )
    run: PositiveDuration = Field(
        default=timedelta(minutes=30),
        description="How late a run may start, how long it may last, how long its DAG may be paused; always by the "
        "clock.",
    )
    lookout: PositiveDuration = Field(
        default=timedelta(minutes=10),
        description="How long nobody may look for new orders or shipments, if schedules say that somebody does; by the "
        "clock.",
    )


class Alerts(Settings):
    """Who is notified when something is wrong, and when."""

    email: EmailAlerts | None = Field(default=None, description="E-mail; none if absent.")
    webhook: WebhookAlerts | None = Field(
        default=None, description="Slack-compatible webhook; none if absent."
    )
    http: HttpAlerts | None = Field(default=None, description="HTTP endpoint; none if absent.")
    repeat_every: DurationOrNever = Field(
        default=timedelta(hours=4), description="How often an alert is repeated while it is open; or never."
    )
    resolve_after: Duration = Field(
        default=timedelta(minutes=10),
        description="How long a problem must be gone before its alert is resolved; if it returns earlier, the "
        "alert goes on.",
    )
    limits: AlertLimits = Field(default_factory=AlertLimits, description="When something counts as late.")
    hours: BusinessHours | None = Field(
        default=None, description="Business hours for ages; none: ages count around the clock."
    )
