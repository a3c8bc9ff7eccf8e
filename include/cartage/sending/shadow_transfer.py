"""Transfer of a lane in shadow: show what would be sent, once for each content, and send nothing.

It stays on the order's timeline, also when the order leaves the import status because the old system sent it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from cartage.model.documents import request_from
from cartage.runtime.context import StageContext
from cartage.sending.repo.shadow import ShadowPayload, orders_to_show, record_payloads

log = logging.getLogger(__name__)

_BATCH = 500


def run(context: StageContext) -> dict[str, int]:
    """Show every ready order whose present content was not shown yet. Return counts: shown."""
    counts: Counter[str] = Counter(shown=0)
    with context.ledger.begin() as connection:
        if not orders_to_show(connection, context.lane.name, context.account, size=1):
            return dict(counts)
    _ = context.warehouse  # Opening may call the warehouse; the transaction of a batch must not wait for it.
    while not context.stop.is_set() and (shown := _show_batch(context)):
        counts["shown"] += shown
    return dict(counts)


def _show_batch(context: StageContext) -> int:
    with context.ledger.begin() as connection:
        rows = orders_to_show(connection, context.lane.name, context.account, size=_BATCH)
        record_payloads(connection, [_payload(context, row) for row in rows], context.by)
    _log_orders(context, rows)
    return len(rows)


def _payload(context: StageContext, row: Row[Any]) -> ShadowPayload:
    payload = context.warehouse.payload(request_from(row.request))
    return ShadowPayload(row.id, row.content, row.request, payload)


def _log_orders(context: StageContext, rows: Sequence[Row[Any]]) -> None:
    for row in rows:
        skus = {line["sku"] for line in row.request["lines"]}
        log.info("lane %s: would send %s: %d SKU(s)", context.lane.name, row.reference, len(skus))
