"""Warehouses that a lane no longer names: what the ledger keeps of one goes on under the name that it has now.

A lane with one warehouse gets a second, and the first gets a name; or a name changes. The account whose calls the
warehouse counts tells which one it is. A check of the connections notes that account under the new name before any
stage runs, so a name of which nothing else is kept yet counts as new.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from cartage.errors import LedgerError, SettingsError
from cartage.lanes.account import counted_account
from cartage.runtime.known_lanes import counted_accounts, lock_lane
from cartage.warehouses.registry import warehouse_connection

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

_FORMER = text(
    """
    SELECT w.warehouse, w.counted_account, w.warehouse = ANY(CAST(:names AS text[])) AS named,
           EXISTS (SELECT FROM fulfillment_order f WHERE f.lane = w.lane AND f.warehouse = w.warehouse
                   AND f.superseded_at IS NULL
                   AND f.state IN ('sending', 'unknown', 'acknowledged', 'partially_shipped', 'conflict')) AS has_orders
    FROM warehouse_state w WHERE w.lane = :lane
    """
)

# Orders of which nothing has left are routed by the rules of now.
_ORDERS = text(
    """
    UPDATE fulfillment_order f SET warehouse = CASE
        WHEN f.state IN ('imported', 'blocked', 'held', 'ready') AND NOT EXISTS (
            SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL)
        THEN '' ELSE :new END
    WHERE f.lane = :lane AND f.warehouse = :old
    """
)
_NOTE = text(
    """
    INSERT INTO event (lane, kind, actor, run_id, why) VALUES (:lane, 'warehouse_renamed', :actor, :run_id, :why)
    """
)
_UNSENT = text(
    """
    UPDATE fulfillment_order f SET warehouse = ''
    WHERE f.lane = :lane AND f.warehouse = :old AND f.state IN ('imported', 'blocked', 'held', 'ready')
      AND NOT EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL)
    """
)
_NEW = text(
    """
    SELECT w.warehouse FROM warehouse_state w
    WHERE w.lane = :lane AND w.shipments_cursor = '' AND w.shipments_polled_at IS NULL AND w.stock_cursor = ''
      AND w.files_read_again_at IS NULL
      AND NOT EXISTS (SELECT FROM fulfillment_order f WHERE f.lane = w.lane AND f.warehouse = w.warehouse)
      AND NOT EXISTS (SELECT FROM stock_reading r WHERE r.lane = w.lane AND r.warehouse = w.warehouse)
    """
)
_FORGET = text("DELETE FROM warehouse_state WHERE lane = :lane AND warehouse = :warehouse")
_TABLES = ("shipment", "stock_level", "stock_reading", "unreadable_row", "warehouse_state")


def known_warehouses(connection: Connection, lane: Lane) -> Sequence[Row[Any]]:
    """Return what the ledger keeps warehouses of a lane by: rows for `follow_renamed_warehouses`."""
    return connection.execute(_FORMER, {"lane": lane.name, "names": list(lane.warehouse_names())}).all()


def follow_renamed_warehouses(context: StageContext, rows: Sequence[Row[Any]]) -> None:
    """Give what the ledger keeps of a former warehouse to the one that it is now; `rows` are the known ones.

    Raises:
        SettingsError: if a former warehouse has open orders, and none of the lane's warehouses is certainly the same.
    """
    lane, names = context.lane, context.lane.warehouse_names()
    former = [row for row in rows if not row.named]
    if not former:
        return
    with context.ledger.begin() as connection:
        new = set(connection.execute(_NEW, {"lane": lane.name}).scalars())
    known = {row.warehouse for row in rows if row.named} - new
    accounts = {name: _account(context, name) for name in names if name not in known}
    for row in former:
        same = [name for name, account in accounts.items() if account == row.counted_account]
        if len(same) > 1 or (not row.warehouse and row.counted_account is None):
            # Several use the same account, or nobody has opened it yet: the lane's first one is the one that it had.
            same = [name for name in same or accounts if name == names[0]]
        if len(same) == 1:
            with context.ledger.begin() as connection:
                _rename(connection, context, row.warehouse, same[0])
            del accounts[same[0]]
            continue
        with context.ledger.begin() as connection:
            connection.execute(_UNSENT, {"lane": lane.name, "old": row.warehouse})
            if not row.has_orders:
                # Nobody reads it any more: it must not count as the one that was not read for the longest time.
                connection.execute(_FORGET, {"lane": lane.name, "warehouse": row.warehouse})
        if row.has_orders:
            raise SettingsError(f"lane {lane.name!r}", [_unknown(row.warehouse, same)])


def follow_swapped_names(context: StageContext, known: Mapping[str, str | None]) -> None:
    """Give what the ledger keeps to the other names, if the lane's warehouses have exchanged theirs.

    `known` has the account under which each name was last opened. Names that moved in a circle are exchanged, however
    many they are; an account that is new, or that several of the lane's warehouses share, says nothing.

    Raises:
        LedgerError: if they were exchanged: what was read by the former names must be read again.
    """
    lane = context.lane
    names = [name for name in lane.warehouse_names() if name]
    if len(names) < 2:
        return
    present = _accounts(context, names)
    with context.ledger.begin() as connection:
        lock_lane(connection, lane.name)
        if counted_accounts(connection, lane.name) != dict(known):
            return  # Another task was faster.
        moved = _exchanged(known, present)
        if not moved:
            return
        # No warehouse's name has two underscores.
        for old in moved:
            _move(connection, lane.name, old, f"{old}__")
        for old, new in moved.items():
            _move(connection, lane.name, f"{old}__", new)
            _note(connection, context, old, new)
    words = ", ".join(f"{old!r} is {new!r} now" for old, new in moved.items())
    raise LedgerError(
        f"lane {lane.name}: its warehouses have exchanged their names ({words}), by the accounts that they use. "
        "Orders, shipments and stock in the ledger follow them; the next try goes on."
    )


def _accounts(context: StageContext, names: Sequence[str]) -> dict[str, str]:
    """Return the account of each of these warehouses of which it can be known."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = _account(context, name)
        except SettingsError:  # It stops its own tasks, and no other warehouse's.
            log.info("lane %s: the account of %s is not known", context.lane.name, name)
    return found


