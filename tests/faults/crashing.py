"""Kill the process that loads this module at a given point: before or after its nth commit or request.

The calls are wrapped from outside; Cartage does not know this module. Each event is recorded in a file with its name
(the last write, or the request), so that a run without a fatal point shows which points there are.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A statement with several parts is named after its first write.
_WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\w+")


@dataclass(frozen=True)
class Point:
    """Before or after the nth event of a process; `what` is its recorded name, e.g. "commit UPDATE transfer"."""

    number: int
    what: str
    when: str

    @property
    def kind(self) -> str:
        """`commit` or `send`."""
        return self.what.split(maxsplit=1)[0]

    def __str__(self) -> str:
        return f"{self.when} {self.what} (event {self.number})"


def points(tally: Path) -> list[Point]:
    """Return the points before and after each event that a run recorded in this file."""
    events = enumerate(tally.read_text().splitlines(), 1)
    return [Point(number, what, when) for number, what in events for when in ("before", "after")]


def arm(tally: Path, number: int = 0, when: str = "before") -> None:
    """Watch this process from now on, and kill it at the point. With number 0 it is not killed."""
    from paramiko import SFTPClient
    from requests.adapters import HTTPAdapter
    from sqlalchemy.engine.default import DefaultDialect

    watch = _Watch(tally, number, when)
    HTTPAdapter.send = watch.around(HTTPAdapter.send, _request)  # type: ignore[method-assign]
    SFTPClient._request = watch.around(SFTPClient._request, _sftp_request)
    DefaultDialect.do_commit = watch.around(DefaultDialect.do_commit, watch.last_written)  # type: ignore[method-assign]
    DefaultDialect.do_execute = watch.around(DefaultDialect.do_execute, watch.statement)  # type: ignore[method-assign]


class _Watch:
    def __init__(self, tally: Path, number: int, when: str) -> None:
        self._file = tally.open("a", buffering=1)
        self._fatal = (number, when)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._written: dict[int, str] = {}

    def around(self, call: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        """Return the call with a point before and after it, if `name` identifies it as an event."""

        def watched(*arguments: Any, **named: Any) -> Any:
            what = name(*arguments)
            if not what:
                return call(*arguments, **named)
            with self._lock:
                number = next(self._numbers)
                self._file.write(f"{what}\n")
            self._die_at(number, "before")
            try:
                return call(*arguments, **named)
            finally:
                # A refusal is a response, too.
                self._die_at(number, "after")

        return watched

    def statement(self, _dialect: Any, _cursor: Any, statement: str, *_: Any) -> str:
        """Remember a write for the next commit. A statement itself is no event."""
        if written := _WRITES.search(statement):
            self._written[threading.get_ident()] = " ".join(written.group().split())
        return ""

    def last_written(self, *_: Any) -> str:
        """Return the name of a commit, after the last write of this thread's transaction."""
        return f"commit {self._written.pop(threading.get_ident(), 'after reads only')}"

    def _die_at(self, number: int, when: str) -> None:
        if (number, when) == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def _sftp_request(_client: Any, number: int, *_: Any) -> str:
    from paramiko.sftp import CMD_NAMES

    return f"send {CMD_NAMES[number]}"


def _request(_adapter: Any, request: Any, *_: Any) -> str:
    return f"send {request.method} {request.path_url.partition('?')[0]}"
