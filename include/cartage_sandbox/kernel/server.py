"""Serve an emulator over real HTTP: in a thread for tests, or blocking for the command line.

It binds the given address, by default the loopback, and leaves no thread, port or log behind.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from cartage_sandbox.kernel.cut import CuttableProtocol

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_TICK_SECONDS = 0.1
_CLOSING_SECONDS = 0.005


class _Server(uvicorn.Server):
    """uvicorn's server, which tells a waiting thread that it has started or failed, and stops without delay.

    uvicorn 0.54 checks every 0.1 s whether it should stop, waits another 0.1 s, and checks its connections every 0.1 s.
    The tests stop a thousand servers.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    def end(self) -> None:
        """Ask the server to stop. Call it from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        for count in itertools.count():
            if await self.on_tick(count):
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn's sets wake nobody
                    await asyncio.sleep(_CLOSING_SECONDS)
        for task in list(state.tasks):
            task.cancel()
        for connection in list(state.connections):
            connection.transport.abort()


class SandboxServer:
    """An app on uvicorn in its own thread. A context manager; `url` is valid after `start`."""

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 means any free port."""
        self._app, self._host, self._port = app, host, port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def start(self) -> Self:
        """Bind and serve. Return when requests are served. Raises OSError if the port is taken."""
        sock = _bound(self._host, self._port)
        self.url = f"http://{self._host}:{sock.getsockname()[1]}"
        self._server = _Server(_config(self._app))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [sock]}, name=f"sandbox {self.url}", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS):
            self.stop()
            raise RuntimeError(f"the sandbox server at {self.url} did not start")
        return self

    def stop(self) -> None:
        """Stop serving. Requests in flight get a second to end. Do nothing if not running."""
        if self._server is None or self._thread is None:
            return
        self._server.end()
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the sandbox server at {self.url} did not stop")
        self._server = self._thread = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError if the port is taken."""
    _Server(_config(app)).run(sockets=[_bound(host, port)])


def _bound(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=CuttableProtocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,  # `DatedResponses` sends the sandbox's time
    )
