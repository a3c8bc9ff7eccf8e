"""Cut a connection for real: the server gives each request the means, and the middleware uses it.

It knows uvicorn's protocol class and nothing about faults.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "cartage_sandbox.cut"
Cut = Callable[[bool], None]

# SO_LINGER with zero seconds makes close() send RST and drop unsent data (socket(7)).
_LINGER_RESET = struct.pack("ii", 1, 0)


class ConnectionCut(Exception):
    """Raised instead of a cut if the server offers none, for example in an in-process test client."""


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol. Its requests carry a `Cut` in `scope["extensions"][EXTENSION]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give every request on this connection the means to cut it."""
        super().connection_made(transport)
        served = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[EXTENSION] = lambda abrupt: _cut(transport, abrupt)
            await served(scope, receive, send)

        self.app = app


async def cut_connection(scope: Scope, receive: Receive, *, abrupt: bool) -> None:
    """Cut the request's connection, with RST if `abrupt`, else FIN, and wait until it is gone.

    Waiting keeps the server from sending a 500 for a request that got no response. Raises ConnectionCut if the server
    cannot cut.
    """
    cut: Cut | None = scope.get("extensions", {}).get(EXTENSION)
    if cut is None:
        raise ConnectionCut(f"{scope['method']} {scope['path']}")
    cut(abrupt)
    while (await receive())["type"] != "http.disconnect":
        continue


def _cut(transport: asyncio.Transport, abrupt: bool) -> None:
    if not abrupt:
        transport.close()
        return
    held: socket.socket = transport.get_extra_info("socket")
    # uvloop's socket object refuses setsockopt, so use the descriptor. A killed client has cut the connection itself
    # and leaves no descriptor.
    with suppress(OSError), socket.socket(fileno=os.dup(held.fileno())) as duplicate:
        duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    transport.abort()
