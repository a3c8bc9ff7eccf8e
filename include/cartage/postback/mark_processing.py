"""Post Processing for every order that the warehouse has in full: in bulk, forward only.

The write follows a reading that is younger than the lane's `limits.status_freshness`: usually the import of the same
run, else list pages. It is read back: an order that took the status shows it, or a later one. An order that could not
be read is left to the next run.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle import claims
from cartage.model.statuses import PROCESSING
from cartage.postback.post_corrections import post_corrections
from cartage.postback.repo import post_backs, statuses
from cartage.postback.repo.post_backs import FinishedPostBack, PostBackIntent
from cartage.postback.store_reads import ReadsById, WantedOrder, find_orders
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

    At the end, what people corrected here before sending is written to the store, where the lane says so. Return
    counts: restored, posted, already, person, unread (left to the next run), refused, unknown, verified, repeated,
    corrected, uncorrected.

    Raises:
        RemoteError: if the store cannot be read or written; what was posted stays posted.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    owner, by_id = f"{context.run.id}#{uuid.uuid4().hex[:8]}", ReadsById()
    try:
        restore(context, owner, counts)
        while rows := _claim(context, owner):
            _post(context, rows, owner, by_id, counts)
        _verify(context, owner, by_id, counts)
        post_corrections(context, owner, counts)
    finally:
        with context.ledger.begin() as connection:
            claims.release_claims(connection, owner=owner)
    return dict(counts)


_COUNTS = (
    "restored", "posted", "already", "person", "unread", "refused", "unknown", "verified", "repeated", "corrected",
    "uncorrected",
)  # fmt: skip


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


def _post(
    context: StageContext, rows: Sequence[Row[Any]], owner: str, by_id: ReadsById, counts: Counter[str]
) -> None:
    ours = context.statuses
    read, read_at = _statuses(context, rows, owner, by_id)
    known = [row for row in rows if row.id in read]
    forward = [row for row in known if ours.may_move(read[row.id], ours.processing)]
    done = [row.id for row in known if ours.reached(read[row.id], ours.processing)]
    persons = {row.id: read[row.id] for row in known if ours.set_by_person(read[row.id])}
    with context.ledger.begin() as connection:
        statuses.note_person_statuses(connection, persons, context.by, read_at=read_at)
        statuses.note_posted(connection, done, PROCESSING, context.by, statuses.THERE_ALREADY)
        intents = [PostBackIntent(row.id, "processing", ours.processing) for row in forward]
        ids = post_backs.intend_post_backs(connection, intents, context.by)
    counts.update({"person": len(persons), "already": len(done), "unread": len(rows) - len(known)})
    if forward:
        _write(context, forward, ids, owner, counts)


def _statuses(
    context: StageContext, rows: Sequence[Row[Any]], owner: str, by_id: ReadsById
) -> tuple[dict[int, int], datetime]:
    """Return orders' statuses at the store, 0 for an order that is gone, and when those not known yet were read.

    Orders that could not be read are left out, and so are those of which another run has read a status since.
    """
    import_status = context.statuses.import_status
    found = {row.id: row.status_id for row in rows if row.fresh and row.status_id == import_status}
    wanted = [WantedOrder(row.id, row.order_id, row.ordered_at) for row in rows if row.id not in found]
    if not wanted:
        return found, context.ledger.now()
    reading = find_orders(context, wanted, by_id, likely=import_status, owner=owner)
    read = {
        order.id: reading.orders[order.order_id].status_id if order.order_id in reading.orders else 0
        for order in wanted
        if reading.knows(order.order_id)
    }
    with context.ledger.begin() as connection:
        newest = statuses.note_read(connection, read, reading.read_at)
    return found | {row_id: status for row_id, status in read.items() if row_id in newest}, reading.read_at


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
        _record(context, by_order, results, ids, owner, counts)


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
    owner: str,
    counts: Counter[str],
) -> None:
    with context.ledger.begin() as connection:
        post_backs.finish_post_backs(
            connection,
            [_finished(ids[by_order[order_id].id, None], results[order_id]) for order_id in by_order],
        )
        posted = [by_order[order_id].id for order_id, result in results.items() if result.ok]
        statuses.note_posted(connection, posted, PROCESSING, context.by, release=owner)
    counts["posted"] += len(posted)
    counts["refused"] += sum(result.outcome == "refused" for result in results.values())
    counts["unknown"] += sum(result.outcome == "unknown" for result in results.values())


def _finished(post_back_id: int, result: WriteResult) -> FinishedPostBack:
    return FinishedPostBack(post_back_id, result.outcome, "" if result.ok else result.message)


def _verify(context: StageContext, owner: str, by_id: ReadsById, counts: Counter[str]) -> None:
    """Read back: orders posted as Processing must show that they have left the import status.

    One that still has it long after it was posted was a lost write, and is posted again. A younger one is checked
    again in the next run, and so is one that could not be read.
    """
    with context.ledger.begin() as connection:
        rows = statuses.unverified_orders(connection, context.lane.name, statuses=[PROCESSING], owner=owner)
    if not rows or context.stop.is_set():
        return
    wanted = [WantedOrder(row.id, row.order_id, row.ordered_at) for row in rows]
    ours = context.statuses
    reading = find_orders(context, wanted, by_id, likely=ours.processing)
    shown = {row.id: reading.orders[row.order_id].status_id for row in rows if row.order_id in reading.orders}
    still_there = {row_id for row_id, status in shown.items() if status == ours.import_status}
    verified = [row.id for row in rows if reading.knows(row.order_id) and row.id not in still_there]
    lost = [row.id for row in rows if row.id in still_there and row.posted_age > _SETTLED_AFTER]
    with context.ledger.begin() as connection:
        posted = dict.fromkeys(verified, PROCESSING)
        later = {row_id: shown[row_id] for row_id in verified if row_id in shown}
        statuses.note_verified(connection, posted, ours, read_at=reading.read_at, shown=later)
        statuses.forget_posted(connection, lost, PROCESSING, read_at=reading.read_at)
    if lost:
        log.warning(
            "lane %s: the store lost the status Processing of %d orders", context.lane.name, len(lost)
        )
    counts["verified"] += len(verified)
    counts["repeated"] += len(lost)
