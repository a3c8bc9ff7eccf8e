"""Warehouses that a lane no longer names: what the ledger keeps of one goes on under the name that it has now.

A lane with one warehouse gets a second, and the first gets a name; or a name changes. The account whose calls the
warehouse counts tells which one it is. A check of the connections notes that account under the new name before any
stage runs, so a name of which nothing else is kept yet counts as new.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from cartage.errors import SettingsError
from cartage.runtime.renaming import account_at, forget_warehouse, move_warehouse, note_renamed

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
    accounts = {name: account_at(lane, context.resolver, name) for name in names if name not in known}
    for row in former:
        same = [name for name, account in accounts.items() if account == row.counted_account]
        if len(same) > 1 or (not row.warehouse and row.counted_account is None):
            # Several use the same account, or nobody has opened it yet: the lane's first one is the one that it had.
            same = [name for name in same or accounts if name == names[0]]
        if len(same) == 1:
            with context.ledger.begin() as connection:
                move_warehouse(connection, lane.name, row.warehouse, same[0])
                note_renamed(connection, lane.name, context.by, row.warehouse, same[0])
            del accounts[same[0]]
            continue
        with context.ledger.begin() as connection:
            connection.execute(_UNSENT, {"lane": lane.name, "old": row.warehouse})
            if not row.has_orders:
                # Nobody reads it any more: it must not count as the one that was not read for the longest time.
                forget_warehouse(connection, lane.name, row.warehouse)
        if row.has_orders:
            raise SettingsError(f"lane {lane.name!r}", [_unknown(row.warehouse, same)])


def _unknown(warehouse: str, same: list[str]) -> str:
    name = f"its former warehouse {warehouse!r}" if warehouse else "the warehouse that it had alone"
    several = f" ({' and '.join(same)} both use that account)" if same else ""
    return (
        f"  {name} has open orders, and it is not clear which of its warehouses that is{several}. Name it in the lane "
        "until its orders have shipped: nobody polls their tracking otherwise."
    )
