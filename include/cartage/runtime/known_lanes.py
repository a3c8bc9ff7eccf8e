"""The lanes that the ledger knows: the store of each, and what happens when a lane changes stores or disappears."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from cartage.db.engine import Ledger
from cartage.db.schema import fulfillment_order, lane_state, warehouse_state
from cartage.db.warehouse_state import note_warehouse
from cartage.errors import LedgerError, SettingsError
from cartage.model.states import State
from cartage.storefront.repo.stores import Store
from cartage.storefront.settings import normalise_secure_url

# Nothing more happens to these orders; any other order ties its lane to the store.
_CLOSED = frozenset({State.SHIPPED, State.CANCELLED, State.SKIPPED})
_OPEN = sorted(state.value for state in State if state not in _CLOSED)
# An order that the warehouse rejected needs no lane: nothing here can bring it further.
_NEEDS_LANE = sorted({*_OPEN} - {State.REJECTED.value})

_STORE_OF_LANE = text(
    """
    SELECT s.id, s.code FROM store s JOIN lane_state l ON l.store_id = s.id
    WHERE s.secure_url = :secure_url AND l.lane = :lane
    """
)

_COUNTS_AS = text(
    """
    SELECT warehouse FROM warehouse_state
    WHERE lane = :lane AND warehouse = :warehouse AND counted_account = :account
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


def store_of_lane(ledger: Ledger, lane: str, secure_url: str) -> Store | None:
    """Return the store with this Secure URL if the ledger has it, and has the lane as one of it."""
    url = normalise_secure_url(secure_url)
    row = ledger.alone(_STORE_OF_LANE, {"lane": lane, "secure_url": url})
    return None if row is None else Store(row.id, row.code)


def ensure_lane(connection: Connection, lane: str, store_id: int) -> None:
    """Make the lane known to the ledger as one of this store.

    A lane without open orders may move to another store; what the ledger keeps about it and the old store is deleted.

    Raises:
        SettingsError: if the lane belongs to another store and has open orders there.
    """
    new = insert(lane_state).values(lane=lane, store_id=store_id).on_conflict_do_nothing()
    if connection.execute(new.returning(lane_state.c.lane)).first():
        return
    values = {"lane": lane, "store_id": store_id}
    stores = connection.execute(_STORES, values).one()
    if stores.store_id == store_id:
        return
    order = fulfillment_order.c
    elsewhere = select(order.id).where(
        order.lane == lane,
        order.state.in_(_OPEN),
        order.superseded_at.is_(None),
        order.store_id != store_id,
    )
    if connection.execute(select(elsewhere.exists())).scalar_one():
        what = f"its store changed from {stores.held} to {stores.wanted}, but it has open orders at the first"
        fix = "Give the new store a lane of its own, or wait until those have shipped."
        raise SettingsError(f"lane {lane!r}", [f"  {what}. {fix}"])
    connection.execute(_CHANGE_STORE, values)


def counted_accounts(connection: Connection, lane: str) -> dict[str, str | None]:
    """Return whose calls each warehouse of the lane counted when it was last opened, by its name."""
    rows = select(warehouse_state.c.warehouse, warehouse_state.c.counted_account)
    found = connection.execute(rows.where(warehouse_state.c.lane == lane))
    return {row.warehouse: row.counted_account for row in found}


def counts_as(ledger: Ledger, lane: str, warehouse: str, account: str) -> bool:
    """Return whether this is the account whose calls a warehouse of the lane counted when it was last opened."""
    values = {"lane": lane, "warehouse": warehouse, "account": account}
    return ledger.alone(_COUNTS_AS, values) is not None


def note_counted_account(connection: Connection, lane: str, warehouse: str, account: str) -> None:
    """Note whose calls a warehouse of the lane counts, for pages that show its pace."""
    note_warehouse(connection, lane, warehouse, counted_account=account)


def lock_lane(connection: Connection, lane: str) -> None:
    """Keep other runs from applying what the lane's warehouse reports until this transaction ends.

    No check of an order, and no reading of stock, is overtaken by another.
    """
    locked = select(lane_state.c.lane).where(lane_state.c.lane == lane)
    connection.execute(locked.with_for_update(key_share=True))


def orphaned_lanes(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Return the lanes with open orders that are not among these names; lane -> number of open orders.

    Nothing sends those orders, polls their tracking or posts it to the store.
    """
    rows = connection.execute(_ORPHANED, {"names": list(names), "open": _NEEDS_LANE})
    return {row.lane: row.orders for row in rows}


def require_known(rows: int, lane: str) -> None:
    """Check that an update of the lane changed its one row.

    Raises:
        LedgerError: if it did not, because the ledger does not know the lane.
    """
    if rows != 1:
        raise LedgerError(f"lane {lane!r} is not in the ledger: call ensure_lane first.")
