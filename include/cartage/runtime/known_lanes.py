"""What a lane remembers between runs: its store, its sweep and watch, its cutover, how far shipments were polled."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from cartage.errors import LedgerError, SettingsError
from cartage.model.states import State

# Nothing more will come of these; all others tie a lane to its store.
_CLOSED = frozenset({State.SHIPPED, State.CANCELLED, State.SKIPPED})
_OPEN = sorted(state.value for state in State if state not in _CLOSED)
# What the warehouse rejected is beyond any mend here: it needs no lane to go on.
_UNDER_WAY = sorted({*_OPEN} - {State.REJECTED.value})

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

_ORPHANED = text(
    """
    SELECT lane, orders FROM (
        SELECT l.lane, (
            SELECT count(*) FROM fulfillment_order f
            WHERE f.lane = l.lane AND f.state = ANY(:open) AND f.superseded_at IS NULL) AS orders
        FROM lane_state l WHERE l.lane <> ALL(:names)
    ) orphaned
    WHERE orders > 0 ORDER BY lane
    """
)

_CHANGE_STORE = text(
    """
    WITH forgotten AS (DELETE FROM coverage WHERE lane = :lane), unread AS (DELETE FROM reading WHERE lane = :lane)
    UPDATE lane_state SET store_id = :store_id, swept_at = NULL, sweep_claimed_at = NULL,
        watched_to = NULL, watch_claimed_at = NULL, cutover_at = NULL,
        quarantined_at = clock_timestamp(), quarantined_since = NULL, surveyed_at = NULL, quarantine_ended_at = NULL
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
        fix = "Give the new store a lane of its own, or wait until those have shipped."
        raise SettingsError(f"lane {lane!r}", [f"  {what}. {fix}"])
    connection.execute(_CHANGE_STORE, parameters)


def orphaned_lanes(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Lanes that the ledger knows, that are none of these, and that have open orders; lane -> how many.

    Nothing would send those orders, poll them or tell the store of them.
    """
    rows = connection.execute(_ORPHANED, {"names": list(names), "open": _UNDER_WAY})
    return {row.lane: row.orders for row in rows}


def require_known(rows: int, lane: str) -> None:
    """Make sure that an update of the lane found its row.

    Raises:
        LedgerError: if it did not: the lane is not known.
    """
    if rows != 1:
        raise LedgerError(f"lane {lane!r} is not in the ledger: ensure_lane comes first.")
