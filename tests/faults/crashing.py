"""Kills the process that it is loaded into at a named point: before or after its nth commit or request.

What it watches is wrapped from outside: Cartage itself knows nothing of it. A statement that commits by itself counts
as a commit. Every event is noted in a file, so that a run without a point to die at tells which points there are.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Point:
    """Before or after the nth event of a process; `kind` (commit or send) is how it was recorded."""

    number: int
    kind: str
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.kind}, event {self.number}"


def points(tally: Path) -> list[Point]:
    """Before and after each event of the run that wrote this file."""
    kinds = enumerate(tally.read_text().split(), 1)
    return [Point(number, kind, when) for number, kind in kinds for when in ("before", "after")]


def arm(tally: Path, number: int = 0, when: str = "before") -> None:
    """Watch this process from now on, and kill it at the point; 0 kills it nowhere."""
    from requests.adapters import HTTPAdapter
    from sqlalchemy.engine.default import DefaultDialect

    watch = _Watch(tally, number, when)
    HTTPAdapter.send = watch.around("send", HTTPAdapter.send)  # type: ignore[method-assign]
    DefaultDialect.do_commit = watch.around("commit", DefaultDialect.do_commit)  # type: ignore[method-assign]
    DefaultDialect.do_execute = watch.around(  # type: ignore[method-assign]
        "commit", DefaultDialect.do_execute, when=_commits_by_itself
    )


class _Watch:
    def __init__(self, tally: Path, number: int, when: str) -> None:
        self._file = tally.open("a", buffering=1)
        self._fatal = (number, when)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def around(
        self, kind: str, call: Callable[..., Any], *, when: Callable[..., bool] = lambda *_: True
    ) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            if not when(*arguments):
                return call(*arguments, **named)
            with self._lock:
                number = next(self._numbers)
                self._file.write(f"{kind}\n")
            self._die_at(number, "before")
            result = call(*arguments, **named)
            self._die_at(number, "after")
            return result

        return watched

    def _die_at(self, number: int, when: str) -> None:
        if (number, when) == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def _commits_by_itself(_dialect: Any, cursor: Any, statement: str, *_: Any) -> bool:
    return bool(cursor.connection.autocommit) and not statement.lstrip().upper().startswith("SELECT")
