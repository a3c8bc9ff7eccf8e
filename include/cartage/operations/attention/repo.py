"""The queue in the ledger: one statement for all entries of any number of lanes, and what people note about them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, TextClause, delete, func, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from cartage.db.schema import attention, event
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import CONFLICTS
from cartage.operations.attention.entries import REPEATING, AttentionKind, Entry, Triage, kind_of_alert

# More entries than people could work through; those of the most orders are read.
MOST_ENTRIES = 2_000

# A blocked order may have several causes and counts for each. Owner and note of an entry that closed and opened again
# are not those of the new one.
_QUEUE = text(
    """
    WITH blocked AS (
        SELECT c.id, count(*) AS orders FROM fulfillment_order f, unnest(f.cause_ids) AS c(id)
        WHERE f.lane = ANY(:lanes) AND f.state = 'blocked' AND f.superseded_at IS NULL GROUP BY c.id
    ), unreadable AS (
        SELECT cause_id AS id, count(*) AS entries FROM (
            SELECT cause_id FROM unreadable_order WHERE lane = ANY(:lanes)
            UNION ALL SELECT cause_id FROM unreadable_row WHERE lane = ANY(:lanes)
        ) u GROUP BY cause_id
    ), entries (lane, kind, key, orders, opened_at, newest, alert_id, alert_kind) AS (
        SELECT c.lane, 'cause', c.id::text, coalesce(b.orders, 0) + coalesce(u.entries, 0), c.opened_at, c.opened_at,
               NULL::bigint, NULL::text
        FROM cause c LEFT JOIN blocked b USING (id) LEFT JOIN unreadable u USING (id)
        WHERE c.lane = ANY(:lanes) AND c.closed_at IS NULL
        UNION ALL
        SELECT x.lane, 'exception', x.kind, count(*), min(x.opened_at), max(x.opened_at), NULL, NULL
        FROM exception x WHERE x.lane = ANY(:lanes) AND x.closed_at IS NULL AND x.decision IS NULL
        GROUP BY x.lane, x.kind
        UNION ALL
        SELECT h.lane, 'hold', CASE WHEN h.source = 'rule' THEN 'rule:' || h.rule ELSE h.source END,
               count(DISTINCT h.fulfillment_order_id), min(h.placed_at), max(h.placed_at), NULL, NULL
        FROM hold h JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
        WHERE h.lane = ANY(:lanes) AND h.released_at IS NULL AND f.state IN ('imported', 'blocked', 'held', 'ready')
        GROUP BY 1, 3
        UNION ALL
        SELECT p.lane, 'stock', p.id::text, jsonb_array_length(p.suspects), p.opened_at, p.revised_at, NULL, NULL
        FROM paused_push p WHERE p.lane = ANY(:lanes) AND p.closed_at IS NULL AND p.decision IS NULL
        UNION ALL
        SELECT d.lane, 'file', '', count(DISTINCT (d.account, d.sha256)), min(d.taken_at), max(d.taken_at), NULL, NULL
        FROM inbound_document d WHERE d.lane = ANY(:lanes) AND d.state = 'quarantined' GROUP BY d.lane
        UNION ALL
        SELECT a.lane, 'alert', a.id::text, a.orders, a.opened_at, a.opened_at, a.id, a.kind
        FROM alert a WHERE a.lane = ANY(:lanes) AND a.closed_at IS NULL AND a.cleared_at IS NULL
          AND NOT a.kind = ANY(:repeating)
          -- Orders in conflict whose exceptions are open are among those.
          AND NOT (a.kind = 'stuck' AND a.key = 'conflict' AND EXISTS (
              SELECT FROM exception x WHERE x.lane = a.lane AND x.closed_at IS NULL AND x.decision IS NULL
                AND x.kind = ANY(:conflicts)))
    )
    SELECT e.*, t.owner, t.note, t.snoozed_until, t.changed_by, t.changed_at
    FROM (SELECT * FROM entries ORDER BY orders DESC, opened_at LIMIT :most) e
    LEFT JOIN attention t ON t.lane = e.lane AND t.key = e.key AND t.changed_at >= e.opened_at
        AND (t.kind = e.kind OR e.kind = 'alert' AND t.kind IN ('late', 'run', 'file'))
    """
)

# The orders of each group that a page shows.
_EXCEPTIONS = text(
    """
    SELECT id FROM (
        SELECT x.id, row_number() OVER (PARTITION BY x.lane, x.kind ORDER BY x.id) AS place
        FROM unnest(CAST(:lanes AS text[]), CAST(:keys AS text[])) AS g(lane, key)
        JOIN exception x ON x.lane = g.lane AND x.kind = g.key AND x.closed_at IS NULL AND x.decision IS NULL
    ) found WHERE place <= :size ORDER BY id
    """
)
_HOLDS = text(
    """
    SELECT id FROM (
        SELECT h.id, row_number() OVER (PARTITION BY g.lane, g.key ORDER BY h.id) AS place
        FROM unnest(CAST(:lanes AS text[]), CAST(:keys AS text[])) AS g(lane, key)
        JOIN hold h ON h.lane = g.lane AND h.released_at IS NULL
            AND CASE WHEN h.source = 'rule' THEN 'rule:' || h.rule ELSE h.source END = g.key
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
        WHERE f.state IN ('imported', 'blocked', 'held', 'ready')
    ) found WHERE place <= :size ORDER BY id
    """
)


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wants to note about an entry; empty texts and None take it back."""

    owner: str = ""
    text: str = ""
    snoozed_until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is noted any more."""
        return not (self.owner or self.text or self.snoozed_until)


def read_entries(connection: Connection, lanes: Collection[str]) -> list[Entry]:
    """Return what needs a person in these lanes, in no particular order."""
    values: dict[str, Any] = {"lanes": list(lanes), "repeating": sorted(REPEATING), "most": MOST_ENTRIES}
    values["conflicts"] = sorted(CONFLICTS)
    return [_entry(row) for row in connection.execute(_QUEUE, values)]


def first_exceptions(connection: Connection, groups: Collection[Entry], size: int) -> list[int]:
    """Return the ids of the oldest exceptions of each of these entries, at most `size` of each."""
    return _first(connection, _EXCEPTIONS, groups, size)


def first_holds(connection: Connection, groups: Collection[Entry], size: int) -> list[int]:
    """Return the ids of the oldest holds of each of these entries, at most `size` of each."""
    return _first(connection, _HOLDS, groups, size)


def save_note(
    connection: Connection, lane: str, kind: AttentionKind, key: str, note: Note, by: By, *, said: str
) -> None:
    """Replace what is noted about an entry. The lane's events keep who did it; `said` is what they say."""
    row = attention.c
    same = (row.lane == lane, row.kind == kind.value, row.key == key)
    if note.is_empty:
        connection.execute(delete(attention).where(*same))
    else:
        values = {
            "owner": note.owner,
            "note": note.text,
            "snoozed_until": note.snoozed_until,
            "changed_by": by.actor,
            "changed_at": func.clock_timestamp(),
        }
        kept = upsert(attention).values(lane=lane, kind=kind.value, key=key, **values)
        connection.execute(kept.on_conflict_do_update(index_elements=["lane", "kind", "key"], set_=values))
    detail = {"kind": kind.value, "key": key}
    connection.execute(
        insert(event).values(
            lane=lane, kind="attention", actor=by.actor, run_id=by.run_id, why=said, detail=detail
        )
    )


def _first(connection: Connection, statement: TextClause, groups: Collection[Entry], size: int) -> list[int]:
    if not groups:
        return []
    values = {"lanes": [entry.lane for entry in groups], "keys": [entry.key for entry in groups]}
    return list(connection.execute(statement, values | {"size": size}).scalars())


def _entry(row: Row[Any]) -> Entry:
    kind = kind_of_alert(row.alert_kind) if row.alert_id else AttentionKind(row.kind)
    triage = None
    if row.changed_at:
        triage = Triage(row.owner, row.note, row.snoozed_until, row.changed_by, row.changed_at)
    return Entry(row.lane, kind, row.key, row.orders, row.opened_at, row.newest, row.alert_id, triage)
