"""Carry out the decision `restore`: set the store's status of an order that was put back forward again.

The status is written only over the import status, as it was just read; a status that somebody set since stands.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cartage.changes.repo import decisions, sent_orders
from cartage.changes.repo.decisions import DueDecision
from cartage.changes.repo.sent_orders import SentOrder
from cartage.changes.rules import draft_put_back
from cartage.lifecycle import claims
from cartage.lifecycle.exceptions import close_exception, reopen_exception
from cartage.model.exceptions import Choice
from cartage.model.states import UNSENT, State
from cartage.model.statuses import PROCESSING
from cartage.postback.repo import post_backs, statuses
from cartage.postback.repo.post_backs import FinishedPostBack, PostBackIntent
from cartage.postback.store_reads import ReadsById, WantedOrder, find_orders
from cartage.postback.tracking_plan import wanted_status
from cartage.runtime.context import StageContext
from cartage.storefront import WriteResult

log = logging.getLogger(__name__)

_BULK = 100  # Orders of one bulk write: 3dcart-api.md, section 3.1.


def restore(context: StageContext, owner: str, counts: Counter[str]) -> None:
    """Set forward every order that is due. Counts restored orders. The caller ends the owner's claims.

    Raises:
        RemoteError: if the store cannot be read or written; the next run takes up the decisions that are left.
    """
    with context.ledger.begin() as connection:
        todo = decisions.due_decisions(connection, context.lane.name, (Choice.RESTORE,))
    by_id = ReadsById()
    for start in range(0, len(todo), _BULK):
        if context.stop.is_set():
            return
        claimed = _claim(context, todo[start : start + _BULK], owner)
        _restore_batch(context, claimed, owner, by_id, counts)


def _claim(
    context: StageContext, todo: Sequence[DueDecision], owner: str
) -> list[tuple[DueDecision, SentOrder]]:
    with context.ledger.begin() as connection:
        ids = [due.sales_order_id for due in todo]
        ours = claims.claim_orders(connection, ids, owner=owner, lease=context.lane.limits.lease)
        orders = {order.id: order for order in sent_orders.sent_orders(connection, sorted(ours))}
        return [
            (due, orders[due.sales_order_id])
            for due in todo
            if due.sales_order_id in ours and decisions.still_open(connection, due.id)
        ]


def _restore_batch(
    context: StageContext,
    todo: Sequence[tuple[DueDecision, SentOrder]],
    owner: str,
    by_id: ReadsById,
    counts: Counter[str],
) -> None:
    if not todo:
        return
    wanted = [WantedOrder(due.sales_order_id, due.order_id, due.ordered_at) for due, _ in todo]
    reading = find_orders(context, wanted, by_id, likely=context.statuses.import_status, owner=owner)
    put_back = {
        order_id
        for order_id, order in reading.orders.items()
        if order.status_id == context.statuses.import_status
    }
    # A decision about an order that could not be read stays due.
    moved_on = [due for due, _ in todo if reading.knows(due.order_id) and due.order_id not in put_back]
    posted = {due.order_id: _status_to_post(order) for due, order in todo if due.order_id in put_back}
    with context.ledger.begin() as connection:
        for due in moved_on:
            close_exception(connection, due.id, "the store's status had moved on already", context.by)
        intents = [
            PostBackIntent(order.id, "status", context.statuses.of(posted[due.order_id]))
            for due, order in todo
            if due.order_id in posted
        ]
        ids = post_backs.intend_post_backs(connection, intents, context.by)
    if posted:
        _write(
            context,
            [(due, order) for due, order in todo if due.order_id in posted],
            posted,
            ids,
            owner,
            counts,
        )


def _status_to_post(order: SentOrder) -> int:
    """Return the status to post: the last one that was posted, or a later one if something has shipped since."""
    live = [group.state for group in order.groups if group.state not in UNSENT]
    states = [state for state in live if state is not State.CANCELLED]
    return max(order.posted_status or PROCESSING, wanted_status(states) or PROCESSING)


def _write(
    context: StageContext,
    todo: Sequence[tuple[DueDecision, SentOrder]],
    posted: dict[int, int],
    ids: dict[tuple[int, int | None], int],
    owner: str,
    counts: Counter[str],
) -> None:
    limits = context.lane.limits

    def check_claims() -> None:
        with context.ledger.begin() as connection:
            longest = limits.connect_timeout + limits.read_timeout
            claimed = [order.id for _, order in todo]
            claims.check_lease(connection, claimed, owner=owner, lease=limits.lease, longest=longest)

    own_ids = {order_id: context.statuses.of(status) for order_id, status in posted.items()}
    results = context.store.update_statuses(own_ids, before=check_claims)
    for due, order in todo:
        result = results[due.order_id]
        _record(context, due, order, posted[due.order_id], ids[order.id, None], result)
        counts["restored"] += result.ok


def _record(
    context: StageContext,
    due: DueDecision,
    order: SentOrder,
    posted: int,
    post_back_id: int,
    result: WriteResult,
) -> None:
    with context.ledger.begin() as connection:
        error = "" if result.ok else result.message
        post_backs.finish_post_backs(connection, [FinishedPostBack(post_back_id, result.outcome, error)])
        if result.ok:
            statuses.note_restored(connection, order.id, posted)
            close_exception(connection, due.id, "the store's status was set forward again", context.by)
        elif result.outcome == "refused":
            draft = draft_put_back(order, context.statuses.name(context.statuses.import_status))
            message = f"{draft.message}. The store refused to set it forward: {result.message}"
            reopen_exception(connection, due.id, replace(draft, message=message), context.by)
