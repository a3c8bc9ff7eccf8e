"""Make sure that no server outlives the program that started it, even after SIGKILL.

It does nothing for a server that was not handed to it, or while a forked copy of the program lives on.
"""

from __future__ import annotations

import atexit
import json
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

_EXIT_SECONDS = 60


class Guard:
    """A watchdog process that holds the other end of a pipe: when this program ends, the pipe ends too.

    A parent-death signal is weaker: it exists on Linux only, fires when the starting *thread* ends, and is lost when
    the server changes its user.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def watch(self, pid: int, gentle: signal.Signals, grace: float) -> None:
        """End the session of `pid` when this program ends: first with `gentle`, after `grace` seconds with SIGKILL."""
        self._send({"watch": pid, "signal": int(gentle), "grace": grace})

    def forget(self, pid: int) -> None:
        """Stop watching: the server was stopped, and its number may belong to another process."""
        self._send({"forget": pid})

    def delete(self, directory: Path) -> None:
        """Delete `directory` when this program ends, after the servers in it have stopped."""
        self._send({"delete": str(directory)})

    def keep(self, directory: Path) -> None:
        """Undo `delete`."""
        self._send({"keep": str(directory)})

    def _send(self, order: dict[str, object]) -> None:
        with self._lock:
            stdin = (self._process or self._start()).stdin
            if stdin is None:
                raise RuntimeError("the watchdog was started without a pipe")
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cartage_sandbox.stack.watchdog"],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        atexit.register(self._close)
        return self._process

    def _close(self) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(_EXIT_SECONDS)


guard = Guard()
