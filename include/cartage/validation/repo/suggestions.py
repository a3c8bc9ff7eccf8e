"""Suggested fixes, kept on their causes, and the SKUs that they are made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text

from cartage.db.schema import catalogue, cause
from cartage.db.schema.base import TIME
from cartage.errors.problems import ProblemKind

# After this time there may be better ones.
FRESH_FOR = timedelta(days=1)
_NOW = func.clock_timestamp(type_=TIME)

_KEEP = text(
    """
    UPDATE cause c SET suggestions = s.suggestions, suggested_at = clock_timestamp()
    FROM jsonb_to_recordset(CAST(:kept AS jsonb)) AS s(id bigint, suggestions jsonb) WHERE c.id = s.id
    """
)


@dataclass(frozen=True, slots=True)
class DueCause:
    """An open cause without recent suggestions."""

    id: int
    kind: ProblemKind
    subject: str


def due_causes(
    connection: Connection, lane: str, kinds: Sequence[ProblemKind], *, most: int, again: bool = False
) -> list[DueCause]:
    """Return open causes of these kinds that need suggestions (with `again` all), the newest first."""
    fresh_for = timedelta(0) if again else FRESH_FOR
    is_due = func.coalesce(cause.c.suggested_at, text("'-infinity'::timestamptz")) < func.greatest(
        cause.c.opened_at, _NOW - fresh_for
    )
    due = (
        select(cause.c.id, cause.c.kind, cause.c.subject)
        .where(cause.c.lane == lane, cause.c.closed_at.is_(None), cause.c.kind.in_(kinds), is_due)
        .order_by(cause.c.id.desc())
        .limit(most)
    )
    return [DueCause(row.id, ProblemKind(row.kind), row.subject) for row in connection.execute(due)]


def keep_suggestions(connection: Connection, found: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
    """Keep the suggestions of each cause, by its id."""
    rows = [{"id": cause_id, "suggestions": list(suggested)} for cause_id, suggested in found.items()]
    connection.execute(_KEEP, {"kept": json.dumps(rows)})


def active_skus(connection: Connection, account: str, *, most: int) -> dict[str, str]:
    """Return the SKUs of the warehouse's active items, with their descriptions."""
    items = (
        select(catalogue.c.sku, catalogue.c.description)
        .where(catalogue.c.account == account, catalogue.c.active)
        .order_by(catalogue.c.sku)
        .limit(most)
    )
    return {row.sku: row.description for row in connection.execute(items)}
