"""A remote's leaky bucket, shared by all processes and lanes through one row of the ledger.

It delays calls and never repeats one. GCRA: `full_at` is when the bucket will be empty, by the database's clock.
Each call adds its share of time to `full_at`, and is allowed once that is no further ahead than the bucket is deep.
Buckets of a store and of an account at a warehouse are the same.
"""

from __future__ import annotations

import logging
import random
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import Executable, bindparam, func, select, text

from cartage.db.engine import Ledger
from cartage.db.ledger_line import LedgerAway, LedgerLine
from cartage.db.schema import call_bucket
from cartage.db.waiting import Patience
from cartage.pace import CallLimit, LocalBudget

log = logging.getLogger(__name__)

# Calls left free in the bucket. At 2 calls a second, two allow for calls that arrive up to a second too close together.
HEADROOM = 2
# Wait after a 429 without Retry-After (3dcart-api.md, section 3: at least 10 s, with jitter). Seconds.
_WAIT = 10.0
_JITTER = 5.0
# Factor for the pace at each 429, and the lowest pace.
_SHRINK = 0.8
_SLOWEST = 0.25
# Share of the pace that is regained per second: a tenth in a minute.
_RECOVERY = 1 / 600
# 429s within this time have the same reason, and reduce the pace once. Seconds.
_EPISODE = 10.0
# Live calls are present while the last one is at most this old. Seconds.
_LIVE = 10.0
# How far background callers may fall behind their pace and still catch up, in calls.
_BACKLOG = 4
# A background caller that gets no slot asks again after a time between these. Seconds.
_ASK_SOONEST, _ASK_LATEST = 0.02, 2.0
# The present pace of the bucket `b`, as a share of its rate.
PACE_NOW = f"""least(1, b.pace
    + {_RECOVERY} * coalesce(extract(epoch FROM clock_timestamp() - b.slowed_at), 0)::double precision)"""
_RATE = "coalesce(b.rate, :per_second)"
_STEP = f"make_interval(secs => 1 / ({_RATE} * {PACE_NOW}))"
# How far `full_at` may be ahead while calls are allowed, in seconds.
_DEPTH = f"(:room / {_RATE})"
_LIVE_CALLS_PRESENT = (
    f"b.live_at IS NOT NULL AND b.live_at >= clock_timestamp() - make_interval(secs => {_LIVE})"
)
# With any share, one call fits into an empty bucket.
_SHARE_OF_BUCKET = f"greatest(make_interval(secs => :share * {_DEPTH}), {_STEP})"

# A caller that would have to wait too long takes no slot, so that it does not delay the others when it gives up.
_RESERVE = text(
    f"""
    INSERT INTO call_bucket AS b (name, full_at, live_at)
    VALUES (:name, clock_timestamp() + make_interval(secs => 1 / :per_second), clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET
        full_at = greatest(b.full_at, clock_timestamp()) + {_STEP},
        live_at = clock_timestamp()
    WHERE greatest(b.full_at, clock_timestamp()) + {_STEP}
        <= clock_timestamp() + make_interval(secs => {_DEPTH} + :patience)
    RETURNING extract(epoch FROM b.full_at - clock_timestamp())::double precision - {_DEPTH} AS wait
    """  # noqa: S608 -- constants of this module, no input
)

_TAKE = text(
    f"""
    INSERT INTO call_bucket AS b (name, full_at)
    VALUES (:name, clock_timestamp() + make_interval(secs => 1 / :per_second))
    ON CONFLICT (name) DO UPDATE SET
        full_at = greatest(b.full_at, clock_timestamp()) + {_STEP},
        background_at = CASE WHEN {_LIVE_CALLS_PRESENT}
            THEN greatest(b.background_at, clock_timestamp() - :backlog * {_STEP} / :share) + {_STEP} / :share
            ELSE clock_timestamp() END
    WHERE greatest(b.full_at, clock_timestamp()) + {_STEP} <= clock_timestamp() + {_SHARE_OF_BUCKET}
      AND (b.background_at IS NULL OR b.background_at <= clock_timestamp() OR NOT ({_LIVE_CALLS_PRESENT}))
    RETURNING b.name
    """  # noqa: S608 -- constants of this module, no input
)

_ASK_AGAIN = text(
    f"""
    SELECT extract(epoch FROM greatest(
        b.full_at + {_STEP} - {_SHARE_OF_BUCKET} - clock_timestamp(),
        CASE WHEN {_LIVE_CALLS_PRESENT} THEN b.background_at - clock_timestamp() END))::double precision AS wait
    FROM call_bucket b WHERE name = :name
    """  # noqa: S608 -- constants of this module, no input
)

_BLOCKED = select(call_bucket.c.name).where(
    call_bucket.c.name == bindparam("name"), call_bucket.c.blocked_until > func.clock_timestamp()
)

