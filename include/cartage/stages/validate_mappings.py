"""Validation: each imported order becomes ready with its request, or blocked with every cause that it has.

Blocked orders are judged again in every run, so that mending a cause releases all of its orders at once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row

from cartage.ledger import catalogue, causes
from cartage.ledger import validation as waiting
from cartage.ledger.states import State
from cartage.ledger.transitions import Move, move
from cartage.mapping.ship_methods import ShipMethodTable
from cartage.mapping.validation import Candidate, CandidateLine, Validator, Verdict
from cartage.orders.documents import address_from, problems_from, questions_from, request_document
from cartage.orders.notes import NoteRules, OrderTexts, notes_of
from cartage.orders.skus import Match, MatchKind
from cartage.stages.context import StageContext

log = logging.getLogger(__name__)

_BATCH = 500
# SKUs that the warehouse is asked for one by one per run; a full refresh finds any others.
_LOOK_UPS = 500


def run(context: StageContext) -> dict[str, int]:
    """Judge every imported and blocked order. Returns counts: judged, ready, blocked, causes_closed, looked_up."""
    counts: Counter[str] = Counter(
        dict.fromkeys(("judged", "ready", "blocked", "causes_closed", "looked_up"), 0)
    )
    with context.ledger.begin() as connection:
        skus = waiting.skus_in_question(connection, context.lane.name)
    found = _catalogue_matches(context, skus, counts)
    methods = ShipMethodTable(context.lane.ship_methods)
    # Not the bound method: the connector is to be opened with the first order that is judged; mostly there is none.
    validator = Validator(methods, found, lambda request: context.warehouse.validate(request))  # noqa: PLW0108
    after: int | None = 0
    while after is not None and not context.stop.is_set():
        after = _judge_batch(context, validator, after, counts)
    with context.ledger.begin() as connection:
        counts["causes_closed"] = causes.close_mended(connection, context.lane.name)
    return dict(counts)


def _catalogue_matches(
    context: StageContext, skus: Sequence[str], counts: Counter[str]
) -> Mapping[str, Match]:
    """Where each SKU stands in the catalogue: refreshed when old, asked for when missing."""
    if not skus:
        return {}
    with context.ledger.begin() as connection:
        age = catalogue.age(connection, context.account)
        found = catalogue.lookup(connection, context.account, skus)
    if age is None or age > context.lane.warehouse.catalogue_age:
        return _refreshed(context, skus)
    missing = [sku for sku, match in found.items() if match.kind in (MatchKind.UNKNOWN, MatchKind.INACTIVE)]
    if not missing:
        return found
    items = [item for page in context.warehouse.items(sorted(missing)[:_LOOK_UPS]) for item in page.items]
    counts["looked_up"] = min(len(missing), _LOOK_UPS)
    with context.ledger.begin() as connection:
        catalogue.add(connection, context.account, items)
        return catalogue.lookup(connection, context.account, skus)


def _refreshed(context: StageContext, skus: Sequence[str]) -> Mapping[str, Match]:
    """Read the whole catalogue, a page a transaction; what the warehouse no longer has is dropped at the end."""
    with context.ledger.begin() as connection:
        since = catalogue.begin_refresh(connection, context.account)
    items = 0
    for page in context.warehouse.items():
        with context.ledger.begin() as connection:
            items += catalogue.add(connection, context.account, page.items)
    with context.ledger.begin() as connection:
        catalogue.end_refresh(connection, context.account, since)
        found = catalogue.lookup(connection, context.account, skus)
    log.info("lane %s: the warehouse's catalogue was read anew: %d items", context.lane.name, items)
    return found


def _judge_batch(context: StageContext, validator: Validator, after: int, counts: Counter[str]) -> int | None:
    """Judge the next orders; returns the last id, or None when there are no more."""
    with context.ledger.begin() as connection:
        rows = waiting.candidates(connection, context.lane.name, after=after, size=_BATCH)
        if not rows:
            return None
        verdicts = [(row, validator.judge(_candidate(context, row))) for row in rows]
        counts["judged"] += len(rows)
        counts["ready"] += _release(connection, context, verdicts)
        counts["blocked"] += _block(connection, context, verdicts)
    return int(rows[-1].id)


def _release(
    connection: Connection, context: StageContext, verdicts: Sequence[tuple[Row[Any], Verdict]]
) -> int:
    moves = [
        Move(row.id, why=_release_reason(row), request=request_document(verdict.request))
        for row, verdict in verdicts
        if verdict.request is not None and not row.kept_causes
    ]
    return len(move(connection, moves, State.READY, context.by))


def _release_reason(row: Row[Any]) -> str:
    return "every cause was mended" if row.state == State.BLOCKED else ""


def _block(
    connection: Connection, context: StageContext, verdicts: Sequence[tuple[Row[Any], Verdict]]
) -> int:
    problems = [problem for _, verdict in verdicts for problem in verdict.problems]
    ids = causes.open_causes(connection, context.lane.name, problems)
    moves = []
    for row, verdict in verdicts:
        wanted = {ids[problem.fingerprint] for problem in verdict.problems} | set(row.kept_causes)
        if wanted and (row.state != State.BLOCKED or wanted != set(row.cause_ids)):
            why = "; ".join(problem.message for problem in verdict.problems) or "refused by the warehouse"
            moves.append(Move(row.id, why=why, cause_ids=tuple(sorted(wanted))))
    return len(move(connection, moves, State.BLOCKED, context.by))


def _candidate(context: StageContext, row: Row[Any]) -> Candidate:
    return Candidate(
        id=row.id,
        reference=row.reference,
        display_number=row.invoice or row.reference,
        ordered_at=row.ordered_at,
        ship_to=address_from(row.ship_to),
        ship_method=row.ship_method,
        lines=tuple(CandidateLine(line[0], line[1], Decimal(line[2]), line[3]) for line in row.lines),
        notes=_notes(context, row),
        own_problems=problems_from(row.problems),
    )


def _notes(context: StageContext, row: Row[Any]) -> str:
    settings = context.lane.warehouse
    texts = OrderTexts(
        row.comments or "",
        row.internal_comments or "",
        row.external_comments or "",
        questions_from(row.questions),
    )
    return notes_of(texts, NoteRules(settings.texts, settings.gift_question, settings.po_question))
