"""When a lane last swept the import status and read the store's changes, and who does it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from cartage.runtime.lane_rows import require_known

# A sweep that takes longer may be repeated beside itself, which imports nothing twice and only costs calls.
_SWEEP_LEASE = timedelta(minutes=10)


# Runs start seconds early or late: without it, a sweep due with every run would come with every second one.
_SLACK = 0.1


_CLAIM_SWEEP = text(
    """
    UPDATE lane_state SET sweep_claimed_at = clock_timestamp()
    WHERE lane = :lane
      AND coalesce(swept_at, '-infinity') <= clock_timestamp() - CAST(:every AS interval)
      AND coalesce(sweep_claimed_at, '-infinity') <= clock_timestamp() - CAST(:lease AS interval)
    """
)


_SWEPT = text(
    """
    UPDATE lane_state SET
        swept_at = greatest(
            swept_at, coalesce(CAST(:at AS timestamptz), sweep_claimed_at, clock_timestamp())),
        sweep_claimed_at = NULL
    WHERE lane = :lane
    """
)


_SWEEP_GOES_ON = text(
    "UPDATE lane_state SET sweep_claimed_at = clock_timestamp() WHERE lane = :lane AND sweep_claimed_at IS NOT NULL"
)


_RELEASE_SWEEP = text("UPDATE lane_state SET sweep_claimed_at = NULL WHERE lane = :lane")


_CLAIM_WATCH = text(
    """
    UPDATE lane_state SET watch_claimed_at = clock_timestamp()
    WHERE lane = :lane
      AND coalesce(watched_to, '-infinity') <= clock_timestamp() - CAST(:every AS interval)
      AND coalesce(watch_claimed_at, '-infinity') <= clock_timestamp() - CAST(:lease AS interval)
    RETURNING watched_to
    """
)


_WATCH_GOES_ON = text(
    "UPDATE lane_state SET watch_claimed_at = clock_timestamp() WHERE lane = :lane AND watch_claimed_at IS NOT NULL"
)


_RELEASE_WATCH = text("UPDATE lane_state SET watch_claimed_at = NULL WHERE lane = :lane")


_WATCHED = text(
    "UPDATE lane_state SET watched_to = greatest(watched_to, :at), watch_claimed_at = NULL WHERE lane = :lane"
)


_CUTOVER = text("SELECT cutover_at FROM lane_state WHERE lane = :lane")


def claim_sweep(connection: Connection, lane: str, every: timedelta | None) -> bool:
    """Whether the caller is the one to sweep now: the last sweep began `every` ago, less a tenth.

    `None` means never; the tenth allows for runs that start late. The claim ends with `swept`, or by itself
    after ten minutes, so that a sweep that died is soon repeated.
    """
    if every is None:
        return False
    claim = {"lane": lane, "every": every * (1 - _SLACK), "lease": _SWEEP_LEASE}
    return connection.execute(_CLAIM_SWEEP, claim).rowcount == 1


def end_sweep(connection: Connection, lane: str, at: datetime | None = None) -> None:
    """Note that the whole import status was read, as of `at` (default: when the sweep was claimed).

    Raises:
        LedgerError: if the lane is not known.
    """
    require_known(connection.execute(_SWEPT, {"lane": lane, "at": at}).rowcount, lane)


def extend_sweep_claim(connection: Connection, lane: str) -> None:
    """Keep the claim of a sweep that is under way; to be said with each of its pages."""
    connection.execute(_SWEEP_GOES_ON, {"lane": lane})


def release_sweep(connection: Connection, lane: str) -> None:
    """Give back the claim of a sweep that failed: the next run may go on with it at once."""
    connection.execute(_RELEASE_SWEEP, {"lane": lane})


@dataclass(frozen=True, slots=True)
class WatchClaim:
    """A claim to read what changed in the store since `since`; None where nobody ever has."""

    since: datetime | None


def claim_watch(connection: Connection, lane: str, every: timedelta | None) -> WatchClaim | None:
    """The claim to read the changes now, if that is due; its pace, claim and slack are those of a sweep."""
    if every is None:
        return None
    claim = {"lane": lane, "every": every * (1 - _SLACK), "lease": _SWEEP_LEASE}
    row = connection.execute(_CLAIM_WATCH, claim).one_or_none()
    return WatchClaim(row.watched_to) if row else None


def extend_watch_claim(connection: Connection, lane: str) -> None:
    """Keep the claim of a watch that is under way; to be said with each of its pages."""
    connection.execute(_WATCH_GOES_ON, {"lane": lane})


def release_watch(connection: Connection, lane: str) -> None:
    """Give back the claim of a watch that failed: the next run may go on with it at once."""
    connection.execute(_RELEASE_WATCH, {"lane": lane})


def end_watch(connection: Connection, lane: str, at: datetime) -> None:
    """Note that the store's changes were read up to `at`.

    Raises:
        LedgerError: if the lane is not known.
    """
    require_known(connection.execute(_WATCHED, {"lane": lane, "at": at}).rowcount, lane)


def cutover_at(connection: Connection, lane: str) -> datetime | None:
    """When the owner said which orders the old system keeps; None if that was never said."""
    at: datetime | None = connection.execute(_CUTOVER, {"lane": lane}).scalar_one_or_none()
    return at
