"""The desk on a port of its own, for a browser, without Airflow."""

from __future__ import annotations

import threading
from socket import socket

import uvicorn

from tests.contract.desk.desk_client import DeskClient


class Served:
    """The desk on a port of its own, without Airflow."""

    def __init__(self, desk: DeskClient) -> None:
        config = uvicorn.Config(desk.app, host="127.0.0.1", port=0, log_level="warning")
        self.server = uvicorn.Server(config)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self) -> str:
        """Return the address once the desk responds there."""
        self.thread.start()
        assert self.ready.wait(60)
        [port] = [bound.getsockname()[1] for opened in self.server.servers for bound in opened.sockets]
        return f"http://127.0.0.1:{port}/cartage"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(30)

    def _serve(self) -> None:
        startup = self.server.startup

        async def started(sockets: list[socket] | None = None) -> None:
            await startup(sockets)
            self.ready.set()

        self.server.startup = started  # type: ignore[method-assign]
        self.server.run()
