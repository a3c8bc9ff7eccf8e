"""Rows of a warehouse's responses that could not be read: what is known of them, never their content."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, text

from cartage.db.schema import unreadable_row
from cartage.model.skus import folded
from cartage.warehouses.unreadable import RowKind, UnreadableRow

_ROW = unreadable_row.c

_KEEP = text(
    """
    INSERT INTO unreadable_row (lane, warehouse, kind, key, name, what, remote_id, cause_id, run_id)
    SELECT DISTINCT ON (r.kind, r.key)
        :lane, :warehouse, r.kind, r.key, r.name, r.what, r.remote_id, r.cause_id, :run_id
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS r(kind text, key text, name text, what text, remote_id text, cause_id bigint)
    ORDER BY r.kind, r.key
    ON CONFLICT (lane, warehouse, kind, key) DO UPDATE SET
        name = excluded.name, what = excluded.what, remote_id = excluded.remote_id, cause_id = excluded.cause_id,
        last_seen_at = clock_timestamp()
    """
)

# Those that were tried longest ago come first, so that none keeps the others waiting.
_DUE = text(
    """
    UPDATE unreadable_row SET tried_at = clock_timestamp()
    WHERE id IN (
        SELECT id FROM unreadable_row
        WHERE lane = :lane AND warehouse = :warehouse AND kind = 'order' AND remote_id <> '' AND last_seen_at < :since
        ORDER BY tried_at NULLS FIRST, id LIMIT :most)
    RETURNING remote_id
    """
)


def keep_rows(
    connection: Connection,
    lane: str,
    rows: Iterable[UnreadableRow],
    causes: Mapping[str, int],
    run_id: str,
    warehouse: str = "",
) -> None:
    """Keep rows, each with its cause by its subject; one that comes again is only seen again."""
    kept = [
        {
            "kind": row.kind,
            "key": row.remote_id or row.content_hash,
            "name": row.name,
            "what": row.what,
            "remote_id": row.remote_id,
            "cause_id": causes[row.subject],
        }
        for row in rows
    ]
    if kept:
        values = {"lane": lane, "warehouse": warehouse, "rows": json.dumps(kept), "run_id": run_id}
        connection.execute(_KEEP, values)


def orders_to_read_again(
    connection: Connection, lane: str, since: datetime, most: int, warehouse: str = ""
) -> list[str]:
    """Return the numbers of orders that could not be read before `since`, and note that they are tried now."""
    values = {"lane": lane, "warehouse": warehouse, "since": since, "most": most}
    found = connection.execute(_DUE, values)
    return [str(row.remote_id) for row in found]


def drop_read_orders(
    connection: Connection,
    lane: str,
    remote_ids: Collection[str],
    since: datetime,
    references: Collection[str] = (),
    warehouse: str = "",
) -> int:
    """Drop those of these orders that were not kept again since then: they can be read now, or are gone.

    Those that were kept without a number are known by their references.
    """
    same = _ROW.key.in_(remote_ids) | ((_ROW.remote_id == "") & (_ROW.name != "") & _ROW.name.in_(references))
    place = _ROW.lane == lane, _ROW.warehouse == warehouse
    read = *place, _ROW.kind == RowKind.ORDER, same, _ROW.last_seen_at < since
    return connection.execute(delete(unreadable_row).where(*read)).rowcount


def drop_read_stock(
    connection: Connection, lane: str, skus: Collection[str], since: datetime, warehouse: str = ""
) -> int:
    """Drop rows about the stock of these SKUs that were not kept again since then: it can be read now."""
    place = _ROW.lane == lane, _ROW.warehouse == warehouse
    read = *place, _ROW.kind == RowKind.STOCK, _ROW.name.in_(skus), _ROW.last_seen_at < since
    return connection.execute(delete(unreadable_row).where(*read)).rowcount


def drop_unseen(
    connection: Connection, lane: str, kind: RowKind, since: datetime, warehouse: str = ""
) -> int:
    """Drop rows of a list that was read as a whole since then and does not have them any more; return how many."""
    place = _ROW.lane == lane, _ROW.warehouse == warehouse
    unseen = *place, _ROW.kind == kind, _ROW.last_seen_at < since
    return connection.execute(delete(unreadable_row).where(*unseen)).rowcount


def unreadable_items(
    connection: Connection, lane: str, skus: Collection[str], warehouse: str = ""
) -> set[str]:
    """Return which of these SKUs have an item in the catalogue that cannot be read."""
    wanted = defaultdict(set)
    for sku in skus:
        wanted[folded(sku)].add(sku)
    if not wanted:
        return set()
    kept = select(_ROW.name).where(_ROW.lane == lane, _ROW.warehouse == warehouse)
    kept = kept.where(_ROW.kind == RowKind.ITEM, _ROW.name != "")
    return {sku for name in connection.execute(kept).scalars() for sku in wanted.get(folded(name), ())}


def unreadable_rows(connection: Connection, lane: str, size: int) -> Sequence[Any]:
    """Return rows that could not be read, the newest first.

    Rows of kind, name, remote_id, what, first_seen_at, last_seen_at.
    """
    columns = (_ROW.kind, _ROW.name, _ROW.remote_id, _ROW.what, _ROW.first_seen_at, _ROW.last_seen_at)
    kept = select(*columns).where(_ROW.lane == lane).order_by(_ROW.id.desc()).limit(size)
    return connection.execute(kept).all()
