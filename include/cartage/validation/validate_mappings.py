"""The stage `validate_mappings`: each imported order becomes ready with its request, blocked with its causes, or held.

Blocked orders are judged again in every run, so that fixing a cause releases all of its orders at once. Ready orders
are judged again when the lane's rules differ from those that made their request.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from cartage.errors import RemoteError
from cartage.lifecycle import causes
from cartage.lifecycle.transitions import Move, move
from cartage.model.documents import request_document, stored_request
from cartage.model.states import State
from cartage.plurals import counted
from cartage.runtime.context import StageContext
from cartage.validation.catalogue_matches import (
    CATALOGUE_FAILURES,
    CatalogueFailure,
    CatalogueMatches,
    current_matches,
)
from cartage.validation.compare_rules import request_differences
from cartage.validation.hold_rules import possible_duplicate_text
from cartage.validation.judge import Judge, JudgedOrder, LaneRules
from cartage.validation.offered_methods import refresh_offers
from cartage.validation.repo.holds import OrderHold, end_expired_holds, holds_of_orders, place_holds
from cartage.validation.repo.orders import lock_candidates, note_rules_hash, skus_to_judge

log = logging.getLogger(__name__)

_BATCH = 500


def run(context: StageContext) -> dict[str, int]:
    """Judge every imported and blocked order, and ready orders by new rules; end the holds whose time is over.

    Each order is judged by the mappings, the catalogue and the limits of its warehouse. Of several warehouses, one that
    cannot be asked keeps the orders of the others not waiting.

    Return counts: validated, ready, held, blocked, causes_closed, looked_up.

    Raises:
        RemoteError: if a warehouse cannot be asked for its catalogue and none is cached.
    """
    counts: Counter[str] = Counter(
        dict.fromkeys(("validated", "ready", "held", "blocked", "causes_closed", "looked_up"), 0)
    )
    lane = context.lane.name
    with context.ledger.begin() as connection:
        end_expired_holds(connection, lane, context.by)
    failures: list[CatalogueFailure] = []
    for place in context.every_warehouse():
        try:
            _judge_orders(place, counts)
        except CATALOGUE_FAILURES as failure:
            if place is context:
                raise
            failures.append(failure)
            if isinstance(failure, RemoteError):
                place.note_failure(failure)
    with context.ledger.begin() as connection:
        counts["causes_closed"] = causes.close_fixed(connection, lane)
    if failures:
        raise failures[0]
    return dict(counts)


def _judge_orders(context: StageContext, counts: Counter[str]) -> None:
    """Judge the orders of one warehouse."""
    lane, place = context.lane.name, context.warehouse_name
    with context.ledger.begin() as connection:
        rules = LaneRules.of(connection, context.lane)
        skus = skus_to_judge(connection, lane, rules_hash=rules.digest, warehouse=place)
    if skus:
        refresh_offers(context)
        with context.ledger.begin() as connection:
            rules = LaneRules.of(connection, context.lane)
            skus = skus_to_judge(connection, lane, rules_hash=rules.digest, warehouse=place)
    # Every call to the warehouse is made before orders are locked: none is made inside a transaction.
    known = current_matches(context, rules.skus.targets(skus))
    counts["looked_up"] += known.looked_up
    judge = Judge(context, rules, known.by_sku, context.ledger.now())
    after: int | None = 0
    while after is not None and not context.stop.is_set():
        with context.ledger.begin() as connection:
            rows = lock_candidates(
                connection, lane, rules_hash=rules.digest, after=after, size=_BATCH, warehouse=place
            )
            judged = judge.judge(connection, _judgeable(connection, context, rows, rules, known))
            counts["validated"] += len(judged)
            _settle(connection, context, judged, rules, counts)
        after = int(rows[-1].id) if rows else None


def _judgeable(
    connection: Connection,
    context: StageContext,
    rows: Sequence[Row[Any]],
    rules: LaneRules,
    known: CatalogueMatches,
) -> list[Row[Any]]:
    """Return the orders that can be judged now.

    An order with a SKU that the warehouse was not asked for waits as imported for the next run: its SKU may exist
    there, so it must not be reported as unknown. A blocked order is judged anyway, since it is blocked already.
    """
    waiting = [
        row
        for row in rows
        if row.state != State.BLOCKED and not known.cover(rules.skus.targets(sku for _, sku, *_ in row.lines))
    ]
    why = "the warehouse could not be asked for a SKU"
    ready = [Move(row.id, why=why) for row in waiting if row.state == State.READY]
    move(connection, ready, State.IMPORTED, context.by)
    waiting_ids = {row.id for row in waiting}
    return [row for row in rows if row.id not in waiting_ids]


def _settle(
    connection: Connection,
    context: StageContext,
    judged: Sequence[JudgedOrder],
    rules: LaneRules,
    counts: Counter[str],
) -> None:
    """Move each order of a batch according to its judgement."""
    sendable = [order for order in judged if order.can_be_sent]
    place_holds(connection, context.lane.name, {order.row.id: order.holds for order in sendable}, context.by)
    held = holds_of_orders(connection, [order.row.id for order in sendable])
    counts["held"] += _hold(connection, context, held)
    released = [order for order in sendable if order.row.id not in held]
    counts["ready"] += _release(connection, context, released, rules.digest)
    counts["blocked"] += _block(connection, context, judged)


def _hold(connection: Connection, context: StageContext, held: Mapping[int, OrderHold]) -> int:
    moves = [Move(order_id, why=hold.reason, held_until=hold.until) for order_id, hold in held.items()]
    return len(move(connection, moves, State.HELD, context.by))


def _release(
    connection: Connection, context: StageContext, orders: Sequence[JudgedOrder], rules_hash: str
) -> int:
    """Make orders ready with the request of the present rules; ready orders with the same request stay as they are."""
    changed = {
        order.row.id: why
        for order in orders
        if order.row.state == State.READY and (why := _request_change(order))
    }
    again = [Move(order_id, why=why) for order_id, why in changed.items()]
    move(connection, again, State.IMPORTED, context.by)
    unchanged = {order.row.id for order in orders if order.row.state == State.READY} - changed.keys()
    note_rules_hash(connection, sorted(unchanged), rules_hash)
    moves = [
        Move(
            order.row.id,
            why=_release_reason(order),
            request=request_document(order.result.request),
            rules_hash=rules_hash,
        )
        for order in orders
        if order.result.request is not None and order.row.id not in unchanged
    ]
    _warn_of_duplicates(context, [order for order in orders if order.row.id not in unchanged])
    return len(move(connection, moves, State.READY, context.by))


def _request_change(order: JudgedOrder) -> str:
    """Return what the present rules change in the request of a ready order; empty if nothing."""
    if order.result.request is None:
        return ""
    before = stored_request(order.row.request)
    if before is None:
        return "its stored request cannot be read"
    found = request_differences(before, order.result.request)
    return f"other rules: {'; '.join(found)}" if found else ""


def _release_reason(order: JudgedOrder) -> str:
    if order.possible_duplicate:
        return possible_duplicate_text(order.possible_duplicate)
    return "every cause was fixed" if order.row.state == State.BLOCKED else ""


def _warn_of_duplicates(context: StageContext, orders: Sequence[JudgedOrder]) -> None:
    """Log a batch's possible duplicates, the first of them by name: each order's timeline has its own."""
    alike = [order for order in orders if order.possible_duplicate]
    if alike:
        log.warning(
            "lane %s: %s, such as order %s, which %s",
            context.lane.name,
            counted(len(alike), "possible duplicate"),
            alike[0].row.reference,
            possible_duplicate_text(alike[0].possible_duplicate),
        )


def _block(connection: Connection, context: StageContext, judged: Sequence[JudgedOrder]) -> int:
    problems = [problem for order in judged for problem in order.result.problems]
    ids = causes.open_causes(connection, context.lane.name, problems)
    moves = []
    for order in judged:
        found = {ids[problem.fingerprint] for problem in order.result.problems} | order.kept_causes
        if found and (order.row.state != State.BLOCKED or found != set(order.row.cause_ids)):
            why = "; ".join(problem.message for problem in order.result.problems)
            why = why or "stopped by the warehouse or its connector"
            moves.append(Move(order.row.id, why=why, cause_ids=tuple(sorted(found))))
    return len(move(connection, moves, State.BLOCKED, context.by))
