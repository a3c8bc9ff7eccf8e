"""Learn what a store does where its API's documentation leaves it open, by looking at orders that were just written."""

from __future__ import annotations

import logging
from functools import cached_property

from cartage.postback.read_back import Proof
from cartage.postback.repo.store_traits import Trait, known_traits, learn_trait
from cartage.postback.store_reads import StoreOrder, read_by_id
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)


class StoreTraits:
    """The traits of a lane's store: read from the ledger once, updated as a run learns."""

    def __init__(self, context: StageContext) -> None:
        self._context = context

    @cached_property
    def _known(self) -> dict[Trait, bool]:
        store = self._context.store_row
        with self._context.ledger.begin() as connection:
            return known_traits(connection, store.id)

    def get(self, trait: Trait) -> bool | None:
        """Return whether the trait holds; None if that is unknown, or was learned too long ago."""
        return self._known.get(trait)

    def assume(self, trait: Trait, *, holds: bool) -> None:
        """Take the trait for granted in this run only."""
        self._known[trait] = holds

    def learn(self, trait: Trait, order_id: int, *, holds: bool) -> None:
        """Store what the store did with an order, and log it."""
        context = self._context
        log.info("lane %s: seen on order %d: %s: %s", context.lane.name, order_id, trait.value, holds)
        store = context.store_row
        with context.ledger.begin() as connection:
            learn_trait(connection, store.id, trait, order_id, holds=holds)
        self._known[trait] = holds


def learn_whether_shipments_move_orders(context: StageContext, traits: StoreTraits, proof: Proof) -> None:
    """Learn it from an order with one shipment. A list may lag, so a "no" is confirmed by reading the order by id."""
    trait, ours = Trait.SHIPMENT_MOVES_ORDER, context.statuses
    for written in proof.shown:
        order, status = proof.orders.get(written.plan.order_id), written.write.status_id
        if order is None or status is None or len(order.tracking) != 1:
            continue
        if order.status_id != status and ours.may_move(order.status_id, status):
            seen = read_by_id(context, written.plan.order_id)
            order = seen if isinstance(seen, StoreOrder) else order
        holds = order.status_id == status
        if holds or ours.may_move(order.status_id, status):
            if traits.get(trait) is not holds:
                traits.learn(trait, written.plan.order_id, holds=holds)
            return
