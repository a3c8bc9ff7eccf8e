"""Write tracking numbers to the store and move its orders to Partial or Shipped, forward only.

The status is a function of all of the order's live fulfillment orders: Shipped when all of them are, Partial when any
has shipped something. A status that a person set stands: tracking is then written without a status. The store is read
before the write and again after it, in list pages. An order that could not be read is left to the next run.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle import claims
from cartage.model.statuses import PARTIAL, SHIPPED
from cartage.plurals import counted
from cartage.postback.bulk_tracking import try_bulk, write_bulk
from cartage.postback.confirm_statuses import confirm_statuses
from cartage.postback.further_packages import FurtherWriter
from cartage.postback.learn_traits import StoreTraits, learn_whether_shipments_move_orders
from cartage.postback.read_back import Proof, read_back
from cartage.postback.repo import packages, post_backs, statuses
from cartage.postback.repo.post_backs import FinishedPostBack, PostBackIntent
from cartage.postback.repo.store_traits import Trait
from cartage.postback.store_reads import ReadsById, StoreOrder, WantedOrder, find_orders
from cartage.postback.tracking_plan import TrackingPlan, plan_orders
from cartage.postback.tracking_writes import TrackingWriter, WrittenTracking, to_write
from cartage.runtime.context import StageContext
from cartage.storefront.wire.bodies import method_name

log = logging.getLogger(__name__)

# A few less than a list page holds, since orders of the same second are listed with them: reading before the write is
# then usually one call, and at most some minutes old when it is used.
_BATCH = 290
_GROUP = 24
_COUNTS = (
    "orders",
    "posted",
    "already",
    "further",
    "withdrawn",
    "shipped",
    "partial",
    "person",
    "unread",
    "waiting",
    "refused",
    "unknown",
    "verified",
)


def run(context: StageContext) -> dict[str, int]:
    """Write every tracking number that the store does not have yet, and remove every number that was voided.

    Return counts: orders, posted, already, further, withdrawn, shipped, partial, person, unread (left to the next
    run), waiting (for a write under way), refused, unknown, verified.

    Raises:
        RemoteError: if the store fails; what was posted stays posted.
    """
    post_back = _PostBackRun(context)
    try:
        post_back.run()
    finally:
        with context.ledger.begin() as connection:
            claims.release_claims(connection, owner=post_back.owner)
    return dict(post_back.counts)


class _PostBackRun:
    """One run of the stage."""

    def __init__(self, context: StageContext) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
        self.owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
        self._context = context
        self._hold = context.lane.post_back.wait_for_carrier
        self._traits = StoreTraits(context)
        self._writer = TrackingWriter(context, self.owner)
        self._further = FurtherWriter(context, self._writer, self.counts)
        self._by_id = ReadsById()
        self._seen_behind: dict[int, datetime] = {}

    def run(self) -> None:
        while self._writer.fault is None and (rows := self._claim()):
            self.counts["orders"] += len(rows)
            self._post(rows)
        if self._writer.fault is not None:
            raise self._writer.fault
        confirm_statuses(self._context, self.owner, self.counts, self._by_id, seen_behind=self._seen_behind)

    def _claim(self) -> Sequence[Row[Any]]:
        context = self._context
        if context.stop.is_set():
            return []
        with context.ledger.begin() as connection:
            return packages.claim_shipped(
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
        store = find_orders(
            context,
            list(wanted.values()),
            self._by_id,
            likely=context.statuses.processing,
            owner=self.owner,
        )
        read_at, rows = store.read_at, [row for row in rows if store.knows(row.order_id)]
        self.counts["unread"] += len(wanted) - len(rows)
        # A restored ledger does not know that it posted Partial; what was just read says where to look for the order.
        partial = context.statuses.partial
        partly = {row.id: partial for row in rows if _status(store.orders, row.order_id) == partial}
        with context.ledger.begin() as connection:
            statuses.note_read(connection, partly, read_at)
            plans = self._plan(connection, rows, store.orders)
            self._log_waiting(plans)
            persons = {plan.id: plan.person_status for plan in plans if plan.person_status is not None}
            statuses.note_person_statuses(connection, persons, context.by, read_at=read_at)
            ids = post_backs.intend_post_backs(connection, _intents(plans), context.by)
            packages.note_methods(connection, _methods(plans))
            named = [package for plan in plans for write in to_write(plan) for package in write.package_ids]
            packages.intend_packages(connection, named)
            self._record_there_already(connection, plans)
        self.counts["person"] += len(persons)
        self._further.write(plans)
        good = self._write(plans, ids, wanted)
        proof = read_back(context, good, wanted, owner=self.owner)
        self._record_proof(proof)

    def _log_waiting(self, plans: Sequence[TrackingPlan]) -> None:
        waiting = [plan.order_id for plan in plans if plan.waits]
        self.counts["waiting"] += len(waiting)
        for order_id in waiting:
            log.info(
                "order %d: an earlier write of its tracking had no response and may still be carried out; "
                "a later run looks again",
                order_id,
            )

    def _plan(
        self, connection: Connection, rows: Sequence[Row[Any]], store: Mapping[int, StoreOrder]
    ) -> list[TrackingPlan]:
        limits = self._context.lane.limits
        groups = packages.groups_of(
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
        """Write in bulk where the store is known to carry that out, else one by one; return what was written."""
        bulk, tried = self._traits.get(Trait.BULK_CARRIES_TRACKING), list[WrittenTracking]()
        if bulk is None:
            bulk, tried = try_bulk(self._context, self._writer, self._traits, plans)
            self._traits.assume(Trait.BULK_CARRIES_TRACKING, holds=bulk)
            self._record(tried, ids)
        rest = [plan for plan in plans if plan.id not in {written.plan.id for written in tried}]
        good = [written for written in tried if written.ok]
        if bulk:
            self._write_bulk(rest, ids, wanted)
            return good
        group: list[WrittenTracking] = []
        for written in self._writer.write(rest):
            group.append(written)
            if len(group) >= _GROUP:
                self._record(group, ids)
                good += [done for done in group if done.ok]
                group = []
        self._record(group, ids)
        return good + [done for done in group if done.ok]

    def _write_bulk(
        self,
        plans: Sequence[TrackingPlan],
        ids: Mapping[tuple[int, int | None], int],
        wanted: Mapping[int, WantedOrder],
    ) -> None:
        """A bulk write only says that orders were updated: count as posted what is then read back."""
        accepted = []
        for call in write_bulk(self._writer, plans):
            self._record(call, ids, proved=False)
            accepted += [written for written in call if written.ok]
        proof = read_back(self._context, accepted, wanted, owner=self.owner)
        if proof.missing:
            self._traits.learn(Trait.BULK_CARRIES_TRACKING, proof.missing[0].plan.order_id, holds=False)
        with self._context.ledger.begin() as connection:
            self._note_posted(connection, proof.shown, posted_at=proof.read_at)
        self.counts["posted"] += len(proof.shown)
        self._verify(proof)

    def _record_there_already(self, connection: Connection, plans: Sequence[TrackingPlan]) -> None:
        there = [
            WrittenTracking(plan, write, "written")
            for plan in plans
            for write in plan.writes
            if write.there_already
        ]
        packages.mark_unfit(connection, _unfit(plans))
        self._note_posted(connection, there)
        # Some need no write at all: what was outstanding was cancelled, or accepted as it shipped.
        self._note_statuses(connection, [plan for plan in plans if not to_write(plan)])
        self.counts["already"] += len(there)

    def _record(
        self,
        done: Sequence[WrittenTracking],
        ids: Mapping[tuple[int, int | None], int],
        *,
        proved: bool = True,
    ) -> None:
        """Record outcomes, and what they posted, in one transaction."""
        if not done:
            return
        good = [written for written in done if written.ok]
        with self._context.ledger.begin() as connection:
            finished = [
                FinishedPostBack(
                    ids[written.plan.id, written.write.fulfillment_order_id], written.outcome, written.error
                )
                for written in done
            ]
            post_backs.finish_post_backs(connection, finished)
            if proved:
                self._note_posted(connection, good)
            claims.renew_claims(connection, owner=self.owner, lease=self._context.lane.limits.lease)
        self.counts["posted"] += len(good) if proved else 0
        for written in done:
            if written.outcome in ("refused", "unknown"):
                self.counts[written.outcome] += 1
                log.warning(
                    "order %d: tracking was not written (%s): %s",
                    written.plan.order_id,
                    written.outcome,
                    written.error,
                )

    def _note_posted(
        self, connection: Connection, done: Sequence[WrittenTracking], *, posted_at: datetime | None = None
    ) -> None:
        withdrawn = [package for written in done for package in written.write.withdrawn_ids]
        packages.note_packages_posted(
            connection,
            {part: written.write.posted_text() for written in done for part in written.write.part_ids},
            [package for written in done for package in written.write.package_ids],
            self._context.by,
            withdrawn=withdrawn,
        )
        self.counts["withdrawn"] += len(withdrawn)
        self._note_statuses(connection, [written.plan for written in done], posted_at=posted_at)

    def _note_statuses(
        self, connection: Connection, plans: Sequence[TrackingPlan], *, posted_at: datetime | None = None
    ) -> None:
        """Record the status of every order whose tracking the store now has; `confirm_statuses` makes sure of it."""
        lacking = packages.lacking_tracking(connection, [plan.id for plan in plans], hold=self._hold)
        for status, name in ((PARTIAL, "partial"), (SHIPPED, "shipped")):
            due = [plan for plan in plans if plan.target == status and plan.id not in lacking]
            for why in ("", statuses.THERE_ALREADY):
                posted = {plan.id for plan in due if plan.status_there == bool(why)}
                self.counts[name] += statuses.note_posted(
                    connection, sorted(posted), status, self._context.by, why, posted_at=posted_at
                )

    def _record_proof(self, proof: Proof) -> None:
        with self._context.ledger.begin() as connection:
            packages.forget_posted_packages(connection, {written.plan.id for written in proof.missing})
        learn_whether_shipments_move_orders(self._context, self._traits, proof)
        self._verify(proof)

    def _verify(self, proof: Proof) -> None:
        """Use what was just read: orders that show their status, and orders that certainly do not have it yet."""
        ours, verified = self._context.statuses, dict[int, int]()
        moves = self._traits.get(Trait.SHIPMENT_MOVES_ORDER)
        for plan in {written.plan.id: written.plan for written in proof.shown}.values():
            status = _status(proof.orders, plan.order_id)
            if status is None or plan.target is None:
                continue
            if status == ours.of(plan.target):
                verified[plan.id] = plan.target
            elif moves is False and ours.may_move(status, ours.of(plan.target)):
                self._seen_behind[plan.id] = proof.read_at
        with self._context.ledger.begin() as connection:
            self.counts["verified"] += statuses.note_verified(
                connection, verified, ours, read_at=proof.read_at
            )


def _status(store: Mapping[int, StoreOrder], order_id: int) -> int | None:
    return store[order_id].status_id if order_id in store else None


def _intents(plans: Sequence[TrackingPlan]) -> list[PostBackIntent]:
    return [
        PostBackIntent(plan.id, "tracking", write.status_id, write.fulfillment_order_id, write.tracking)
        for plan in plans
        for write in to_write(plan)
    ]


def _methods(plans: Sequence[TrackingPlan]) -> dict[int, str]:
    """Return the ship method that goes with each write, by fulfillment order, as the store will show it."""
    return {
        part: method_name(write.carrier_method)
        for plan in plans
        for write in plan.writes
        if write.carrier_method
        for part in (write.fulfillment_order_id, *write.part_ids)
    }


def _unfit(plans: Sequence[TrackingPlan]) -> list[int]:
    """Return packages that the store's field has no room for, and log them: nothing else will."""
    unfit = [
        (plan.order_id, len(write.unfit_ids)) for plan in plans for write in plan.writes if write.unfit_ids
    ]
    for order_id, number in unfit:
        numbers = counted(number, "tracking number does", "tracking numbers do")
        log.warning("order %d: %s not fit into the store's field", order_id, numbers)
    return [package for plan in plans for write in plan.writes for package in write.unfit_ids]
