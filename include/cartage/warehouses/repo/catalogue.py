"""The warehouse's catalogue, cached per account: refreshed as a whole, added to on a miss, searched by set."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Text,
    any_,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from cartage.db import schema
from cartage.errors.problems import LONGEST_NAME, quoted
from cartage.model.skus import Match, folded
from cartage.warehouses.listed import CatalogueItem
from cartage.warehouses.matching import match

log = logging.getLogger(__name__)

_BATCH = 2_000
_ITEM = schema.catalogue.c
_REFRESH = schema.catalogue_refresh.c

# Writers of one account take turns: two that write the same rows in different orders would deadlock.
_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('cartage catalogue ' || :account, 0)), clock_timestamp()"
)

# A whole batch is written at once: arrays are far faster than a row at a time.
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


def age(connection: Connection, account: str) -> timedelta | None:
    """Return how long ago the whole catalogue was last read; None if it never was."""
    found: timedelta | None = connection.execute(
        select(func.clock_timestamp() - _REFRESH.refreshed_at).where(_REFRESH.account == account)
    ).scalar_one_or_none()
    return found


def begin_refresh(connection: Connection, account: str) -> datetime:
    """Begin a refresh over several transactions: `add` each page in its own, then `end_refresh` with this instant."""
    return _lock(connection, account)


def end_refresh(connection: Connection, account: str, since: datetime) -> None:
    """Drop what the refresh did not see, and record when it began as the catalogue's age."""
    _lock(connection, account)
    connection.execute(delete(schema.catalogue).where(_ITEM.account == account, _ITEM.refreshed_at < since))
    statement = insert(schema.catalogue_refresh).values(account=account, refreshed_at=since)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[_REFRESH.account],
            set_={"refreshed_at": func.greatest(_REFRESH.refreshed_at, statement.excluded.refreshed_at)},
        )
    )


def add(connection: Connection, account: str, items: Iterable[CatalogueItem]) -> int:
    """Add or update items and leave all others; log those whose SKU is too long to be compared. Return how many."""
    _lock(connection, account)
    given = 0
    for batch in _batches(_comparable(items)):
        connection.execute(_UPSERT, {"account": account, **_columns(batch)})
        given += len(batch)
    return given


def keep(connection: Connection, account: str, skus: Iterable[str]) -> None:
    """Keep items as they are during a refresh that could not read them."""
    kept = [folded(sku) for sku in skus if sku]
    if kept:
        _lock(connection, account)
        statement = update(schema.catalogue).where(_ITEM.account == account, _among(kept))
        connection.execute(statement.values(refreshed_at=func.clock_timestamp()))


def forget(connection: Connection, account: str, skus: Iterable[str]) -> None:
    """Drop items that the warehouse itself reported as unknown."""
    gone = [folded(sku) for sku in skus]
    if gone:
        _lock(connection, account)
        connection.execute(delete(schema.catalogue).where(_ITEM.account == account, _among(gone)))


def lookup(connection: Connection, account: str, skus: Iterable[str]) -> dict[str, Match]:
    """Look up SKUs in the catalogue, as `match` compares them. Every SKU given has an entry in the result."""
    wanted = {sku: folded(sku) for sku in skus}
    rows = connection.execute(
        select(_ITEM.sku, _ITEM.folded, _ITEM.active).where(
            _ITEM.account == account, _among(set(wanted.values()) - {""})
        )
    )
    candidates: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in rows:
        candidates[row.folded].append((row.sku, row.active))
    return {sku: match(sku, candidates.get(key, ())) for sku, key in wanted.items()}


def find_items(connection: Connection, account: str, wanted: str, *, most: int) -> list[CatalogueItem]:
    """Return the items whose SKU or description contains a text, in any letter case; those that begin with it first."""
    wanted = " ".join(wanted.split()).lower()
    if not wanted:
        return []
    sku, description = func.lower(_ITEM.sku), func.lower(_ITEM.description)
    found = (
        select(_ITEM.sku, _ITEM.remote_id, _ITEM.description, _ITEM.active)
        .where(
            _ITEM.account == account,
            sku.contains(wanted, autoescape=True) | description.contains(wanted, autoescape=True),
        )
        .order_by(sku != wanted, ~sku.startswith(wanted, autoescape=True), ~_ITEM.active, _ITEM.sku)
        .limit(most)
    )
    return [CatalogueItem(**row) for row in connection.execute(found).mappings()]


def _lock(connection: Connection, account: str) -> datetime:
    """Wait for other writers of this account. Return the time from which rows count as new."""
    now: datetime = connection.execute(_LOCK, {"account": account}).one()[1]
    return now


def _among(keys: Iterable[str]) -> ColumnElement[bool]:
    """Match rows with one of these folded SKUs, sent as one array: there may be thousands."""
    return _ITEM.folded == any_(literal(list(keys), ARRAY(Text)))


def _comparable(items: Iterable[CatalogueItem]) -> Iterator[CatalogueItem]:
    """Yield the items that an index can hold and an order can name."""
    for item in items:
        if len(item.sku) <= LONGEST_NAME:
            yield item
        else:
            log.warning("the warehouse's item %s is left out: its SKU is too long", quoted(item.sku))


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
