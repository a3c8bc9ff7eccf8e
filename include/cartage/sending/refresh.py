"""Freshness: orders that are ready, but were read too long ago, are read again in bulk before they may be sent."""

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
    """Read stale orders again; those that left the import status are withdrawn, changed ones are validated anew."""
    statuses = context.statuses
    with context.ledger.begin() as connection:
        rows = transfers.stale_orders(
            connection,
            context.lane.name,
            freshness=context.lane.limits.freshness,
            import_status=statuses.import_status,
            path=statuses.path,
        )
    # What is sent anew belongs to an order that has left the import status by our own doing.
    for those, status, accepted in (
        ([row for row in rows if not row.told], statuses.import_status, ()),
        ([row for row in rows if row.told], None, statuses.path),
    ):
        if those and not context.stop.is_set():
            _read_again(context, those, status, accepted, counts, watch)


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
    counts["withdrawn"] += _withdraw(context, [wanted[one] for one in wanted.keys() - reader.seen_ids])


def _withdraw(context: StageContext, sales_order_ids: list[int]) -> int:
    """Take back orders that no longer have the import status; one that comes back is imported again."""
    if not sales_order_ids:
        return 0
    with context.ledger.begin() as connection:
        ids = transfers.ready_orders_of(connection, sales_order_ids)
        moves = [Move(id_, why=LEFT_IMPORT_STATUS) for id_ in ids]
        return len(move(connection, moves, State.SKIPPED, context.by, strict=False))
