"""Thinks about what may mend open causes, once for each, while the stages run: who looks at them only reads it.

A suggestion is for a person to take or leave; no order is ever sent by one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from cartage.errors import NotSupported, RemoteError, SettingsError
from cartage.errors.problems import ProblemKind
from cartage.mappings.suggestions import suggest_methods, suggest_skus
from cartage.model.orders import ShipMethod
from cartage.runtime.context import StageContext
from cartage.validation.repo import suggestions
from cartage.validation.repo.suggestions import DueCause

log = logging.getLogger(__name__)

# What a mapping mends.
FIXABLE = (ProblemKind.UNMAPPED_SHIP_METHOD, ProblemKind.UNKNOWN_SKU)
# In one run; the next one goes on with the others.
_MOST_CAUSES = 100
_MOST_SKUS = 20_000


def suggest_fixes(context: StageContext, *, anew: bool = False) -> int:
    """Keep suggestions for the causes that have none yet, or with `anew` for all; returns for how many.

    SKUs are compared with the cached catalogue; what the warehouse ships by is asked once a day, or anew. A warehouse
    that cannot be asked fails nothing: a cause without a suggestion can be mended all the same.
    """
    with context.ledger.begin() as connection:
        due = suggestions.due_causes(connection, context.lane.name, FIXABLE, most=_MOST_CAUSES, anew=anew)
    if not due:
        return 0
    try:
        found = {**_methods(context, due, anew=anew), **_skus(context, due)}
    except (RemoteError, SettingsError) as failure:
        log.warning("lane %s: no suggestions this time: %s", context.lane.name, failure)
        return 0
    with context.ledger.begin() as connection:
        suggestions.keep_suggestions(connection, found)
    return len(found)


def _methods(
    context: StageContext, due: Sequence[DueCause], *, anew: bool
) -> Mapping[int, list[dict[str, Any]]]:
    unmapped = [cause for cause in due if cause.kind is ProblemKind.UNMAPPED_SHIP_METHOD]
    if not unmapped:
        return {}
    offer = _offer(context, anew=anew)
    return {
        cause.id: [
            {
                "carrier": suggest_method.ship_method.carrier,
                "service": suggest_method.ship_method.service,
                "score": suggest_method.score,
            }
            for suggest_method in suggest_methods(cause.subject, offer)
        ]
        for cause in unmapped
    }


def _offer(context: StageContext, *, anew: bool) -> Sequence[ShipMethod]:
    """What the warehouse ships by; nothing if it does not tell."""
    with context.ledger.begin() as connection:
        offer = None if anew else suggestions.offered_ship_methods(connection, context.account, fresh=True)
    if offer is None:
        try:
            offer = list(context.warehouse.ship_methods())
        except NotSupported:
            return ()
        with context.ledger.begin() as connection:
            suggestions.keep_offered_ship_methods(connection, context.account, offer)
    return offer


def _skus(context: StageContext, due: Sequence[DueCause]) -> Mapping[int, list[dict[str, Any]]]:
    unknown = [cause for cause in due if cause.kind is ProblemKind.UNKNOWN_SKU]
    if not unknown:
        return {}
    with context.ledger.begin() as connection:
        items = suggestions.active_skus(connection, context.account, most=_MOST_SKUS)
    return {
        cause.id: [
            {"sku": sku, "description": items[sku], "score": score}
            for sku, score in suggest_skus(cause.subject, list(items))
        ]
        for cause in unknown
    }
