"""What stops a lane's orders: the causes that block some, with their value, and why others are skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from cartage.errors.problems import ProblemKind
from cartage.model.bounded import Bounded

# Of each cause that many orders are counted and added up; of the skipped ones, that many of the newest.
COUNTED = 1_000
_NEWEST_SKIPPED = 10_000
_MOST_CAUSES = 200

_CAUSES = text(
    """
    SELECT c.id, c.fingerprint, c.kind, c.subject, c.message, c.fix, c.opened_at, c.openings, c.suggestions,
           blocked.orders, blocked.value, blocked.examples, coalesce(unread.entries, 0) AS entries
    FROM (SELECT * FROM cause WHERE lane = :lane AND closed_at IS NULL ORDER BY id DESC LIMIT :most) c
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(groups), 0) AS orders, coalesce(sum(amount), 0) AS value,
               (array_agg(reference ORDER BY id))[1:3] AS examples
        FROM (
            -- A sales order with several ship-tos is worth its amount once.
            SELECT min(id) AS id, min(reference) AS reference, count(*) AS groups, amount FROM (
                SELECT f.id, f.reference, s.id AS sales_order_id, s.amount
                FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
                WHERE f.state = 'blocked' AND f.cause_ids @> ARRAY[c.id] LIMIT :bound
            ) found
            GROUP BY sales_order_id, amount
        ) orders
    ) blocked
    LEFT JOIN LATERAL (SELECT count(*) AS entries FROM unreadable_order u WHERE u.cause_id = c.id) unread ON true
    ORDER BY blocked.orders DESC, c.opened_at
    """
)

_REASONS = text(
    """
    SELECT reason, count(*) AS orders, max(state_since) AS newest FROM (
        SELECT f.reason, f.state_since FROM fulfillment_order f
        WHERE f.lane = :lane AND f.state = 'skipped' ORDER BY f.id DESC LIMIT :newest
    ) skipped
    GROUP BY reason ORDER BY orders DESC, reason LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class CauseSummary:
    """An open cause: how many orders it blocks, what those counted are worth, some of them, and what may mend it."""

    id: int
    fingerprint: str
    kind: ProblemKind
    subject: str
    message: str
    fix: str
    opened_at: datetime
    openings: int
    orders: Bounded
    value: Decimal
    examples: tuple[str, ...]
    entries: int
    suggestions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SkipReason:
    """Why orders are skipped, and how many of the newest are for it."""

    reason: str
    orders: int
    newest: datetime


def cause_summaries(connection: Connection, lane: str) -> list[CauseSummary]:
    """The open causes of a lane, the one that blocks most first."""
    query = {"lane": lane, "bound": COUNTED + 1, "most": _MOST_CAUSES}
    return [
        CauseSummary(
            row.id,
            row.fingerprint,
            ProblemKind(row.kind),
            row.subject,
            row.message,
            row.fix,
            row.opened_at,
            row.openings,
            Bounded.of(row.orders, COUNTED),
            row.value,
            tuple(row.examples or ()),
            row.entries,
            tuple(row.suggestions),
        )
        for row in connection.execute(_CAUSES, query)
    ]


def skip_reasons(connection: Connection, lane: str) -> list[SkipReason]:
    """The reasons of the newest skipped orders, the most frequent first."""
    query = {"lane": lane, "newest": _NEWEST_SKIPPED, "most": 100}
    return [SkipReason(row.reason, row.orders, row.newest) for row in connection.execute(_REASONS, query)]
