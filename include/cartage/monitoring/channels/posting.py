"""POST JSON to an address that may be a secret. No error, log line or traceback shows the address or the headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cartage.connections import Connection
from cartage.errors import RemoteError, SettingsError
from cartage.monitoring.channels.failures import ChannelFailed
from cartage.network import Network

# In seconds.
_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 20.0
_LONGEST_WAIT = 5.0
_TRIES = 3


def checked_url(url: str, connection: Connection, kind: str) -> str:
    """Return the address if it is an http or https address.

    Raises:
        SettingsError: if it is not; the text does not show the address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        mistake = "  Host and Schema do not form an http or https address."
        raise SettingsError(f"connection {connection.id!r} ({kind})", [mistake])
    return url


def post(
    url: str,
    body: Any,
    connection: Connection,
    *,
    channel: str,
    fix: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """POST a body as JSON. Repeat it if there is no response: two messages are better than none.

    The proxy and the certificates are the connection's, or those of the environment.

    Raises:
        SettingsError: if the connection's or the environment's proxy or certificates cannot be used.
        ChannelFailed: if no attempt succeeded.
    """
    failure = _post_failure(url, body, channel, headers, Network.from_connection(connection))
    # Raised outside the exception handler, so that the HTTP library's error, which has the address, is not chained.
    if failure:
        raise ChannelFailed(channel, _reason(failure), f"{fix} {failure.fix}".strip())


def _reason(failure: RemoteError) -> str:
    return f"{failure.what} (HTTP {failure.status})" if failure.status else failure.what


def _post_failure(
    url: str, body: Any, channel: str, headers: Mapping[str, str] | None, network: Network
) -> RemoteError | None:
    from cartage.http import HttpSession, Timeouts

    session = HttpSession(
        url,
        remote=channel,
        kind="alerts",
        headers=headers,
        timeouts=Timeouts(_CONNECT_TIMEOUT, _READ_TIMEOUT),
        network=network,
        pool_size=1,
        tries=_TRIES,
        longest_wait=_LONGEST_WAIT,
    )
    try:
        session.call("POST", "", safe=True, json=body)
    except RemoteError as error:
        return error
    finally:
        session.close()
    return None
