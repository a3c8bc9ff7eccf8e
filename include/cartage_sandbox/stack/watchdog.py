"""The process that outlives a killed demo or test run, and ends the servers that the run started.

It reads on standard input what to watch. When the input ends, for whatever reason, it stops the servers and exits.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterable

from cartage_sandbox.stack.processes import end_session


def main(orders: Iterable[str]) -> None:
    """Follow `orders`, one JSON object a line. At their end, stop what is still watched, newest first.

    `{"watch": pid, "signal": number, "grace": seconds}`, `{"forget": pid}`, `{"delete": directory}`, `{"keep":
    directory}`.
    """
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    servers: dict[int, tuple[signal.Signals, float]] = {}
    directories: dict[str, None] = {}
    for line in orders:
        match json.loads(line):
            case {"watch": pid, "signal": number, "grace": grace}:
                servers[pid] = (signal.Signals(number), grace)
            case {"forget": pid}:
                servers.pop(pid, None)
            case {"delete": directory}:
                directories[directory] = None
            case {"keep": directory}:
                directories.pop(directory, None)
    for pid in reversed(servers):
        end_session(pid, *servers[pid])
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.stdin)
