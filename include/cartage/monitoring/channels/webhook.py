"""Send alerts and reports to a Slack-compatible incoming webhook. Its address is a secret and is never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cartage.connections import Connection, Resolver, require
from cartage.monitoring.channels.posting import checked_url, post
from cartage.monitoring.channels.render import slack_json

if TYPE_CHECKING:
    from cartage.lanes.settings.alerts import WebhookAlerts
    from cartage.monitoring.channels.alert import Alert

_FIX = "Check the connection in Airflow (Admin > Connections): host, schema, port, and the secret path in Password."


def webhook_url(connection: Connection) -> str:
    """Return the webhook's address: the host (with schema and port, or a whole URL) and the password as secret path.

    A password that is a whole URL is the address itself, as in Airflow's Slack webhook connections.

    Raises:
        SettingsError: if the result is not an http or https address; the text does not show it.
    """
    secret = connection.password.strip()
    if "://" in secret:
        url = secret
    else:
        base = connection.address
        url = f"{base.rstrip('/')}/{secret.lstrip('/')}" if secret else base
    return checked_url(url, connection, "webhook")


class WebhookChannel:
    """Posts alerts as Slack blocks."""

    def __init__(self, settings: WebhookAlerts, resolver: Resolver) -> None:
        self._settings = settings
        self._resolver = resolver

    @property
    def name(self) -> str:
        """Return the channel's name for logs."""
        return webhook_name(self._settings)

    def deliver(self, alert: Alert) -> None:
        """Post one alert. Repeat it if there is no response.

        Raises:
            SettingsError: if the connection is missing or forms no address.
            ChannelFailed: if no attempt succeeded.
        """
        post_blocks(self._settings, self._resolver, slack_json(alert))


def webhook_name(settings: WebhookAlerts) -> str:
    """Return the name of this webhook for logs."""
    return f"webhook (connection {settings.connection!r})"


def post_blocks(settings: WebhookAlerts, resolver: Resolver, body: Mapping[str, Any]) -> None:
    """Post a message of Slack blocks to the webhook. Repeat it if there is no response.

    Raises:
        SettingsError: if the connection is missing or forms no address.
        ChannelFailed: if no attempt succeeded.
    """
    connection = require(resolver, settings.connection)
    post(webhook_url(connection), body, connection, channel=webhook_name(settings), fix=_FIX)
