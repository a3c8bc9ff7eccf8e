"""Take in what the warehouse says about orders as such: that it has them, rejects them, or responds to a document.

What it says in favour of an order is evidence that the order is there; its absence proves nothing. Everything here
happens in the caller's transaction, and nothing calls the outside. A notice that has no effect is named.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cartage.lifecycle.events import note_on_fulfillment_orders
from cartage.lifecycle.evidence import note_confirmed, settle_by_evidence
from cartage.lifecycle.exceptions import close_exception, open_exception_id
from cartage.lifecycle.shipping_exceptions import open_shipping_exception
from cartage.lifecycle.transitions import Move, move
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.model.texts import strip_controls
from cartage.plurals import counted
from cartage.runtime.context import StageContext
from cartage.shipments.rejections import RejectionEffect, draft_rejected, judge_rejection
from cartage.shipments.repo import notices
from cartage.shipments.repo.notices import NamedOrder
from cartage.shipments.repo.shipments import mark_final
from cartage.warehouses.contract import ShipmentPage
from cartage.warehouses.documents import AcceptedOrder, DocumentResponse, RejectedOrder
from cartage.warehouses.repo.documents import RespondedDocument, note_response
from cartage.warehouses.repo.inbound import FileFinding

log = logging.getLogger(__name__)

_NAMED = 10
_ASK_WAREHOUSE = (
    "Nothing was changed. If they should be orders of this lane, ask the warehouse which ones it means."
)


@dataclass(frozen=True, slots=True)
class _Rejection:
    """A rejection of one order, from a row of a file or from a response to a document."""

    reference: str
    reason: str
    remote_id: str = ""
    of_last_attempt: bool = True


class OrderNotices:
    """Applies the notices of one page, whose shipments are stored. `file` is the name of its document, if it has one.

    `findings` are the notices that had no effect.
    """

    def __init__(
        self, context: StageContext, connection: Connection, counts: Counter[str], file: str = ""
    ) -> None:
        self._context, self._connection, self._counts, self._file = context, connection, counts, file
        self._rejected: list[_Rejection] = []
        self.findings: list[FileFinding] = []

    def accept(self, page: ShipmentPage) -> None:
        """Apply what the page says in favour of orders, and settle those that may have been sent."""
        self._rejected = [_rejection_of(row) for row in page.rejected]
        for response in page.responses:
            self._rejected += self._apply_response(response)
        self._confirm(page.accepted)
        settled = settle_by_evidence(self._connection, self._context.lane.name, self._context.by)
        self._counts["settled"] += len(settled)

    def reject(self) -> None:
        """Apply the rejections, to the orders as they are once the page's shipments are checked."""
        if not self._rejected:
            return
        named = self._named([rejection.reference for rejection in self._rejected])
        for rejection in self._rejected:
            if rejection.reference in named:
                self._apply_rejection(named[rejection.reference], rejection)
        self._keep_unknown("rejects", [each for each in self._rejected if each.reference not in named])

    def _named(self, references: Sequence[str]) -> dict[str, NamedOrder]:
        return notices.orders_named(
            self._connection, self._context.lane.name, references, warehouse=self._context.warehouse_name
        )

    # Responses to our documents

    def _apply_response(self, response: DocumentResponse) -> list[_Rejection]:
        """Note what the warehouse says about one of our documents; return the orders that it rejects."""
        noted = note_response(self._connection, self._context.document_account, response)
        place = f"order {response.position}" if response.position is not None else "the document"
        self._counts["responses"] += noted is not None
        if noted is not None and noted.cancels is not None:
            self._note_cancel_response(noted, noted.cancels, accepted=response.accepted)
            return []
        if noted is None or not noted.orders:
            what = "was never sent" if noted is None else f"has no {place}"
            reason = f"it responds to our document {response.number}, which {what}"
            fix = "Nothing was changed. Ask the warehouse which document it means; release changes nothing."
            self.findings.append(FileFinding("quarantined", reason, fix, f"response to {response.number}"))
            return []
        news = [order.fulfillment_order_id for order in noted.orders if order.news]
        verb = "accepted" if response.accepted else "rejected"
        why = f"the warehouse {verb} {noted.name}"
        if news:
            detail = {"document": noted.name, "number": response.number, "file": self._file}
            note_on_fulfillment_orders(
                self._connection, news, f"document_{verb}", self._context.by, why=why, detail=detail
            )
        if response.accepted:
            return []
        last = {order.fulfillment_order_id: order.latest for order in noted.orders}
        orders = notices.orders_named(self._connection, self._context.lane.name, (), last)
        reason = f"it rejected {noted.name}" + (f": {response.reason}" if response.reason else "")
        return [
            _Rejection(reference, reason, of_last_attempt=last[order.id])
            for reference, order in orders.items()
        ]

    def _note_cancel_response(
        self, noted: RespondedDocument, fulfillment_order_id: int, *, accepted: bool
    ) -> None:
        """Note what the warehouse says about a document that asks for a cancel; that it arrived cancels nothing."""
        verb = "accepted" if accepted else "rejected"
        note_on_fulfillment_orders(
            self._connection,
            [fulfillment_order_id],
            f"document_{verb}",
            self._context.by,
            why=f"the warehouse {verb} {noted.name}, which asks to cancel it",
            detail={"document": noted.name, "file": self._file},
        )

    # Orders

    def _confirm(self, rows: Sequence[AcceptedOrder]) -> None:
        if not rows:
            return
        named = self._named([row.reference for row in rows])
        remote_ids = {
            named[row.reference].id: strip_controls(row.remote_id) for row in rows if row.reference in named
        }
        news = note_confirmed(self._connection, remote_ids)
        self._counts["confirmed"] += len(news)
        if news:
            note_on_fulfillment_orders(
                self._connection,
                news,
                "confirmed",
                self._context.by,
                why="the warehouse acknowledged it",
                detail={"file": self._file},
            )
        self._keep_unknown(
            "acknowledges", [_Rejection(row.reference, "") for row in rows if row.reference not in named]
        )

    def _apply_rejection(self, order: NamedOrder, rejection: _Rejection) -> None:
        judged = judge_rejection(order, of_last_attempt=rejection.of_last_attempt)
        if judged.effect is RejectionEffect.ASK:
            self._ask(order, rejection)
            return
        if judged.effect is RejectionEffect.CANCEL:
            moves = [Move(order.id, why="the warehouse cancelled it")]
            cancelled = move(self._connection, moves, State.CANCELLED, self._context.by, strict=False)
            self._counts["cancelled"] += len(cancelled)
        if judged.effect is RejectionEffect.END:
            mark_final(self._connection, order.id)
        self._keep(order, rejection, judged.why)

    def _ask(self, order: NamedOrder, rejection: _Rejection) -> None:
        """Let a person decide about a rejected order, unless a person has decided about just this."""
        connection, by = self._connection, self._context.by
        draft = draft_rejected(order, strip_controls(rejection.reason), strip_controls(rejection.remote_id))
        if not open_shipping_exception(connection, order.lane, draft, by):
            return
        self._counts["rejected"] += 1
        self._counts["exceptions"] += 1
        notices.finish_rejected(connection, order.id, rejection.reason)
        if order.state is not State.CONFLICT:
            move(connection, [Move(order.id, why=draft.message)], State.CONFLICT, by, strict=False)
        if order.asked is ExceptionKind.SENT_OR_NOT:
            asked = open_exception_id(connection, order.id, ExceptionKind.SENT_OR_NOT)
            if asked is not None:
                close_exception(connection, asked, "the warehouse got it, and rejected it", by)
        log.warning("lane %s: %s", order.lane, draft.message)

    def _keep(self, order: NamedOrder, rejection: _Rejection, why: str) -> None:
        """Keep a rejection that changes nothing on the order's timeline."""
        text = f"the warehouse rejected it: {rejection.reason}; {why}"
        by = self._context.by
        if notices.keep_rejection(
            self._connection, order.id, text, file=self._file, actor=by.actor, run_id=by.run_id
        ):
            self._counts["rejected"] += 1
            log.warning("lane %s: %s: %s", order.lane, order.known_as, text)

    def _keep_unknown(self, verb: str, rows: Sequence[_Rejection]) -> None:
        """Name notices about orders that the ledger does not know: others may ship from the same account."""
        if not rows:
            return
        self._counts["unknown_orders"] += len(rows)
        named = [f"{row.reference} ({row.reason})" if row.reason else row.reference for row in rows[:_NAMED]]
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        orders = counted(len(rows), "order")
        what = f"the warehouse {verb} {orders} that this ledger does not know: {', '.join(named)}{more}"
        self.findings.append(FileFinding("no_effect", what, _ASK_WAREHOUSE))


def _rejection_of(row: RejectedOrder) -> _Rejection:
    reasons = [row.reason, *(problem.message for problem in row.problems)]
    reason = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    return _Rejection(row.reference, reason or "it gives no reason", row.remote_id)
