"""The change watch: find what the store changed in orders that were sent already.

It runs in the transaction of the page that showed the orders and calls nothing outside. A change opens an exception,
which the lane's settings or a person decide; `cartage.changes.carry_out_decisions` does the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from cartage.changes.repo import sent_orders
from cartage.changes.repo.sent_orders import SeenCopy, SentOrder
from cartage.changes.rules import CANCEL, judge_change, set_by_person, what_changed
from cartage.intake.sent_orders import SeenAgain
from cartage.lifecycle.events import note_on_sales_orders
from cartage.lifecycle.exceptions import (
    ExceptionDraft,
    close_exception,
    end_exceptions,
    open_exception,
    withdraw_cancel,
)
from cartage.lifecycle.shipping_exceptions import (
    draft_cancelled_by_warehouse,
    end_shipping_exception,
    last_ended_for,
    open_shipping_exception,
)
from cartage.model.documents import sales_order_document
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.postback.repo.statuses import note_person_statuses
from cartage.runtime.context import StageContext

_CANCELLED_TOO = "cancelled in the store as well"


def watch_sent_orders(
    context: StageContext, connection: Connection, seen: Sequence[SeenAgain]
) -> dict[str, int]:
    """Compare orders that were sent with what the store shows now.

    Pass every sent order of the page, changed or not, in any status: an unchanged order costs no write, and only an
    order that is passed can be seen to have been changed back. Return counts: exceptions (that were opened), ended
    (exceptions that no longer apply), edited (copies that were kept).
    """
    counts: Counter[str] = Counter(exceptions=0, ended=0, edited=0)
    by_id = {again.sales_order_id: again for again in seen}
    copies = [
        SeenCopy(again.sales_order_id, again.new.content_hash, again.new.order.status_id, again.read_at)
        for again in by_id.values()
    ]
    if not copies:
        return dict(counts)
    statuses = context.statuses
    changed = sent_orders.changed_orders(
        connection, context.lane.name, copies, path=statuses.path, import_status=statuses.import_status
    )
    for order in sent_orders.sent_orders(connection, changed):
        _watch_order(context, connection, order, by_id[order.id], counts)
    return dict(counts)


def _watch_order(
    context: StageContext, connection: Connection, order: SentOrder, seen: SeenAgain, counts: Counter[str]
) -> None:
    judged = judge_change(order, seen.new, seen.read_at, context.statuses, context.lane.changes)
    # Exceptions end first: that withdraws the request to cancel, which an exception that applies now may make again.
    for kind, reason in judged.ended.items():
        counts["ended"] += _end(context, connection, order, kind, reason)
    changed = seen.new.content_hash != (order.seen_hash or order.content_hash)
    opened = sum(_open(context, connection, order, draft, changed=changed) for draft in judged.drafts)
    counts["exceptions"] += opened
    waits = opened > 0 or any(
        current.open and kind not in judged.ended for kind, current in order.exceptions.items()
    )
    _follow_cancel(context, connection, order, seen.new.order.status_id, counts)
    counts["edited"] += _keep_copy(context, connection, order, seen, waits=waits)
    _keep_status(context, connection, order, seen)


def _end(
    context: StageContext, connection: Connection, order: SentOrder, kind: ExceptionKind, reason: str
) -> bool:
    """End an exception of this kind, if there is one; return whether it was open."""
    current = order.exceptions.get(kind)
    if current is None:
        return False
    if not current.open:
        end_exceptions(connection, [current.id])
        return False
    if kind in (ExceptionKind.CANCELLED_AFTER_TRANSFER, ExceptionKind.HELD_AFTER_TRANSFER):
        withdraw_cancel(connection, order.id)
    return close_exception(connection, current.id, reason, context.by)


def _open(
    context: StageContext, connection: Connection, order: SentOrder, draft: ExceptionDraft, *, changed: bool
) -> bool:
    """Open an exception unless the same one is open or closed already; return whether it is new.

    `changed` says that the store's copy is another than the last one.
    """
    current = order.exceptions.get(draft.kind)
    if current is not None and not current.open and order.purged and not changed:
        # What it was about was deleted with the order's data, and cannot be compared: the decision stands.
        return False
    if current is not None and current.after == draft.after:
        if not current.open or current.before == draft.before:
            return False
    elif current is not None and not current.open:
        # The decision was about another version.
        end_exceptions(connection, [current.id])
    open_exception(connection, context.lane.name, draft, context.by)
    return current is None or not current.open


def _follow_cancel(
    context: StageContext, connection: Connection, order: SentOrder, status: int, counts: Counter[str]
) -> None:
    """End the exception about a part that the warehouse cancelled while the store has the order cancelled as well.

    It opens again when the order leaves that status. If it is put back to the import status, `put_back` opens instead.
    """
    kind, lane = ExceptionKind.CANCELLED_BY_WAREHOUSE, context.lane.name
    gone = [group for group in order.groups if group.state is State.CANCELLED]
    if status == CANCEL:
        for group in gone:
            counts["ended"] += end_shipping_exception(
                connection, order.id, group.id, kind, _CANCELLED_TOO, context.by
            )
    elif order.person_status == CANCEL and status in context.statuses.path[1:]:
        for group in gone:
            if last_ended_for(connection, group.id, kind, _CANCELLED_TOO):
                draft = draft_cancelled_by_warehouse(
                    order.id, order.order_id, group.id, group.known_as, group.remote_id
                )
                counts["exceptions"] += open_shipping_exception(connection, lane, draft, context.by)


def _keep_copy(
    context: StageContext, connection: Connection, order: SentOrder, seen: SeenAgain, *, waits: bool
) -> bool:
    """Keep the store's copy if it is another than the one that the ledger has; return whether it was kept.

    A copy whose personal data were deleted comes back for an order that `waits` for a decision, which needs it.
    """
    content_hash = seen.new.content_hash
    if content_hash == (order.seen_hash or order.content_hash) and not (order.purged and waits):
        return False
    # A document that retention has deleted cannot be compared.
    if not order.purged and (what := what_changed(order, seen.new)):
        note_on_sales_orders(connection, [order.id], "changed_after_transfer", context.by, why=what)
    document = sales_order_document(seen.new.order)
    sent_orders.keep_copy(connection, order.id, document, content_hash, seen.read_at)
    return True


def _keep_status(context: StageContext, connection: Connection, order: SentOrder, seen: SeenAgain) -> None:
    status = seen.new.order.status_id
    if set_by_person(order, status, context.statuses):
        note_person_statuses(connection, {order.id: status}, context.by, read_at=seen.read_at)
    elif order.person_status is not None or order.status_id != status:
        sent_orders.note_status(connection, order.id, status, seen.read_at)
