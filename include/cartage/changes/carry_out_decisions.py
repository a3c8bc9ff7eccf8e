"""Carries out what was answered about orders that were sent: cancel at the warehouse, and send anew.

Each answer is taken up by whichever run comes next, under a claim on its sales order, and is done in steps that can
be repeated: the warehouse is asked before and after each cancel, and only what it says is cancelled is sent anew.
What cannot be carried out becomes a person's question.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from sqlalchemy import Connection

from cartage.changes.cancelling import CancelAttempt, CancelResult, cancel_at_warehouse
from cartage.changes.conclude import conclude, move_stopped, resend
from cartage.changes.repo import decisions
from cartage.changes.repo import sent_orders as changes
from cartage.changes.repo.decisions import DueDecision
from cartage.changes.repo.sent_orders import SentGroup, SentOrder
from cartage.changes.rules import group_changes, put_back_question
from cartage.errors import LeaseLost
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_rows import NewOrder
from cartage.lifecycle import claims, exceptions
from cartage.model.documents import sales_order_from
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.states import UNSENT, State
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable

log = logging.getLogger(__name__)

# Finding, reading, cancelling, and the connector's own repeats.
_REQUESTS = 3


def carry_out_decisions(context: StageContext, counts: Counter[str]) -> None:
    """Carry out every answer that is due; counts cancelled, resent, exceptions (that a person is asked again).

    Raises:
        RemoteError: if the warehouse cannot be asked; the answers stay, and the next run takes them up.
    """
    with context.ledger.begin() as connection:
        todo = decisions.due_decisions(connection, context.lane.name, (Choice.CANCEL, Choice.RESEND))
    if not todo:
        return
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    carrier = DecisionRunner(context, owner, counts)
    try:
        for due in todo:
            if context.stop.is_set():
                return
            carrier.carry_out(due)
    finally:
        with context.ledger.begin() as connection:
            claims.release_claims(connection, owner=owner)


class DecisionRunner:
    """Carries out answers of one run, one order at a time."""

    def __init__(self, context: StageContext, owner: str, counts: Counter[str]) -> None:
        self._context = context
        self._owner = owner
        self._counts = counts

    @cached_property
    def _intake(self) -> LaneIntake:
        return LaneIntake.of(self._context)

    @cached_property
    def _longest(self) -> timedelta:
        return _REQUESTS * self._context.warehouse.capabilities.longest_request

    def carry_out(self, due: DueDecision) -> None:
        """Carry out one answer as far as that is possible now."""
        order = self._claim(due)
        if order is None or self._must_wait(due, order):
            return
        new = self._intake.new_order(sales_order_from(order.document))
        if isinstance(new, Unreadable):
            log.warning("order %d: its present copy cannot be sent: %s", order.order_id, new.what)
            return
        try:
            stopped = [self._stop(due, order, group) for group in self._targets(due, order, new)]
        except LeaseLost as lost:
            log.warning("%s", lost)
            return
        with self._context.ledger.begin() as connection:
            self._record(connection, due, stopped, new)

    def _claim(self, due: DueDecision) -> SentOrder | None:
        context = self._context
        lease = context.lane.limits.lease + 2 * self._longest
        with context.ledger.begin() as connection:
            ids = [due.sales_order_id]
            if not claims.claim_orders(connection, ids, owner=self._owner, lease=lease):
                return None
            return (
                changes.sent_orders(connection, ids)[0] if decisions.still_open(connection, due.id) else None
            )

    def _must_wait(self, due: DueDecision, order: SentOrder) -> bool:
        """What is on hold, or cancelled by now, is not sent anew."""
        return due.decision is Choice.RESEND and self._context.statuses.set_by_person(order.status_id)

    def _targets(self, due: DueDecision, order: SentOrder, new: NewOrder) -> list[SentGroup]:
        """The fulfillment orders that are to be stopped."""
        if due.decision is Choice.CANCEL:
            return list(order.groups)
        if due.kind is ExceptionKind.PUT_BACK:
            return [group for group in order.groups if group.state not in UNSENT]
        if due.kind is ExceptionKind.CANCELLED_BY_WAREHOUSE:
            return [group for group in order.groups if group.id == due.fulfillment_order_id]
        # Those among them that are cancelled were so by an earlier try: they are still to be sent anew.
        wanted = group_changes(order, new)
        return [group for group in order.groups if group.shipment_id in wanted]

    def _stop(self, due: DueDecision, order: SentOrder, group: SentGroup) -> CancelAttempt:
        context = self._context
        if due.kind is ExceptionKind.PUT_BACK and group.state is State.SHIPPED:
            return self._second_shipment(due, order, group)

        def leave(remote_id: str) -> None:
            with context.ledger.begin() as connection:
                decisions.mark_cancel_dispatched(
                    connection,
                    due,
                    group.id,
                    remote_id,
                    context.by,
                    owner=self._owner,
                    longest=self._longest,
                )

        reason = "Changed in the store" if due.decision is Choice.RESEND else "Cancelled in the store"
        return cancel_at_warehouse(
            context.warehouse, group, reason, leave, whole=due.decision is Choice.RESEND
        )

    def _second_shipment(self, due: DueDecision, order: SentOrder, group: SentGroup) -> CancelAttempt:
        """Allowed where the person was told that it has shipped; the first one's tracking goes to the store first."""
        asked_about = _asked_about(due, order).get(group.shipment_id)
        if asked_about != State.SHIPPED:
            return CancelAttempt(
                group, CancelResult.LATE, "it has shipped meanwhile: resend ships it a second time"
            )
        with self._context.ledger.begin() as connection:
            untold = decisions.has_unposted_packages(connection, group.id)
        return CancelAttempt(group, CancelResult.BUSY if untold else CancelResult.GONE)

    def _record(
        self, connection: Connection, due: DueDecision, stopped: Sequence[CancelAttempt], new: NewOrder
    ) -> None:
        context = self._context
        stands = decisions.still_open(connection, due.id)
        moved = move_stopped(connection, due, stopped, context.by)
        self._counts["cancelled"] += len(moved)
        order = changes.sent_orders(connection, [due.sales_order_id])[0]
        if stands:
            resent = 0
            if due.decision is Choice.RESEND:
                gone = {one.group.id for one in stopped if one.stop is CancelResult.GONE}
                resent = resend(context, connection, order, new, gone)
                order = changes.sent_orders(connection, [due.sales_order_id])[0]
            self._counts["resent"] += resent
            self._counts["exceptions"] += conclude(context, connection, due, order, new, stopped)
        elif moved:
            # The store changed it back while the cancel was under way: it is wanted, and gone.
            question = put_back_question(order, context.statuses.name(order.status_id))
            exceptions.open_exception(connection, context.lane.name, question, context.by)
            self._counts["exceptions"] += 1


def _asked_about(due: DueDecision, order: SentOrder) -> dict[int, str]:
    """ShipmentID -> state of each fulfillment order as it was when the question was asked."""
    present = order.questions.get(due.kind)
    before = (present.before if present else None) or {}
    return {group["shipment_id"]: group["state"] for group in before.get("groups", ())}
