"""Build a lane's channels, and send an alert through all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from cartage.connections import Resolver, default_resolver
from cartage.errors import CartageError
from cartage.monitoring.channels.failures import AlertsFailed

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring.channels.alert import Alert

log = logging.getLogger(__name__)


class Channel(Protocol):
    """One way to reach an operator."""

    @property
    def name(self) -> str:
        """Return the channel's name for logs: its kind and its connection."""
        ...

    def deliver(self, alert: Alert) -> None:
        """Send one alert.

        Raises:
            ChannelFailed: if it was not delivered.
            SettingsError: if the connection is missing or wrong.
        """
        ...


def channels_of(lane: Lane, resolver: Resolver | None = None) -> list[Channel]:
    """Return the channels that the lane's settings name. Connections are looked up only on delivery."""
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
    """Send an alert through every channel. A failed channel does not stop the others.

    Raises:
        AlertsFailed: after all channels were tried, if any failed.
    """
    failures = dict(_failures(alert, channels))
    if failures:
        raise AlertsFailed(alert.title, failures, len(channels))


def deliver(channel: Channel, alert: Alert) -> str:
    """Send one alert through one channel; return why it failed, or an empty text. Never raises for a channel."""
    try:
        channel.deliver(alert)
    except CartageError as error:
        log.error("alert not sent: lane=%s kind=%s: %s", alert.lane, alert.kind, error)  # noqa: TRY400 - no traceback needed
        return str(error)
    except Exception as error:
        log.exception("alert not sent: lane=%s kind=%s channel=%s", alert.lane, alert.kind, channel.name)
        return f"{type(error).__name__}; see the log for details"
    log.info("alert sent: lane=%s kind=%s %s channel=%s", alert.lane, alert.kind, alert.state, channel.name)
    return ""


def _failures(alert: Alert, channels: Iterable[Channel]) -> Iterable[tuple[str, str]]:
    for channel in channels:
        if reason := deliver(channel, alert):
            yield channel.name, reason
