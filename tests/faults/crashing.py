"""Kills the process that it is loaded into at a named point: before or after its nth commit or request.

What it watches is wrapped from outside: Cartage itself knows nothing of it. A statement that commits by itself counts
as a commit. Every event is noted in a file with its name (what was written last, or what is asked for), so that a run
without a point to die at tells which points there are.
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

# What a statement of several parts writes first is its name.
_WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\w+")


@dataclass(frozen=True)
class Point:
    """Before or after the nth event of a process; `what` is how it was recorded, e.g. "commit UPDATE transfer"."""

    number: int
    what: str
    when: str

    @property
    def kind(self) -> str:
        """Whether it is a commit or a send."""
        return self.what.split(maxsplit=1)[0]

    def __str__(self) -> str:
        return f"{self.when} {self.what} (event {self.number})"


def points(tally: Path) -> list[Point]:
    """Before and after each event of the run that wrote this file."""
    events = enumerate(tally.read_text().splitlines(), 1)
    return [Point(number, what, when) for number, what in events for when in ("before", "after")]


def arm(tally: Path, number: int = 0, when: str = "before") -> None:
    """Watch this process from now on, and kill it at the point; 0 kills it nowhere."""
    from requests.adapters import HTTPAdapter
    from sqlalchemy.engine.default import DefaultDialect

    watch = _Watch(tally, number, when)
    HTTPAdapter.send = watch.around(HTTPAdapter.send, _request)  # type: ignore[method-assign]
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
        """The call with a point before and after it, where `name` finds it to be an event."""

        def watched(*arguments: Any, **named: Any) -> Any:
            what = name(*arguments)
            if not what:
                return call(*arguments, **named)
            with self._lock:
                number = next(self._numbers)
                self._file.write(f"{what}\n")
            self._die_at(number, "before")
            result = call(*arguments, **named)
            self._die_at(number, "after")
            return result

        return watched

    def statement(self, _dialect: Any, cursor: Any, statement: str, *_: Any) -> str:
        """An event if it commits by itself; else it is kept as what the next commit writes."""
        written = _WRITES.search(statement)
        if written is None:
            return ""
        what = " ".join(written.group().split())
        if cursor.connection.autocommit:
            return f"commit {what}"
        self._written[threading.get_ident()] = what
        return ""

    def last_written(self, *_: Any) -> str:
        """What this thread's transaction wrote last, if anything."""
        return f"commit {self._written.pop(threading.get_ident(), 'of what was read')}"

    def _die_at(self, number: int, when: str) -> None:
        if (number, when) == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def _request(_adapter: Any, request: Any, *_: Any) -> str:
    return f"send {request.method} {request.path_url.partition('?')[0]}"
