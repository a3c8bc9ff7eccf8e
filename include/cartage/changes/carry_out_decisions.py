"""Carry out decisions about orders that were sent: cancel them at the warehouse, and resend them.

The next run takes up each decision, claims its sales order and works in steps that can be repeated: it looks at the
warehouse before and after each cancel, and resends only what the warehouse says is cancelled. Where a decision cannot
be carried out, the exception waits for another one.
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
from cartage.changes.conclusions import conclude, move_cancelled, resend
from cartage.changes.document_cancels import DocumentCancels
from cartage.changes.repo import decisions, sent_orders
from cartage.changes.repo.decisions import DueDecision
from cartage.changes.repo.sent_orders import SentGroup, SentOrder
from cartage.changes.rules import draft_put_back, group_changes, set_by_person, version_of
from cartage.changes.sent_parts import parts_by_group, parts_to_replace, sent_parts
from cartage.errors import LeaseLost
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_rows import NewOrder
from cartage.lifecycle import claims
from cartage.lifecycle.exceptions import open_exception
from cartage.model.documents import sales_order_from
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.states import UNSENT, State
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable
from cartage.warehouses.document_contract import DocumentWarehouse

log = logging.getLogger(__name__)

# A cancel takes so many requests: find, read, cancel.
_REQUESTS = 3


def carry_out_decisions(context: StageContext, counts: Counter[str]) -> None:
    """Carry out every decision that is due.

    Counts cancelled and resent orders, and exceptions that a person must decide again.

    Raises:
        RemoteError: if the warehouse cannot be reached; the next run takes up the decisions that are left.
    """
    with context.ledger.begin() as connection:
        wanted = (Choice.CANCEL, Choice.RESEND)
        todo = decisions.due_decisions(connection, context.lane.name, wanted, warehouses=context.concerns)
    if not todo:
        return
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    runner = DecisionRunner(context, owner, counts)
    try:
        for due in todo:
            if context.stop.is_set():
                return
            runner.carry_out(due)
    finally:
        with context.ledger.begin() as connection:
            claims.release_claims(connection, owner=owner)


class DecisionRunner:
    """Carries out the decisions that one run has taken up, one order at a time."""

    def __init__(self, context: StageContext, owner: str, counts: Counter[str]) -> None:
        self._context = context
        self._owner = owner
        self._counts = counts

    @cached_property
    def _intake(self) -> LaneIntake:
        return LaneIntake.of(self._context)

    @cached_property
    def _longest(self) -> timedelta:
        places = self._context.every_warehouse()
        return _REQUESTS * max(place.warehouse.capabilities.longest_request for place in places)

    def carry_out(self, due: DueDecision) -> None:
        """Carry out one decision as far as that is possible now."""
        order = self._claim(due)
        if order is None or self._must_wait(due, order):
            return
        # Looked up here, because this may call the store, and no transaction may wait for that.
        _ = self._context.statuses
        new = self._intake.new_order(sales_order_from(order.document))
        if isinstance(new, Unreadable):
            log.warning("order %d: its present copy cannot be sent: %s", order.order_id, new.what)
            return
        try:
            attempts = [self._cancel(due, order, group) for group in self._targets(due, order, new)]
        except LeaseLost as lost:
            log.warning("%s", lost)
            return
        with self._context.ledger.begin() as connection:
            self._record(connection, due, attempts, new)

    def _claim(self, due: DueDecision) -> SentOrder | None:
        context = self._context
        lease = context.lane.limits.lease + 2 * self._longest
        with context.ledger.begin() as connection:
            ids = [due.sales_order_id]
            if not claims.claim_orders(connection, ids, owner=self._owner, lease=lease):
                return None
            if not decisions.still_open(connection, due.id):
                return None
            return sent_orders.sent_orders(connection, ids)[0]

    def _must_wait(self, due: DueDecision, order: SentOrder) -> bool:
        """An order that a person has put on hold or cancelled is not resent."""
        return due.decision is Choice.RESEND and set_by_person(order, order.status_id, self._context.statuses)

    def _targets(self, due: DueDecision, order: SentOrder, new: NewOrder) -> list[SentGroup]:
        """Return the fulfillment orders that are to be cancelled."""
        if due.decision is Choice.CANCEL:
            return list(order.groups)
        if due.kind is ExceptionKind.PUT_BACK:
            return [group for group in order.groups if group.state not in UNSENT]
        if due.kind is ExceptionKind.CANCELLED_BY_WAREHOUSE:
            return [group for group in order.groups if group.id == due.fulfillment_order_id]
        # An earlier attempt may have cancelled some of them: they are still to be resent.
        changed = group_changes(order, new)
        now = {group.shipment_id: group for group in new.groups}
        found: list[SentGroup] = []
        for shipment_id, parts in parts_by_group(order.groups).items():
            if shipment_id in changed:
                seen = now.get(shipment_id)
                concerned = parts_to_replace(parts, version_of(seen)) if seen else sent_parts(parts)
                found += concerned
        return found

    def _cancel(self, due: DueDecision, order: SentOrder, group: SentGroup) -> CancelAttempt:
        context = self._context
        place = context.at(group.warehouse) if group.warehouse else context
        if due.kind is ExceptionKind.PUT_BACK and group.state is State.SHIPPED:
            return self._second_shipment(due, order, group)

        def mark_dispatched_in(connection: Connection, remote_id: str) -> None:
            decisions.mark_cancel_dispatched(
                connection,
                due,
                group.id,
                remote_id,
                context.by,
                owner=self._owner,
                longest=self._longest,
            )

        def mark_dispatched(remote_id: str) -> None:
            with context.ledger.begin() as connection:
                mark_dispatched_in(connection, remote_id)

        resending = due.decision is Choice.RESEND
        if isinstance(place.warehouse, DocumentWarehouse):
            documents = DocumentCancels(place, place.warehouse)
            return documents.cancel(group, mark_dispatched_in, whole=resending)
        reason = "Changed in the store" if resending else "Cancelled in the store"
        return cancel_at_warehouse(place.warehouse, group, reason, mark_dispatched, whole=resending)

    def _second_shipment(self, due: DueDecision, order: SentOrder, group: SentGroup) -> CancelAttempt:
        """Allow one where the exception said that the order has shipped, once the first tracking is posted."""
        if _states_at_opening(due, order).get(group.known_as) != State.SHIPPED:
            why = "it has shipped meanwhile: resend ships it a second time"
            return CancelAttempt(group, CancelResult.IMPOSSIBLE, why)
        with self._context.ledger.begin() as connection:
            unposted = decisions.has_unposted_packages(connection, group.id)
        return CancelAttempt(group, CancelResult.BUSY if unposted else CancelResult.GONE)

    def _record(
        self, connection: Connection, due: DueDecision, attempts: Sequence[CancelAttempt], new: NewOrder
    ) -> None:
        context = self._context
        stands = decisions.still_open(connection, due.id)
        moved = move_cancelled(connection, due, attempts, context.by)
        self._counts["cancelled"] += len(moved)
        order = sent_orders.sent_orders(connection, [due.sales_order_id])[0]
        if stands:
            if due.decision is Choice.RESEND:
                gone = {attempt.group.id for attempt in attempts if attempt.result is CancelResult.GONE}
                edited = due.kind is ExceptionKind.EDITED_AFTER_TRANSFER
                self._counts["resent"] += resend(context, connection, order, new, gone, edited=edited)
                order = sent_orders.sent_orders(connection, [due.sales_order_id])[0]
            self._counts["exceptions"] += conclude(context, connection, due, order, new, attempts)
        elif moved:
            # The store changed it back while the cancel was under way: it is wanted, and gone.
            draft = draft_put_back(order, context.statuses.name(order.status_id))
            open_exception(connection, context.lane.name, draft, context.by)
            self._counts["exceptions"] += 1


def _states_at_opening(due: DueDecision, order: SentOrder) -> dict[str, str]:
    """Return reference -> state of each fulfillment order when the exception was opened."""
    current = order.exceptions.get(due.kind)
    before = (current.before if current else None) or {}
    return {group["reference"]: group["state"] for group in before.get("groups", ())}
