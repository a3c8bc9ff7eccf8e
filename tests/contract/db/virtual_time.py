"""Simulate hours of calls in seconds: callers take turns, on a virtual clock that they share with the ledger.

The database's `clock_timestamp()` is replaced by one that this module sets. Each caller is a greenlet; when it sleeps,
the caller that wakes next runs. No real time passes, so the load of the machine does not matter.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import psycopg
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]
from sqlalchemy import text

from cartage.db import Ledger, open_ledger

_FAKE_CLOCK = """
    CREATE SCHEMA fake;
    CREATE TABLE fake.clock AS SELECT 0::double precision AS now;
    CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS $$ SELECT to_timestamp(now) FROM fake.clock $$;
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = fake, pg_catalog, public', current_database());
    END $$;
"""


class World:
    """Callers on a ledger whose clock stands still until all of them sleep."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
            connection.execute(_FAKE_CLOCK)
            # Settings of a database hold for new sessions only, and a pooler would use this one again.
            with suppress(psycopg.OperationalError):
                connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        self.ledger: Ledger = open_ledger(url)
        self._waking: list[tuple[float, int, greenlet]] = []
        self._numbers = count()
        self._hub = getcurrent()
        self._set(0.0)

    def sleep(self, seconds: float) -> None:
        """Replace `time.sleep`. When the main program sleeps, the callers run."""
        if getcurrent() is self._hub:
            self.run(self.now + seconds)
        else:
            heapq.heappush(self._waking, (self.now + max(0.0, seconds), next(self._numbers), getcurrent()))
            self._hub.switch()

    def start(self, caller: Callable[[], None], *, after: float = 0.0) -> greenlet:
        """Start a caller after so many seconds."""
        made = greenlet(caller, parent=self._hub)
        heapq.heappush(self._waking, (self.now + after, next(self._numbers), made))
        return made

    def run(self, until: float) -> None:
        """Run every caller that wakes before `until`."""
        while self._waking and self._waking[0][0] <= until:
            at, _, caller = heapq.heappop(self._waking)
            self._set(at)
            if not caller.dead:
                caller.switch()
        self._set(until)

    def close(self) -> None:
        self._waking.clear()
        self.ledger.close()

    def _set(self, now: float) -> None:
        self.now = now
        with self.ledger.begin() as connection:
            connection.execute(text("UPDATE fake.clock SET now = :now"), {"now": 1e9 + now})


class LeakyBucket:
    """The store's own bucket, as its manual describes it; independent of the product."""

    def __init__(self, size: int, per_second: float) -> None:
        self.size = size
        self._per_second = per_second

    def fullest(self, arrivals: list[float]) -> float:
        """Return the highest level that calls at these times cause."""
        level = highest = 0.0
        before = 0.0
        for at in sorted(arrivals):
            level = max(0.0, level - (at - before) * self._per_second) + 1
            highest, before = max(highest, level), at
        return highest
