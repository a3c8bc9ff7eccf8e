"""Suggest fixes for open causes, once for each, and keep them on the cause for those who look at it.

A suggestion is for a person to accept or ignore; it never sends an order by itself.
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
from cartage.validation.offered_methods import current_offers
from cartage.validation.repo import suggestions
from cartage.validation.repo.suggestions import DueCause
from cartage.warehouses.repo.offers import offered_ship_methods

log = logging.getLogger(__name__)

# The kinds of causes that a mapping can fix.
FIXABLE = (ProblemKind.UNMAPPED_SHIP_METHOD, ProblemKind.UNKNOWN_SKU)
# In one run; the next run takes the others.
_MOST_CAUSES = 100
_MOST_SKUS = 20_000


def suggest_fixes(context: StageContext, *, again: bool = False) -> int:
    """Keep suggestions for the causes that have none yet, or with `again` for all; return for how many.

    SKUs are compared with the cached catalogue. The warehouse is asked for its ship methods once a day, or with
    `again` now. If it cannot be asked, those that it offered last are compared; if it was never asked, the causes wait
    for a later run. Nothing fails: a cause can be fixed without a suggestion.
    """
    with context.ledger.begin() as connection:
        due = suggestions.due_causes(connection, context.lane.name, FIXABLE, most=_MOST_CAUSES, again=again)
    if not due:
        return 0
    found = {**_for_ship_methods(context, due, again=again), **_for_skus(context, due)}
    with context.ledger.begin() as connection:
        suggestions.keep_suggestions(connection, found)
    return len(found)


def _for_ship_methods(
    context: StageContext, due: Sequence[DueCause], *, again: bool
) -> Mapping[int, list[dict[str, Any]]]:
    unmapped = [cause for cause in due if cause.kind is ProblemKind.UNMAPPED_SHIP_METHOD]
    if not unmapped:
        return {}
    by_warehouse = [_offered(place, again=again) for place in context.every_warehouse()]
    if all(offered is None for offered in by_warehouse):
        return {}
    offered = list(dict.fromkeys(method for offers in by_warehouse for method in offers or ()))
    return {
        cause.id: [
            {
                "carrier": suggestion.ship_method.carrier,
                "service": suggestion.ship_method.service,
                "title": suggestion.ship_method.title,
                "score": suggestion.score,
            }
            for suggestion in suggest_methods(cause.subject, offered)
        ]
        for cause in unmapped
    }


def _offered(context: StageContext, *, again: bool) -> Sequence[ShipMethod] | None:
    """Return the warehouse's ship methods: none if its connector cannot list them, None if they are not known."""
    try:
        return current_offers(context, again=again)
    except NotSupported:
        return ()
    except (RemoteError, SettingsError) as failure:
        if isinstance(failure, RemoteError):
            context.note_failure(failure)
        log.warning(
            "lane %s: the warehouse could not be asked for its ship methods: %s", context.lane.name, failure
        )
    with context.ledger.begin() as connection:
        return offered_ship_methods(connection, context.account)


def _for_skus(context: StageContext, due: Sequence[DueCause]) -> Mapping[int, list[dict[str, Any]]]:
    unknown = [cause for cause in due if cause.kind is ProblemKind.UNKNOWN_SKU]
    if not unknown:
        return {}
    with context.ledger.begin() as connection:
        items = {
            sku: description
            for place in context.every_warehouse()
            for sku, description in suggestions.active_skus(
                connection, place.account, most=_MOST_SKUS
            ).items()
        }
    return {
        cause.id: [
            {"sku": sku, "description": items[sku], "score": score}
            for sku, score in suggest_skus(cause.subject, list(items))
        ]
        for cause in unknown
    }
