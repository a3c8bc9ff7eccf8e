"""The order desk: accept orders, and cancel them for the seller.

Every method is an atomic effect or a Refusal, and records the effect in the journal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cartage_sandbox.mcf.data.model import CANCELLABLE, Order, Status
from cartage_sandbox.mcf.data.state import MARKETPLACE_ID, SellerState
from cartage_sandbox.mcf.operations.floor import Floor
from cartage_sandbox.mcf.operations.intake import lines_of, order_faults
from cartage_sandbox.mcf.wire.refusals import Refusal, forbidden, invalid, not_found

_POLICY_PARTIAL = "FillAllAvailable"


class OrderDesk:
    """What applications may do to orders. All methods take the state's lock."""

    def __init__(self, state: SellerState, floor: Floor) -> None:
        self._state, self._floor = state, floor

    def create(self, posted: Any) -> Order:
        """Accept an order. Raises Refusal (400)."""
        state = self._state
        with state.lock:
            if faults := order_faults(posted, state.goods.keys(), MARKETPLACE_ID):
                raise invalid(*faults)
            seller_id = posted["sellerFulfillmentOrderId"]
            if known := state.orders.get(seller_id):
                return self._repeated(known)
            order = self._order(seller_id, posted)
            short = any(state.goods[line.sku].fulfillable < need for line, need in order.outstanding())
            if short and state.rules.text("short_stock") == "refused":
                raise invalid("The seller does not have enough sellable inventory.")
            state.add_order(order)
            state.accepted[seller_id] += 1
            state.journal.record_effect("order.created", seller_id, {"lines": len(order.lines)})
            if short and posted.get("fulfillmentPolicy") != _POLICY_PARTIAL:
                self._floor.invalidate(order)
            else:
                self._floor.reserve(order)
            return order

    def read(self, seller_id: str) -> Order:
        """Return an order by the seller's id, as the API understands it. Raises Refusal."""
        state = self._state
        if state.rules.flag("plus_in_id_is_a_space"):
            seller_id = seller_id.replace("+", " ")
        if " " in seller_id and state.rules.flag("space_in_id_forbidden"):
            raise forbidden()
        order = state.orders.get(seller_id)
        if order is None or not state.visible(order):
            raise not_found(state.rules.text("unknown_id_status"), seller_id)
        return order

    def cancel(self, order: Order) -> None:
        """Accept a cancel; it has its effect later, or not. Raises Refusal (400) for an order that is picked."""
        state = self._state
        with state.lock:
            if order.status is Status.CANCELLED:
                return
            if order.status not in CANCELLABLE:
                raise invalid(f"The order cannot be cancelled: its status is {order.status.value}.")
            order.cancel_due = state.now() + timedelta(seconds=state.rules.number("cancel_seconds"))
            state.journal.record_effect("order.cancel_requested", order.seller_id)
            self._floor.settle()

    def _order(self, seller_id: str, posted: dict[str, Any]) -> Order:
        state = self._state
        now = state.now()
        # White space around the id that recipients see is removed (the description of displayableOrderId).
        document = {**posted, "displayableOrderId": posted["displayableOrderId"].strip()}
        return Order(
            seller_id, document, lines_of(posted), now, Status(state.rules.text("first_status")), now
        )

    def _repeated(self, known: Order) -> Order:
        """Respond to an order under an id that is taken, as the rules say."""
        rules = self._state.rules
        if rules.text("repeated_id") == "accepted":
            return known
        named = f"The SellerFulfillmentOrderId {known.seller_id} already exists."
        vague = "Request has missing or invalid parameters and cannot be parsed."
        raise Refusal(400, "InvalidInput", [named if rules.text("repeated_id_text") == "named" else vague])
