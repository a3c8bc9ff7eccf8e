"""The order desk: accept, change and cancel orders for the API's clients.

Every method is an atomic effect or a Refusal, and records the effect in the journal.
"""

from __future__ import annotations

from typing import Any

from cartage_sandbox.extensiv.data.model import Line, Order, Status
from cartage_sandbox.extensiv.data.state import WarehouseState
from cartage_sandbox.extensiv.operations.floor import Floor
from cartage_sandbox.extensiv.operations.intake import Draft, DraftLine, read_draft
from cartage_sandbox.extensiv.wire import errors


class OrderDesk:
    """What clients may do to orders. All methods take the state's lock."""

    def __init__(self, state: WarehouseState, floor: Floor) -> None:
        self._state, self._floor = state, floor

    def create(self, posted: Any) -> Order:
        """Accept an order. Raises Refusal (400), for example for a reference that is taken."""
        state = self._state
        with state.lock:
            draft = read_draft(posted, state)
            self._refuse_duplicate(draft)
            now = state.now()
            order = Order(
                state.next_order_id(),
                draft.customer,
                draft.facility,
                draft.reference,
                draft.reference,
                draft.document,
                now,
                now,
            )
            order.lines = [self._line(line) for line in draft.lines or ()]
            order.incomplete = draft.deferred or not state.rules.flag("completes_automatically")
            state.book.add(order)
            state.awaiting_shipment.append(order)
            state.accepted[order.reference] += 1
            self._journal("order.created", order, customer_id=draft.customer.id, lines=len(order.lines))
            if state.rng.random() < state.rules.number("split_share"):
                self._floor.split(order, state.rules.integer("split_parts"))
            return order

    def replace(self, order: Order, if_match: str | None, posted: Any) -> None:
        """Change an unconfirmed order. Raises Refusal: 428, 412, 403, 400."""
        state = self._state
        with state.lock:
            _check_etag(order, if_match)
            _refuse_unless_open(order, "Update")
            draft = read_draft(posted, state, lines_required=False)
            self._refuse_duplicate(draft, besides=order)
            if draft.lines is not None:
                self._replace_lines(order, draft.lines)
            order.document = draft.document
            order.customer, order.facility = draft.customer, draft.facility
            if order.reference != draft.reference:
                state.book.rename(order, draft.reference)
            state.book.touch(order, state.now())
            self._journal("order.updated", order)

    def cancel(self, order: Order, if_match: str | None, posted: Any) -> None:
        """Cancel an unconfirmed order. Raises Refusal: 428, 412, 403, and 400 without a reason."""
        state = self._state
        with state.lock:
            _check_etag(order, if_match)
            reason = posted.get("reason") or posted.get("Reason") if isinstance(posted, dict) else None
            if not reason:
                raise errors.invalid_model(
                    [errors.model_fault("Required", "Reason", None, "Reason is required.")]
                )
            _refuse_unless_open(order, "Cancel")
            if state.rules.text("cancel_refused") == "always":
                raise errors.not_possible("AlreadyCompleted", "Cancel", "The order is complete.")
            order.status, order.cancel_reason = Status.CANCELED, str(reason)
            for line in order.lines:
                _release(line)
            if state.rules.text("cancelled_reference") == "renamed":
                state.book.rename(order, f"{order.reference}-CANCELED-{order.order_id}")
            state.book.touch(order, state.now())
            self._journal("order.cancelled", order, reason=str(reason))

    def complete(self, order: Order, if_match: str | None) -> None:
        """Complete an order, so that the floor works on it. Raises Refusal: 428, 412, 403."""
        with self._state.lock:
            _check_etag(order, if_match)
            _refuse_unless_open(order, "Complete")
            if not order.incomplete:
                raise errors.not_possible("AlreadyCompleted", "Complete", "The order is complete.")
            order.incomplete = False
            self._state.awaiting_shipment.append(order)
            self._state.book.touch(order, self._state.now())
            self._journal("order.completed", order)

    def _refuse_duplicate(self, draft: Draft, besides: Order | None = None) -> None:
        rules, folded = self._state.rules, draft.reference.casefold()
        if not rules.flag("duplicate_refused"):
            return
        found = self._state.book.with_reference(draft.reference)
        if rules.flag("duplicate_counts_split"):
            found += self._state.split_references.get(folded, [])
        for order in found:
            if order is not besides and self._takes(order, draft):
                hint = f"An order with ReferenceNum {draft.reference} exists."
                fault = errors.model_fault("Duplicate", "ReferenceNum", draft.reference, hint)
                raise errors.invalid_model([fault])

    def _takes(self, order: Order, draft: Draft) -> bool:
        rules = self._state.rules
        if rules.text("duplicate_scope") == "customer" and order.customer is not draft.customer:
            return False
        if rules.flag("text_case_sensitive") and draft.reference not in (order.reference, order.accepted_as):
            return False
        return order.status is not Status.CANCELED or rules.flag("duplicate_counts_cancelled")

    def _line(self, draft: DraftLine, order_item_id: int | None = None) -> Line:
        allocated = min(draft.item.available, draft.qty)
        draft.item.allocated += allocated
        draft.item.ordered_not_allocated += draft.qty - allocated
        number = self._state.next_id() if order_item_id is None else order_item_id
        return Line(number, draft.item, draft.qty, allocated, draft.document)

    def _replace_lines(self, order: Order, drafts: list[DraftLine]) -> None:
        known = {id(line.item): line.order_item_id for line in order.lines}
        for line in order.lines:
            _release(line)
        order.lines = [self._line(draft, known.pop(id(draft.item), None)) for draft in drafts]

    def _journal(self, effect: str, order: Order, **detail: object) -> None:
        detail |= {"order_id": order.order_id, "reference": order.reference}
        self._state.journal.record_effect(effect, order.accepted_as, detail)


def _release(line: Line) -> None:
    line.item.allocated -= line.allocated
    line.item.ordered_not_allocated -= line.qty - line.allocated
    line.allocated = line.allocated * 0


def _check_etag(order: Order, if_match: str | None) -> None:
    if not if_match:
        raise errors.etag_missing()
    if if_match.strip().removeprefix("W/") not in (order.etag, "*"):
        raise errors.etag_stale()


def _refuse_unless_open(order: Order, action: str) -> None:
    if order.status is Status.CLOSED:
        raise errors.not_possible("OrderConfirmed", action, "The order is confirmed.")
    if order.status is Status.CANCELED:
        raise errors.not_possible("OrderCanceled", action, "The order is canceled.")
