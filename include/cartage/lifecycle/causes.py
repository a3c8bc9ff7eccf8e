"""Causes: what blocks many orders at once.

A cause opens when it first blocks something, and closes when it blocks nothing any more. Its subject may have several
spellings; the cause keeps the first that was seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, text
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import unreadable_order
from cartage.errors.problems import Problem, ProblemKind
from cartage.plurals import counted


@dataclass(frozen=True, slots=True)
class BlockingCause:
    """An open cause: what to do about it, how many orders (or rows) it concerns, and since when."""

    id: int
    kind: ProblemKind
    subject: str
    message: str
    fix: str
    opened_at: datetime
    orders: int
    examples: tuple[str, ...]

    @property
    def is_about_rows(self) -> bool:
        """Whether it concerns rows of a list that nobody can read, which block no order."""
        return self.kind in _ABOUT_ROWS

    @property
    def extent(self) -> str:
        """How much it concerns: `3 orders blocked`, `1 row unreadable`."""
        if self.is_about_rows:
            return f"{counted(self.orders, 'row')} unreadable"
        return f"{counted(self.orders, 'order')} blocked"


_ABOUT_ROWS = frozenset({ProblemKind.UNREADABLE_ORDER, ProblemKind.UNREADABLE_AT_WAREHOUSE})

_OPEN = text(
    """
    INSERT INTO cause (lane, fingerprint, kind, subject, message, fix)
    SELECT :lane, c.fingerprint, c.kind, c.subject, c.message, c.fix
    FROM jsonb_to_recordset(CAST(:causes AS jsonb))
        AS c(fingerprint text, kind text, subject text, message text, fix text)
    ORDER BY c.fingerprint
    ON CONFLICT (lane, fingerprint) DO UPDATE SET
        opened_at = CASE WHEN cause.closed_at IS NULL THEN cause.opened_at ELSE clock_timestamp() END,
        openings = cause.openings + CASE WHEN cause.closed_at IS NULL THEN 0 ELSE 1 END,
        closed_at = NULL,
        message = CASE WHEN cause.subject = excluded.subject THEN excluded.message ELSE cause.message END,
        fix = CASE WHEN cause.subject = excluded.subject THEN excluded.fix ELSE cause.fix END
    RETURNING id, fingerprint
    """
)

_CLOSE = text(
    """
    UPDATE cause c SET closed_at = clock_timestamp()
    WHERE c.lane = :lane AND c.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM fulfillment_order f WHERE f.state = 'blocked' AND f.cause_ids @> ARRAY[c.id])
      AND NOT EXISTS (
          SELECT FROM unreadable_order u
          WHERE u.cause_id = c.id AND u.last_seen_at > clock_timestamp() - interval '1 day')
      AND NOT EXISTS (SELECT FROM unreadable_row r WHERE r.cause_id = c.id)
    RETURNING c.id
    """
)

_BLOCKING = text(
    """
    SELECT c.id, c.kind, c.subject, c.message, c.fix, c.opened_at,
           coalesce(b.orders, 0) + coalesce(u.entries, 0) + coalesce(w.entries, 0) AS orders,
           coalesce(b.examples, w.names, '{}') AS examples
    FROM cause c
    LEFT JOIN LATERAL (
        SELECT count(*) AS orders, (array_agg(f.reference ORDER BY f.id))[1:3] AS examples
        FROM fulfillment_order f WHERE f.state = 'blocked' AND f.cause_ids @> ARRAY[c.id]
    ) b ON true
    LEFT JOIN LATERAL (SELECT count(*) AS entries FROM unreadable_order u WHERE u.cause_id = c.id) u ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS entries, (array_agg(r.name ORDER BY r.id) FILTER (WHERE r.name <> ''))[1:3] AS names
        FROM unreadable_row r WHERE r.cause_id = c.id
    ) w ON true
    WHERE c.lane = :lane AND c.closed_at IS NULL
    ORDER BY orders DESC, c.opened_at
    """
)


_BLOCKED_ORDERS = text(
    """
    SELECT (SELECT count(*) FROM fulfillment_order WHERE lane = :lane AND state = 'blocked')
         + (SELECT count(*) FROM unreadable_order u JOIN cause c ON c.id = u.cause_id
            WHERE u.lane = :lane AND c.closed_at IS NULL)
    """
)

_WAREHOUSES = text(
    """
    SELECT DISTINCT warehouse FROM fulfillment_order WHERE state = 'blocked' AND cause_ids @> ARRAY[CAST(:id AS bigint)]
    ORDER BY warehouse
    """
)

_NEWLY = text(
    """
    SELECT DISTINCT unnest(f.cause_ids) AS cause_id
    FROM event e JOIN fulfillment_order f ON f.id = e.fulfillment_order_id
    WHERE e.run_id LIKE :runs AND e.to_state = 'blocked' AND f.state = 'blocked' AND f.lane = :lane
    UNION
    SELECT cause_id FROM unreadable_order WHERE lane = :lane AND run_id LIKE :runs
    """
)


def open_causes(connection: Connection, lane: str, problems: Iterable[Problem]) -> dict[str, int]:
    """Open the causes of these problems that are not open already; return fingerprint -> id of all of them."""
    unique: dict[str, Problem] = {}
    for problem in problems:
        unique.setdefault(problem.fingerprint, problem)
    if not unique:
        return {}
    rows = [
        {
            "fingerprint": fingerprint,
            "kind": problem.kind.value,
            "subject": problem.subject,
            "message": problem.message,
            "fix": problem.fix,
        }
        for fingerprint, problem in unique.items()
    ]
    result = connection.execute(_OPEN, {"lane": lane, "causes": json.dumps(rows)})
    return {row.fingerprint: row.id for row in result}


def close_fixed(connection: Connection, lane: str) -> int:
    """Close the causes that block nothing any more; return how many.

    An unreadable entry of the store counts for a day.
    """
    return len(connection.execute(_CLOSE, {"lane": lane}).all())


def blocking_causes(connection: Connection, lane: str) -> list[BlockingCause]:
    """Return the open causes of a lane, the one that blocks most first."""
    return [
        BlockingCause(
            id=row.id,
            kind=ProblemKind(row.kind),
            subject=row.subject,
            message=row.message,
            fix=row.fix,
            opened_at=row.opened_at,
            orders=row.orders,
            examples=tuple(row.examples),
        )
        for row in connection.execute(_BLOCKING, {"lane": lane})
    ]


def warehouses_blocked(connection: Connection, cause_id: int) -> list[str]:
    """Return the warehouses whose orders a cause blocks; an empty name for orders without one, or of a single one."""
    return list(connection.execute(_WAREHOUSES, {"id": cause_id}).scalars())


def count_blocked(connection: Connection, lane: str) -> int:
    """Return how many orders the lane's causes block. An order that several causes block counts once."""
    return int(connection.execute(_BLOCKED_ORDERS, {"lane": lane}).scalar_one())


def newly_blocking(connection: Connection, lane: str, dag_run: str) -> set[int]:
    """Return the causes by which this run blocked an order that is still blocked."""
    escaped = dag_run.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {row.cause_id for row in connection.execute(_NEWLY, {"lane": lane, "runs": f"{escaped}/%"})}


def record_unreadable(
    connection: Connection, lane: str, content_hash: str, what: str, cause_id: int, run_id: str
) -> None:
    """Keep what an unreadable entry of the store's list is, never its content."""
    entry = insert(unreadable_order).values(
        lane=lane, content_hash=content_hash, what=what, cause_id=cause_id, run_id=run_id
    )
    seen_again = entry.on_conflict_do_update(
        index_elements=["lane", "content_hash"], set_={"last_seen_at": func.clock_timestamp()}
    )
    connection.execute(seen_again)
