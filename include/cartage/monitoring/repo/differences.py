"""Open differences between store, ledger and warehouse that are older than a lane allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from cartage.db.schema import difference


def oldest_differences(
    connection: Connection, lane: str, before: Mapping[str, datetime]
) -> Sequence[Row[Any]]:
    """Return what is open since before the time of its kind, and ignored by nobody.

    Rows of kind, number, oldest, newest (an id), examples (keys).
    """
    if not before:
        return []
    found = difference.c
    late = or_(*((found.kind == kind) & (found.first_seen_at < moment) for kind, moment in before.items()))
    query = (
        select(
            found.kind,
            func.count().label("number"),
            func.min(found.first_seen_at).label("oldest"),
            func.max(found.id).label("newest"),
            func.array_agg(found.key).label("examples"),
        )
        .where(found.lane == lane, found.ended_at.is_(None), found.ignored_at.is_(None), late)
        .group_by(found.kind)
        .order_by(found.kind)
    )
    return connection.execute(query).all()
