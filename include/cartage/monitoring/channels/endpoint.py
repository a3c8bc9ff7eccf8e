"""Send alerts to any HTTP endpoint, as JSON in Cartage's own format (docs/alerts.md describes it)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cartage.connections import Connection, Resolver, require
from cartage.monitoring.channels.posting import checked_url, post
from cartage.monitoring.channels.render import alert_document

if TYPE_CHECKING:
    from cartage.lanes.settings.alerts import HttpAlerts
    from cartage.monitoring.channels.alert import Alert

# Airflow's HTTP hook uses these extras as options; it sends every other extra as a header, and so does this module.
_NO_HEADERS = frozenset(
    {
        "allow_redirects", "cert", "check_response", "max_redirects", "proxies", "proxy", "stream", "timeout",
        "trust_env", "verify",
    }
)  # fmt: skip
_FIX = "Check the connection in Airflow (Admin > Connections): host, schema, port, login, password, extras."


def headers_of(connection: Connection) -> dict[str, str]:
    """Return the headers from the connection's extras, with Basic authorization if it has a login or password."""
    headers = {name: str(value) for name, value in connection.extra.items() if name not in _NO_HEADERS}
    if connection.login or connection.password:
        pair = f"{connection.login}:{connection.password}".encode()
        headers.setdefault("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    return headers


class EndpointChannel:
    """Posts alerts as JSON in Cartage's own format."""

    def __init__(self, settings: HttpAlerts, resolver: Resolver) -> None:
        self._settings = settings
        self._resolver = resolver

    @property
    def name(self) -> str:
        """Return the channel's name for logs."""
        return f"http (connection {self._settings.connection!r})"

    def deliver(self, alert: Alert) -> None:
        """Post one alert. Repeat it if there is no response.

        Raises:
            SettingsError: if the connection is missing or forms no address.
            ChannelFailed: if no attempt succeeded.
        """
        connection = require(self._resolver, self._settings.connection)
        url = checked_url(connection.address, connection, "HTTP endpoint")
        post(
            url,
            alert_document(alert),
            connection,
            channel=self.name,
            fix=_FIX,
            headers=headers_of(connection),
        )
