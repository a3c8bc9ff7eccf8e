"""Confirm statuses after tracking: an order posted as Partial or Shipped must show that it left its earlier status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle import claims
from cartage.model.statuses import PARTIAL, SHIPPED
from cartage.postback.bulk_tracking import BULK
from cartage.postback.repo import post_backs, statuses
from cartage.postback.repo.post_backs import FinishedPostBack, PostBackIntent
from cartage.postback.store_reads import ReadsById, WantedOrder, find_orders
from cartage.runtime.context import StageContext


def confirm_statuses(
    context: StageContext,
    owner: str,
    counts: Counter[str],
    by_id: ReadsById,
    *,
    seen_behind: Mapping[int, datetime] | None = None,
) -> None:
    """Read back the orders posted as Partial or Shipped, and write the status of those that still have an earlier one.

    An order that could not be read is neither confirmed nor written: the next run reads it.

    Where a shipment's status does not move the order's (UNVERIFIED, 3dcart-api.md section 6.2), or with several ship
    groups, the order stays behind: its status is written by itself, in bulk, and read back once more. `seen_behind`
    holds sales orders that this run has just read and knows to be behind, with the time of that reading.
    """
    behind_before = seen_behind or {}
    ids = context.statuses
    for last in (False, True):
        with context.ledger.begin() as connection:
            rows = statuses.unverified_orders(
                connection,
                context.lane.name,
                statuses=[PARTIAL, SHIPPED],
                owner=owner,
                partial=ids.partial,
            )
        if not rows or context.stop.is_set():
            return
        known = [] if last else [row for row in rows if row.id in behind_before]
        open_rows = [row for row in rows if row not in known]
        wanted = [WantedOrder(row.id, row.order_id, row.ordered_at) for row in open_rows]
        read_at = context.ledger.now()
        shown = _find(context, open_rows, wanted, by_id) if wanted else {}
        waiting = {row.id for row in open_rows if _is_behind(context, row, shown.get(row.id))}
        verified = {row.id: row.posted_status for row in open_rows if row.id in shown.keys() - waiting}
        with context.ledger.begin() as connection:
            later = {row_id: status for row_id, status in shown.items() if row_id in verified and status}
            statuses.note_verified(connection, verified, ids, read_at=read_at, shown=later)
        counts["verified"] += len(verified)
        counts["unread"] += len(wanted) - len(shown)
        behind: dict[datetime, list[Row[Any]]] = {}
        for row in known:
            behind.setdefault(behind_before[row.id], []).append(row)
        behind.setdefault(read_at, []).extend(row for row in open_rows if row.id in waiting)
        if last or not any(behind.values()):
            return
        for read, rows_behind in behind.items():
            for bulk in _bulks(rows_behind):
                _write_statuses(context, bulk, read, owner, counts)


def _bulks(rows: Sequence[Row[Any]]) -> Iterator[Sequence[Row[Any]]]:
    for start in range(0, len(rows), BULK):
        yield rows[start : start + BULK]


def _write_statuses(
    context: StageContext, rows: Sequence[Row[Any]], read_at: datetime, owner: str, counts: Counter[str]
) -> None:
    """Write statuses alone, in one call, with intent and outcome; each was read at `read_at`, so it moves forward."""
    limits = context.lane.limits
    with context.ledger.begin() as connection:
        ids_of_rows = [row.id for row in rows]
        ours = claims.claim_orders(connection, ids_of_rows, owner=owner, lease=limits.lease, read_at=read_at)
        claimed = {row.order_id: row for row in rows if row.id in ours}
        posted = {order_id: context.statuses.of(row.posted_status) for order_id, row in claimed.items()}
        intents = [PostBackIntent(row.id, "status", posted[order_id]) for order_id, row in claimed.items()]
        ids = post_backs.intend_post_backs(connection, intents, context.by)

    def still_ours() -> None:
        with context.ledger.begin() as connection:
            longest = limits.connect_timeout + limits.read_timeout
            claims.check_lease(connection, sorted(ours), owner=owner, lease=limits.lease, longest=longest)

    results = context.store.update_statuses(posted, before=still_ours)
    with context.ledger.begin() as connection:
        post_backs.finish_post_backs(
            connection,
            [
                FinishedPostBack(
                    ids[claimed[order_id].id, None], result.outcome, "" if result.ok else result.message
                )
                for order_id, result in results.items()
            ],
        )
    counts["refused"] += sum(result.outcome == "refused" for result in results.values())


def _find(
    context: StageContext, rows: Sequence[Row[Any]], wanted: Sequence[WantedOrder], by_id: ReadsById
) -> dict[int, int]:
    """Return the status that the store shows of each order, by the ledger's id: 0 if the order is gone.

    Orders that could not be read are left out.
    """
    shown: dict[int, int] = {}
    for posted in (PARTIAL, SHIPPED):
        those = [order for order, row in zip(wanted, rows, strict=True) if row.posted_status == posted]
        if not those:
            continue
        reading = find_orders(context, those, by_id, likely=context.statuses.of(posted))
        for order in those:
            if order.order_id in reading.orders:
                shown[order.id] = reading.orders[order.order_id].status_id
            elif order.order_id in reading.gone:
                shown[order.id] = 0
    return shown


def _is_behind(context: StageContext, row: Row[Any], shown: int | None) -> bool:
    """Return whether the order still has an earlier status that Cartage left it in, and not a person."""
    ours = context.statuses
    if shown is not None and shown in row.own_statuses and ours.set_by_person(shown):
        # We wrote it before the lane's settings named others.
        return True
    if shown == ours.partial:
        return row.posted_status == SHIPPED and bool(row.partial_written or row.status_id == ours.partial)
    if shown == ours.import_status:
        # An order that ships before Processing was posted never left the import status.
        return bool(row.status_id == ours.import_status)
    return shown == ours.processing
