"""Orders whose outcome nobody saw: claimed to be settled, put off, and how their attempts ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, null, text, update

from cartage.db.schema import transfer

_UNKNOWN = text(
    """
    WITH picked AS (
        SELECT f.id FROM fulfillment_order f
        WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'unknown'
          AND (f.lease_until IS NULL OR f.lease_until < clock_timestamp())
          -- Without a time, the ledger failed before the request could leave: there is nothing to wait for.
          AND coalesce((SELECT max(t.settle_after) FROM transfer t WHERE t.fulfillment_order_id = f.id), '-infinity')
              < clock_timestamp()
          -- A restored ledger may have forgotten a later attempt. Where a repeat is refused, that does no harm.
          AND (CAST(:absence_wait AS interval) IS NULL OR NOT EXISTS (
              SELECT FROM lane_state l WHERE l.lane = f.lane AND f.created_at < l.quarantined_at
                AND l.quarantined_at + CAST(:absence_wait AS interval) >= clock_timestamp()))
        ORDER BY f.id LIMIT :size
        FOR UPDATE OF f SKIP LOCKED
    )
    UPDATE fulfillment_order f SET lease_owner = :owner, lease_until = clock_timestamp() + CAST(:lease AS interval)
    FROM picked LEFT JOIN LATERAL (
        SELECT t.failed_in, t.document_id FROM transfer t WHERE t.fulfillment_order_id = picked.id
        ORDER BY t.attempt DESC LIMIT 1) last ON true
    WHERE f.id = picked.id
    RETURNING f.id, f.sales_order_id, f.order_id, f.reference, f.request,
        f.cancel_wanted_at IS NOT NULL AS cancel_wanted, last.failed_in, last.document_id
    """
)

_POSTPONE = text(
    """
    UPDATE transfer t SET settle_after = t.sent_at + CAST(:wait AS interval)
    WHERE t.fulfillment_order_id = ANY(:ids) AND t.outcome = 'unknown'
      AND t.sent_at + CAST(:wait AS interval) > clock_timestamp()
    RETURNING t.fulfillment_order_id
    """
)


def claim_unknown(
    connection: Connection,
    lane: str,
    *,
    owner: str,
    lease: timedelta,
    size: int,
    absence_wait: timedelta | None = None,
    warehouse: str = "",
) -> Sequence[Row[Any]]:
    """Claim orders whose outcome is unknown and that the warehouse would show by now.

    `absence_wait` is how long after a quarantine began absence proves nothing about orders from before it. Rows of id,
    sales_order_id, order_id, reference, request, cancel_wanted, failed_in, document_id (the last attempt's).
    """
    values = {
        "lane": lane,
        "warehouse": warehouse,
        "owner": owner,
        "lease": lease,
        "size": size,
        "absence_wait": absence_wait,
    }
    return connection.execute(_UNKNOWN, values).all()


def postpone_unknown(connection: Connection, ids: Sequence[int], wait: timedelta) -> set[int]:
    """Let those of the orders wait that were sent less than `wait` ago; return them."""
    return set(connection.execute(_POSTPONE, {"ids": list(ids), "wait": wait}).scalars())


def note_settled(
    connection: Connection,
    fulfillment_order_id: int,
    outcome: str,
    remote_id: str | None,
    found: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Note how the order's unknown attempts are settled, and which orders the warehouse showed when it was asked."""
    row = transfer.c
    unknown = update(transfer).where(
        row.fulfillment_order_id == fulfillment_order_id, row.outcome == "unknown"
    )
    # Times and amounts of the warehouse's orders are kept as text.
    shown = json.loads(json.dumps(found, default=str)) if found else null()
    connection.execute(unknown.values(outcome=outcome, remote_id=remote_id, found=shown))
