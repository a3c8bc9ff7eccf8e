"""Post back: writes tracking numbers to the store and moves the order to Partial or Shipped, forward only.

The status is a function of all of the order's live fulfillment orders: Shipped when all of them are, Partial when any
did. A status that a person set stands: tracking is then written without a status. The store is read before the write
and again after it, in list pages.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from cartage.ledger import post_backs
from cartage.ledger.post_backs import Finished, Intent
from cartage.orders.statuses import PARTIAL, SHIPPED
from cartage.stages.context import StageContext
from cartage.stages.store_reads import StoreOrder, Wanted, read_orders
from cartage.stages.tracking_plan import Plan, plan_orders
from cartage.stages.tracking_writes import TrackingWriter, Written

log = logging.getLogger(__name__)

# As many orders as a list page holds: a guard is then about one call, and at most some minutes old when it is used.
_BATCH = 300
_GROUP = 24
_BULK = 100  # Orders of one bulk write: 3dcart-api.md, section 3.1.
_ASKED_SINGLY = 20


def run(context: StageContext) -> dict[str, int]:
    """Tell the store of every package that it does not know yet.

    Returns counts: orders, posted, already, shipped, partial, person, refused, unknown, verified.

    Raises:
        RemoteError: the system's fault that stopped it; what was posted stays posted.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    writer = TrackingWriter(context, owner)
    try:
        while writer.fault is None and (rows := _claim(context, owner)):
            counts["orders"] += len(rows)
            _post(context, rows, writer, owner, counts)
        if writer.fault is not None:
            raise writer.fault
        _confirm_statuses(context, owner, counts)
    finally:
        with context.ledger.begin() as connection:
            post_backs.release(connection, owner=owner)
    return dict(counts)


_COUNTS = ("orders", "posted", "already", "shipped", "partial", "person", "refused", "unknown", "verified")


def _claim(context: StageContext, owner: str) -> Sequence[Row[Any]]:
    if context.stop.is_set():
        return []
    with context.ledger.begin() as connection:
        return post_backs.claim_shipped(
            connection, context.lane.name, owner=owner, lease=context.lane.limits.lease, size=_BATCH
        )


def _post(
    context: StageContext, rows: Sequence[Row[Any]], writer: TrackingWriter, owner: str, counts: Counter[str]
) -> None:
    store = _guard(context, rows)
    with context.ledger.begin() as connection:
        groups = post_backs.groups_of(connection, [row.id for row in rows])
        plans = plan_orders(rows, groups, store, context.statuses)
        persons = {plan.id: plan.person_status for plan in plans if plan.person_status is not None}
        post_backs.set_by_person(connection, persons, context.by)
        ids = post_backs.intend(connection, _intents(plans), context.by)
    counts["person"] += len(persons)
    _record_there_already(context, plans, counts)
    done: list[Written] = []
    for written in writer.write(plans):
        done.append(written)
        if len(done) >= _GROUP:
            _record(context, done, ids, owner, counts)
            done.clear()
    _record(context, done, ids, owner, counts)


def _guard(context: StageContext, rows: Sequence[Row[Any]]) -> dict[int, StoreOrder]:
    """What the store says now: orders still in Processing from few pages, the others from an unfiltered list."""
    wanted = [Wanted(row.id, row.order_id, row.ordered_at) for row in rows]
    found = dict(read_orders(context, wanted, status=context.statuses.processing).orders)
    missing = [one for one in wanted if one.order_id not in found]
    if missing:
        found |= read_orders(context, missing).orders
    # Whoever edits an order's date in the store takes it out of the dated list: the few left are asked for by id.
    for one in [one for one in missing if one.order_id not in found][:_ASKED_SINGLY]:
        found |= read_orders(context, [replace(one, ordered_at=None)]).orders
    return found


def _intents(plans: Sequence[Plan]) -> list[Intent]:
    return [
        Intent(plan.id, "tracking", one.status_id, one.fulfillment_order_id, one.tracking)
        for plan in plans
        for one in plan.writes
        if not one.there_already
    ]


def _record_there_already(context: StageContext, plans: Sequence[Plan], counts: Counter[str]) -> None:
    there = [one for plan in plans for one in plan.writes if one.there_already]
    with context.ledger.begin() as connection:
        packages = [package for one in there for package in one.package_ids]
        post_backs.posted(
            connection, {one.fulfillment_order_id: one.tracking for one in there}, packages, context.by
        )
        post_backs.no_room(connection, _unfit(plans))
        _tell(context, connection, plans, counts)
    counts["already"] += len(there)


def _unfit(plans: Sequence[Plan]) -> list[int]:
    """Packages that the field has no room for; said once, since nobody else will."""
    unfit = [(plan.order_id, len(one.unfit_ids)) for plan in plans for one in plan.writes if one.unfit_ids]
    for order_id, number in unfit:
        log.warning("order %d: %d tracking number(s) do not fit into the store's field", order_id, number)
    return [package for plan in plans for one in plan.writes for package in one.unfit_ids]


