"""The warehouse's catalogue, cached per account: refreshed whole, added to on a miss, asked by set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Row, text

from cartage.model.skus import Match, MatchKind, folded
from cartage.warehouses.contract import CatalogueItem

_BATCH = 2_000

_AGE = text("SELECT clock_timestamp() - refreshed_at FROM catalogue_refresh WHERE account = :account")

# Writers of one account take turns: two of them in different order would wait for each other for ever.
_TURN = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('cartage catalogue ' || :account, 0)), clock_timestamp()"
)

_UPSERT = text(
    """
    INSERT INTO catalogue (account, sku, folded, remote_id, description, active)
    SELECT DISTINCT ON (item.sku) :account, item.*
    FROM unnest(
        CAST(:skus AS text[]), CAST(:folded AS text[]), CAST(:remote_ids AS text[]),
        CAST(:descriptions AS text[]), CAST(:active AS boolean[])
    ) AS item(sku, folded, remote_id, description, active)
    ORDER BY item.sku, item.active DESC
    ON CONFLICT (account, sku) DO UPDATE SET
        folded = excluded.folded, remote_id = excluded.remote_id, description = excluded.description,
        active = excluded.active, refreshed_at = clock_timestamp()
    """
)

_DROP_GONE = text("DELETE FROM catalogue WHERE account = :account AND refreshed_at < :since")

_FORGET = text("DELETE FROM catalogue WHERE account = :account AND folded = ANY(:folded)")

_REFRESHED = text(
    """
    INSERT INTO catalogue_refresh AS known (account, refreshed_at) VALUES (:account, :since)
    ON CONFLICT (account) DO UPDATE SET refreshed_at = greatest(known.refreshed_at, excluded.refreshed_at)
    """
)

_LOOKUP = text("SELECT sku, folded, active FROM catalogue WHERE account = :account AND folded = ANY(:folded)")


def age(connection: Connection, account: str) -> timedelta | None:
    """How long ago the whole catalogue was last read; None if it never was."""
    found: timedelta | None = connection.execute(_AGE, {"account": account}).scalar_one_or_none()
    return found


def begin_refresh(connection: Connection, account: str) -> datetime:
    """Begin a refresh over several transactions: `add` each page in its own, then `end_refresh` with this."""
    return _turn(connection, account)


def end_refresh(connection: Connection, account: str, since: datetime) -> None:
    """Drop what was not seen since the refresh began, and note that the catalogue is as old as that."""
    _turn(connection, account)
    connection.execute(_DROP_GONE, {"account": account, "since": since})
    connection.execute(_REFRESHED, {"account": account, "since": since})


def add(connection: Connection, account: str, items: Iterable[CatalogueItem]) -> int:
    """Add or update items, and leave all others; returns how many were given."""
    _turn(connection, account)
    given = 0
    for batch in _batches(items):
        connection.execute(_UPSERT, {"account": account, **_columns(batch)})
        given += len(batch)
    return given


def forget(connection: Connection, account: str, skus: Iterable[str]) -> None:
    """Drop these items: the warehouse itself said that it does not know them."""
    gone = [folded(sku) for sku in skus]
    if gone:
        _turn(connection, account)
        connection.execute(_FORGET, {"account": account, "folded": gone})


def lookup(connection: Connection, account: str, skus: Iterable[str]) -> dict[str, Match]:
    """Where each of these SKUs stands in the catalogue; every SKU given has an entry.

    An exact match wins; then blanks at the ends are ignored, then letter case too. More than one active item
    is ambiguous, never a guess; none but inactive ones is inactive.
    """
    wanted = {sku: folded(sku) for sku in skus}
    rows = connection.execute(_LOOKUP, {"account": account, "folded": list(set(wanted.values()) - {""})})
    candidates: dict[str, list[Row[tuple[str, str, bool]]]] = defaultdict(list)
    for row in rows:
        candidates[row.folded].append(row)
    return {
        sku: match(sku, [(row.sku, row.active) for row in candidates.get(key, ())])
        for sku, key in wanted.items()
    }


def match(sku: str, candidates: Sequence[tuple[str, bool]]) -> Match:
    """Choose among the items, as (SKU, active), whose folded SKU is the same."""
    exact = [candidate for candidate in candidates if candidate[0] == sku]
    trimmed = [candidate for candidate in candidates if candidate[0].strip() == sku.strip()]
    nearest = exact or trimmed or candidates
    if not nearest:
        return Match(MatchKind.UNKNOWN)
    active = [name for name, is_active in nearest if is_active]
    if len(active) > 1:
        return Match(MatchKind.AMBIGUOUS, candidates=tuple(sorted(active)))
    if active:
        return Match(MatchKind.EXACT if exact else MatchKind.FOLDED, active[0])
    names = sorted(name for name, _ in nearest)
    return Match(MatchKind.INACTIVE, names[0] if len(names) == 1 else "", tuple(names))


def _turn(connection: Connection, account: str) -> datetime:
    now: datetime = connection.execute(_TURN, {"account": account}).one()[1]
    return now


def _batches(items: Iterable[CatalogueItem]) -> Iterator[list[CatalogueItem]]:
    stream = iter(items)
    while batch := list(islice(stream, _BATCH)):
        yield batch


def _columns(items: Sequence[CatalogueItem]) -> dict[str, list[str] | list[bool]]:
    return {
        "skus": [item.sku for item in items],
        "folded": [folded(item.sku) for item in items],
        "remote_ids": [item.remote_id for item in items],
        "descriptions": [item.description for item in items],
        "active": [item.active for item in items],
    }
