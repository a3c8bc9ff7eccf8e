"""A Slack-compatible incoming webhook. Its address is a secret: no error, log line or traceback shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cartage.alerts.channels import ChannelFailed
from cartage.alerts.render import slack_json
from cartage.connections import Connection, Resolver, require
from cartage.errors import RemoteError, SettingsError

if TYPE_CHECKING:
    from cartage.alerts.alert import Alert
    from cartage.lanes.model import WebhookAlerts

_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 20.0
_TRIES = 3
_LONGEST_WAIT = 5.0
_MEND = "Check the connection in Airflow (Admin > Connections): host, schema, port, and the password as path."


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
        base = _base(connection)
        url = f"{base.rstrip('/')}/{secret.lstrip('/')}" if secret else base
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        mistake = "  Host and Schema: together they make no http or https address."
        raise SettingsError(f"connection {connection.id!r} (webhook)", [mistake])
    return url


def _base(connection: Connection) -> str:
    host = connection.host.strip()
    if "://" in host:
        return host
    return (
        f"{connection.schema.strip() or 'https'}://{host}{f':{connection.port}' if connection.port else ''}"
    )


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
        """Post one alert, again if the first post was not answered: twice is better than not at all.

        Raises:
            SettingsError: if the connection is missing or makes no address.
            ChannelFailed: if no post was taken.
        """
        url = webhook_url(require(self._resolver, self._settings.connection))
        failure = self._post(url, alert)
        # Raised outside of the handler: the HTTP library's error, which has the address, is not chained.
        if failure:
            raise ChannelFailed(self.name, failure, _MEND)

    def _post(self, url: str, alert: Alert) -> str:
        from cartage.http import HttpSession, Timeouts

        session = HttpSession(
            url,
            remote=self.name,
            timeouts=Timeouts(_CONNECT_TIMEOUT, _READ_TIMEOUT),
            pool_size=1,
            tries=_TRIES,
            longest_wait=_LONGEST_WAIT,
        )
        try:
            session.call("POST", "", safe=True, json=slack_json(alert))
        except RemoteError as error:
            return f"{error.what} (HTTP {error.status})" if error.status else error.what
        finally:
            session.close()
        return ""
