"""Transfer of a lane in shadow: show what would be sent, once for each content, and send nothing.

It stays on the order's timeline, also when the order leaves the import status because the old system sent it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from cartage.errors.problems import Problem, connector_failed
from cartage.lifecycle.causes import open_causes
from cartage.lifecycle.transitions import Move, move
from cartage.model.documents import stored_request
from cartage.model.states import State
from cartage.plurals import counted
from cartage.runtime.context import StageContext
from cartage.sending.repo.shadow import ShadowPayload, orders_to_show, record_payloads

log = logging.getLogger(__name__)

_BATCH = 500


def run(context: StageContext) -> dict[str, int]:
    """Show every ready order whose present content was not shown yet. Return counts: shown."""
    counts: Counter[str] = Counter(shown=0)
    with context.ledger.begin() as connection:
        if not _unshown(context, connection, size=1):
            return dict(counts)
    _ = context.warehouse  # Opening may call the warehouse; the transaction of a batch must not wait for it.
    while not context.stop.is_set() and _show_batch(context, counts):
        pass
    return dict(counts)


def _unshown(context: StageContext, connection: Connection, *, size: int) -> Sequence[Row[Any]]:
    lane, place = context.lane.name, context.warehouse_name
    return orders_to_show(connection, lane, context.account, size=size, warehouse=place)


def _show_batch(context: StageContext, counts: Counter[str]) -> bool:
    """Show the next orders; return whether there were any. An order that cannot be shown stops no other."""
    with context.ledger.begin() as connection:
        rows = _unshown(context, connection, size=_BATCH)
        payloads: list[ShadowPayload] = []
        unreadable: list[Move] = []
        failed: list[tuple[int, Problem]] = []
        for row in rows:
            request = stored_request(row.request)
            if request is None:
                unreadable.append(
                    Move(row.id, why="its stored request cannot be read; it is validated again")
                )
                continue
            try:
                payload = context.warehouse.payload(request)
            except Exception as failure:
                log.exception(
                    "lane %s: order %s: the connector fails on it", context.lane.name, row.reference
                )
                failed.append((row.id, connector_failed(failure)))
            else:
                payloads.append(ShadowPayload(row.id, row.content, row.request, payload))
        record_payloads(connection, payloads, context.by)
        # An order that is not shown must not stay ready: it would be the first of the next batch again.
        move(connection, unreadable, State.IMPORTED, context.by)
        _block(connection, context, failed)
    shown = {payload.fulfillment_order_id for payload in payloads}
    _log_orders(context, [row for row in rows if row.id in shown])
    counts["shown"] += len(shown)
    return bool(rows)


def _block(connection: Connection, context: StageContext, failed: Sequence[tuple[int, Problem]]) -> None:
    ids = open_causes(connection, context.lane.name, [problem for _, problem in failed])
    moves = [
        Move(order_id, why=problem.message, cause_ids=(ids[problem.fingerprint],))
        for order_id, problem in failed
    ]
    move(connection, moves, State.BLOCKED, context.by)


def _log_orders(context: StageContext, rows: Sequence[Row[Any]]) -> None:
    for row in rows:
        skus = {line["sku"] for line in row.request["lines"]}
        to = f" to {context.warehouse_name}" if context.warehouse_name else ""
        log.info(
            "lane %s: would send %s%s: %s", context.lane.name, row.reference, to, counted(len(skus), "SKU")
        )
