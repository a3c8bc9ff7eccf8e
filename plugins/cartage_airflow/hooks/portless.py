"""Make Airflow's Test button work for connections without a port.

Airflow's UI sends port 0 for a connection that has none. Airflow 3.3.2 takes that for another destination than the
stored one, and responds with "Bad Request" (apache/airflow#73298, fixed in later versions). Our forms hide the port,
so every connection made in them is concerned.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from cartage_airflow.provider_info import get_provider_info

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

_PATH = "/api/v2/connections/test"
_OWN_TYPES = frozenset(entry["connection-type"] for entry in get_provider_info()["connection-types"])


class PortlessTest:
    """ASGI middleware: a test of a connection of ours with port 0 reaches Airflow as a test without a port.

    Airflow still compares host and port with those of the stored connection. Port 0 is no destination, so nobody can
    use this to send stored credentials elsewhere.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on. Only requests of the Test button are read."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith(_PATH):
            await self._app(scope, receive, send)
            return
        body, ended = await _body_of(receive)
        body = without_port_zero(body)
        length = (b"content-length", str(len(body)).encode())
        headers = [header for header in scope["headers"] if header[0].lower() != length[0]]
        given = False

        async def replay() -> Message:
            nonlocal given
            if given or not ended:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "headers": [*headers, length]}, replay, send)


def without_port_zero(body: bytes) -> bytes:
    """Return the body of a test with null for port 0, if it is a connection of ours; otherwise unchanged."""
    try:
        fields = json.loads(body)
    except ValueError:
        return body
    if not isinstance(fields, dict) or fields.get("conn_type") not in _OWN_TYPES or fields.get("port") != 0:
        return body
    return json.dumps({**fields, "port": None}).encode()


async def _body_of(receive: Receive) -> tuple[bytes, bool]:
    """Return the whole body, and whether it ended; it does not if the client left."""
    chunks: list[bytes] = []
    while (message := await receive())["type"] == "http.request":
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks), True
    return b"", False
