"""Posts JSON to an address that may be a secret: no error, log line or traceback shows it or the headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cartage.connections import Connection
from cartage.errors import RemoteError, SettingsError
from cartage.monitoring.channels.failures import ChannelFailed

_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 20.0
_TRIES = 3
_LONGEST_WAIT = 5.0


def checked(url: str, connection: Connection, kind: str) -> str:
    """The address, if it is one.

    Raises:
        SettingsError: if it is no http or https address; does not show it.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        mistake = "  Host and Schema: together they make no http or https address."
        raise SettingsError(f"connection {connection.id!r} ({kind})", [mistake])
    return url


def post(url: str, body: Any, *, channel: str, fix: str, headers: Mapping[str, str] | None = None) -> None:
    """Post a body as JSON, again if it was not answered: twice is better than not at all.

    Raises:
        ChannelFailed: if no post was taken.
    """
    failure = _failure(url, body, channel, headers)
    # Raised outside of the handler: the HTTP library's error, which has the address, is not chained.
    if failure:
        raise ChannelFailed(channel, failure, fix)


def _failure(url: str, body: Any, channel: str, headers: Mapping[str, str] | None) -> str:
    from cartage.http import HttpSession, Timeouts

    session = HttpSession(
        url,
        remote=channel,
        kind="alerts",
        headers=headers,
        timeouts=Timeouts(_CONNECT_TIMEOUT, _READ_TIMEOUT),
        pool_size=1,
        tries=_TRIES,
        longest_wait=_LONGEST_WAIT,
    )
    try:
        session.call("POST", "", safe=True, json=body)
    except RemoteError as error:
        return f"{error.what} (HTTP {error.status})" if error.status else error.what
    finally:
        session.close()
    return ""
