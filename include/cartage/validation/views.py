"""What desk and command line show of a lane's stopped orders: causes, skip reasons and open holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select, text

from cartage.db.schema import fulfillment_order, hold, sales_order
from cartage.errors.problems import ProblemKind
from cartage.mappings.suggestions import favourite_of
from cartage.model.bounded import Bounded
from cartage.model.states import State
from cartage.validation.hold_rules import HoldSource

# How many orders of each cause, and how many of the newest skipped orders, are counted at most.
COUNTED = 1_000
_NEWEST_SKIPPED = 10_000
_MOST_CAUSES = 200
_UNSENT = (State.IMPORTED, State.BLOCKED, State.HELD, State.READY)

_SUMMARY = """
    SELECT c.id, c.fingerprint, c.kind, c.subject, c.message, c.fix, c.opened_at, c.openings, c.suggestions,
           blocked.orders, blocked.value, coalesce(blocked.examples, rows.names) AS examples,
           coalesce(unread.entries, 0) + coalesce(rows.entries, 0) AS entries,
           blocked.warehouses
    FROM (SELECT * FROM cause WHERE %s AND closed_at IS NULL ORDER BY id DESC LIMIT :most) c
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(groups), 0) AS orders, coalesce(sum(amount), 0) AS value,
               (array_agg(reference ORDER BY id))[1:3] AS examples,
               array_agg(DISTINCT first) || array_agg(DISTINCT last) AS warehouses
        FROM (
            -- The amount of a sales order with several ship-tos counts once.
            SELECT min(id) AS id, min(reference) AS reference, count(*) AS groups, amount,
                   min(warehouse) AS first, max(warehouse) AS last
            FROM (
                SELECT f.id, f.reference, f.warehouse, s.id AS sales_order_id, s.amount
                FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
                WHERE f.state = 'blocked' AND f.cause_ids @> ARRAY[c.id] LIMIT :bound
            ) found
            GROUP BY sales_order_id, amount
        ) orders
    ) blocked
    LEFT JOIN LATERAL (SELECT count(*) AS entries FROM unreadable_order u WHERE u.cause_id = c.id) unread ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS entries, (array_agg(r.name ORDER BY r.id) FILTER (WHERE r.name <> ''))[1:3] AS names
        FROM unreadable_row r WHERE r.cause_id = c.id
    ) rows ON true
    ORDER BY blocked.orders DESC, c.opened_at
"""
_CAUSES = text(_SUMMARY % "lane = :lane")
_CAUSES_BY_ID = text(_SUMMARY % "id = ANY(:ids)")

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
    """An open cause with the orders that it blocks: their number, value and examples, and suggested fixes.

    `warehouse` is the one of several that has all of these orders; empty if they are of more than one, or of none yet.
    """

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
    warehouse: str = ""

    @property
    def favourite(self) -> Mapping[str, Any] | None:
        """The suggestion that may be chosen beforehand: the best, unless another one looks just as good."""
        return favourite_of(self.suggestions)


@dataclass(frozen=True, slots=True)
class SkipReason:
    """A reason why orders are skipped, and how many of the newest skipped orders have it."""

    reason: str
    orders: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that was not released; `order` is the order's id, `state` its state, which may be blocked as well."""

    id: int
    lane: str
    order: int
    reference: str
    order_id: int
    invoice: str
    state: str
    source: HoldSource
    rule: str
    reason: str
    owner: str
    until: datetime
    placed_by: str
    placed_at: datetime

    @property
    def group(self) -> str:
        """What it has in common with others: the rule that placed it, or else its source."""
        return f"rule:{self.rule}" if self.source is HoldSource.RULE else self.source.value


def cause_summaries(connection: Connection, lane: str) -> list[CauseSummary]:
    """Return the open causes of a lane; the cause that blocks the most orders comes first."""
    query = {"lane": lane, "bound": COUNTED + 1, "most": _MOST_CAUSES}
    return [_summary(row) for row in connection.execute(_CAUSES, query)]


def summaries_by_id(connection: Connection, ids: Collection[int]) -> dict[int, CauseSummary]:
    """Return those of these causes that are open, by id."""
    query = {"ids": list(ids), "bound": COUNTED + 1, "most": len(ids)}
    return {row.id: _summary(row) for row in connection.execute(_CAUSES_BY_ID, query)} if ids else {}


def _summary(row: Row[Any]) -> CauseSummary:
    return CauseSummary(
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
        _only_one(row.warehouses),
    )


def _only_one(warehouses: Collection[str] | None) -> str:
    found = set(warehouses or ())
    return found.pop() if len(found) == 1 else ""


def skip_reasons(connection: Connection, lane: str) -> list[SkipReason]:
    """Return the reasons of the newest skipped orders, the most frequent first."""
    query = {"lane": lane, "newest": _NEWEST_SKIPPED, "most": 100}
    return [SkipReason(row.reason, row.orders, row.newest) for row in connection.execute(_REASONS, query)]


def open_holds(
    connection: Connection,
    lane: str = "",
    *,
    ids: Collection[int] | None = None,
    after: int = 0,
    size: int = 500,
) -> list[OpenHold]:
    """Return the open holds of a lane, or those with these ids, by ascending id.

    `after` is the last id of the previous page.
    """
    found = (
        select(
            hold.c.id,
            hold.c.lane,
            fulfillment_order.c.id.label("order"),
            fulfillment_order.c.reference,
            sales_order.c.order_id,
            sales_order.c.invoice,
            fulfillment_order.c.state,
            hold.c.source,
            hold.c.rule,
            hold.c.reason,
            hold.c.owner,
            hold.c.until,
            hold.c.placed_by,
            hold.c.placed_at,
        )
        .join(fulfillment_order, fulfillment_order.c.id == hold.c.fulfillment_order_id)
        .join(sales_order, sales_order.c.id == fulfillment_order.c.sales_order_id)
        .where(hold.c.released_at.is_(None), hold.c.id > after)
        .where(hold.c.lane == lane if ids is None else hold.c.id.in_(list(ids)))
        .where(fulfillment_order.c.state.in_(_UNSENT))
        .order_by(hold.c.id)
        .limit(size)
    )
    rows = connection.execute(found).mappings()
    return [OpenHold(**{**row, "source": HoldSource(row["source"])}) for row in rows]
