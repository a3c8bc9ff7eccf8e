"""Verify before send: which orders the warehouse must be asked for before they are sent.

A lane is quarantined when its ledger is new, restored or foreign: the warehouse may then have orders that the ledger
does not know of. `cartage.recovery` starts and ends a quarantine; every stage that sends or settles obeys it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, update

from cartage.db.schema import fulfillment_order

# For rows f (fulfillment_order), s (sales_order) and l (lane_state). After the quarantine has ended, the rule still
# holds for orders placed before it began, whenever they turn up. A day is added because the store's clock is its own.
MUST_VERIFY = """
    (coalesce(f.absent_at, '-infinity') < l.quarantined_at
     AND (l.quarantine_ended_at IS NULL OR s.ordered_at IS NULL OR s.ordered_at < l.quarantined_at + interval '1 day'
          OR f.created_at < l.quarantine_ended_at))
"""


def note_absent(connection: Connection, ids: Collection[int], at: datetime) -> None:
    """Note that the warehouse did not have these fulfillment orders.

    `at` is the time on the database's clock when the request for them left.
    """
    if ids:
        wanted = fulfillment_order.c.id.in_(sorted(ids))
        connection.execute(update(fulfillment_order).where(wanted).values(absent_at=at))
