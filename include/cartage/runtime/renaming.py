"""Give what the ledger keeps of a warehouse to another name of the lane's, and see when names were exchanged.

The account whose calls a warehouse counts tells which one it is, whatever it is called.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from cartage.errors import LedgerError, SettingsError
from cartage.lanes.account import counted_account
from cartage.runtime.known_lanes import counted_accounts, lock_lane
from cartage.warehouses.registry import warehouse_connection

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane
    from cartage.lifecycle.transitions import By

log = logging.getLogger(__name__)

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
_FORGET = text("DELETE FROM warehouse_state WHERE lane = :lane AND warehouse = :warehouse")
# Reports count by the warehouse of each order: the next complete refresh counts all of the lane's days again.
_RECOUNT = text("UPDATE report_lane SET rules = '' WHERE lane = :lane")
_TABLES = ("shipment", "stock_level", "stock_reading", "unreadable_row", "warehouse_state")


def account_at(lane: Lane, resolver: Resolver, name: str) -> str:
    """Return the account that a warehouse of the lane uses now.

    Raises:
        SettingsError: if its connection is missing or incomplete.
    """
    settings = lane.at(name).warehouse
    connection = warehouse_connection(resolver, settings.connector, settings.connection, settings.settings)
    return counted_account(settings.connector, connection)


def move_warehouse(connection: Connection, lane: str, old: str, new: str) -> None:
    """Give what the ledger keeps of a warehouse to another name."""
    values = {"lane": lane, "old": old, "new": new}
    connection.execute(_ORDERS, values)
    forget_warehouse(connection, lane, new)
    for table in _TABLES:
        renamed = f"UPDATE {table} SET warehouse = :new WHERE lane = :lane AND warehouse = :old"  # noqa: S608 - constants
        connection.execute(text(renamed), values)
    connection.execute(_RECOUNT, {"lane": lane})


def forget_warehouse(connection: Connection, lane: str, name: str) -> None:
    """Forget how far a warehouse was read."""
    connection.execute(_FORGET, {"lane": lane, "warehouse": name})


def note_renamed(connection: Connection, lane: str, by: By, old: str, new: str) -> None:
    """Note on the lane's timeline that a warehouse has another name."""
    why = f"the lane's warehouse {old or '(its only one)'} is named {new or '(its only one)'} now"
    connection.execute(_NOTE, {"lane": lane, "actor": by.actor, "run_id": by.run_id, "why": why})
    log.warning("lane %s: %s: its orders, shipments and stock go on there", lane, why)


def follow_swapped_names(
    ledger: Ledger, lane: Lane, resolver: Resolver, by: By, known: Mapping[str, str | None]
) -> None:
    """Give what the ledger keeps to the other names, if the lane's warehouses have exchanged theirs.

    `known` has the account under which each name was last opened. Names that moved in a circle are exchanged, however
    many they are; an account that is new, or that several of the lane's warehouses share, says nothing.

    Raises:
        LedgerError: if they were exchanged: what was read by the former names must be read again.
    """
    names = [name for name in lane.warehouse_names() if name]
    if len(names) < 2:
        return
    present = _accounts(lane, resolver, names)
    with ledger.begin() as connection:
        lock_lane(connection, lane.name)
        if counted_accounts(connection, lane.name) != dict(known):
            return  # Another task was faster.
        moved = _exchanged(known, present)
        if not moved:
            return
        # No warehouse's name has two underscores.
        for old in moved:
            move_warehouse(connection, lane.name, old, f"{old}__")
        for old, new in moved.items():
            move_warehouse(connection, lane.name, f"{old}__", new)
            note_renamed(connection, lane.name, by, old, new)
    words = ", ".join(f"{old!r} is {new!r} now" for old, new in moved.items())
    raise LedgerError(
        f"lane {lane.name}: its warehouses have exchanged their names ({words}), by the accounts that they use. "
        "Orders, shipments and stock in the ledger follow them; the next try goes on."
    )


def _accounts(lane: Lane, resolver: Resolver, names: Sequence[str]) -> dict[str, str]:
    """Return the account of each of these warehouses of which it can be known."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = account_at(lane, resolver, name)
        except SettingsError:  # It stops its own tasks, and no other warehouse's.
            log.info("lane %s: the account of %s is not known", lane.name, name)
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
