"""Any HTTP endpoint: a POST of JSON in Cartage's own shape, which docs/alerts.md describes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cartage.connections import Connection, Resolver, require
from cartage.monitoring.channels.posting import checked, post
from cartage.monitoring.channels.render import alert_document

if TYPE_CHECKING:
    from cartage.lanes.settings.alerts import HttpAlerts
    from cartage.monitoring.channels.alert import Alert

# What Airflow's HTTP hook takes for itself; every other extra is a header, as it is there.
_NO_HEADERS = frozenset(
    {
        "allow_redirects", "cert", "check_response", "max_redirects", "proxies", "proxy", "stream", "timeout",
        "trust_env", "verify",
    }
)  # fmt: skip
_FIX = "Check the connection in Airflow (Admin > Connections): host, schema, port, login, password, extras."


def headers_of(connection: Connection) -> dict[str, str]:
    """The headers that a connection names by its extras, and Basic authorization from login and password, if any."""
    headers = {name: str(value) for name, value in connection.extra.items() if name not in _NO_HEADERS}
    if connection.login or connection.password:
        pair = f"{connection.login}:{connection.password}".encode()
        headers.setdefault("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    return headers


class EndpointChannel:
    """Posts alerts as JSON of Cartage's own shape."""

    def __init__(self, settings: HttpAlerts, resolver: Resolver) -> None:
        self._settings = settings
        self._resolver = resolver

    @property
    def name(self) -> str:
        """What the channel is called in logs."""
        return f"http (connection {self._settings.connection!r})"

    def deliver(self, alert: Alert) -> None:
        """Post one alert, again if the first post was not answered.

        Raises:
            SettingsError: if the connection is missing or makes no address.
            ChannelFailed: if no post was taken.
        """
        connection = require(self._resolver, self._settings.connection)
        url = checked(connection.address, connection, "HTTP endpoint")
        post(url, alert_document(alert), channel=self.name, fix=_FIX, headers=headers_of(connection))
