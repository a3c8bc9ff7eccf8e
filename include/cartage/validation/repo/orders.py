"""Orders as validation sees them: those that wait for it, locked against other runs, and others for a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

_ROWS = text(
    """
    SELECT f.id, f.reference, f.state, f.ship_method, f.ship_to, f.cause_ids, f.request, s.id AS sales_order_id,
           s.order_id, s.invoice, s.ordered_at, s.amount,
           s.document ->> 'comments' AS comments, s.document ->> 'internal_comments' AS internal_comments,
           s.document ->> 'external_comments' AS external_comments, s.document -> 'questions' AS questions,
           s.document -> 'problems' AS problems,
           coalesce((
               SELECT jsonb_agg(
                   jsonb_build_array(l.line_id, l.sku, l.quantity::text, l.description) ORDER BY l.position)
               FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id
           ), '[]') AS lines,
           ARRAY(
               SELECT c.id FROM cause c WHERE c.id = ANY(f.cause_ids) AND c.kind = 'refused_by_warehouse'
           ) AS kept_causes
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.id = ANY(:ids) ORDER BY f.id
    """
)

_WAITING = text(
    """
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = :lane AND f.state = ANY(CAST(:states AS text[])) AND f.id > :after
      AND (f.state <> 'ready' OR f.rules_hash <> :rules_hash)
    ORDER BY f.id LIMIT :size
    FOR UPDATE OF f SKIP LOCKED
    """
)

_UNSENT = text(
    """
    SELECT id FROM fulfillment_order
    WHERE lane = :lane AND state IN ('imported', 'blocked', 'held', 'ready') AND id > :after
    ORDER BY id LIMIT :size
    """
)

_PLACED_SINCE = text(
    """
    SELECT f.id FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE s.lane = :lane AND s.ordered_at >= :since AND f.lane = :lane AND f.state <> 'skipped'
      AND f.superseded_at IS NULL
    ORDER BY f.id
    """
)

_SKUS = text(
    """
    SELECT DISTINCT l.sku
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.lane = :lane AND f.state = ANY(CAST(:states AS text[])) AND l.sku <> ''
      AND (f.state <> 'ready' OR f.rules_hash <> :rules_hash)
    """
)

_JUDGED_BY = text("UPDATE fulfillment_order SET rules_hash = :rules_hash WHERE id = ANY(:ids)")

# Blocked orders are judged again in every run: whatever was mended releases them, without anybody asking for it.
# Ready ones are judged again by other rules than those that made their request.
_JUDGED = ["imported", "blocked", "ready"]


def lock_candidates(
    connection: Connection, lane: str, *, rules_hash: str, after: int, size: int
) -> Sequence[Row[Any]]:
    """The next orders to judge, by ascending id, locked until the transaction ends; other runs' are left out."""
    asked = {"lane": lane, "rules_hash": rules_hash, "after": after, "size": size, "states": _JUDGED}
    return rows_to_judge(connection, [row.id for row in connection.execute(_WAITING, asked)])


def unsent_ids(connection: Connection, lane: str, *, after: int, size: int) -> list[int]:
    """The next orders that were not sent yet, by ascending id."""
    asked = {"lane": lane, "after": after, "size": size}
    return [row.id for row in connection.execute(_UNSENT, asked)]


def ids_placed_since(connection: Connection, lane: str, since: datetime) -> list[int]:
    """The lane's orders that were placed since then, but for those that were never its to ship."""
    return [row.id for row in connection.execute(_PLACED_SINCE, {"lane": lane, "since": since})]


def rows_to_judge(connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """All that a judgement of these orders needs, by ascending id."""
    return connection.execute(_ROWS, {"ids": list(ids)}).all() if ids else []


def skus_to_judge(connection: Connection, lane: str, *, rules_hash: str) -> list[str]:
    """Every SKU that an order waiting for validation carries."""
    asked = {"lane": lane, "rules_hash": rules_hash, "states": _JUDGED}
    return [row.sku for row in connection.execute(_SKUS, asked)]


def note_rules_hash(connection: Connection, ids: Sequence[int], rules_hash: str) -> None:
    """Note by which rules these orders' requests were made."""
    if ids:
        connection.execute(_JUDGED_BY, {"ids": list(ids), "rules_hash": rules_hash})
