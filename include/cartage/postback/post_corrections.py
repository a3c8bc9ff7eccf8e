"""Write to the store what a person corrected here before sending: an address, a ship method.

The order is read by its id before anything is written. Only fields that still show what the correction replaced are
written: what somebody changed in the store meanwhile stands. The intent is committed first, and the write is read back:
3dcart does not document that a write to a shipment changes its address. What becomes of a correction is an event on the
order's timeline. A write of unknown outcome is settled by the next run, which reads first.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row

from cartage.errors import MalformedResponse, RemoteDown, RemoteUnavailable
from cartage.lifecycle import claims
from cartage.lifecycle.events import note_on_fulfillment_orders
from cartage.model.documents import address_from
from cartage.model.orders import SalesOrder, ShipGroup
from cartage.postback.repo import corrections as repo
from cartage.redaction import redact
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable, translate_order
from cartage.storefront.corrections import Correction, copied_group

log = logging.getLogger(__name__)

POSTED, NOT_POSTED = "correction_posted", "correction_not_posted"
"""The kinds of the events that say what became of a correction."""

# Each takes up to three calls of the store's budget of two a second: less than half a minute of a run.
_MOST = 20
# So many orders in a row are not a fault of theirs.
_FAILURES = 3


def post_corrections(context: StageContext, owner: str, counts: Counter[str]) -> None:
    """Write the corrections that are due; count corrected (the store shows it) and uncorrected (it will not get it).

    The caller ends the owner's claims.

    Raises:
        RemoteError: if the store cannot be read or written; the next run takes up what is left.
    """
    if not context.lane.post_back.corrections:
        return
    failed = 0
    for row in _claim(context, owner):
        if context.stop.is_set():
            return
        try:
            _Posting(context, row, owner, counts).run()
            failed = 0
        except RemoteDown:
            raise
        except (RemoteUnavailable, MalformedResponse) as failure:
            # It may be this order alone that the store cannot show.
            failed += 1
            if failed == _FAILURES:
                raise
            log.warning("order %d: its correction waits for the next run: %s", row.order_id, failure)


def _claim(context: StageContext, owner: str) -> Sequence[Row[Any]]:
    with context.ledger.begin() as connection:
        rows = repo.due_corrections(connection, context.lane.name, after=0, size=_MOST)
        ids = [row.sales_order_id for row in rows]
        ours = claims.claim_orders(connection, ids, owner=owner, lease=context.lane.limits.lease)
    return [row for row in rows if row.sales_order_id in ours]


class _Posting:
    """One correction on its way to the store."""

    def __init__(self, context: StageContext, row: Row[Any], owner: str, counts: Counter[str]) -> None:
        self._context, self._row, self._owner, self._counts = context, row, owner, counts

    def run(self) -> None:
        """Write what the store lacks, or settle what an earlier run wrote."""
        row = self._row
        if row.copy is None:
            self._give_up("the personal data of the store's copy were deleted")
        elif row.is_divided:
            self._give_up(
                "another part of the same shipment has another address or ship method. Correct all parts alike"
            )
        elif order := self._read():
            self._settle(order)

    def _read(self) -> SalesOrder | None:
        """Return the order as the store shows it. None if nothing more can be done about it in this run."""
        order_id = self._row.order_id
        entry = self._context.store.get_order(order_id)
        if entry is None:
            self._give_up("the store has no such order any more")
            return None
        order = translate_order(entry, self._context.lane.store.zone())
        if isinstance(order, Unreadable):
            log.warning("order %d: its correction waits, because the store's order is unreadable", order_id)
            return None
        return order

    def _settle(self, order: SalesOrder) -> None:
        statuses, shown = self._context.statuses, self._shipment(order)
        plan = self._correction.plan(shown) if shown else None
        if plan is None:
            self._give_up("the shipment is no longer in the store's order")
        elif plan.is_done:
            self._finish()
        elif statuses.set_by_person(order.status_id):
            self._give_up(f"the order is {statuses.name(order.status_id)} in the store")
        elif plan.overtaken:
            self._give_up(f"the store has another {_named(plan.overtaken)} by now, which stands")
        elif plan.unfit:
            self._give_up(
                f"{_named(plan.unfit)}: the store has no room or no characters for it. "
                "Write it shorter, or correct it in the store"
            )
        else:
            self._send(plan.write)

    def _send(self, fields: Mapping[str, str]) -> None:
        context, row = self._context, self._row
        with context.ledger.begin() as connection:
            is_ours = repo.intend_correction(connection, row.id, row.correction_due_at)
        if not is_ours:
            return
        result = context.store.correct_shipment(
            row.order_id, row.shipment_id, fields, before=partial(_check, context, row, self._owner)
        )
        if result.outcome == "refused":
            self._give_up(f"the store refused it: {redact(result.message)}")
        elif not result.ok:
            # The next run reads the order before it writes again.
            log.warning("order %d: whether the store has the correction is not known yet", row.order_id)
        elif order := self._read():
            self._read_back(order, fields)

    def _read_back(self, order: SalesOrder, fields: Mapping[str, str]) -> None:
        shown = self._shipment(order)
        if shown is not None and self._correction.plan(shown).is_done:
            self._finish()
        else:
            self._give_up(
                f"the store accepted it and still shows another {_named(fields)}. Correct it in the store"
            )

    def _shipment(self, order: SalesOrder) -> ShipGroup | None:
        return next((group for group in order.groups if group.shipment_id == self._row.shipment_id), None)

    @property
    def _correction(self) -> Correction:
        row = self._row
        return Correction.of(
            copied_group(row.copy),
            address_from(row.ship_to),
            row.ship_method,
            [copied_group(group) for group in row.written_corrections],
        )

    def _finish(self) -> None:
        # Corrected back to what the store has, and never written: nothing happened there.
        if fields := self._correction.after:
            self._end(POSTED, f"the store has the corrected {_named(fields)}")
        else:
            self._end("", "")
        self._counts["corrected"] += 1

    def _give_up(self, why: str) -> None:
        self._end(NOT_POSTED, f"{why}.")
        self._counts["uncorrected"] += 1
        log.warning("order %d: the store does not get its correction: %s", self._row.order_id, why)

    def _end(self, kind: str, why: str) -> None:
        context, row = self._context, self._row
        with context.ledger.begin() as connection:
            is_last = repo.end_correction(connection, row.id, row.correction_due_at)
            if is_last and kind:
                note_on_fulfillment_orders(connection, [row.id], kind, context.by, why=why)


def _named(fields: Iterable[str]) -> str:
    return ", ".join(field.replace("_", " ") for field in fields)


def _check(context: StageContext, row: Row[Any], owner: str) -> None:
    limits = context.lane.limits
    with context.ledger.begin() as connection:
        claims.check_lease(
            connection,
            [row.sales_order_id],
            owner=owner,
            lease=limits.lease,
            longest=limits.connect_timeout + limits.read_timeout,
        )
