"""A lane's settings as intake rules, and the store's orders as they enter the ledger by these rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cartage.errors.problems import Problem, ProblemKind
from cartage.intake.likeness import likeness_of
from cartage.intake.lines import Exclusion
from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.intake.repo.sweeps import cutover_at
from cartage.intake.rules import IntakeRules, apply_intake_rules
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.store import Bundles, ShipOrSkip
from cartage.lanes.settings.warehouse import OrderText
from cartage.model.orders import SalesOrder
from cartage.model.reference import ReferenceTooLong, make_reference
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable, content_hash


def intake_rules_of(lane: Lane, *, cut_over: bool) -> IntakeRules:
    """Return the lane's rules. After a cutover no go-live date applies: the owner has decided order by order."""
    store = lane.store
    return IntakeRules(
        bundle_parents=store.bundles is Bundles.PARENT,
        live_since=None if cut_over else store.live_since(),
        exclusion=Exclusion(store.exclude.skus, store.exclude.weightless, store.exclude.store_warehouses),
        skips_zero_value=store.zero_value is ShipOrSkip.SKIP,
        skips_gift_certificates=store.gift_certificate_only is ShipOrSkip.SKIP,
    )


@dataclass(frozen=True, slots=True)
class LaneIntake:
    """Prepares the store's orders of one lane for the ledger."""

    rules: IntakeRules
    store_code: str
    sends_internal_comments: bool
    digest: str

    @classmethod
    def of(cls, context: StageContext) -> LaneIntake:
        """Return the intake of a lane with its present settings."""
        store = context.store_row
        with context.ledger.begin() as connection:
            cut_over = cutover_at(connection, context.lane.name) is not None
        rules = intake_rules_of(context.lane, cut_over=cut_over)
        warehouses = [place.lane.warehouse for place in context.every_warehouse()]
        texts = [(sorted(each.texts), each.gift_question, each.po_question) for each in warehouses]
        internal = any(OrderText.INTERNAL_COMMENTS in each.texts for each in warehouses)
        # Other routing rules bring back what they no longer leave to others.
        shown = "".join(map(repr, texts)) + (repr(context.lane.routing) if context.lane.warehouses else "")
        return cls(rules, store.code, internal, _digest(f"{rules!r}{shown}"))

    def new_order(self, order: SalesOrder) -> NewOrder | Unreadable:
        """Return the order as it enters the ledger, or as unreadable if its numbers do not make a reference."""
        decided = apply_intake_rules(order, self.rules)
        try:
            groups = tuple(
                NewGroup(
                    shipment_id=group.shipment_id,
                    reference=make_reference(self.store_code, order.order_id, group.shipment_id),
                    ship_to=group.ship_to,
                    ship_method=group.ship_method,
                    lines=group.lines,
                    skip=skip,
                    likeness=likeness_of(order.email, group.ship_to, group.lines),
                )
                for group, skip in decided.groups
            )
        except ReferenceTooLong as error:
            return _without_reference(order, error)
        return NewOrder(decided.order, content_hash(order), groups, self._intake_hash(order))

    def _intake_hash(self, order: SalesOrder) -> str:
        """Return the hash of the rules, with the internal comments only if the lane sends them.

        Staff change these comments often, and for other lanes that changes nothing that ships.
        """
        if self.sends_internal_comments and order.internal_comments:
            return _digest(self.digest + order.internal_comments)
        return self.digest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without_reference(order: SalesOrder, error: ReferenceTooLong) -> Unreadable:
    problem = Problem(
        ProblemKind.UNREADABLE_ORDER,
        "OrderID",
        "the order's numbers do not fit into a reference that warehouses accept",
        "Report the order's numbers to the developers.",
    )
    return Unreadable(
        order_id=order.order_id, problem=problem, what=str(error), content_hash=content_hash(order)
    )
