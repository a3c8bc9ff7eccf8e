"""Recovery: takes in what the warehouse has under a reference of ours, and the ledger does not know."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from cartage.changes.repo import decisions
from cartage.changes.repo import sent_orders as changes
from cartage.errors import CartageError
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_book import OrderBook
from cartage.intake.order_rows import NewOrder, single_group
from cartage.intake.repo import orders as order_writes
from cartage.lifecycle import exceptions
from cartage.lifecycle import quarantine as doubt
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import Move, move
from cartage.model.exceptions import ExceptionKind
from cartage.model.orders import Address
from cartage.model.reference import LAST_GENERATION, make_reference
from cartage.model.states import AT_WAREHOUSE, State
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable, translate_order
from cartage.warehouses.contract import RemoteOrder, RemoteState, place_differences

log = logging.getLogger(__name__)

# From these an order may turn out to be at the warehouse. What was rejected there is not.
_MAY_BE_THERE = frozenset(
    {State.IMPORTED, State.BLOCKED, State.HELD, State.READY, State.SKIPPED, State.CONFLICT}
)
_WHY = "at the warehouse, and unknown to this ledger"


@dataclass(frozen=True, slots=True)
class RecoveryCandidate:
    """A fulfillment order that may be at the warehouse under this reference, or a later one."""

    order_id: int
    shipment_id: int
    generation: int
    reference: str
    ship_to: Address


@dataclass(frozen=True, slots=True)
class _There:
    """What the warehouse has of a candidate, under the newest of its references."""

    candidate: RecoveryCandidate
    generation: int
    reference: str
    orders: Sequence[RemoteOrder]
    copy: NewOrder | None = None

    @property
    def first(self) -> RemoteOrder:
        return min(self.orders, key=lambda order: len(order.reference))


class Recovery:
    """Looks for candidates in bulk, and takes in what is there; `recovered` counts them."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self.recovered = 0

    @cached_property
    def _intake(self) -> LaneIntake:
        return LaneIntake.of(self._context)

    def look_for(
        self,
        candidates: Sequence[RecoveryCandidate],
        orders: Mapping[int, NewOrder] | None = None,
        read_at: datetime | None = None,
    ) -> None:
        """Ask the warehouse for these, and record what it has. `orders` are the store's copies, read at `read_at`.

        Raises:
            RemoteError: if the warehouse cannot be asked.
            CartageError: if the run is told to stop.
        """
        context = self._context
        if context.stop.is_set():
            raise CartageError(f"lane {context.lane.name}: told to stop; the next run searches again.")
        if not candidates:
            return
        by_reference = {candidate.reference: candidate for candidate in candidates}
        there = [
            self._newest(by_reference[reference], found)
            for reference, found in context.warehouse.find_many(by_reference)
            if found
        ]
        if not there:
            return
        with context.ledger.begin() as connection:
            wanted = {one.candidate.order_id for one in there}
            if orders is not None and read_at is not None:
                copies = [orders[one] for one in sorted(wanted)]
                OrderBook(connection, context.store_row, context.lane.name, context.by).record(
                    copies, read_at
                )
            self._record(connection, there)

    def _newest(self, candidate: RecoveryCandidate, found: Sequence[RemoteOrder]) -> _There:
        """What was cancelled may have been sent anew under its next reference: follow it there."""
        newest = _There(candidate, candidate.generation, candidate.reference, found)
        code = self._context.store_row.code
        for generation in range(candidate.generation + 1, LAST_GENERATION + 1):
            if any(order.state is not RemoteState.CANCELLED for order in newest.orders):
                break
            reference = make_reference(code, candidate.order_id, candidate.shipment_id, generation)
            later = self._context.warehouse.find(reference)
            if not later:
                break
            newest = _There(candidate, generation, reference, later)
        if newest.generation == candidate.generation:
            return newest
        return replace(newest, copy=self._copy(candidate.order_id))

    def _record(self, connection: Connection, there: Sequence[_There]) -> None:
        context = self._context
        rows = doubt.groups_of(connection, context.store_row.id, {one.candidate.order_id for one in there})
        ids = {(row.order_id, row.shipment_id): row for row in rows}
        for one in there:
            row = ids.get((one.candidate.order_id, one.candidate.shipment_id))
            if row is None or row.lane != context.lane.name:
                continue
            if one.generation > row.generation:
                self._follow(connection, one, row.id, row.sales_order_id)
            elif row.generation == one.generation:
                self._take_in(connection, one, row.id, row.sales_order_id)

    def _take_in(self, connection: Connection, one: _There, row_id: int, sales_order_id: int) -> None:
        by = self._context.by
        if not doubt.lock_orders(connection, [row_id], _MAY_BE_THERE):
            return  # The ledger knows that it is there, or another run has it.
        if all(order.state is RemoteState.CANCELLED for order in one.orders):
            return  # It is for whoever would send it: that asks first, and finds it cancelled.
        move(connection, [Move(row_id, why=_WHY)], State.CONFLICT, by, strict=False)
        different = place_differences(one.candidate.ship_to, one.orders)
        if different:
            self._ask(connection, one, row_id, sales_order_id, different)
            return
        there = Move(row_id, why=_WHY, remote_id=one.first.remote_id, remote_etag=one.first.etag)
        self.recovered += len(move(connection, [there], State.ACKNOWLEDGED, by))

    def _ask(
        self, connection: Connection, one: _There, row_id: int, sales_order_id: int, different: list[str]
    ) -> None:
        what = f"the warehouse has {one.reference} with other content: {'; '.join(different)}"
        kind = ExceptionKind.DIFFERS_AT_WAREHOUSE
        question = ExceptionDraft(
            sales_order_id, kind, what, one.first.remote_id, fulfillment_order_id=row_id
        )
        exceptions.open_exception(connection, self._context.lane.name, question, self._context.by)

    def _follow(self, connection: Connection, one: _There, row_id: int, sales_order_id: int) -> None:
        """The ledger knows an earlier generation only: that is cancelled, and the newest takes its place."""
        by = self._context.by
        shipment_id = one.candidate.shipment_id
        new = single_group(one.copy, shipment_id, one.generation, one.reference) if one.copy else None
        if one.copy is None or new is None:
            log.warning("%s is at the warehouse, and the store has the order no longer", one.reference)
            return
        if not doubt.lock_orders(connection, [row_id], {*_MAY_BE_THERE, *AT_WAREHOUSE, State.CANCELLED}):
            return
        move(connection, [Move(row_id, why=_WHY)], State.CONFLICT, by, strict=False)
        why = f"cancelled at the warehouse, and sent anew as {one.reference}"
        move(connection, [Move(row_id, why=why)], State.CANCELLED, by, strict=False)
        changes.in_effect(connection, sales_order_id)
        order_writes.replace_order(connection, sales_order_id, one.copy)
        decisions.insert_next_generation(
            connection,
            self._context.store_row.id,
            self._context.lane.name,
            by,
            sales_order_id,
            new,
            old=row_id,
        )
        rows = doubt.groups_of(connection, self._context.store_row.id, [one.candidate.order_id])
        for row in rows:
            if row.reference == one.reference:
                self._take_in(connection, one, row.id, sales_order_id)

    def _copy(self, order_id: int) -> NewOrder | None:
        """The store's present copy: what was sent anew was sent with it. None if the store has the order no longer."""
        entry = self._context.store.get_order(order_id)
        order = translate_order(entry, self._context.lane.store.zone()) if entry is not None else None
        new = None if order is None or isinstance(order, Unreadable) else self._intake.new_order(order)
        return None if isinstance(new, Unreadable) else new
