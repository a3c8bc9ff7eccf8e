"""Post back: writes tracking numbers to the store and moves the order to Partial or Shipped, forward only.

The status is a function of all of the order's live fulfillment orders: Shipped when all of them are, Partial when any
did. A status that a person set stands: tracking is then written without a status. The store is read before the write
and again after it, in list pages.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle import claims
from cartage.model.statuses import PARTIAL, SHIPPED
from cartage.postback.bulk_tracking import learn_bulk, try_on_one, write_bulk
from cartage.postback.confirm_statuses import confirm_statuses
from cartage.postback.further_packages import FurtherWriter
from cartage.postback.read_back import Proof, read_back
from cartage.postback.repo import packages as package_posts
from cartage.postback.repo import statuses as post_backs
from cartage.postback.repo import store_traits
from cartage.postback.repo.statuses import FinishedPostBack, PostBackIntent
from cartage.postback.repo.store_traits import Trait
from cartage.postback.store_reads import StoreOrder, WantedOrder, read_orders
from cartage.postback.tracking_plan import TrackingPlan, plan_orders
from cartage.postback.tracking_writes import TrackingWriter, WrittenTracking, to_write
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

# A few less than a list page holds, since neighbours of the same second are listed with them: a guard is then one
# call as a rule, and at most some minutes old when it is used.
_BATCH = 290
_GROUP = 24
_ASKED_SINGLY = 20
_COUNTS = (
    "orders",
    "posted",
    "already",
    "further",
    "withdrawn",
    "shipped",
    "partial",
    "person",
    "refused",
    "unknown",
    "verified",
)


def run(context: StageContext) -> dict[str, int]:
    """Tell the store of every package that it does not know yet, and take out every number that was voided.

    Returns counts: orders, posted, already, further, withdrawn, shipped, partial, person, refused, unknown, verified.

    Raises:
        RemoteError: the system's fault that stopped it; what was posted stays posted.
    """
    post = _PostBack(context)
    try:
        post.run()
    finally:
        with context.ledger.begin() as connection:
            claims.release_claims(connection, owner=post.owner)
    return dict(post.counts)


class _PostBack:
    """One run."""

    def __init__(self, context: StageContext) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
        self.owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
        self._context = context
        self._hold = context.lane.post_back.wait_for_carrier
        self._writer = TrackingWriter(context, self.owner)
        self._further = FurtherWriter(context, self._writer, self.counts)
        self._seen_behind: dict[int, datetime] = {}

    def run(self) -> None:
        while self._writer.fault is None and (rows := self._claim()):
            self.counts["orders"] += len(rows)
            self._post(rows)
        if self._writer.fault is not None:
            raise self._writer.fault
        confirm_statuses(self._context, self.owner, self.counts, seen_behind=self._seen_behind)

    @cached_property
    def _traits(self) -> dict[Trait, bool]:
        with self._context.ledger.begin() as connection:
            return store_traits.learned(connection, self._context.store_row.id)

    def _claim(self) -> Sequence[Row[Any]]:
        context = self._context
        if context.stop.is_set():
            return []
        with context.ledger.begin() as connection:
            return package_posts.claim_shipped(
                connection,
                context.lane.name,
                owner=self.owner,
                lease=context.lane.limits.lease,
                size=_BATCH,
                partial=PARTIAL,
                hold=self._hold,
            )

    def _post(self, rows: Sequence[Row[Any]]) -> None:
        context = self._context
        wanted = {row.id: WantedOrder(row.id, row.order_id, row.ordered_at) for row in rows}
        read_at = context.ledger.now()
        store = _guard(context, list(wanted.values()))
        # A ledger that was restored has forgotten its Partial: where the status stands decides where it is looked for.
        partial = context.statuses.partial
        partly = {row.id: partial for row in rows if _status(store, row.order_id) == partial}
        with context.ledger.begin() as connection:
            post_backs.note_read(connection, partly, read_at)
            plans = self._plan(connection, rows, store)
            persons = {plan.id: plan.person_status for plan in plans if plan.person_status is not None}
            post_backs.set_by_person(connection, persons, context.by)
            ids = post_backs.intend_post_backs(connection, _intents(plans), context.by)
            named = [package for plan in plans for write in to_write(plan) for package in write.package_ids]
            package_posts.intend_packages(connection, named)
            self._record_there_already(connection, plans)
        self.counts["person"] += len(persons)
        self._further.write(plans)
        good = self._write(plans, ids, wanted)
        proof = read_back(context, good, wanted)
        self._record_proof(proof)

    def _plan(
        self, connection: Connection, rows: Sequence[Row[Any]], store: Mapping[int, StoreOrder]
    ) -> list[TrackingPlan]:
        limits = self._context.lane.limits
        groups = package_posts.groups_of(
            connection,
            [row.id for row in rows],
            hold=self._hold,
            longest=2 * (limits.connect_timeout + limits.read_timeout),
        )
        mode = self._context.lane.post_back.further_packages
        return plan_orders(rows, groups, store, self._context.statuses, mode)

    def _write(
        self,
        plans: Sequence[TrackingPlan],
        ids: Mapping[tuple[int, int | None], int],
        wanted: Mapping[int, WantedOrder],
    ) -> list[WrittenTracking]:
        """Write in bulk where the store is known to carry that, else one by one; returns what was written."""
        bulk, tried = self._traits.get(Trait.BULK_CARRIES_TRACKING), list[WrittenTracking]()
        if bulk is None:
            bulk, tried = try_on_one(self._context, self._writer, plans)
            self._traits[Trait.BULK_CARRIES_TRACKING] = bulk
            self._record(tried, ids)
        rest = [plan for plan in plans if plan.id not in {tracking.plan.id for tracking in tried}]
        good = [tracking for tracking in tried if tracking.ok]
        if bulk:
            return good + self._write_bulk(rest, ids, wanted)
        group: list[WrittenTracking] = []
        for written in self._writer.write(rest):
            group.append(written)
            if len(group) >= _GROUP:
                self._record(group, ids)
                good += [tracking for tracking in group if tracking.ok]
                group = []
        self._record(group, ids)
        return good + [tracking for tracking in group if tracking.ok]

    def _write_bulk(
        self,
        plans: Sequence[TrackingPlan],
        ids: Mapping[tuple[int, int | None], int],
        wanted: Mapping[int, WantedOrder],
    ) -> list[WrittenTracking]:
        """A bulk write says that orders were updated; only what is then read counts as posted."""
        written = []
        for call in write_bulk(self._writer, plans):
            self._record(call, ids, proved=False)
            written += [tracking for tracking in call if tracking.ok]
        proof = read_back(self._context, written, wanted)
        if proof.missing:
            learn_bulk(
                self._context,
                Trait.BULK_CARRIES_TRACKING,
                proof.missing[0].plan.order_id,
                holds=False,
            )
            self._traits[Trait.BULK_CARRIES_TRACKING] = False
        with self._context.ledger.begin() as connection:
            self._posted(connection, proof.shown)
        self.counts["posted"] += len(proof.shown)
        self._verify(proof)
        return []

    def _record_there_already(self, connection: Connection, plans: Sequence[TrackingPlan]) -> None:
        there = [
            WrittenTracking(plan, write, "written")
            for plan in plans
            for write in plan.writes
            if write.there_already
        ]
        package_posts.no_room(connection, _unfit(plans))
        self._posted(connection, there)
        # Some need no write at all: what was outstanding was cancelled, or accepted as it shipped.
        self._tell(connection, [plan for plan in plans if not to_write(plan)])
        self.counts["already"] += len(there)

    def _record(
        self,
        done: Sequence[WrittenTracking],
        ids: Mapping[tuple[int, int | None], int],
        *,
        proved: bool = True,
    ) -> None:
        """Write down outcomes, and what the store was told by them, in one transaction."""
        if not done:
            return
        good = [tracking for tracking in done if tracking.ok]
        with self._context.ledger.begin() as connection:
            finished = [
                FinishedPostBack(
                    ids[tracking.plan.id, tracking.write.fulfillment_order_id],
                    tracking.outcome,
                    tracking.error,
                )
                for tracking in done
            ]
            post_backs.finish_post_backs(connection, finished)
            if proved:
                self._posted(connection, good)
            claims.renew_claims(connection, owner=self.owner, lease=self._context.lane.limits.lease)
        self.counts["posted"] += len(good) if proved else 0
        for tracking in done:
            if tracking.outcome in ("refused", "unknown"):
                self.counts[tracking.outcome] += 1
                log.warning(
                    "order %d: tracking was not written (%s): %s",
                    tracking.plan.order_id,
                    tracking.outcome,
                    tracking.error,
                )

    def _posted(self, connection: Connection, done: Sequence[WrittenTracking]) -> None:
        withdrawn = [package for tracking in done for package in tracking.write.withdrawn_ids]
        package_posts.posted(
            connection,
            {tracking.write.fulfillment_order_id: tracking.write.tracking for tracking in done},
            [package for tracking in done for package in tracking.write.package_ids],
            self._context.by,
            withdrawn=withdrawn,
        )
        self.counts["withdrawn"] += len(withdrawn)
        self._tell(connection, [tracking.plan for tracking in done])

    def _tell(self, connection: Connection, plans: Sequence[TrackingPlan]) -> None:
        """Note the status of every order whose tracking the store now has; `confirm_statuses` makes sure of it."""
        lacking = package_posts.lacking_tracking(connection, [plan.id for plan in plans], hold=self._hold)
        for status, name in ((PARTIAL, "partial"), (SHIPPED, "shipped")):
            posted = {plan.id for plan in plans if plan.target == status and plan.id not in lacking}
            self.counts[name] += post_backs.note_posted(connection, sorted(posted), status, self._context.by)

    def _record_proof(self, proof: Proof) -> None:
        with self._context.ledger.begin() as connection:
            package_posts.unpost(connection, {tracking.plan.id for tracking in proof.missing})
        self._learn_whether_shipments_move_orders(proof)
        self._verify(proof)

    def _verify(self, proof: Proof) -> None:
        """What was just read needs not be read again: who has the status, and who surely has not."""
        ours, verified = self._context.statuses, dict[int, int]()
        moves = self._traits.get(Trait.SHIPMENT_MOVES_ORDER)
        for plan in {tracking.plan.id: tracking.plan for tracking in proof.shown}.values():
            status = proof.orders[plan.order_id].status_id if plan.order_id in proof.orders else None
            if status is None or plan.target is None:
                continue
            if status == ours.of(plan.target):
                verified[plan.id] = plan.target
            elif moves is False and ours.may_move(status, ours.of(plan.target)):
                self._seen_behind[plan.id] = proof.read_at
        with self._context.ledger.begin() as connection:
            self.counts["verified"] += post_backs.note_verified(connection, verified, ours)

    def _learn_whether_shipments_move_orders(self, proof: Proof) -> None:
        """Seen on an order with one shipment: the list may lag, so that a no is asked for by id."""
        trait, ours = Trait.SHIPMENT_MOVES_ORDER, self._context.statuses
        for tracking in proof.shown:
            order, status = proof.orders.get(tracking.plan.order_id), tracking.write.status_id
            if order is None or status is None or len(order.tracking) != 1:
                continue
            if order.status_id != status and ours.may_move(order.status_id, status):
                alone = [WantedOrder(tracking.plan.id, tracking.plan.order_id, None)]
                order = read_orders(self._context, alone).orders.get(tracking.plan.order_id, order)
            holds = order.status_id == status
            if holds or ours.may_move(order.status_id, status):
                if self._traits.get(trait) is not holds:
                    learn_bulk(self._context, trait, tracking.plan.order_id, holds=holds)
                    self._traits[trait] = holds
                return


def _guard(context: StageContext, wanted: Sequence[WantedOrder]) -> dict[int, StoreOrder]:
    """What the store says now: orders still in Processing from few pages, the others from an unfiltered list."""
    found = dict(read_orders(context, wanted, status=context.statuses.processing).orders)
    missing = [order for order in wanted if order.order_id not in found]
    if missing:
        found |= read_orders(context, missing).orders
    # Whoever edits an order's date in the store takes it out of the dated list: the few left are asked for by id.
    for order in [order for order in missing if order.order_id not in found][:_ASKED_SINGLY]:
        found |= read_orders(context, [replace(order, ordered_at=None)]).orders
    return found


def _status(store: Mapping[int, StoreOrder], order_id: int) -> int | None:
    return store[order_id].status_id if order_id in store else None


def _intents(plans: Sequence[TrackingPlan]) -> list[PostBackIntent]:
    return [
        PostBackIntent(plan.id, "tracking", write.status_id, write.fulfillment_order_id, write.tracking)
        for plan in plans
        for write in to_write(plan)
    ]


def _unfit(plans: Sequence[TrackingPlan]) -> list[int]:
    """Packages that the field has no room for; said once, since nobody else will."""
    unfit = [
        (plan.order_id, len(write.unfit_ids)) for plan in plans for write in plan.writes if write.unfit_ids
    ]
    for order_id, number in unfit:
        log.warning("order %d: %d tracking number(s) do not fit into the store's field", order_id, number)
    return [package for plan in plans for write in plan.writes for package in write.unfit_ids]
