"""The journal: which requests an emulator received and what actually happened, in sequence. The oracle of all tests.

It stores no headers and no responses, and request bodies only for writes.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from operator import itemgetter
from typing import Any

from cartage_sandbox.kernel.clock import Clock

REQUEST = "request"
Entry = dict[str, Any]


class Journal:
    """An append-only list of the requests and effects of an emulated API. Threads may share it."""

    def __init__(self, clock: Clock, api: str = "") -> None:
        """`api` is written into every entry, such as "3dcart" or "extensiv"."""
        self.api = api
        self._clock = clock
        self._lock = threading.Lock()
        self._seq = 0
        self._entries: list[Entry] = []
        self._by_kind: dict[str, list[Entry]] = {}

    def record_request(
        self,
        method: str,
        path: str,
        status: int | None,
        duration_ms: float,
        detail: Any = None,
        fault: str | None = None,
    ) -> None:
        """Record a handled request. `status` is what the client received; None if it saw no status."""
        self._append(
            REQUEST,
            method=method,
            path=path,
            status=status,
            duration_ms=duration_ms,
            detail=detail,
            fault=fault,
        )

    def record_effect(self, kind: str, key: str, detail: Mapping[str, Any] | None = None) -> None:
        """Record a change of the emulator's state, for example kind "order.created" with the reference as key."""
        self._append(kind, key=key, detail=dict(detail or {}))

    def entries(self, kind: str | None = None, since: int = 0, limit: int | None = None) -> list[Entry]:
        """Return the oldest entries after the number `since`, at most `limit`, of one kind or of all."""
        with self._lock:
            source = self._entries if kind is None else self._by_kind.get(kind, [])
            start = _first_after(source, since)
            return list(islice(source, start, None if limit is None else start + limit))

    def count_by_key(self, kind: str) -> dict[str, int]:
        """Return how often each key had an effect of this kind since the journal was cleared."""
        with self._lock:
            return dict(Counter(entry["key"] for entry in self._by_kind.get(kind, [])))

    def count(self, kind: str) -> int:
        """Return how many entries of this kind there are; cheap enough to call many times a second."""
        with self._lock:
            return len(self._by_kind.get(kind, ()))

    @property
    def last_seq(self) -> int:
        """Return the number of the newest entry ever made; 0 before the first."""
        return self._seq

    def clear(self) -> None:
        """Remove all entries. Numbers continue, so a reader's `since` stays valid."""
        with self._lock:
            self._entries.clear()
            self._by_kind.clear()

    def _append(self, kind: str, **fields: Any) -> None:
        entry: Entry = {
            "seq": 0,
            "at": self._clock.now().isoformat(),
            "kind": kind,
            "api": self.api,
            "method": None,
            "path": None,
            "status": None,
            "duration_ms": None,
            "key": None,
            "detail": None,
            "fault": None,
            **fields,
        }
        with self._lock:
            self._seq += 1
            entry["seq"] = self._seq
            self._entries.append(entry)
            self._by_kind.setdefault(kind, []).append(entry)


def _first_after(entries: list[Entry], since: int) -> int:
    return bisect_right(entries, since, key=itemgetter("seq"))
