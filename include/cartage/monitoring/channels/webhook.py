"""A Slack-compatible incoming webhook. Its address is a secret: no error, log line or traceback shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.connections import Connection, Resolver, require
from cartage.monitoring.channels.posting import checked, post
from cartage.monitoring.channels.render import slack_json

if TYPE_CHECKING:
    from cartage.lanes.settings.alerts import WebhookAlerts
    from cartage.monitoring.channels.alert import Alert

_FIX = "Check the connection in Airflow (Admin > Connections): host, schema, port, and the password as path."


def webhook_url(connection: Connection) -> str:
    """The address: host (with schema and port, or a whole URL), then the password as the secret path.

    A password that is a whole URL is the address itself, as in Airflow's Slack webhook connections.

    Raises:
        SettingsError: if that makes no http or https address; does not show it.
    """
    secret = connection.password.strip()
    if "://" in secret:
        url = secret
    else:
        base = connection.address
        url = f"{base.rstrip('/')}/{secret.lstrip('/')}" if secret else base
    return checked(url, connection, "webhook")


class WebhookChannel:
    """Posts alerts as JSON."""

    def __init__(self, settings: WebhookAlerts, resolver: Resolver) -> None:
        self._settings = settings
        self._resolver = resolver

    @property
    def name(self) -> str:
        """What the channel is called in logs."""
        return f"webhook (connection {self._settings.connection!r})"

    def deliver(self, alert: Alert) -> None:
        """Post one alert, again if the first post was not answered.

        Raises:
            SettingsError: if the connection is missing or makes no address.
            ChannelFailed: if no post was taken.
        """
        url = webhook_url(require(self._resolver, self._settings.connection))
        post(url, slack_json(alert), channel=self.name, fix=_FIX)
