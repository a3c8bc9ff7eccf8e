"""What a lane remembers between runs: its store, its sweep and watch, its cutover, how far shipments were polled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from cartage.errors import LedgerError, SettingsError
from cartage.ledger.states import State

# Nothing more will come of these; all others tie a lane to its store.
_CLOSED = frozenset({State.SHIPPED, State.CANCELLED, State.SKIPPED})
_OPEN = sorted(state.value for state in State if state not in _CLOSED)
# What the warehouse rejected is beyond any mend here: it needs no lane to go on.
_UNDER_WAY = sorted({*_OPEN} - {State.REJECTED.value})
# A sweep that takes longer may be repeated beside itself, which imports nothing twice and only costs calls.
_SWEEP_LEASE = timedelta(minutes=10)
# Runs start seconds early or late: without it, a sweep due with every run would come with every second one.
_SLACK = 0.1

_KNOW = text(
    """
    INSERT INTO lane_state (lane, store_id) VALUES (:lane, :store_id)
    ON CONFLICT (lane) DO NOTHING
    """
)

_STORES = text(
    """
    SELECT l.store_id, held.secure_url AS held, wanted.secure_url AS wanted
    FROM lane_state l JOIN store held ON held.id = l.store_id, store wanted
    WHERE l.lane = :lane AND wanted.id = :store_id
    FOR UPDATE OF l
    """
)

_HAS_OPEN_ORDERS = text(
    """
    SELECT EXISTS (
        SELECT FROM fulfillment_order
        WHERE lane = :lane AND state = ANY(:open) AND superseded_at IS NULL AND store_id <> :store_id)
    """
)

_FORSAKEN = text(
    """
    SELECT lane, orders FROM (
        SELECT l.lane, (
            SELECT count(*) FROM fulfillment_order f
            WHERE f.lane = l.lane AND f.state = ANY(:open) AND f.superseded_at IS NULL) AS orders
        FROM lane_state l WHERE l.lane <> ALL(:names)
    ) forsaken
    WHERE orders > 0 ORDER BY lane
    """
)

_CHANGE_STORE = text(
    """
    WITH forgotten AS (DELETE FROM coverage WHERE lane = :lane), unread AS (DELETE FROM reading WHERE lane = :lane)
    UPDATE lane_state SET store_id = :store_id, swept_at = NULL, sweep_claimed_at = NULL,
        watched_to = NULL, watch_claimed_at = NULL, cutover_at = NULL,
        doubted_at = clock_timestamp(), doubt_since = NULL, surveyed_at = NULL, trusted_at = NULL
    WHERE lane = :lane
    """
)

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

_CURSOR = text("SELECT shipments_cursor FROM lane_state WHERE lane = :lane")

_FIRST_SHIPMENT = text(
    """
    SELECT CASE WHEN doubt_since IS NOT NULL AND shipments_polled_at IS NOT NULL
        -- The cursor that the doubt took away stood where the last poll had come to.
        THEN least(doubt_since, shipments_polled_at)
        ELSE least(CAST(:live_since AS timestamptz), cutover_at) END
    FROM lane_state WHERE lane = :lane
    """
)

_TURN = text("SELECT FROM lane_state WHERE lane = :lane FOR NO KEY UPDATE")

_SAVE_CURSOR = text(
    """
    UPDATE lane_state SET shipments_cursor = :cursor, shipments_polled_at = clock_timestamp()
    WHERE lane = :lane
    """
)


def ensure_lane(connection: Connection, lane: str, store_id: int) -> None:
    """Make the lane known to the ledger, as one of this store.

    A lane without open orders may move to another store; what it remembers of the old one is forgotten.

    Raises:
        SettingsError: if the lane belonged to another store and has open orders there.
    """
    if connection.execute(_KNOW, {"lane": lane, "store_id": store_id}).rowcount:
        return
    stores = connection.execute(_STORES, {"lane": lane, "store_id": store_id}).one()
    if stores.store_id == store_id:
        return
    parameters = {"lane": lane, "store_id": store_id}
    if connection.execute(_HAS_OPEN_ORDERS, {**parameters, "open": _OPEN}).scalar_one():
        what = f"its store changed from {stores.held} to {stores.wanted}, but it has open orders at the first"
        mend = "Give the new store a lane of its own, or wait until those have shipped."
        raise SettingsError(f"lane {lane!r}", [f"  {what}. {mend}"])
    connection.execute(_CHANGE_STORE, parameters)


def forsaken_lanes(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Lanes that the ledger knows, that are none of these, and that have open orders; lane -> how many.

    Nothing would send those orders, poll them or tell the store of them.
    """
    rows = connection.execute(_FORSAKEN, {"names": list(names), "open": _UNDER_WAY})
    return {row.lane: row.orders for row in rows}


