"""Read orders again that are ready, but whose copy is too old to be sent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from cartage.intake.page_reader import PageReader
from cartage.intake.sent_orders import WatchSent
from cartage.lifecycle.transitions import Move, move
from cartage.model.skip_reasons import LEFT_IMPORT_STATUS
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.sending.repo import transfers
from cartage.storefront import OrderQuery

log = logging.getLogger(__name__)


def refresh_stale(context: StageContext, counts: Counter[str], watch: WatchSent) -> None:
    """Read stale orders again in bulk: withdraw those that left the import status, revalidate those that changed.

    Raises:
        RemoteError: if the store cannot be read; stale orders are not sent.
    """
    statuses = context.statuses
    with context.ledger.begin() as connection:
        rows = transfers.stale_orders(
            connection,
            context.lane.name,
            freshness=context.lane.limits.freshness,
            import_status=statuses.import_status,
            path=statuses.path,
            warehouse=context.warehouse_name,
        )
    # A resent order has left the import status because we wrote its status.
    resent = [row for row in rows if row.posted]
    unposted = [row for row in rows if not row.posted]
    for stale, status, accepted in ((unposted, statuses.import_status, ()), (resent, None, statuses.path)):
        if stale and not context.stop.is_set():
            _read_again(context, stale, status, accepted, counts, watch)


def _read_again(
    context: StageContext,
    rows: Sequence[Row[Any]],
    status: int | None,
    accepted: Sequence[int],
    counts: Counter[str],
    watch: WatchSent,
) -> None:
    wanted = {row.order_id: row.id for row in rows}
    stamps = [row.ordered_at for row in rows]
    dated = None not in stamps
    query = OrderQuery(
        zone=context.lane.store.zone(),
        status=status,
        ordered_from=min(stamps) if dated else None,
        ordered_to=max(stamps) + timedelta(seconds=1) if dated else None,
    )
    reader = PageReader(context, Counter(), watch, accepted)
    reader.read(query, lambda order: order.order_id in wanted)
    counts["reread"] += len(wanted)
    gone = wanted.keys() - reader.seen_ids
    counts["withdrawn"] += _withdraw(context, [wanted[order_id] for order_id in gone])


def _withdraw(context: StageContext, sales_order_ids: list[int]) -> int:
    """Skip orders that no longer have the import status; one that returns to it is imported again."""
    if not sales_order_ids:
        return 0
    with context.ledger.begin() as connection:
        ids = transfers.ready_orders_of(connection, sales_order_ids)
        moves = [Move(order_id, why=LEFT_IMPORT_STATUS) for order_id in ids]
        return len(move(connection, moves, State.SKIPPED, context.by, strict=False))
