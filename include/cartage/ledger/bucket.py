"""The store's leaky bucket, shared by all processes and lanes through one row of the ledger.

It paces calls and never repeats one. GCRA: `full_at` is when the bucket will have leaked empty, on the
database's clock; a call adds its share of time to it, and may leave once that is no further ahead than the
bucket is deep.
"""

from __future__ import annotations

import logging
import random
import time
from typing import Any

from sqlalchemy import Row, TextClause, text

from cartage.ledger.database import Ledger

log = logging.getLogger(__name__)

# Left free in the bucket: at 2 calls a second, two forgive calls that bunch up by a second on their way.
_HEADROOM = 2
# After a 429 that names no wait (3dcart-api.md, section 3: at least 10 s, with jitter). Seconds.
_WAIT = 10.0
_JITTER = 5.0
# What each 429 leaves of the pace, and the least that is left.
_SHRINK = 0.8
_SLOWEST = 0.25
# Share of the pace that comes back per second: a tenth in a minute.
_RECOVERY = 1 / 600
# 429s that come together are answers to one mistake, and shrink the pace once. Seconds.
_EPISODE = 10.0
# Live calls "come" while the last is at most this old. Seconds.
_LIVE = 10.0
# The most that a background caller may fall behind its own pace and still catch up, in calls.
_BACKLOG = 4
# A background caller that was refused asks again between these. Seconds.
_ASK_SOONEST, _ASK_LATEST = 0.02, 2.0

_PACE = f"""least(1, b.pace
    + {_RECOVERY} * coalesce(extract(epoch FROM clock_timestamp() - b.slowed_at), 0)::double precision)"""
_STEP = f"make_interval(secs => :interval / {_PACE})"
_LIVE_CALLS_COME = (
    f"b.live_at IS NOT NULL AND b.live_at >= clock_timestamp() - make_interval(secs => {_LIVE})"
)
# Whatever the share, one call fits into an empty bucket.
_SHARE_OF_BUCKET = f"greatest(make_interval(secs => :share * :depth), {_STEP})"

_RESERVE = text(
    f"""
    INSERT INTO call_bucket AS b (name, full_at, live_at)
    VALUES (:name, clock_timestamp() + make_interval(secs => :interval), clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET
        full_at = greatest(b.full_at, clock_timestamp()) + {_STEP},
        live_at = clock_timestamp()
    RETURNING extract(epoch FROM b.full_at - clock_timestamp())::double precision - :depth AS wait
    """  # noqa: S608 -- constants of this module, no input
)

_TAKE = text(
    f"""
    INSERT INTO call_bucket AS b (name, full_at)
    VALUES (:name, clock_timestamp() + make_interval(secs => :interval))
    ON CONFLICT (name) DO UPDATE SET
        full_at = greatest(b.full_at, clock_timestamp()) + {_STEP},
        background_at = CASE WHEN {_LIVE_CALLS_COME}
            THEN greatest(b.background_at, clock_timestamp() - :backlog * {_STEP} / :share) + {_STEP} / :share
            ELSE clock_timestamp() END
    WHERE greatest(b.full_at, clock_timestamp()) + {_STEP} <= clock_timestamp() + {_SHARE_OF_BUCKET}
      AND (b.background_at IS NULL OR b.background_at <= clock_timestamp() OR NOT ({_LIVE_CALLS_COME}))
    RETURNING b.name
    """  # noqa: S608 -- constants of this module, no input
)

_ASK_AGAIN = text(
    f"""
    SELECT extract(epoch FROM greatest(
        b.full_at + {_STEP} - {_SHARE_OF_BUCKET} - clock_timestamp(),
        CASE WHEN {_LIVE_CALLS_COME} THEN b.background_at - clock_timestamp() END))::double precision AS wait
    FROM call_bucket b WHERE name = :name
    """  # noqa: S608 -- constants of this module, no input
)

_BLOCKED = text(
    "SELECT coalesce(blocked_until > clock_timestamp(), false) AS blocked FROM call_bucket WHERE name = :name"
)

_PENALISE = text(
    f"""
    INSERT INTO call_bucket AS b (name, full_at, blocked_until, slowed_at, pace)
    VALUES (:name, clock_timestamp() + make_interval(secs => :wait + :depth),
        clock_timestamp() + make_interval(secs => :wait), clock_timestamp(), {_SHRINK})
    ON CONFLICT (name) DO UPDATE SET
        full_at = greatest(b.full_at, excluded.full_at),
        blocked_until = greatest(b.blocked_until, excluded.blocked_until),
        slowed_at = CASE WHEN b.slowed_at > clock_timestamp() - make_interval(secs => {_EPISODE})
            THEN b.slowed_at ELSE clock_timestamp() END,
        pace = CASE WHEN b.slowed_at > clock_timestamp() - make_interval(secs => {_EPISODE})
            THEN b.pace ELSE greatest({_SLOWEST}, {_SHRINK} * {_PACE}) END
    """  # noqa: S608 -- constants of this module, no input
)


class SharedBudget:
    """A store's calls, counted over all processes and lanes; `name` is the store. Threads may share it.

    `burst` is the size of the store's bucket and `per_second` its leak. A live caller takes the next free
    slot and sleeps until it comes; one that dies meanwhile costs that slot. A `background` caller only takes
    a slot while the bucket is less than `background_share` full, and beside live callers at most that share
    of the pace.
    """

    def __init__(
        self,
        ledger: Ledger,
        name: str,
        *,
        burst: int,
        per_second: float,
        background: bool = False,
        background_share: float = 0.5,
    ) -> None:
        self._engine = ledger.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._name = name
        self._background = background
        self._parameters = {
            "name": name,
            "interval": 1 / per_second,
            "depth": max(1, burst - _HEADROOM) / per_second,
            "share": background_share,
            "backlog": _BACKLOG,
        }

    def acquire(self) -> None:
        """Return when one call may leave. A 429 that another caller meets meanwhile prolongs the wait."""
        if self._background:
            self._take_in_background()
        else:
            while self._reserved_slot_was_blocked():
                log.debug("call bucket %s: a 429 came while waiting; queueing again", self._name)

    def penalise(self, retry_after: float | None) -> None:
        """After a 429: nobody calls for `retry_after` seconds (default: 10 to 15), then all call slower.

        The pace shrinks by a fifth, not below a quarter, and comes back by a tenth a minute.
        """
        wait = _WAIT + random.uniform(0, _JITTER) if retry_after is None else max(0.0, retry_after)  # noqa: S311
        self._run(_PENALISE, wait=wait)
        log.warning("call bucket %s: the store asked to slow down; no calls for %.1f s", self._name, wait)

    def _reserved_slot_was_blocked(self) -> bool:
        row = self._run(_RESERVE)
        if row is None or row.wait <= 0:
            return False
        time.sleep(row.wait)
        row = self._run(_BLOCKED)
        return row is not None and bool(row.blocked)

    def _take_in_background(self) -> None:
        while self._run(_TAKE) is None:
            row = self._run(_ASK_AGAIN)
            wait = row.wait if row else 0.0
            # Jitter, lest all background callers ask at one moment for the one slot that is free by then.
            time.sleep(min(max(wait, _ASK_SOONEST), _ASK_LATEST) * random.uniform(1, 1.2))  # noqa: S311

    def _run(self, statement: TextClause, **more: float) -> Row[Any] | None:
        with self._engine.connect() as connection:
            result = connection.execute(statement, {**self._parameters, **more})
            return result.first() if result.returns_rows else None
