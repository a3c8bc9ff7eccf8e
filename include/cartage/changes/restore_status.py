"""Restores what a person answered so: the store's status of an order that was put back is set forward again.

Written only over the import status, as it was just read; a status that somebody set since stands.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cartage.changes.repo import decisions
from cartage.changes.repo import sent_orders as changes
from cartage.changes.repo.decisions import DueDecision
from cartage.changes.repo.sent_orders import SentOrder
from cartage.changes.rules import put_back_question
from cartage.lifecycle import claims, exceptions
from cartage.model.exceptions import Choice
from cartage.model.states import UNSENT, State
from cartage.model.statuses import PROCESSING
from cartage.postback.repo import statuses as post_backs
from cartage.postback.repo.statuses import FinishedPostBack, PostBackIntent
from cartage.postback.store_reads import WantedOrder, read_orders
from cartage.postback.tracking_plan import wanted_status
from cartage.runtime.context import StageContext
from cartage.storefront import WriteResult

log = logging.getLogger(__name__)

_BULK = 100  # Orders of one bulk write: 3dcart-api.md, section 3.1.


def restore(context: StageContext, owner: str, counts: Counter[str]) -> None:
    """Set forward every order that is due; counts restored. The caller ends the owner's claims.

    Raises:
        RemoteError: if the store cannot be read or written; the answers stay, and the next run takes them up.
    """
    with context.ledger.begin() as connection:
        todo = decisions.due_decisions(connection, context.lane.name, (Choice.RESTORE,))
    for start in range(0, len(todo), _BULK):
        if context.stop.is_set():
            return
        _restore(context, _claimed(context, todo[start : start + _BULK], owner), owner, counts)


def _claimed(
    context: StageContext, todo: Sequence[DueDecision], owner: str
) -> list[tuple[DueDecision, SentOrder]]:
    with context.ledger.begin() as connection:
        ids = [due.sales_order_id for due in todo]
        ours = claims.claim_orders(connection, ids, owner=owner, lease=context.lane.limits.lease)
        orders = {order.id: order for order in changes.sent_orders(connection, sorted(ours))}
        return [
            (due, orders[due.sales_order_id])
            for due in todo
            if due.sales_order_id in ours and decisions.still_open(connection, due.id)
        ]


def _restore(
    context: StageContext, todo: Sequence[tuple[DueDecision, SentOrder]], owner: str, counts: Counter[str]
) -> None:
    if not todo:
        return
    wanted = [WantedOrder(due.sales_order_id, due.order_id, due.ordered_at) for due, _ in todo]
    back = read_orders(context, wanted, status=context.statuses.import_status).orders
    gone = [due for due, _ in todo if due.order_id not in back]
    posted = {due.order_id: _posted(order) for due, order in todo if due.order_id in back}
    with context.ledger.begin() as connection:
        for due in gone:
            exceptions.close_exception(
                connection, due.id, "the store's status had moved on already", context.by
            )
        intents = [
            PostBackIntent(order.id, "status", context.statuses.of(posted[due.order_id]))
            for due, order in todo
            if due.order_id in posted
        ]
        ids = post_backs.intend_post_backs(connection, intents, context.by)
    if posted:
        _write(context, [one for one in todo if one[0].order_id in posted], posted, ids, owner, counts)


def _posted(order: SentOrder) -> int:
    """What the store is to be told: what it was, or more, if something has shipped since."""
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

    def still_ours() -> None:
        with context.ledger.begin() as connection:
            longest = limits.connect_timeout + limits.read_timeout
            claimed = [order.id for _, order in todo]
            claims.check_lease(connection, claimed, owner=owner, longest=longest)

    own_ids = {order_id: context.statuses.of(status) for order_id, status in posted.items()}
    results = context.store.update_statuses(own_ids, before=still_ours)
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
            post_backs.note_restored(connection, order.id, posted)
            exceptions.close_exception(
                connection, due.id, "the store's status was set forward again", context.by
            )
        elif result.outcome == "refused":
            asked = put_back_question(order, context.statuses.name(context.statuses.import_status))
            message = f"{asked.message}. The store refused to set it forward: {result.message}"
            exceptions.reopen_exception(connection, due.id, replace(asked, message=message), context.by)
