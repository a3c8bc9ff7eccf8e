"""The last-update read: what changed in the store since it was last read, in any status, at a pace of its own.

One list serves import and change watch. What came into the import status is imported; what was seen elsewhere is kept
as skipped with its status as the reason, so that "where is my order?" has an answer; what waited is withdrawn; what
was sent is handed to the change watch. The list is coarse (it compares days: 3dcart-api.md, section 4.1), and nothing
is left out of it by its time: an order that is as it was costs a look, and the store's clock need not be right.
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
from cartage.intake.order_book import NewOrder, OrderBook
from cartage.intake.other_statuses import OrderInOtherStatus, OtherStatusBook
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
# A lane's first watch: what is older is found by sweep and windows once it is ready to ship.
_FIRST_LOOK_BACK = timedelta(days=1)


def watch_changes(
    context: StageContext, counts: Counter[str], watch_sent: WatchSent, seen_ids: Collection[int] = ()
) -> None:
    """Read what changed, if that is due and this run is the one to do it; counts listed, withdrawn, watched.

    `seen_ids` are orders that this run has just read in the import status: if they still have it, that is enough.

    Raises:
        CartageError: if a page could not be read; the next run goes on behind the last one that was.
    """
    watch = _claim(context)
    if watch is None:
        return
    try:
        _read(context, watch, counts, watch_sent, seen_ids)
    except Exception:
        with context.ledger.begin() as connection:
            sweeps.release_watch(connection, context.lane.name)
        raise
    counts["watched"] = 1


def _claim(context: StageContext) -> WatchClaim | None:
    every = context.lane.schedules.watch_every
    if not context.run.may_sweep or not isinstance(every, timedelta):
        return None
    _ = context.store_row  # The lane must be in the ledger before it can remember its watch.
    with context.ledger.begin() as connection:
        return sweeps.claim_watch(connection, context.lane.name, every)


def _read(
    context: StageContext,
    watch: WatchClaim,
    counts: Counter[str],
    watch_sent: WatchSent,
    seen_ids: Collection[int],
) -> None:
    since = watch.since or context.ledger.now() - _FIRST_LOOK_BACK
    query = OrderQuery(zone=context.lane.store.zone(), updated_from=since)
    # The first watch of a lane has no beginning to be named by, but there is only one of it.
    name = (
        f"changes since {watch.since:%Y-%m-%d %H:%M:%S.%f}" if watch.since else "changes, for the first time"
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
class _Sorted:
    """A page's orders by what is to become of them."""

    ready: list[NewOrder] = field(default_factory=list)
    elsewhere: list[OrderInOtherStatus] = field(default_factory=list)
    carts: list[OrderInOtherStatus] = field(default_factory=list)


def _sort(context: StageContext, intake: LaneIntake, page: OrderPage, seen_ids: Collection[int]) -> _Sorted:
    """What cannot be read has no status either: it is left to the sweep, whose list says that it is ready to ship."""
    found, statuses = _Sorted(), context.statuses
    dealt_with = {*statuses.path[1:], _CANCEL}
    for entry in page.entries:
        order = translate_order(entry, context.lane.store.zone())
        if not isinstance(order, SalesOrder) or order.status_id == 0:
            continue
        is_ready = order.status_id == statuses.import_status
        if is_ready and order.order_id in seen_ids:
            continue
        new = intake.new_order(order)
        if isinstance(new, Unreadable):
            continue
        if is_ready:
            found.ready.append(new)
            continue
        reason = not_ours(statuses.name(order.status_id), dealt_with=order.status_id in dealt_with)
        (found.carts if order.status_id == _CART else found.elsewhere).append(OrderInOtherStatus(new, reason))
    return found


def _record(
    context: StageContext,
    connection: Connection,
    page: _Sorted,
    read_at: datetime,
    counts: Counter[str],
    watch_sent: WatchSent,
) -> None:
    where = (connection, context.store_row, context.lane.name, context.by)
    recorded = OrderBook(*where, takes_new=imports_new(context)).record(page.ready, read_at)
    for name in ("imported", "changed", "unchanged", "skipped", "conflicts"):
        counts[name] += getattr(recorded, name)
    again = list(recorded.again)
    for orders, new_ones in ((page.elsewhere, imports_new(context)), (page.carts, False)):
        noted = OtherStatusBook(*where, context.statuses, takes_new=new_ones).record(orders, read_at)
        counts.update(
            {name: getattr(noted, name) for name in ("listed", "changed", "unchanged", "withdrawn")}
        )
        again += noted.again
    hand_over_sent(context, connection, again, read_at, counts, watch_sent)
