"""Find and run the program of a server. It is never downloaded."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.processes import end_session, is_alive

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05
_LOG_TAIL = 2000
# Debian keeps servers out of the path of ordinary users.
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin")


class ServerDidNotStart(RuntimeError):
    """A server ended, or did not respond in time. The message has the end of its log."""


def find_program(name: str) -> Path | None:
    """Return the program `name`: beside this Python, in the path, or where Debian keeps servers."""
    folders = (str(Path(sys.executable).parent), os.environ.get("PATH", ""), *_ELSEWHERE)
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


class Server:
    """A process that serves until it is stopped. It ends with the program that started it, even if that is killed."""

    def __init__(self, name: str, log_file: Path, *, responds: Callable[[], bool]) -> None:
        self._name = name
        self._log_file = log_file
        self._responds = responds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], *, user: str | None = None, group: int | None = None) -> Self:
        """Start the program, as this system user if one is given, and return when it responds.

        Raises:
            ServerDidNotStart: with the end of its log.
        """
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=[] if user else None,
                cwd="/",
            )
        guard.watch(self._process.pid, signal.SIGTERM, _STOP_SECONDS)
        deadline = time.monotonic() + _START_SECONDS
        while not self._responds():
            if not is_alive(self._process.pid) or time.monotonic() > deadline:
                self.stop()
                log_tail = self._log_file.read_text(errors="replace")[-_LOG_TAIL:]
                raise ServerDidNotStart(f"{self._name} did not start. The end of its log:\n{log_tail}")
            time.sleep(_POLL_SECONDS)
        return self

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if self._process is not None:
            end_session(self._process.pid, signal.SIGTERM, _STOP_SECONDS)
            self._process.wait()
            guard.forget(self._process.pid)
            self._process = None
