"""Look up the SKUs that orders need in the cached catalogue, after refreshing it or adding what is missing.

Every call to the warehouse is made here, outside of any transaction. Orders are judged afterwards, by the cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cartage.errors import NotSupported, RemoteError, SettingsError
from cartage.errors.problems import LONGEST_NAME
from cartage.lanes.connectors import has_catalogue
from cartage.model.skus import Match, MatchKind
from cartage.model.texts import label
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import keep_unreadable
from cartage.warehouses.lookups import ask_in_groups, log_refused
from cartage.warehouses.repo import catalogue
from cartage.warehouses.repo.unreadable_rows import drop_unseen, unreadable_items
from cartage.warehouses.unreadable import RowKind

log = logging.getLogger(__name__)

# Why a warehouse cannot be asked for its catalogue.
CATALOGUE_FAILURES = (RemoteError, SettingsError, NotSupported)
CatalogueFailure = RemoteError | SettingsError | NotSupported
# SKUs that the warehouse is asked for by name in one run; a full refresh finds any others.
_LOOK_UPS = 500


@dataclass(frozen=True, slots=True)
class CatalogueMatches:
    """Where SKUs stand in the catalogue. `looked_up` counts those that the warehouse was asked for by name.

    `failure` is why the warehouse could not be asked. A SKU without a match may exist at the warehouse: it is not
    cached, and the warehouse was not asked for it.
    """

    by_sku: Mapping[str, Match] = field(default_factory=dict)
    looked_up: int = 0
    failure: CatalogueFailure | None = None

    def cover(self, skus: Iterable[str]) -> bool:
        """Return whether it is known where each of these SKUs stands.

        A line without a SKU needs no match, and one that is too long for any catalogue has none.
        """
        return all(sku in self.by_sku for sku in skus if sku and len(sku) <= LONGEST_NAME)


def current_matches(context: StageContext, skus: Sequence[str]) -> CatalogueMatches:
    """Return where each SKU stands; refresh an old catalogue first, and ask the warehouse for SKUs that are missing.

    A warehouse without a catalogue takes any SKU, and rejects later what it does not know.

    Where the warehouse cannot be asked and a catalogue is cached, log a warning and use the cache: the failure is in
    the result. A SKU that it refuses to be asked for is judged by the cache alone.

    Raises:
        RemoteError, SettingsError, NotSupported: if the warehouse cannot be asked and no catalogue is cached.
    """
    wanted = [sku for sku in skus if len(sku) <= LONGEST_NAME]
    if not wanted:
        return CatalogueMatches()
    settings = context.lane.warehouse
    if not has_catalogue(settings.connector, settings.settings):
        return CatalogueMatches({sku: _as_written(sku) for sku in wanted})
    with context.ledger.begin() as connection:
        age = catalogue.age(connection, context.account)
        cached = catalogue.lookup(connection, context.account, wanted)
    missing = [sku for sku, match in cached.items() if match.kind in (MatchKind.UNKNOWN, MatchKind.INACTIVE)]
    try:
        if age is None or age > context.lane.warehouse.catalogue_age:
            _refresh(context)
            missing = []
        elif missing:
            _look_up(context, sorted(missing)[:_LOOK_UPS])
        else:
            return CatalogueMatches(cached)
    except CATALOGUE_FAILURES as failure:
        if age is None:
            raise
        _warn(context, failure)
        known = {sku: match for sku, match in cached.items() if match.kind is not MatchKind.UNKNOWN}
        return CatalogueMatches(known, failure=failure)
    with context.ledger.begin() as connection:
        found = catalogue.lookup(connection, context.account, wanted)
        unknown = [sku for sku, match in found.items() if match.kind is MatchKind.UNKNOWN]
        unreadable = unreadable_items(connection, context.lane.name, unknown, context.warehouse_name)
    found |= dict.fromkeys(unreadable, Match(MatchKind.UNREADABLE))
    return CatalogueMatches(found, looked_up=min(len(missing), _LOOK_UPS))


def _as_written(sku: str) -> Match:
    """Return the SKU as people read it: the store may have `R&amp;D-1`."""
    name = label(sku)
    return Match(MatchKind.EXACT if name == sku else MatchKind.FOLDED, name)


def _refresh(context: StageContext) -> None:
    """Read the whole catalogue, a page a transaction; at the end, drop what the warehouse no longer has."""
    pages = context.warehouse.items()
    with context.ledger.begin() as connection:
        since = catalogue.begin_refresh(connection, context.account)
    items = 0
    for page in pages:
        with context.ledger.begin() as connection:
            items += catalogue.add(connection, context.account, page.items)
            catalogue.keep(connection, context.account, [row.name for row in page.unreadable])
            keep_unreadable(context, connection, page.unreadable)
    with context.ledger.begin() as connection:
        catalogue.end_refresh(connection, context.account, since)
        drop_unseen(connection, context.lane.name, RowKind.ITEM, since, context.warehouse_name)
    log.info("lane %s: the warehouse's catalogue was read: %d items", context.lane.name, items)


def _look_up(context: StageContext, skus: Sequence[str]) -> None:
    """Ask for SKUs by name and cache the items. One that the warehouse refuses concerns no other.

    A warehouse compares letter for letter, so it is asked for `R&amp;D-1` as the store has it and as `R&D-1`.
    """
    spellings = list(dict.fromkeys(spelling for sku in skus for spelling in (sku, label(sku))))
    pages = list(ask_in_groups(spellings, lambda asked: context.warehouse.items(asked), log_refused))  # noqa: PLW0108 - opened late
    with context.ledger.begin() as connection:
        catalogue.add(connection, context.account, [item for page in pages for item in page.items])
        keep_unreadable(context, connection, [row for page in pages for row in page.unreadable])


def _warn(context: StageContext, failure: CatalogueFailure) -> None:
    """Log that the cache is used; the failure counts for the circuit although it stops no judgement."""
    if isinstance(failure, RemoteError):
        context.note_failure(failure)
    log.warning(
        "lane %s: the warehouse could not be asked for its catalogue (%s); orders are judged by the cached one",
        context.lane.name,
        failure,
    )
