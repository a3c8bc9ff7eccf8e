"""The wait that a 429 demanded, shared by all processes, for an account whose limits are not documented.

Nothing limits its calls until the remote refuses one. The ledger is asked at most once a second, so that a call costs
nothing; a 429 of another process is therefore obeyed up to a second late.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import suppress

from sqlalchemy import bindparam, func, select, text

from cartage.db.engine import Ledger
from cartage.db.ledger_line import LedgerAway, LedgerLine
from cartage.db.schema import call_bucket
from cartage.db.waiting import Patience

log = logging.getLogger(__name__)

# How long the ledger's response holds. Seconds.
_ASK_EVERY = 1.0
# Wait after a 429 that does not say how long. Seconds.
_WAIT = 10.0
_JITTER = 5.0

_LEFT = select(
    func.extract("epoch", call_bucket.c.blocked_until - func.clock_timestamp()).label("left")
).where(call_bucket.c.name == bindparam("name"))

_PAUSE = text(
    """
    INSERT INTO call_bucket AS b (name, full_at, slowed_at, blocked_until)
    VALUES (:name, clock_timestamp(), clock_timestamp(), clock_timestamp() + make_interval(secs => :wait))
    ON CONFLICT (name) DO UPDATE SET
        slowed_at = excluded.slowed_at, blocked_until = greatest(b.blocked_until, excluded.blocked_until)
    """
)


class SharedPause:
    """The pause of the bucket `name`. Threads may share an instance."""

    def __init__(self, ledger: Ledger, name: str, patience: Patience) -> None:
        self._line = LedgerLine(ledger, f"only this process knows when {patience.remote} accepts calls again")
        self._name = name
        self._patience = patience
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._until = 0.0

    def acquire(self, *, within: float | None = None) -> None:
        """Wait until the pause is over, if there is one.

        Raises:
            RateLimited: if the wait would be too long, or the run has to stop. No call was made.
        """
        longest, waited = self._patience.longest(within), 0.0
        while (wait := self._left()) > 0:
            if self._patience.stop.is_set() or waited + wait > longest:
                raise self._patience.refusal(wait, longest)
            self._patience.sleep(wait)
            waited += wait

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: no call of any process for `retry_after` seconds (default: 10 to 15)."""
        wait = _WAIT + random.uniform(0, _JITTER) if retry_after is None else max(0.0, retry_after)  # noqa: S311
        log.warning("%s asked to slow down; no calls for %.1f s", self._patience.remote, wait)
        with self._lock:
            self._until = max(self._until, time.monotonic() + wait)
        with suppress(LedgerAway):
            self._line.run(_PAUSE, {"name": self._name, "wait": wait})

    def fill(self) -> None:
        """Do nothing: how many calls the remote accepts is not known."""

    def follow(self, per_second: float) -> None:
        """Do nothing: how many calls the remote accepts at once is not known."""

    def _left(self) -> float:
        """Return the seconds that the pause still lasts, as far as is known; 0 or less if there is none."""
        now = time.monotonic()
        with self._lock:
            due = self._asked_at is None or now - self._asked_at >= _ASK_EVERY
            if due:
                self._asked_at = now
        # Outside the lock: a slow ledger keeps no other thread waiting.
        if due and (left := self._ask()) > 0:
            with self._lock:
                self._until = max(self._until, time.monotonic() + left)
        return self._until - time.monotonic()

    def _ask(self) -> float:
        try:
            row = self._line.run(_LEFT, {"name": self._name})
        except LedgerAway:
            return 0.0
        return float(row.left or 0) if row else 0.0
