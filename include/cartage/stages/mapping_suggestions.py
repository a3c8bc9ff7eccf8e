"""Mends for what blocks a lane's orders for want of a mapping: what the warehouse has that reads most alike.

A suggestion is for a person to take or leave; no order is ever sent by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
from cartage.ledger import catalogue, causes
from cartage.ledger.causes import BlockingCause
from cartage.mapping.rules import MethodRule, Part, Rule, SkuRule
from cartage.mapping.suggestions import suggest, suggest_skus
from cartage.orders.model import ShipMethod
from cartage.orders.problems import ProblemKind
from cartage.stages.context import StageContext


@dataclass(frozen=True, slots=True)
class Mend:
    """A rule that would release a cause's orders, and how alike the names are (0 to 100)."""

    rule: Rule
    score: float


@dataclass(frozen=True, slots=True)
class Mendable:
    """An open cause that a mapping would mend; without `mends` nothing at the warehouse reads alike."""

    cause: BlockingCause
    mends: tuple[Mend, ...]


def offered_methods(context: StageContext) -> Sequence[ShipMethod]:
    """What the warehouse offers, by one call; none if it does not tell."""
    try:
        return context.warehouse.ship_methods()
    except (AuthFailed, PermissionDenied, SettingsError, NotSupported):
        return ()


def mendable(context: StageContext) -> list[Mendable]:
    """The lane's open causes that a mapping would mend, the one that blocks most first, each with its nearest mends.

    SKUs are compared with the cached catalogue; for ship methods the warehouse is asked, if any is unmapped.
    """
    with context.ledger.begin() as connection:
        found = causes.blocking_causes(connection, context.lane.name)
        wanted = {one.kind for one in found}
        skus = []
        if ProblemKind.UNKNOWN_SKU in wanted:
            skus = catalogue.active_skus(connection, context.account)
    methods = offered_methods(context) if ProblemKind.UNMAPPED_SHIP_METHOD in wanted else ()
    kinds = (ProblemKind.UNMAPPED_SHIP_METHOD, ProblemKind.UNKNOWN_SKU)
    return [Mendable(one, tuple(_mends(one, methods, skus))) for one in found if one.kind in kinds]


def _mends(cause: BlockingCause, methods: Sequence[ShipMethod], skus: Sequence[str]) -> list[Mend]:
    if cause.kind is ProblemKind.UNKNOWN_SKU:
        near = suggest_skus(cause.subject, skus)
        return [Mend(SkuRule(cause.subject, (Part(sku),)), score) for sku, score in near]
    return [
        Mend(MethodRule(cause.subject, one.ship_method), one.score) for one in suggest(cause.subject, methods)
    ]
