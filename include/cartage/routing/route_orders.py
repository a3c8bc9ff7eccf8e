"""Route a lane's orders: each of which nothing can have left goes to the warehouse that rules and stock name now.

An order is decided again in every run until a request for it may have left. What a decision changes is an event on the
order's timeline, with the rule and the stock that it saw.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.causes import open_causes
from cartage.lifecycle.placement import Placement, place_orders
from cartage.lifecycle.transitions import Move, move
from cartage.model.skip_reasons import shipped_by_others
from cartage.model.states import State
from cartage.routing.decide import decide
from cartage.routing.reading import read_facts
from cartage.routing.repo import orders
from cartage.routing.repo.holds import place_routing_holds
from cartage.routing.router import compile_routing
from cartage.routing.stock_seen import read_stock
from cartage.routing.whole_orders import WholeOrder, as_whole
from cartage.runtime.context import StageContext
from cartage.storefront.repo.customers import first_orders

log = logging.getLogger(__name__)

_BATCH = 500


def route_orders(context: StageContext) -> dict[str, int]:
    """Decide where every order goes of which nothing can have left.

    Return counts: routed (given to another warehouse than before), unrouted (blocked: no warehouse takes all of it),
    left_out (skipped: nobody of this lane ships it).
    """
    counts: Counter[str] = Counter(routed=0, unrouted=0, left_out=0)
    rows = _rows(context)
    by_id = {row.id: row for row in rows}
    decided = _decisions(context, rows)
    for first in range(0, len(decided), _BATCH):
        batch = decided[first : first + _BATCH]
        with context.ledger.begin() as connection:
            present = orders.lock_unchanged(connection, [by_id[each.decision.id] for each in batch])
            unchanged = {each.decision.id: each for each in batch if each.decision.id in present}
            _apply(connection, context, unchanged, present, counts)
    return dict(counts)


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


def _decisions(context: StageContext, rows: Sequence[Row[Any]]) -> list[WholeOrder]:
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
    decided = decide(facts, compile_routing(lane), stock)
    return [as_whole(each, lane.warehouse_names()[0]) for each in decided]


def _apply(
    connection: Connection,
    context: StageContext,
    decided: Mapping[int, WholeOrder],
    present: Mapping[int, Row[Any]],
    counts: Counter[str],
) -> None:
    """Write a batch of decisions about locked orders."""
    # Validation holds them, as any other rule's.
    held = place_routing_holds(
        connection,
        context.lane.name,
        {order_id: each.hold for order_id, each in decided.items() if each.hold is not None},
        context.by.actor,
    )
    placements = [
        Placement(order_id, each.warehouse, each.decision.sentence, each.decision.document())
        for order_id, each in decided.items()
        if not each.nobody
    ]
    placed = place_orders(connection, placements, context.by)
    counts["routed"] += sum(bool(decided[order_id].warehouse) for order_id in placed)
    # What was made ready for one warehouse is judged again by the next one's mappings.
    again = [
        Move(order_id, why="held" if order_id in held else f"goes to {decided[order_id].warehouse} now")
        for order_id in sorted(placed | held)
        if present[order_id].state == State.READY and decided[order_id].warehouse
    ]
    move(connection, again, State.IMPORTED, context.by)
    skipped = [
        Move(order_id, why=shipped_by_others(each.nobody))
        for order_id, each in decided.items()
        if each.nobody
    ]
    counts["left_out"] += len(move(connection, skipped, State.SKIPPED, context.by))
    waiting = {order_id: each for order_id, each in decided.items() if each.problems}
    counts["unrouted"] += _block(connection, context, waiting, present)


def _block(
    connection: Connection,
    context: StageContext,
    waiting: Mapping[int, WholeOrder],
    present: Mapping[int, Row[Any]],
) -> int:
    problems = [problem for each in waiting.values() for problem in each.problems]
    ids = open_causes(connection, context.lane.name, problems)
    moves = []
    for order_id, each in waiting.items():
        causes = {ids[problem.fingerprint] for problem in each.problems}
        if present[order_id].state != State.BLOCKED or causes != set(present[order_id].cause_ids):
            why = "; ".join(problem.message for problem in each.problems)
            moves.append(Move(order_id, why=why, cause_ids=tuple(sorted(causes))))
    return len(move(connection, moves, State.BLOCKED, context.by))
