"""Record orders that the warehouse has under a reference of ours and the ledger does not know of."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from cartage.changes.repo import decisions, sent_orders
from cartage.errors import CartageError, MalformedResponse
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_book import OrderBook
from cartage.intake.order_rows import NewOrder
from cartage.intake.own_writes import without_own_writes
from cartage.intake.parts_of_groups import single_group
from cartage.intake.repo.orders import replace_order
from cartage.lifecycle.claims import lock_orders, lock_sales_orders
from cartage.lifecycle.exceptions import ExceptionDraft, open_exception
from cartage.lifecycle.placement import Placement, place_orders
from cartage.lifecycle.transitions import Move, move
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.model.documents import address_from
from cartage.model.exceptions import ExceptionKind
from cartage.model.orders import Address
from cartage.model.reference import LAST_GENERATION, LAST_PART, fits_reference, make_reference
from cartage.model.states import AT_WAREHOUSE, State
from cartage.recovery.found_parts import FoundPart, divide_as_found
from cartage.recovery.repo import live_groups
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import note_searched
from cartage.storefront import Unreadable, translate_order
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.differences import place_differences

log = logging.getLogger(__name__)

# An order in one of these states may turn out to be at the warehouse. One that was rejected there is not.
MAY_BE_THERE = frozenset(
    {State.IMPORTED, State.BLOCKED, State.HELD, State.READY, State.SKIPPED, State.CONFLICT}
)
_WHY = "at the warehouse, and unknown to this ledger"


@dataclass(frozen=True, slots=True)
class RecoveryCandidate:
    """A fulfillment order that may be at the warehouse under this reference, or under that of a later generation."""

    order_id: int
    shipment_id: int
    generation: int
    reference: str
    ship_to: Address
    part: int = 0


def candidate_of(row: Row[Any]) -> RecoveryCandidate:
    """Return the candidate of a fulfillment order's row."""
    return RecoveryCandidate(
        row.order_id, row.shipment_id, row.generation, row.reference, address_from(row.ship_to), row.part
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What the warehouse has of a candidate, under the newest of its references.

    `there` is the context of the warehouse that has it. `copy` is the store's present copy, read where that reference
    is of a later generation than the candidate's.
    """

    there: StageContext
    candidate: RecoveryCandidate
    generation: int
    reference: str
    orders: Sequence[RemoteOrder]
    copy: NewOrder | None = None

    @property
    def first(self) -> RemoteOrder:
        return min(self.orders, key=lambda order: len(order.reference))


class Recovery:
    """Looks for candidates at every warehouse of the lane in bulk, and records those that are there.

    `recovered` counts them.
    """

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
        """Look for the candidates at the warehouse and record what it has.

        `orders` are the store's copies by order id, read at `read_at`; those that are found are imported.

        Raises:
            RemoteError: if the warehouse cannot be reached.
            CartageError: if the run is stopped.
        """
        context = self._context
        if context.stop.is_set():
            raise CartageError(f"lane {context.lane.name}: the run was stopped; the next run searches again.")
        if not candidates:
            return
        there = [found for place in context.every_warehouse() for found in self._found(place, candidates)]
        there += self._further_parts(candidates)
        if not there:
            return
        with context.ledger.begin() as connection:
            if orders is not None and read_at is not None:
                copies = [
                    orders[order_id] for order_id in sorted({found.candidate.order_id for found in there})
                ]
                book = OrderBook(connection, context.store_row, context.lane.name, context.by)
                book.record(copies, read_at)
            self._divide(connection, there)
            self._record(connection, there)

    def look_for_divided(self, candidates: Sequence[RecoveryCandidate]) -> None:
        """Record the candidates of which a warehouse has a further part, with all of their parts; leave the others.

        Raises:
            RemoteError: if a warehouse cannot be reached.
            CartageError: if the run is stopped.
        """
        found = self._further_parts(candidates)
        groups = {(each.candidate.order_id, each.candidate.shipment_id) for each in found}
        self.look_for([each for each in candidates if (each.order_id, each.shipment_id) in groups])

    def _further_parts(self, candidates: Sequence[RecoveryCandidate]) -> list[_Found]:
        """Look for parts of these orders' groups that the ledger does not know of; only several warehouses have any.

        A group has at most a part for each warehouse, one that waits and one that others ship; more if parts were
        divided again after others had left, and then the last of them is there.
        """
        places = self._context.every_warehouse()
        if len(places) == 1:
            return []
        known = {(each.order_id, each.shipment_id, each.part) for each in candidates}
        groups = {(each.order_id, each.shipment_id): each for each in candidates}
        code, found = self._context.store_row.code, list[_Found]()
        first, last = 1, len(places) + 1
        while groups and first <= LAST_PART:
            further = [
                RecoveryCandidate(*group, 0, make_reference(code, *group, part=part), each.ship_to, part)
                for group, each in groups.items()
                for part in range(first, min(last, LAST_PART) + 1)
                if (*group, part) not in known and fits_reference(code, *group, part=part)
            ]
            there = [each for place in places for each in self._found(place, further)] if further else []
            found += there
            ended = {
                (each.candidate.order_id, each.candidate.shipment_id)
                for each in there
                if each.candidate.part == last
            }
            groups = {group: each for group, each in groups.items() if group in ended}
            first, last = last + 1, last + 1
        return found

    def _divide(self, connection: Connection, there: Sequence[_Found]) -> None:
        """Give the ledger the parts that the warehouses have. Orders at one warehouse stay whole."""
        context = self._context
        if len(context.every_warehouse()) == 1:
            return
        order_ids = {found.candidate.order_id for found in there}
        known = live_groups(connection, context.store_row.id, order_ids)
        lock_sales_orders(connection, {row.sales_order_id for row in known})
        tables = {
            place.warehouse_name: SkuTable(mappings_of(connection, place.lane).skus)
            for place in context.every_warehouse()
        }
        groups: dict[tuple[int, int], list[_Found]] = {}
        for found in there:
            groups.setdefault((found.candidate.order_id, found.candidate.shipment_id), []).append(found)
        rows: dict[tuple[int, int], list[Row[Any]]] = {}
        for row in live_groups(connection, context.store_row.id, order_ids):
            if row.lane == context.lane.name:
                rows.setdefault((row.order_id, row.shipment_id), []).append(row)
        for group, parts in groups.items():
            if group in rows:
                as_found = [
                    FoundPart(each.candidate.part, each.orders, tables[each.there.warehouse_name])
                    for each in parts
                ]
                divide_as_found(connection, context.store_row.code, rows[group], as_found, context.by)

    def _found(self, place: StageContext, candidates: Sequence[RecoveryCandidate]) -> list[_Found]:
        """Return what one warehouse has of the candidates."""
        asked_at = place.ledger.now()
        by_reference = {candidate.reference: candidate for candidate in candidates}
        there: list[_Found] = []
        settled: set[str] = set()
        for reference, remote in place.warehouse.find_many(by_reference):
            try:
                there += [self._newest(place, by_reference[reference], remote)] if remote else []
                settled.add(reference)
            except MalformedResponse as failure:
                log.warning("order %s: %s", reference, failure)
        note_searched(place, by_reference, settled, asked_at)
        return there

    def _newest(
        self, place: StageContext, candidate: RecoveryCandidate, orders: Sequence[RemoteOrder]
    ) -> _Found:
        """An order that was cancelled may have been resent under its next reference: follow it to the newest."""
        newest = _Found(place, candidate, candidate.generation, candidate.reference, orders)
        code = self._context.store_row.code
        for generation in range(candidate.generation + 1, LAST_GENERATION + 1):
            if any(order.state is not RemoteState.CANCELLED for order in newest.orders):
                break
            reference = make_reference(
                code, candidate.order_id, candidate.shipment_id, generation, candidate.part
            )
            later = self._later(place, reference)
            if later is None:
                break
            newest = _Found(later[0], candidate, generation, reference, later[1])
        if newest.generation == candidate.generation:
            return newest
        return replace(newest, copy=self._read_copy(candidate.order_id))

    def _later(
        self, place: StageContext, reference: str
    ) -> tuple[StageContext, Sequence[RemoteOrder]] | None:
        """Return which warehouse has a later generation: it may have gone elsewhere. None if none has it."""
        others = [other for other in place.every_warehouse() if other is not place]
        for each in (place, *others):
            if found := each.warehouse.find(reference):
                return each, found
        return None

    def _record(self, connection: Connection, there: Sequence[_Found]) -> None:
        context = self._context
        order_ids = {found.candidate.order_id for found in there}
        rows = live_groups(connection, context.store_row.id, order_ids)
        by_group = {(row.order_id, row.shipment_id, row.part): row for row in rows}
        for found in there:
            candidate = found.candidate
            row = by_group.get((candidate.order_id, candidate.shipment_id, candidate.part))
            if row is None or row.lane != context.lane.name:
                continue
            if found.generation > row.generation:
                self._record_later_generation(connection, found, row.id, row.sales_order_id)
            elif found.generation == row.generation:
                self._acknowledge(connection, found, row.id, row.sales_order_id)

    def _acknowledge(self, connection: Connection, found: _Found, row_id: int, sales_order_id: int) -> None:
        by = self._context.by
        if not lock_orders(connection, [row_id], MAY_BE_THERE):
            return  # The ledger knows that it is there, or another run works on it.
        if all(order.state is RemoteState.CANCELLED for order in found.orders):
            return  # Whichever run would send it verifies it first, and finds it cancelled.
        move(connection, [Move(row_id, why=_WHY)], State.CONFLICT, by, strict=False)
        if found.there.warehouse_name:
            name = found.there.warehouse_name
            place_orders(connection, [Placement(row_id, name, f"found at {name}")], by, found=True)
        different = place_differences(found.candidate.ship_to, found.orders)
        if different:
            self._open_differs(connection, found, row_id, sales_order_id, different)
            return
        acknowledged = Move(row_id, why=_WHY, remote_id=found.first.remote_id, remote_etag=found.first.etag)
        self.recovered += len(move(connection, [acknowledged], State.ACKNOWLEDGED, by))

    def _open_differs(
        self, connection: Connection, found: _Found, row_id: int, sales_order_id: int, different: list[str]
    ) -> None:
        message = f"the warehouse has {found.reference} with other content: {'; '.join(different)}"
        draft = ExceptionDraft(
            sales_order_id,
            ExceptionKind.DIFFERS_AT_WAREHOUSE,
            message,
            found.first.remote_id,
            fulfillment_order_id=row_id,
        )
        open_exception(connection, self._context.lane.name, draft, self._context.by)

    def _record_later_generation(
        self, connection: Connection, found: _Found, row_id: int, sales_order_id: int
    ) -> None:
        """The ledger knows only an earlier generation: cancel that one, and put the newest in its place."""
        context, by = self._context, self._context.by
        shipment_id = found.candidate.shipment_id
        part = found.candidate.part
        others = decisions.lines_of_other_parts(connection, row_id)
        new = found.copy and single_group(
            found.copy, shipment_id, found.generation, found.reference, part=part, others=others
        )
        if found.copy is None or new is None:
            log.warning("%s is at the warehouse, but the store no longer has the order", found.reference)
            return
        if not lock_orders(connection, [row_id], {*MAY_BE_THERE, *AT_WAREHOUSE, State.CANCELLED}):
            return
        move(connection, [Move(row_id, why=_WHY)], State.CONFLICT, by, strict=False)
        why = f"cancelled at the warehouse, and resent as {found.reference}"
        move(connection, [Move(row_id, why=why)], State.CANCELLED, by, strict=False)
        sent_orders.count_copy_as_sent(connection, sales_order_id)
        replace_order(connection, sales_order_id, found.copy)
        decisions.insert_next_generation(
            connection, context.store_row.id, context.lane.name, by, sales_order_id, new, old=row_id
        )
        for row in live_groups(connection, context.store_row.id, [found.candidate.order_id]):
            if row.reference == found.reference:
                self._acknowledge(connection, found, row.id, sales_order_id)

    def _read_copy(self, order_id: int) -> NewOrder | None:
        """Read the store's present copy, with which the order was resent; None if the store no longer has it."""
        entry = self._context.store.get_order(order_id)
        order = translate_order(entry, self._context.lane.store.zone()) if entry is not None else None
        if order is None or isinstance(order, Unreadable):
            return None
        [order] = without_own_writes(self._context, [order])
        new = self._intake.new_order(order)
        return None if isinstance(new, Unreadable) else new