def _record(
    context: StageContext,
    done: Sequence[Written],
    ids: dict[tuple[int, int | None], int],
    owner: str,
    counts: Counter[str],
) -> None:
    if not done:
        return
    good = [one.write for one in done if one.outcome == "written"]
    with context.ledger.begin() as connection:
        post_backs.finish(
            connection,
            [
                Finished(ids[one.plan.id, one.write.fulfillment_order_id], one.outcome, one.error)
                for one in done
            ],
        )
        packages = [package for one in good for package in one.package_ids]
        post_backs.posted(
            connection, {one.fulfillment_order_id: one.tracking for one in good}, packages, context.by
        )
        _tell(context, connection, [one.plan for one in done], counts)
        post_backs.renew(connection, owner=owner, lease=context.lane.limits.lease)
    counts["posted"] += len(good)
    for one in done:
        if one.outcome in ("refused", "unknown"):
            counts[one.outcome] += 1
            log.warning(
                "order %d: tracking was not written (%s): %s", one.plan.order_id, one.outcome, one.error
            )


def _tell(context: StageContext, connection: Connection, plans: Sequence[Plan], counts: Counter[str]) -> None:
    """Note the status of every order whose tracking the store now has; `_confirm_statuses` makes sure of it.

    In the transaction that notes the last of its tracking: nothing else would ever bring the order up again.
    """
    lacking = post_backs.lacking_tracking(connection, [plan.id for plan in plans])
    for status, name in ((PARTIAL, "partial"), (SHIPPED, "shipped")):
        told = {plan.id for plan in plans if plan.target == status and plan.id not in lacking}
        counts[name] += post_backs.told(connection, sorted(told), status, context.by)


def _confirm_statuses(context: StageContext, owner: str, counts: Counter[str]) -> None:
    """Read back: what was told Partial or Shipped must have left Processing.

    Where a shipment's status does not move the order's (UNVERIFIED, 3dcart-api.md section 6.2), or with several
    ship groups, the order is still there: its status is then written by itself, in bulk, and read back once more.
    """
    for last in (False, True):
        with context.ledger.begin() as connection:
            rows = post_backs.unverified(
                connection,
                context.lane.name,
                statuses=[PARTIAL, SHIPPED],
                owner=owner,
                partial=context.statuses.partial,
            )
        if not rows or context.stop.is_set():
            return
        wanted = [Wanted(row.id, row.order_id, row.ordered_at) for row in rows]
        read_at = context.ledger.now()
        waiting = _waiting(context, rows, wanted)
        verified = {row.id: row.told_status for row in rows if row.order_id not in waiting}
        with context.ledger.begin() as connection:
            post_backs.verify(connection, verified, context.statuses)
        counts["verified"] += len(verified)
        behind = [row for row in rows if row.order_id in waiting]
        if not behind or last:
            return
        for start in range(0, len(behind), _BULK):
            _write_statuses(context, behind[start : start + _BULK], read_at, owner, counts)


def _write_statuses(
    context: StageContext, rows: Sequence[Row[Any]], read_at: datetime, owner: str, counts: Counter[str]
) -> None:
    """Write statuses alone, in one call, with intent and outcome; each was read at `read_at`, so it moves forward."""
    limits = context.lane.limits
    with context.ledger.begin() as connection:
        ids_of_rows = [row.id for row in rows]
        ours = post_backs.claim_behind(
            connection, ids_of_rows, owner=owner, lease=limits.lease, read_at=read_at
        )
        claimed = {row.order_id: row for row in rows if row.id in ours}
        told = {order_id: context.statuses.of(row.told_status) for order_id, row in claimed.items()}
        intents = [Intent(row.id, "status", told[order_id]) for order_id, row in claimed.items()]
        ids = post_backs.intend(connection, intents, context.by)

    def still_ours() -> None:
        with context.ledger.begin() as connection:
            longest = limits.connect_timeout + limits.read_timeout
            post_backs.check_lease(connection, sorted(ours), owner=owner, longest=longest)

    results = context.store.update_statuses(told, before=still_ours)
    with context.ledger.begin() as connection:
        post_backs.finish(
            connection,
            [
                Finished(ids[claimed[one].id, None], result.outcome, "" if result.ok else result.message)
                for one, result in results.items()
            ],
        )
    counts["refused"] += sum(result.outcome == "refused" for result in results.values())


def _waiting(
    context: StageContext, rows: Sequence[Row[Any]], wanted: Sequence[Wanted]
) -> dict[int, StoreOrder]:
    """Those that still have a status from before: Processing, Partial if Shipped was told, or the import status."""
    ours = context.statuses
    last_read = [(one, row.status_id) for one, row in zip(wanted, rows, strict=True)]
    was_partial = {
        row.id
        for row in rows
        if row.told_status == SHIPPED and (row.partial_written or row.status_id == ours.partial)
    }
    earlier = {
        ours.processing: wanted,
        ours.partial: [one for one in wanted if one.id in was_partial],
        # What ships before it was told Processing never left it; few do, and mostly none.
        ours.import_status: [one for one, read in last_read if read == ours.import_status],
    }
    waiting: dict[int, StoreOrder] = {}
    for status, those in earlier.items():
        if those:
            waiting |= read_orders(context, those, status=status).orders
    return waiting
