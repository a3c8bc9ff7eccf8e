"""Write packages beyond an order's first: create shipments in the store, or add lines to the order's internal comments.

Creating is not idempotent: the intent is committed first. After an outcome that was not seen, nothing is created
until the store's list of shipments was read and the first request can no longer be under way.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from cartage.model.documents import address_from
from cartage.postback.further_plan import CommentWrite, FurtherWrite, with_lines
from cartage.postback.repo import packages as package_repo
from cartage.postback.repo import post_backs
from cartage.postback.repo.post_backs import FinishedPostBack, PostBackIntent
from cartage.postback.store_reads import StoreOrder, read_by_id
from cartage.postback.tracking_plan import TrackingPlan
from cartage.postback.tracking_texts import names_number
from cartage.postback.tracking_writes import TrackingWriter
from cartage.runtime.context import StageContext
from cartage.storefront import ShipmentWrite, WriteResult

log = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST_COMMENTS = 65535  # InternalComments is str(65535): 3dcart-api.md, section 4.2.


class FurtherWriter:
    """Makes these writes for one run, one after the other: few orders have any."""

    def __init__(self, context: StageContext, writer: TrackingWriter, counts: Counter[str]) -> None:
        self._context = context
        self._writer = writer
        self._counts = counts

    def write(self, plans: Sequence[TrackingPlan]) -> None:
        """Make the further writes of these plans."""
        for plan in plans:
            for write in plan.further:
                self._shipment(plan, write)
            if plan.comment is not None:
                self._comment(plan, plan.comment)

    def _shipment(self, plan: TrackingPlan, write: FurtherWrite) -> None:
        if write.found is not None or (write.withdraws and write.store_shipment_id is None):
            # It is there already, or it was voided and the store has no shipment for it.
            self._posted(write, write.found)
            return
        intent = PostBackIntent(plan.id, "shipment", None, write.fulfillment_order_id, write.tracking)
        written = ShipmentWrite(
            write.store_shipment_id or 0,
            write.tracking,
            None if write.withdraws else write.carrier_method,
            None if write.withdraws else write.shipped_at,
        )
        store_id = write.store_shipment_id
        if store_id is None:
            ship_to = address_from(write.ship_to)

            def create() -> tuple[WriteResult, int | None]:
                return self._context.store.add_shipment(
                    plan.order_id, written, ship_to, before=lambda: self._writer.check(plan)
                )

            made = self._write_intended(intent, [write.package_id], create, lambda got: got[0])
            if made is not None:
                self._posted(write, made[1] if made[1] is not None else self._look_for(plan, write))
        elif self._write_intended(
            intent,
            [write.package_id],
            lambda: self._context.store.update_shipment(
                plan.order_id, written, before=lambda: self._writer.check(plan)
            ),
            lambda got: got,
        ):
            self._posted(write, store_id)

    def _look_for(self, plan: TrackingPlan, write: FurtherWrite) -> int | None:
        """Return the id of a shipment that was just created and that the store's response did not name."""
        found = read_by_id(self._context, plan.order_id)
        fields: Mapping[int, str] = found.tracking if isinstance(found, StoreOrder) else {}
        ours = {write.shipment_id for write in plan.writes}
        return next(
            (
                number
                for number, field in fields.items()
                if number not in ours and names_number(field, write.tracking)
            ),
            None,
        )

    def _posted(self, write: FurtherWrite, store_shipment_id: int | None) -> None:
        with self._context.ledger.begin() as connection:
            package_repo.note_created_shipment(connection, write.package_id, store_shipment_id)
            package_repo.note_packages_posted(
                connection,
                {},
                [] if write.withdraws else [write.package_id],
                self._context.by,
                withdrawn=[write.package_id] if write.withdraws else [],
                posted_in="shipment",
            )
        self._counts["further"] += 1

    def _comment(self, plan: TrackingPlan, write: CommentWrite) -> None:
        entry = self._writer.try_write(lambda: self._context.store.get_order(plan.order_id))[2]
        if not isinstance(entry, Mapping):
            return
        before = str(entry.get("InternalComments") or "")
        after = with_lines(before, write.lines)
        if len(after) > _LONGEST_COMMENTS:
            log.warning("order %d: its internal comments have no room for tracking numbers", plan.order_id)
            with self._context.ledger.begin() as connection:
                package_repo.mark_unfit(connection, write.package_ids)
            return
        intent = PostBackIntent(plan.id, "comment", None, write.fulfillment_order_id, "\n".join(write.lines))
        if after != before and not self._write_intended(
            intent,
            write.package_ids,
            lambda: self._context.store.update_comments(
                plan.order_id, after, before=lambda: self._writer.check(plan)
            ),
            lambda got: got,
        ):
            return
        with self._context.ledger.begin() as connection:
            package_repo.note_packages_posted(
                connection,
                {},
                write.package_ids,
                self._context.by,
                withdrawn=write.withdrawn_ids,
                posted_in="comment",
            )
        self._counts["further"] += len(write.package_ids) + len(write.withdrawn_ids)

    def _write_intended(
        self,
        intent: PostBackIntent,
        packages: Sequence[int],
        call: Callable[[], T],
        result_of: Callable[[T], WriteResult],
    ) -> T | None:
        """Write with intent and outcome; return the call's result if the store says that it was written, else None."""
        with self._context.ledger.begin() as connection:
            ids = post_backs.intend_post_backs(connection, [intent], self._context.by)
            package_repo.intend_packages(connection, packages, posted_in=intent.kind)
        outcome, error, got = self._writer.try_write(call)
        if got is not None:
            result = result_of(got)
            outcome, error = result.outcome.value, "" if result.ok else result.message
        with self._context.ledger.begin() as connection:
            done = FinishedPostBack(ids[intent.sales_order_id, intent.fulfillment_order_id], outcome, error)
            post_backs.finish_post_backs(connection, [done])
        if outcome in ("refused", "unknown"):
            self._counts[outcome] += 1
            log.warning("%s of a further package was not written (%s): %s", intent.kind, outcome, error)
        return got if outcome == "written" else None