def claim_sweep(connection: Connection, lane: str, every: timedelta | None) -> bool:
    """Whether the caller is the one to sweep now: the last sweep began `every` ago, less a tenth.

    `None` means never; the tenth allows for runs that start late. The claim ends with `swept`, or by itself
    after ten minutes, so that a sweep that died is soon repeated.
    """
    if every is None:
        return False
    claim = {"lane": lane, "every": every * (1 - _SLACK), "lease": _SWEEP_LEASE}
    return connection.execute(_CLAIM_SWEEP, claim).rowcount == 1


def swept(connection: Connection, lane: str, at: datetime | None = None) -> None:
    """Note that the whole import status was read, as of `at` (default: when the sweep was claimed).

    Raises:
        LedgerError: if the lane is not known.
    """
    _write(connection.execute(_SWEPT, {"lane": lane, "at": at}).rowcount, lane)


def sweep_goes_on(connection: Connection, lane: str) -> None:
    """Keep the claim of a sweep that is under way; to be said with each of its pages."""
    connection.execute(_SWEEP_GOES_ON, {"lane": lane})


def release_sweep(connection: Connection, lane: str) -> None:
    """Give back the claim of a sweep that failed: the next run may go on with it at once."""
    connection.execute(_RELEASE_SWEEP, {"lane": lane})


@dataclass(frozen=True, slots=True)
class Watch:
    """A claim to read what changed in the store since `since`; None where nobody ever has."""

    since: datetime | None


def claim_watch(connection: Connection, lane: str, every: timedelta | None) -> Watch | None:
    """The claim to read the changes now, if that is due; its pace, claim and slack are those of a sweep."""
    if every is None:
        return None
    claim = {"lane": lane, "every": every * (1 - _SLACK), "lease": _SWEEP_LEASE}
    row = connection.execute(_CLAIM_WATCH, claim).one_or_none()
    return Watch(row.watched_to) if row else None


def watch_goes_on(connection: Connection, lane: str) -> None:
    """Keep the claim of a watch that is under way; to be said with each of its pages."""
    connection.execute(_WATCH_GOES_ON, {"lane": lane})


def release_watch(connection: Connection, lane: str) -> None:
    """Give back the claim of a watch that failed: the next run may go on with it at once."""
    connection.execute(_RELEASE_WATCH, {"lane": lane})


def watched(connection: Connection, lane: str, at: datetime) -> None:
    """Note that the store's changes were read up to `at`.

    Raises:
        LedgerError: if the lane is not known.
    """
    _write(connection.execute(_WATCHED, {"lane": lane, "at": at}).rowcount, lane)


def cutover_at(connection: Connection, lane: str) -> datetime | None:
    """When the owner said which orders the old system keeps; None if that was never said."""
    at: datetime | None = connection.execute(_CUTOVER, {"lane": lane}).scalar_one_or_none()
    return at


def shipments_cursor(connection: Connection, lane: str) -> str:
    """Where the next poll of shipments starts; empty at first, and for a lane that is not known yet."""
    cursor: str | None = connection.execute(_CURSOR, {"lane": lane}).scalar_one_or_none()
    return cursor or ""


def first_shipment(connection: Connection, lane: str, live_since: datetime) -> datetime:
    """The earliest instant at which an order of the lane can have shipped unknown to the ledger.

    That is where the last doubt of the ledger begins; in a new one the go-live, or the cutover before it.
    """
    query = {"lane": lane, "live_since": live_since}
    moment: datetime = connection.execute(_FIRST_SHIPMENT, query).scalar_one()
    return moment


def take_turn(connection: Connection, lane: str) -> None:
    """Let no other run take in shipments of the lane until this transaction ends: what one weighs, none changes."""
    connection.execute(_TURN, {"lane": lane})


def save_cursor(connection: Connection, lane: str, cursor: str) -> None:
    """Keep where the next poll of shipments starts.

    Raises:
        LedgerError: if the lane is not known.
    """
    _write(connection.execute(_SAVE_CURSOR, {"lane": lane, "cursor": cursor}).rowcount, lane)


def _write(rows: int, lane: str) -> None:
    if rows != 1:
        raise LedgerError(f"lane {lane!r} is not in the ledger: ensure_lane comes first.")
