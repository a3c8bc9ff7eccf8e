"""Read what changed in the store since the last time, in any status, when due.

One list serves import and change watch. Orders that came into the import status are imported. Orders in other statuses
are kept as skipped with their status as the reason, so that a search for them finds a result; those that wait to be
sent are withdrawn. Orders that were sent are handed to the change watch. The list is coarse: it compares days
(3dcart-api.md, section 4.1). No order is left out because of its time, so the store's clock need not be right; an
unchanged order costs one read.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cartage.intake.lane_intake import LaneIntake
from cartage.intake.long_list import LongList
from cartage.intake.order_book import OrderBook
from cartage.intake.order_rows import NewOrder
from cartage.intake.other_statuses import OrderInOtherStatus, OtherStatusBook
from cartage.intake.own_writes import without_own_writes
from cartage.intake.page_reader import hand_over_sent, imports_new
from cartage.intake.repo import sweeps
from cartage.intake.repo.sweeps import WatchClaim
from cartage.intake.sent_orders import WatchSent
from cartage.model.orders import SalesOrder
from cartage.model.skip_reasons import not_ours
from cartage.runtime.context import StageContext
from cartage.storefront import OrderPage, OrderQuery, Unreadable, translate_order

log = logging.getLogger(__name__)

# 3dcart-api.md, section 5.
_CANCEL, _CART = 5, 7
# How far a lane's first watch reads back: sweeps and windows find what is older once it is ready to ship.
_FIRST_LOOK_BACK = timedelta(days=1)


def watch_changes(
    context: StageContext, counts: Counter[str], watch_sent: WatchSent, seen_ids: Collection[int] = ()
) -> None:
    """Read what changed, if it is due and no other run does it; count listed, withdrawn and watched.

    `seen_ids` are orders that this run has just read in the import status: those that still have it are left out.

    Raises:
        CartageError: if a page could not be read; the next run continues after the last committed page.
    """
    claim = _claim(context)
    if claim is None:
        return
    try:
        _read(context, claim, counts, watch_sent, seen_ids)
    except Exception:
        with context.ledger.begin() as connection:
            sweeps.release_watch(connection, context.lane.name)
        raise
    counts["watched"] = 1


def reread_order(context: StageContext, order_id: int, watch_sent: WatchSent) -> dict[str, int] | None:
    """Read one order of the store and record it as the watch does; return counts, or None if the store has none.

    Raises:
        RemoteError: if the store cannot be read.
    """
    read_at = context.ledger.now()
    entry = context.store.get_order(order_id)
    if entry is None:
        return None
    counts: Counter[str] = Counter()
    page = _sort(context, LaneIntake.of(context), OrderPage((entry,), order_id), ())
    with context.ledger.begin() as connection:
        _record(context, connection, page, read_at, counts, watch_sent)
    return dict(counts)


def _claim(context: StageContext) -> WatchClaim | None:
    every = context.lane.schedules.watch_every
    if not context.run.may_sweep or not isinstance(every, timedelta):
        return None
    _ = context.store_row  # The lane must have its row in the ledger before it can claim a watch.
    with context.ledger.begin() as connection:
        return sweeps.claim_watch(connection, context.lane.name, every)


def _read(
    context: StageContext,
    claim: WatchClaim,
    counts: Counter[str],
    watch_sent: WatchSent,
    seen_ids: Collection[int],
) -> None:
    since = claim.since or context.ledger.now() - _FIRST_LOOK_BACK
    query = OrderQuery(zone=context.lane.store.zone(), updated_from=since)
    # A lane's first watch has no start that could be its name, but a lane has only one first watch.
    name = (
        f"changes since {claim.since:%Y-%m-%d %H:%M:%S.%f}" if claim.since else "changes, for the first time"
    )
    listed = LongList(context, name, query)
    intake = LaneIntake.of(context)
    for page, read_at in listed.pages():
        sorted_page = _sort(context, intake, page, seen_ids)
        with context.ledger.begin() as connection:
            _record(context, connection, sorted_page, read_at, counts, watch_sent)
            listed.committing(connection, page)
            sweeps.extend_watch_claim(connection, context.lane.name)
        counts.update(pages=1, seen=len(page.entries))
    with context.ledger.begin() as connection:
        listed.forget(connection)
        sweeps.end_watch(connection, context.lane.name, listed.begun_at)
    log.info(
        "lane %s: the store's changes since %s were read", context.lane.name, f"{since:%Y-%m-%d %H:%M UTC}"
    )


@dataclass
class _SortedPage:
    """A page's orders by their status."""

    ready: list[NewOrder] = field(default_factory=list)
    in_other_statuses: list[OrderInOtherStatus] = field(default_factory=list)
    carts: list[OrderInOtherStatus] = field(default_factory=list)


def _sort(
    context: StageContext, intake: LaneIntake, page: OrderPage, seen_ids: Collection[int]
) -> _SortedPage:
    """Sort a page's orders; unreadable ones have no status and are left to the sweep, which lists them as ready."""
    found, statuses = _SortedPage(), context.statuses
    processed = {*statuses.path[1:], _CANCEL}
    read: list[SalesOrder] = []
    for entry in page.entries:
        order = translate_order(entry, context.lane.store.zone())
        if not isinstance(order, SalesOrder) or order.status_id == 0:
            continue
        is_ready = order.status_id == statuses.import_status
        if not (is_ready and order.order_id in seen_ids):
            read.append(order)
    for order in without_own_writes(context, read):
        new = intake.new_order(order)
        if isinstance(new, Unreadable):
            continue
        if order.status_id == statuses.import_status:
            found.ready.append(new)
            continue
        reason = not_ours(statuses.name(order.status_id), processed=order.status_id in processed)
        orders = found.carts if order.status_id == _CART else found.in_other_statuses
        orders.append(OrderInOtherStatus(new, reason))
    return found


def _record(
    context: StageContext,
    connection: Connection,
    page: _SortedPage,
    read_at: datetime,
    counts: Counter[str],
    watch_sent: WatchSent,
) -> None:
    where = (connection, context.store_row, context.lane.name, context.by)
    result = OrderBook(*where, imports_new=imports_new(context)).record(page.ready, read_at)
    for name in ("imported", "changed", "unchanged", "skipped", "conflicts"):
        counts[name] += getattr(result, name)
    seen_again = list(result.seen_again)
    # A cart is no order yet, so no new one is kept.
    for orders, keeps_new in ((page.in_other_statuses, imports_new(context)), (page.carts, False)):
        noted = OtherStatusBook(*where, context.statuses, imports_new=keeps_new).record(orders, read_at)
        counts.update(
            {name: getattr(noted, name) for name in ("listed", "changed", "unchanged", "withdrawn")}
        )
        seen_again += noted.seen_again
    hand_over_sent(context, connection, seen_again, counts, watch_sent)
