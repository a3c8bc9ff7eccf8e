"""The change watch: what the store did to orders that were sent already.

Called inside the transaction of the page that showed it: nothing here calls the outside. What is found becomes a
question (`cartage.lifecycle.exceptions`), answered by the lane's settings or by a person; `carrying_out` does the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from cartage.changes.repo import sent_orders as changes
from cartage.changes.repo.sent_orders import SeenCopy, SentOrder
from cartage.changes.rules import CANCEL, judge_change, what_changed
from cartage.intake.sent_orders import SeenAgain
from cartage.lifecycle import exceptions, shipping_exceptions
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.shipping_exceptions import cancelled_by_warehouse
from cartage.model.documents import sales_order_document
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.postback.repo import statuses as post_backs
from cartage.runtime.context import StageContext

_CANCELLED_TOO = "cancelled in the store, too"


def watch_sent_orders(
    context: StageContext, connection: Connection, seen: Sequence[SeenAgain]
) -> dict[str, int]:
    """Compare orders that were sent with what the store shows now.

    Give it every such order of the page, changed or not, in any status: an order that is as it was costs no write,
    and only one that is handed over can be seen to have been changed back. Returns counts: exceptions (questions that
    were opened), over (questions that the store's newer copy ended), edited (copies that were kept).
    """
    counts: Counter[str] = Counter(exceptions=0, over=0, edited=0)
    by_id = {one.sales_order_id: one for one in seen}
    copies = [
        SeenCopy(one.sales_order_id, one.new.content_hash, one.new.order.status_id, one.read_at)
        for one in by_id.values()
    ]
    if not copies:
        return dict(counts)
    statuses = context.statuses
    odd = changes.odd(
        connection, context.lane.name, copies, path=statuses.path, import_status=statuses.import_status
    )
    for order in changes.sent_orders(connection, odd):
        _watch_one(context, connection, order, by_id[order.id], counts)
    return dict(counts)


def _watch_one(
    context: StageContext, connection: Connection, order: SentOrder, seen: SeenAgain, counts: Counter[str]
) -> None:
    judged = judge_change(order, seen.new, seen.read_at, context.statuses, context.lane.changes)
    # What is over goes first: it takes back the wish to cancel, which what is so now may put up again.
    for kind, reason in judged.over.items():
        counts["over"] += _over(context, connection, order, kind, reason)
    for question in judged.questions:
        counts["exceptions"] += _ask(context, connection, order, question)
    _follow_cancel(context, connection, order, seen.new.order.status_id, counts)
    counts["edited"] += _keep_copy(context, connection, order, seen)
    _keep_status(context, connection, order, seen)


def _over(
    context: StageContext, connection: Connection, order: SentOrder, kind: ExceptionKind, reason: str
) -> bool:
    present = order.questions.get(kind)
    if present is None:
        return False
    if not present.open:
        exceptions.end_exceptions(connection, [present.id])
        return False
    if kind in (ExceptionKind.CANCELLED_AFTER_TRANSFER, ExceptionKind.HELD_AFTER_TRANSFER):
        exceptions.withdraw_cancel(connection, order.id)
    return exceptions.close_exception(connection, present.id, reason, context.by)


def _ask(context: StageContext, connection: Connection, order: SentOrder, question: ExceptionDraft) -> bool:
    present = order.questions.get(question.kind)
    if present is not None and present.after == question.after:
        if not present.open or present.before == question.before:
            return False
    elif present is not None and not present.open:
        # What a person answered was about another version.
        exceptions.end_exceptions(connection, [present.id])
    exceptions.open_exception(connection, context.lane.name, question, context.by)
    return present is None or not present.open


def _follow_cancel(
    context: StageContext, connection: Connection, order: SentOrder, status: int, counts: Counter[str]
) -> None:
    """A part that the warehouse cancelled is no question while the store has the order cancelled, too.

    Back on its way it is one again; put back to the import status, `put_back` asks.
    """
    kind, lane = ExceptionKind.CANCELLED_BY_WAREHOUSE, context.lane.name
    gone = [group for group in order.groups if group.state is State.CANCELLED]
    if status == CANCEL:
        for group in gone:
            counts["over"] += shipping_exceptions.over(
                connection, order.id, group.id, kind, _CANCELLED_TOO, context.by
            )
    elif order.person_status == CANCEL and status in context.statuses.path[1:]:
        for group in gone:
            if shipping_exceptions.was_over(connection, group.id, kind, _CANCELLED_TOO):
                question = cancelled_by_warehouse(
                    order.id, order.order_id, group.id, group.known_as, group.remote_id
                )
                counts["exceptions"] += shipping_exceptions.open_shipping_exception(
                    connection, lane, question, context.by
                )


def _keep_copy(context: StageContext, connection: Connection, order: SentOrder, seen: SeenAgain) -> bool:
    content_hash = seen.new.content_hash
    if content_hash == (order.seen_hash or order.content_hash) and order.document:
        return False
    # What retention has taken away can be compared with nothing.
    if order.document and (what := what_changed(order, seen.new)):
        changes.note(connection, order.id, "changed_after_transfer", what, context.by)
    document = sales_order_document(seen.new.order)
    changes.keep_copy(connection, order.id, document, content_hash, seen.read_at)
    return True


def _keep_status(context: StageContext, connection: Connection, order: SentOrder, seen: SeenAgain) -> None:
    status = seen.new.order.status_id
    if context.statuses.set_by_person(status):
        post_backs.set_by_person(connection, {order.id: status}, context.by)
    elif order.person_status is not None or order.status_id != status:
        changes.on_path_again(connection, order.id, status, seen.read_at)