def _exchanged(known: Mapping[str, str | None], present: Mapping[str, str]) -> dict[str, str]:
    """Return the names that moved in a circle, old to new; none if that is not certain."""
    if len(set(present.values())) < len(present):
        return {}
    now = {account: name for name, account in present.items()}
    moved = {
        old: now[account]
        for old, account in known.items()
        if old in present and account is not None and now.get(account, old) != old
    }
    return moved if set(moved) == set(moved.values()) else {}


def _account(context: StageContext, name: str) -> str:
    settings = context.lane.at(name).warehouse
    connection = warehouse_connection(
        context.resolver, settings.connector, settings.connection, settings.settings
    )
    return counted_account(settings.connector, connection)


def _rename(connection: Connection, context: StageContext, old: str, new: str) -> None:
    _move(connection, context.lane.name, old, new)
    _note(connection, context, old, new)


def _move(connection: Connection, lane: str, old: str, new: str) -> None:
    """Give what the ledger keeps of a warehouse to another name."""
    values = {"lane": lane, "old": old, "new": new}
    connection.execute(_ORDERS, values)
    connection.execute(_FORGET, {"lane": lane, "warehouse": new})
    for table in _TABLES:
        renamed = f"UPDATE {table} SET warehouse = :new WHERE lane = :lane AND warehouse = :old"  # noqa: S608 - constants
        connection.execute(text(renamed), values)


def _note(connection: Connection, context: StageContext, old: str, new: str) -> None:
    lane, by = context.lane.name, context.by
    why = f"the lane's warehouse {old or '(its only one)'} is named {new or '(its only one)'} now"
    connection.execute(_NOTE, {"lane": lane, "actor": by.actor, "run_id": by.run_id, "why": why})
    log.warning("lane %s: %s: its orders, shipments and stock go on there", lane, why)


def _unknown(warehouse: str, same: list[str]) -> str:
    name = f"its former warehouse {warehouse!r}" if warehouse else "the warehouse that it had alone"
    several = f" ({' and '.join(same)} both use that account)" if same else ""
    return (
        f"  {name} has open orders, and it is not clear which of its warehouses that is{several}. Name it in the lane "
        "until its orders have shipped: nobody polls their tracking otherwise."
    )
