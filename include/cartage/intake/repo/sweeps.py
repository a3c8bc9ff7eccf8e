"""When a lane last swept the import status and read the store's changes, and the claims of the runs that do so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, or_, select, update

from cartage.db.schema import lane_state, sales_order
from cartage.db.schema.base import TIME
from cartage.runtime.known_lanes import require_known

# A sweep that takes longer may run twice at the same time: that imports nothing twice and only costs calls.
_LEASE = timedelta(minutes=10)
# Runs start some seconds early or late. Without this share, a sweep due in every run would happen in every second one.
_SLACK = 0.1
_NOW = func.clock_timestamp(type_=TIME)


@dataclass(frozen=True, slots=True)
class WatchClaim:
    """A claim to read what changed in the store since `since`; None if it was never read."""

    since: datetime | None


def claim_sweep(connection: Connection, lane: str, every: timedelta | None) -> bool:
    """Claim the lane's sweep if it is due: the last one began `every` ago, less a tenth. None means never.

    The tenth allows for runs that start late. The claim ends with `end_sweep`, or by itself after ten minutes, so that
    a sweep that died is soon repeated.
    """
    if every is None:
        return False
    claim = (
        update(lane_state)
        .where(
            lane_state.c.lane == lane,
            _is_before(lane_state.c.swept_at, every * (1 - _SLACK)),
            _is_before(lane_state.c.sweep_claimed_at, _LEASE),
        )
        .values(sweep_claimed_at=_NOW)
    )
    return connection.execute(claim).rowcount == 1


def end_sweep(connection: Connection, lane: str, at: datetime | None = None) -> None:
    """Note that the whole import status was read as of `at` (default: when the sweep was claimed).

    Raises:
        LedgerError: if the lane is not in the ledger.
    """
    read_at = func.coalesce(at, lane_state.c.sweep_claimed_at, _NOW, type_=TIME)
    ended = (
        update(lane_state)
        .where(lane_state.c.lane == lane)
        .values(swept_at=func.greatest(lane_state.c.swept_at, read_at), sweep_claimed_at=None)
    )
    require_known(connection.execute(ended).rowcount, lane)


def note_listed(connection: Connection, lane: str, status: int, rows: int) -> None:
    """Note how many more rows a sweep listed than the ledger now has orders in that status.

    Orders that cannot be read make a difference, and so do those that a person moved back. The lookout compares with
    it, so that only what came after the sweep is new.

    Raises:
        LedgerError: if the lane is not in the ledger.
    """
    noted = (
        update(lane_state)
        .where(lane_state.c.lane == lane)
        .values(listed_besides=rows - orders_in_status(lane_state.c.store_id, status))
    )
    require_known(connection.execute(noted).rowcount, lane)


def orders_in_status(store_id: ColumnElement[int], status: int | ColumnElement[int]) -> ScalarSelect[int]:
    """Return the query for how many orders of a store the ledger has in a status that Cartage has not yet changed."""
    found = (
        sales_order.c.store_id == store_id,
        sales_order.c.status_id == status,
        sales_order.c.posted_status.is_(None),
    )
    return select(func.count()).select_from(sales_order).where(*found).scalar_subquery()


def extend_sweep_claim(connection: Connection, lane: str) -> None:
    """Extend the claim of a running sweep; called with each of its pages."""
    claimed = (lane_state.c.lane == lane, lane_state.c.sweep_claimed_at.is_not(None))
    connection.execute(update(lane_state).where(*claimed).values(sweep_claimed_at=_NOW))


def release_sweep(connection: Connection, lane: str) -> None:
    """Release the claim of a sweep that failed, so that the next run can continue it."""
    connection.execute(update(lane_state).where(lane_state.c.lane == lane).values(sweep_claimed_at=None))


def claim_watch(connection: Connection, lane: str, every: timedelta | None) -> WatchClaim | None:
    """Claim the reading of the store's changes if it is due, by the same rules as a sweep; None if it is not."""
    if every is None:
        return None
    claim = (
        update(lane_state)
        .where(
            lane_state.c.lane == lane,
            _is_before(lane_state.c.watched_to, every * (1 - _SLACK)),
            _is_before(lane_state.c.watch_claimed_at, _LEASE),
        )
        .values(watch_claimed_at=_NOW)
        .returning(lane_state.c.watched_to)
    )
    row = connection.execute(claim).one_or_none()
    return WatchClaim(row.watched_to) if row else None


def extend_watch_claim(connection: Connection, lane: str) -> None:
    """Extend the claim of a running watch; called with each of its pages."""
    claimed = (lane_state.c.lane == lane, lane_state.c.watch_claimed_at.is_not(None))
    connection.execute(update(lane_state).where(*claimed).values(watch_claimed_at=_NOW))


def release_watch(connection: Connection, lane: str) -> None:
    """Release the claim of a watch that failed, so that the next run can continue it."""
    connection.execute(update(lane_state).where(lane_state.c.lane == lane).values(watch_claimed_at=None))


def end_watch(connection: Connection, lane: str, at: datetime) -> None:
    """Note that the store's changes were read up to `at`.

    Raises:
        LedgerError: if the lane is not in the ledger.
    """
    ended = (
        update(lane_state)
        .where(lane_state.c.lane == lane)
        .values(watched_to=func.greatest(lane_state.c.watched_to, at), watch_claimed_at=None)
    )
    require_known(connection.execute(ended).rowcount, lane)


def cutover_at(connection: Connection, lane: str) -> datetime | None:
    """Return when the owner decided which orders the old system keeps; None if that has not happened."""
    at = select(lane_state.c.cutover_at).where(lane_state.c.lane == lane)
    return connection.execute(at).scalar_one_or_none()


def _is_before(moment: ColumnElement[datetime], age: timedelta) -> ColumnElement[bool]:
    """Return whether the moment is at least `age` ago, or has never come."""
    return or_(moment.is_(None), moment <= _NOW - age)
