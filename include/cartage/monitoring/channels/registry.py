"""The channels of a lane, and sending through all of them: one that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from cartage.connections import Resolver, default_resolver
from cartage.errors import CartageError

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.channels.alert import Alert

log = logging.getLogger(__name__)


class AlertsFailed(CartageError):
    """An alert did not go out through some channels; `failures` has one for each, by the channel's name."""

    def __init__(self, alert: Alert, failures: dict[str, str], channels: int) -> None:
        self.failures = failures
        lines = [f"  {name}: {reason}" for name, reason in failures.items()]
        head = f"alert {alert.title!r} did not go out through {len(failures)} of {channels} channel(s)"
        super().__init__("\n".join([head, *lines]))


class Channel(Protocol):
    """One way to reach an operator."""

    @property
    def name(self) -> str:
        """What it is called in logs: its kind and its connection."""
        ...

    def deliver(self, alert: Alert) -> None:
        """Send one alert.

        Raises:
            CartageError: if it did not go out: `ChannelFailed`, or `SettingsError` for the connection.
        """
        ...


def channels_of(lane: Lane, resolver: Resolver | None = None) -> list[Channel]:
    """The channels that the lane's settings name; none if alerts are off. Looks no connection up yet."""
    from cartage.monitoring.channels.endpoint import EndpointChannel
    from cartage.monitoring.channels.smtp import SmtpChannel
    from cartage.monitoring.channels.webhook import WebhookChannel

    found = resolver or default_resolver()
    channels: list[Channel] = []
    if lane.alerts.email:
        channels.append(SmtpChannel(lane.alerts.email, found))
    if lane.alerts.webhook:
        channels.append(WebhookChannel(lane.alerts.webhook, found))
    if lane.alerts.http:
        channels.append(EndpointChannel(lane.alerts.http, found))
    return channels


def send(alert: Alert, channels: Sequence[Channel]) -> None:
    """Send an alert through every channel.

    Raises:
        AlertsFailed: at the end, naming each channel that failed.
    """
    failures = dict(_attempts(alert, channels))
    if failures:
        raise AlertsFailed(alert, failures, len(channels))


def _attempts(alert: Alert, channels: Iterable[Channel]) -> Iterable[tuple[str, str]]:
    for channel in channels:
        try:
            channel.deliver(alert)
            log.info("alert sent: lane=%s stage=%s channel=%s", alert.lane, alert.stage, channel.name)
        except CartageError as error:
            log.error("alert not sent: lane=%s stage=%s: %s", alert.lane, alert.stage, error)  # noqa: TRY400
            yield channel.name, str(error)
        except Exception as error:
            log.exception("alert not sent: lane=%s channel=%s", alert.lane, channel.name)
            yield channel.name, f"{type(error).__name__}; the log has the details"
