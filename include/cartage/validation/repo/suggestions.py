"""What may mend a cause: kept on it, so that whoever looks at it need not ask the warehouse again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from cartage.errors.problems import ProblemKind
from cartage.model.orders import ShipMethod

# A warehouse may offer more tomorrow.
_GOOD_FOR = timedelta(days=1)

_DUE = text(
    """
    SELECT id, kind, subject FROM cause
    WHERE lane = :lane AND closed_at IS NULL AND kind = ANY(:kinds)
      AND coalesce(suggested_at, '-infinity') < greatest(
          opened_at, clock_timestamp() - CAST(:good_for AS interval))
    ORDER BY id DESC LIMIT :most
    """
)

_KEEP = text(
    """
    UPDATE cause c SET suggestions = s.suggestions, suggested_at = clock_timestamp()
    FROM jsonb_to_recordset(CAST(:kept AS jsonb)) AS s(id bigint, suggestions jsonb) WHERE c.id = s.id
    """
)

_OFFERED = text("SELECT methods FROM ship_method_offer WHERE account = :account")

_FRESH = text(
    """
    SELECT methods FROM ship_method_offer
    WHERE account = :account AND read_at > clock_timestamp() - CAST(:good_for AS interval)
    """
)

_OFFER = text(
    """
    INSERT INTO ship_method_offer (account, methods) VALUES (:account, CAST(:methods AS jsonb))
    ON CONFLICT (account) DO UPDATE SET methods = excluded.methods, read_at = clock_timestamp()
    """
)

_SKUS = text(
    "SELECT sku, description FROM catalogue WHERE account = :account AND active ORDER BY sku LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class DueCause:
    """A cause whose mend nobody has thought about lately."""

    id: int
    kind: ProblemKind
    subject: str


def due_causes(
    connection: Connection, lane: str, kinds: Sequence[ProblemKind], *, most: int, anew: bool = False
) -> list[DueCause]:
    """Open causes of these kinds that want suggestions (with `anew` all), the newest first."""
    good_for = timedelta(0) if anew else _GOOD_FOR
    query = {"lane": lane, "kinds": [kind.value for kind in kinds], "good_for": good_for, "most": most}
    return [DueCause(row.id, ProblemKind(row.kind), row.subject) for row in connection.execute(_DUE, query)]


def keep_suggestions(connection: Connection, found: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
    """Keep the suggestions of each cause, by its id."""
    rows = [{"id": number, "suggestions": list(some)} for number, some in found.items()]
    connection.execute(_KEEP, {"kept": json.dumps(rows)})


def offered_ship_methods(
    connection: Connection, account: str, *, fresh: bool = False
) -> list[ShipMethod] | None:
    """What the warehouse offers as it was last read, or only if that was lately; None if there is no such reading."""
    query = {"account": account, "good_for": _GOOD_FOR}
    methods = connection.execute(_FRESH if fresh else _OFFERED, query).scalar_one_or_none()
    return None if methods is None else [ShipMethod(**method) for method in methods]


def keep_offered_ship_methods(connection: Connection, account: str, methods: Sequence[ShipMethod]) -> None:
    """Keep what the warehouse offers."""
    rows = json.dumps([asdict(method) for method in methods])
    connection.execute(_OFFER, {"account": account, "methods": rows})


def active_skus(connection: Connection, account: str, *, most: int) -> dict[str, str]:
    """SKUs of the warehouse's active items, with their descriptions."""
    rows = connection.execute(_SKUS, {"account": account, "most": most})
    return {row.sku: row.description for row in rows}
