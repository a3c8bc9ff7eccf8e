"""Post Processing for every order that the warehouse has in full: in bulk, forward only.

The write follows a reading that is younger than the lane's `limits.status_freshness`: usually the import of the same
run, else list pages. It is read back by listing the import status: an order that took the status is no longer there.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle import claims
from cartage.model.statuses import PROCESSING
from cartage.postback.repo import post_backs, statuses
from cartage.postback.repo.post_backs import FinishedPostBack, PostBackIntent
from cartage.postback.store_reads import WantedOrder, read_orders
from cartage.runtime.context import StageContext
from cartage.storefront import WriteResult

log = logging.getLogger(__name__)

Restore = Callable[[StageContext, str, Counter[str]], None]

_BATCH = 300
_BULK = 100  # Orders of one bulk write: 3dcart-api.md, section 3.1.
# A list may lag behind a write (UNVERIFIED, 3dcart-api.md section 12): a missing status is a lost write only later.
_SETTLED_AFTER = timedelta(minutes=5)


def run(context: StageContext, *, restore: Restore) -> dict[str, int]:
    """Post Processing, after `restore` has set forward the statuses that a person decided to restore.

    Return counts: restored, posted, already, person, refused, unknown, verified, repeated.

    Raises:
        RemoteError: if the store cannot be read or written; what was posted stays posted.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    try:
        restore(context, owner, counts)
        while rows := _claim(context, owner):
            _post(context, rows, owner, counts)
        _verify(context, owner, counts)
    finally:
        with context.ledger.begin() as connection:
            claims.release_claims(connection, owner=owner)
    return dict(counts)


_COUNTS = ("restored", "posted", "already", "person", "refused", "unknown", "verified", "repeated")


def _claim(context: StageContext, owner: str) -> Sequence[Row[Any]]:
    if context.stop.is_set():
        return []
    limits = context.lane.limits
    with context.ledger.begin() as connection:
        return statuses.claim_acknowledged(
            connection,
            context.lane.name,
            owner=owner,
            lease=limits.lease,
            freshness=limits.status_freshness,
            size=_BATCH,
        )


def _post(context: StageContext, rows: Sequence[Row[Any]], owner: str, counts: Counter[str]) -> None:
    ours, read = context.statuses, _statuses(context, rows, owner)
    forward = [row for row in rows if ours.may_move(read.get(row.id, 0), ours.processing)]
    done = [row.id for row in rows if ours.reached(read.get(row.id, 0), ours.processing)]
    persons = {row.id: read.get(row.id, 0) for row in rows if ours.set_by_person(read.get(row.id, 0))}
    with context.ledger.begin() as connection:
        statuses.note_person_statuses(connection, persons, context.by)
        statuses.note_posted(connection, done, PROCESSING, context.by, "the store had it already")
        intents = [PostBackIntent(row.id, "processing", ours.processing) for row in forward]
        ids = post_backs.intend_post_backs(connection, intents, context.by)
    counts.update({"person": len(persons), "already": len(done)})
    if forward:
        _write(context, forward, ids, owner, counts)


def _statuses(context: StageContext, rows: Sequence[Row[Any]], owner: str) -> dict[int, int]:
    """Return each order's status at the store, read within `status_freshness`; leave out orders that are not there."""
    import_status = context.statuses.import_status
    found = {row.id: row.status_id for row in rows if row.fresh and row.status_id == import_status}
    for status in (import_status, None):
        missing = [WantedOrder(row.id, row.order_id, row.ordered_at) for row in rows if row.id not in found]
        if missing:
            reading = read_orders(context, missing, status=status, owner=owner)
            read = {
                order.id: reading.orders[order.order_id].status_id
                for order in missing
                if order.order_id in reading.orders
            }
            with context.ledger.begin() as connection:
                statuses.note_read(connection, read, reading.read_at)
            found |= read
    return found


def _write(
    context: StageContext,
    rows: Sequence[Row[Any]],
    ids: dict[tuple[int, int | None], int],
    owner: str,
    counts: Counter[str],
) -> None:
    """Write one call's worth at a time and record it before the next, so that a failure loses no outcome."""
    for start in range(0, len(rows), _BULK):
        chunk = rows[start : start + _BULK]
        by_order = {row.order_id: row for row in chunk}
        results = context.store.update_statuses(
            dict.fromkeys(by_order, context.statuses.processing),
            before=partial(_check, context, chunk, owner),
        )
        _record(context, by_order, results, ids, counts)


def _check(context: StageContext, rows: Sequence[Row[Any]], owner: str) -> None:
    limits = context.lane.limits
    longest = limits.connect_timeout + limits.read_timeout
    with context.ledger.begin() as connection:
        claims.check_lease(
            connection, [row.id for row in rows], owner=owner, lease=limits.lease, longest=longest
        )


def _record(
    context: StageContext,
    by_order: dict[int, Row[Any]],
    results: dict[int, WriteResult],
    ids: dict[tuple[int, int | None], int],
    counts: Counter[str],
) -> None:
    with context.ledger.begin() as connection:
        post_backs.finish_post_backs(
            connection,
            [_finished(ids[by_order[order_id].id, None], results[order_id]) for order_id in by_order],
        )
        posted = [by_order[order_id].id for order_id, result in results.items() if result.ok]
        statuses.note_posted(connection, posted, PROCESSING, context.by)
    counts["posted"] += len(posted)
    counts["refused"] += sum(result.outcome == "refused" for result in results.values())
    counts["unknown"] += sum(result.outcome == "unknown" for result in results.values())


def _finished(post_back_id: int, result: WriteResult) -> FinishedPostBack:
    return FinishedPostBack(post_back_id, result.outcome, "" if result.ok else result.message)


def _verify(context: StageContext, owner: str, counts: Counter[str]) -> None:
    """Read back: orders posted as Processing must have left the import status.

    One that still has it long after it was posted was a lost write, and is posted again; a younger one is checked
    again in the next run.
    """
    with context.ledger.begin() as connection:
        rows = statuses.unverified_orders(connection, context.lane.name, statuses=[PROCESSING], owner=owner)
    if not rows or context.stop.is_set():
        return
    wanted = [WantedOrder(row.id, row.order_id, row.ordered_at) for row in rows]
    still_there = read_orders(context, wanted, status=context.statuses.import_status).orders
    verified = {order.id: PROCESSING for order in wanted if order.order_id not in still_there}
    lost = [row.id for row in rows if row.order_id in still_there and row.posted_age > _SETTLED_AFTER]
    with context.ledger.begin() as connection:
        statuses.note_verified(connection, verified, context.statuses)
        statuses.forget_posted(connection, lost, PROCESSING)
    if lost:
        log.warning(
            "lane %s: the store lost the status Processing of %d orders", context.lane.name, len(lost)
        )
    counts["verified"] += len(verified)
    counts["repeated"] += len(lost)
