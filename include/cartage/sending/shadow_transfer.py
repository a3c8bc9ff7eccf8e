"""Transfer of a lane in shadow: shows what would be sent, once for each content, and sends nothing.

What it shows stays on the order's timeline, also when the order leaves the import status since the old system sent it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from cartage.model.documents import request_from
from cartage.runtime.context import StageContext
from cartage.sending.repo import shadow
from cartage.sending.repo.shadow import Shown

log = logging.getLogger(__name__)

_BATCH = 500


def run(context: StageContext) -> dict[str, int]:
    """Show every ready order that was not shown yet as it is now. Return counts: shown."""
    counts: Counter[str] = Counter(shown=0)
    while not context.stop.is_set() and (shown := _show_batch(context)):
        counts["shown"] += shown
    return dict(counts)


def _show_batch(context: StageContext) -> int:
    with context.ledger.begin() as connection:
        rows = shadow.unshown(connection, context.lane.name, context.account, size=_BATCH)
        shadow.record(connection, [_shown(context, row) for row in rows], context.by)
    _say(context, rows)
    return len(rows)


def _shown(context: StageContext, row: Row[Any]) -> Shown:
    payload = context.warehouse.payload(request_from(row.request))
    return Shown(row.id, row.content, row.request, payload)


def _say(context: StageContext, rows: Sequence[Row[Any]]) -> None:
    for row in rows:
        lines = row.request["lines"]
        log.info("lane %s: would send %s: %d SKU(s)", context.lane.name, row.reference, _skus(lines))


def _skus(lines: Sequence[dict[str, Any]]) -> int:
    return len({line["sku"] for line in lines})