_PENALISE = text(
    f"""
    INSERT INTO call_bucket AS b (name, full_at, blocked_until, slowed_at, pace)
    VALUES (:name, clock_timestamp() + make_interval(secs => :wait + :room / :per_second),
        clock_timestamp() + make_interval(secs => :wait), clock_timestamp(), {_SHRINK})
    ON CONFLICT (name) DO UPDATE SET
        full_at = greatest(b.full_at, clock_timestamp() + make_interval(secs => :wait + {_DEPTH})),
        blocked_until = greatest(b.blocked_until, excluded.blocked_until),
        slowed_at = CASE WHEN b.slowed_at > clock_timestamp() - make_interval(secs => {_EPISODE})
            THEN b.slowed_at ELSE clock_timestamp() END,
        pace = CASE WHEN b.slowed_at > clock_timestamp() - make_interval(secs => {_EPISODE})
            THEN b.pace ELSE greatest({_SLOWEST}, {_SHRINK} * {PACE_NOW}) END
    """  # noqa: S608 -- constants of this module, no input
)


_FILL = text(
    f"""
    UPDATE call_bucket b SET full_at = greatest(b.full_at, clock_timestamp() + make_interval(secs => {_DEPTH}))
    WHERE b.name = :name
    """  # noqa: S608 -- constants of this module, no input
)

_FOLLOW = text(
    """
    INSERT INTO call_bucket AS b (name, full_at, rate) VALUES (:name, clock_timestamp(), :named)
    ON CONFLICT (name) DO UPDATE SET rate = excluded.rate WHERE b.rate IS DISTINCT FROM excluded.rate
    """
)


class SharedBudget:
    """The bucket `name` with its limit, shared by all processes and lanes. Threads may share an instance.

    A live caller takes the next free slot and sleeps until then; if it dies meanwhile, the slot is lost. A `background`
    caller takes a slot only while the bucket is less than `background_share` full and, while there are live callers, at
    most that share of the pace.

    While the ledger is away, this process alone keeps the rate, without a burst: a call whose intent is committed must
    not fail because of its budget.
    """

    def __init__(
        self,
        ledger: Ledger,
        name: str,
        limit: CallLimit,
        *,
        background: bool = False,
        background_share: float = 0.5,
        patience: Patience | None = None,
    ) -> None:
        self._name = name
        self._background = background
        self._patience = patience or Patience(name)
        self._line = LedgerLine(ledger, f"this process alone keeps the pace of {self._patience.remote}")
        self._alone = LocalBudget(
            1, limit.per_second, remote=self._patience.remote, sleep=self._patience.sleep
        )
        self._parameters = {
            "name": name,
            "per_second": limit.per_second,
            "room": max(1, limit.burst - HEADROOM),
            "share": background_share,
            "backlog": _BACKLOG,
        }

    def acquire(self, *, within: float | None = None) -> None:
        """Wait until one call is allowed. A 429 that another caller gets meanwhile extends the wait.

        Raises:
            RateLimited: if the wait would be too long, or the run has to stop. No call was made.
        """
        longest, started = self._patience.longest(within), time.monotonic()
        try:
            self._acquire_shared(longest)
        except LedgerAway:
            self._alone.acquire(within=max(0.0, longest - (time.monotonic() - started)))

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: block all calls for `retry_after` seconds (default: 10 to 15), then slow them down.

        The pace falls by a fifth, to a quarter at the lowest, and is regained by a tenth a minute.
        """
        wait = _WAIT + random.uniform(0, _JITTER) if retry_after is None else max(0.0, retry_after)  # noqa: S311
        log.warning("%s asked to slow down; no calls for %.1f s", self._patience.remote, wait)
        self._alone.penalise(wait)
        with suppress(LedgerAway):
            self._run(_PENALISE, wait=wait)

    def fill(self) -> None:
        """Take the bucket to be full: the remote has counted more calls than we have."""
        self._alone.fill()
        with suppress(LedgerAway):
            self._run(_FILL)

    def follow(self, per_second: float) -> None:
        """Take the remote's own word for the rate of this bucket, in all processes."""
        if per_second != self._parameters["per_second"]:
            log.info("%s allows %g calls a second", self._patience.remote, per_second)
        self._alone.follow(per_second)
        with suppress(LedgerAway):
            self._run(_FOLLOW, named=per_second)

    def _acquire_shared(self, longest: float) -> None:
        waited = 0.0
        while (wait := self._wait_for_slot(longest, waited)) > 0:
            if self._patience.stop.is_set() or waited + wait > longest:
                raise self._patience.refusal(wait, longest)
            self._patience.sleep(wait)
            waited += wait
            if not self._background and not self._is_blocked():
                return

    def _wait_for_slot(self, longest: float, waited: float) -> float:
        """Return the seconds until a live caller's slot, or until a background caller should ask again; 0 means now."""
        if not self._background:
            row = self._run(_RESERVE, patience=longest - waited)
            return row.wait if row else longest + 1
        if self._run(_TAKE) is not None:
            return 0.0
        row = self._run(_ASK_AGAIN)
        wait = row.wait if row else 0.0
        # Jitter, so that background callers do not all ask at the moment at which one slot becomes free.
        return min(max(wait, _ASK_SOONEST), _ASK_LATEST) * random.uniform(1, 1.2)  # noqa: S311

    def _is_blocked(self) -> bool:
        """Return whether a 429 came while a live caller waited for its slot."""
        if self._run(_BLOCKED) is None:
            return False
        log.debug("call bucket %s: a 429 came while waiting; queueing again", self._name)
        return True

    def _run(self, statement: Executable, **more: float) -> Any:
        return self._line.run(statement, {**self._parameters, **more})
