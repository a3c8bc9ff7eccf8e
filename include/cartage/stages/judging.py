"""What every judgement of orders needs: the lane's rules, the warehouse's items, and orders as the rules see them.

Validation moves orders by it; previews and backtests only compare.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lanes.model import Lane
from cartage.ledger import catalogue
from cartage.mapping.rules import Mappings
from cartage.mapping.ship_methods import ShipMethodTable
from cartage.mapping.skus import SkuTable
from cartage.mapping.validation import Candidate, CandidateLine, Validator
from cartage.orders.documents import address_from, problems_from, questions_from
from cartage.orders.notes import NoteRules, OrderTexts, notes_of
from cartage.orders.skus import Match, MatchKind
from cartage.stages.context import StageContext
from cartage.stages.lane_mappings import mappings_of

log = logging.getLogger(__name__)

# SKUs that the warehouse is asked for one by one per run; a full refresh finds any others.
_LOOK_UPS = 500


@dataclass(frozen=True)
class LaneRules:
    """The rules by which a lane's orders are judged at one moment."""

    mappings: Mappings

    @classmethod
    def of(cls, connection: Connection, lane: Lane) -> LaneRules:
        """The rules as they are now, from wherever the lane keeps them."""
        return cls(mappings_of(connection, lane))

    @cached_property
    def methods(self) -> ShipMethodTable:
        """The ship methods, ready for look-ups."""
        return ShipMethodTable(self.mappings.methods)

    @cached_property
    def skus(self) -> SkuTable:
        """The SKUs, ready for look-ups."""
        return SkuTable(self.mappings.skus)

    @cached_property
    def digest(self) -> str:
        """Stands for all rules that shape a request: another one means that ready orders are judged again."""
        return hashlib.sha256(repr(self.mappings).encode()).hexdigest()[:16]


def validator(context: StageContext, rules: LaneRules, matches: Mapping[str, Match]) -> Validator:
    """The judge by these rules. The connector is opened with the first order that is judged; mostly there is none."""
    return Validator(
        rules.methods,
        rules.skus,
        matches,
        lambda request: context.warehouse.validate(request),  # noqa: PLW0108 - not the bound method: see above
    )


def known_matches(connection: Connection, context: StageContext, skus: Sequence[str]) -> Mapping[str, Match]:
    """Where each SKU stands in the cached catalogue; calls nobody."""
    return catalogue.lookup(connection, context.account, skus)


def current_matches(context: StageContext, skus: Sequence[str]) -> tuple[Mapping[str, Match], int]:
    """Where each SKU stands in the catalogue, refreshed when old, asked for when missing; and how many were asked for.

    Raises:
        RemoteError: if the warehouse could not be asked.
    """
    if not skus:
        return {}, 0
    with context.ledger.begin() as connection:
        age = catalogue.age(connection, context.account)
        found = catalogue.lookup(connection, context.account, skus)
    if age is None or age > context.lane.warehouse.catalogue_age:
        return _refreshed(context, skus), 0
    missing = [sku for sku, match in found.items() if match.kind in (MatchKind.UNKNOWN, MatchKind.INACTIVE)]
    if not missing:
        return found, 0
    items = [item for page in context.warehouse.items(sorted(missing)[:_LOOK_UPS]) for item in page.items]
    with context.ledger.begin() as connection:
        catalogue.add(connection, context.account, items)
        return catalogue.lookup(connection, context.account, skus), min(len(missing), _LOOK_UPS)


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


def candidate(lane: Lane, row: Row[Any]) -> Candidate:
    """An order's row as the rules see it."""
    return Candidate(
        id=row.id,
        reference=row.reference,
        display_number=row.invoice or row.reference,
        ordered_at=row.ordered_at,
        ship_to=address_from(row.ship_to),
        ship_method=row.ship_method,
        lines=tuple(CandidateLine(line[0], line[1], Decimal(line[2]), line[3]) for line in row.lines),
        notes=_notes(lane, row),
        own_problems=problems_from(row.problems),
    )


def _notes(lane: Lane, row: Row[Any]) -> str:
    settings = lane.warehouse
    texts = OrderTexts(
        row.comments or "",
        row.internal_comments or "",
        row.external_comments or "",
        questions_from(row.questions),
    )
    return notes_of(texts, NoteRules(settings.texts, settings.gift_question, settings.po_question))
