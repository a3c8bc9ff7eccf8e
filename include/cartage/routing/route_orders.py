"""Route a lane's orders: each of which nothing can have left goes to the warehouses that rules and stock name now.

An order is decided again in every run until a request for it may have left. Lines that go to different warehouses are
parts: fulfillment orders of their own. What a decision changes is an event on the order's timeline, with the rule and
the stock that it saw.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.causes import open_causes
from cartage.lifecycle.claims import lock_sales_orders
from cartage.lifecycle.parts import Piece, divide_group, next_part
from cartage.lifecycle.placement import Placement, place_orders
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.reference import fits_reference
from cartage.model.skip_reasons import shipped_by_others
from cartage.model.states import State
from cartage.routing.decide import decide
from cartage.routing.facts import WholeGroup, whole_groups
from cartage.routing.group_plan import GroupPlan, PlannedPart, fit_members, no_reference, plan_group
from cartage.routing.reading import group_keys, read_facts
from cartage.routing.repo import orders
from cartage.routing.repo.holds import place_routing_holds
from cartage.routing.router import compile_routing
from cartage.routing.stock_seen import read_stock
from cartage.runtime.context import StageContext
from cartage.storefront.repo.customers import first_orders
from cartage.storefront.repo.stores import Store

log = logging.getLogger(__name__)

_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Decided:
    """A group, what is to become of it, and which fulfillment order is to have each part; None for one to be made.

    `had` are the quantities by position that each of its fulfillment orders has.
    """

    group: WholeGroup
    plan: GroupPlan
    fitted: tuple[int | None, ...]
    had: Mapping[int, Mapping[int, Decimal]]

    @property
    def divides(self) -> bool:
        """Whether lines move between its fulfillment orders."""
        return len(self.fitted) != len(self.had) or any(
            order is None or self.had[order] != part.lines
            for order, part in zip(self.fitted, self.plan.parts, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _PartOrder:
    """A fulfillment order with its part of a decision; `state` and `cause_ids` are those it has now."""

    id: int
    part: PlannedPart
    plan: GroupPlan
    state: str
    cause_ids: Sequence[int]


def route_orders(context: StageContext) -> dict[str, int]:
    """Decide where every order goes of which nothing can have left.

    Return counts: routed (given to another warehouse than before), divided (groups whose lines go other ways than
    before), unrouted (blocked: no warehouse takes it), left_out (skipped: nobody of this lane ships it).
    """
    counts: Counter[str] = Counter(routed=0, divided=0, unrouted=0, left_out=0)
    rows = _rows(context)
    decided = _decisions(context, rows)
    by_id = {row.id: row for row in rows}
    store = context.store_row
    for first in range(0, len(decided), _BATCH):
        with context.ledger.begin() as connection:
            batch = _lock_divided(connection, decided[first : first + _BATCH])
            members = [by_id[member] for each in batch for member in each.group.members]
            present = orders.lock_unchanged(connection, members)
            unchanged = [each for each in batch if all(member in present for member in each.group.members)]
            parts = [
                part
                for each in unchanged
                for part in _part_orders(connection, store, each, present, context.by, counts)
            ]
            _apply(connection, context, parts, counts)
    return dict(counts)


def _lock_divided(connection: Connection, batch: list[_Decided]) -> list[_Decided]:
    """Lock the sales orders whose lines move between parts; leave out those that an import has locked."""
    moving = {each.group.key[0] for each in batch if each.divides}
    locked = lock_sales_orders(connection, moving, wait=False) if moving else set[int]()
    return [each for each in batch if not each.divides or each.group.key[0] in locked]


def _rows(context: StageContext) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    after = 0
    while True:
        with context.ledger.begin() as connection:
            page = orders.routable_orders(connection, context.lane.name, after=after, size=_BATCH)
        if not page:
            return found
        found += page
        after = page[-1].id


def _decisions(context: StageContext, rows: Sequence[Row[Any]]) -> list[_Decided]:
    """Decide all orders by one stock, in the order of import: an earlier order keeps what it was promised."""
    if not rows:
        return []
    lane = context.lane
    firsts: set[int] = set()
    if any(rule.when.first_order is not None for rule in lane.routing):
        with context.ledger.begin() as connection:
            firsts = first_orders(connection, [row.sales_order_id for row in rows])
    facts = read_facts(rows, firsts)
    stock = read_stock(context, {line.sku for order in facts for line in order.lines})
    groups = whole_groups(facts, group_keys(rows))
    decided = decide((group.facts for group in groups), compile_routing(lane), stock)
    by_id = {row.id: row for row in rows}
    first = lane.warehouse_names()[0]
    return [
        _fitted(group, plan_group(each, group.facts, first), [by_id[member] for member in group.members])
        for group, each in zip(groups, decided, strict=True)
    ]


def _fitted(group: WholeGroup, plan: GroupPlan, rows: Sequence[Row[Any]]) -> _Decided:
    fitted = fit_members(plan.parts, [(row.id, row.warehouse) for row in rows])
    had = {row.id: {position: Decimal(quantity) for *_, quantity, position in row.lines} for row in rows}
    return _Decided(group, plan, tuple(fitted), had)


def _part_orders(
    connection: Connection,
    store: Store,
    each: _Decided,
    present: Mapping[int, Row[Any]],
    by: By,
    counts: Counter[str],
) -> list[_PartOrder]:
    """Give each part of a decision its fulfillment order, whose row is locked."""
    plan, ids = each.plan, [order for order in each.fitted if order is not None]
    if each.divides:
        plan, ids = _divide(connection, store, each, present, by)
        counts["divided"] += 1
    found = []
    for order, part in zip(ids, plan.parts, strict=True):
        # What has other lines now was imported again.
        row = present[order] if each.had.get(order) == part.lines else None
        state, causes = (row.state, row.cause_ids) if row is not None else (State.IMPORTED, ())
        found.append(_PartOrder(order, part, plan, state, causes))
    return found


def _divide(
    connection: Connection, store: Store, each: _Decided, present: Mapping[int, Row[Any]], by: By
) -> tuple[GroupPlan, list[int]]:
    """Divide a group; return its plan, and the fulfillment order of each part. It waits whole if parts have no name."""
    members, plan = each.group.members, each.plan
    pieces = [Piece(part.lines, order) for part, order in zip(plan.parts, each.fitted, strict=True)]
    order_id, shipment_id = present[members[0]].order_id, each.group.key[1]
    further = sum(piece.order is None for piece in pieces)
    last = next_part(connection, store.id, order_id, shipment_id) + further - 1
    if further and not fits_reference(store.code, order_id, shipment_id, part=last):
        whole = {line.position: line.quantity for line in each.group.facts.lines}
        plan = GroupPlan(plan.decision, (PlannedPart(whole, problems=(no_reference(),)),))
        pieces = [Piece(whole, members[0])]
    return plan, divide_group(connection, store.code, members, pieces, by)


def _apply(
    connection: Connection, context: StageContext, parts: Sequence[_PartOrder], counts: Counter[str]
) -> None:
    """Write a batch of decisions about locked orders."""
    by_id = {part.id: part for part in parts}
    # Validation holds them, as any other rule's.
    held = place_routing_holds(
        connection,
        context.lane.name,
        {part.id: part.plan.hold for part in parts if part.plan.hold is not None},
        context.by.actor,
    )
    placements = [
        Placement(part.id, part.part.warehouse, part.plan.decision.sentence, part.plan.decision.document())
        for part in parts
        if not part.part.nobody
    ]
    placed = place_orders(connection, placements, context.by)
    counts["routed"] += sum(bool(by_id[order_id].part.warehouse) for order_id in placed)
    # What was made ready for one warehouse is judged again by the next one's mappings.
    again = [
        Move(order_id, why="held" if order_id in held else f"goes to {by_id[order_id].part.warehouse} now")
        for order_id in sorted(placed | held)
        if by_id[order_id].state == State.READY and by_id[order_id].part.warehouse
    ]
    move(connection, again, State.IMPORTED, context.by)
    skipped = [Move(part.id, why=shipped_by_others(part.part.nobody)) for part in parts if part.part.nobody]
    counts["left_out"] += len(move(connection, skipped, State.SKIPPED, context.by))
    counts["unrouted"] += _block(connection, context, [part for part in parts if part.part.problems])


def _block(connection: Connection, context: StageContext, waiting: Sequence[_PartOrder]) -> int:
    problems = [problem for each in waiting for problem in each.part.problems]
    ids = open_causes(connection, context.lane.name, problems)
    moves = []
    for each in waiting:
        causes = {ids[problem.fingerprint] for problem in each.part.problems}
        if each.state != State.BLOCKED or causes != set(each.cause_ids):
            why = "; ".join(problem.message for problem in each.part.problems)
            moves.append(Move(each.id, why=why, cause_ids=tuple(sorted(causes))))
    return len(move(connection, moves, State.BLOCKED, context.by))
