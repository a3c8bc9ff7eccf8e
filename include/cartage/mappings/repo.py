"""Mapping rules in the ledger: who wrote which, and when it stood. Versions are added and ended, never edited.

Those who change the rules of one lane take turns. Whether a lane keeps its rules here at all, its settings say
(`mappings: ledger`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from cartage.errors import LedgerError
from cartage.mappings.changes import MappingChange, MappingPlan, plan_mapping_change
from cartage.mappings.documents import rule_document, rule_from
from cartage.mappings.rules import Mappings, MethodRule, Rule, in_force_at

_IN_FORCE = text(
    """
    SELECT * FROM mapping_rule
    WHERE lane = :lane AND ended_at IS NULL
      AND coalesce(valid_from, '-infinity') <= clock_timestamp()
      AND coalesce(valid_until, 'infinity') > clock_timestamp()
    ORDER BY position, id
    """
)

_STANDING = text(
    """
    SELECT * FROM mapping_rule
    WHERE lane = :lane AND ended_at IS NULL AND coalesce(valid_until, 'infinity') > clock_timestamp()
    ORDER BY kind, position, store, valid_from NULLS FIRST, id
    """
)

_HISTORY = text(
    """
    SELECT * FROM mapping_rule
    WHERE lane = :lane AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:store AS text) IS NULL OR store = :store) AND id < :before
    ORDER BY id DESC LIMIT :size
    """
)

_REVISION = text(
    """
    SELECT coalesce(max(id), 0) AS newest, count(ended_at) AS ended, clock_timestamp() AS now
    FROM mapping_rule WHERE lane = :lane
    """
)

_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('cartage mappings ' || :lane, 0))")

_END = text(
    """
    UPDATE mapping_rule SET ended_at = clock_timestamp(), ended_by = :author
    WHERE lane = :lane AND id = ANY(:ids) AND ended_at IS NULL
    """
)

_ADD = text(
    """
    INSERT INTO mapping_rule (lane, kind, store, match, position, target, valid_from, valid_until, author, note)
    SELECT :lane, r.kind, r.store, r.match, r.position, r.target, r.valid_from, r.valid_until, :author, :note
    FROM jsonb_to_recordset(CAST(:rules AS jsonb)) AS r(
        kind text, store text, match text, position int, target jsonb, valid_from timestamptz, valid_until timestamptz)
    """
)


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule, with who wrote it and when; `ended_at` if another took over or it was dropped."""

    id: int
    rule: Rule
    author: str
    note: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str | None


def mappings_in_force(connection: Connection, lane: str) -> Mappings:
    """The rules by which orders of the lane are judged now."""
    return Mappings.of(
        rule_from(dict(row)) for row in connection.execute(_IN_FORCE, {"lane": lane}).mappings()
    )


def current_rules(connection: Connection, lane: str) -> list[RuleVersion]:
    """The rules that are in force or will be, methods first, patterns in their order."""
    return [_version(row) for row in connection.execute(_STANDING, {"lane": lane}).mappings()]


def rule_history(
    connection: Connection,
    lane: str,
    *,
    kind: str | None = None,
    store: str | None = None,
    before: int | None = None,
    size: int = 100,
) -> list[RuleVersion]:
    """Versions, the newest first: of all rules, of one kind (`ship_method`, `sku`), or of one text.

    `before` is the id of the last version of the page before.
    """
    asked = {"lane": lane, "kind": kind, "store": store, "before": before or 2**62, "size": size}
    return [_version(row) for row in connection.execute(_HISTORY, asked).mappings()]


def mappings_revision(connection: Connection, lane: str) -> str:
    """Stands for the lane's rules as they are: changes with every change of them."""
    row = connection.execute(_REVISION, {"lane": lane}).one()
    return f"{row.newest}.{row.ended}"


def check_mapping_change(
    connection: Connection, lane: str, change: MappingChange
) -> tuple[MappingPlan, Mappings]:
    """What the change would do, and the rules that would then be in force; changes nothing.

    Raises:
        SettingsError: names every rule of the change that cannot be.
    """
    found, now = {rule.id: rule.rule for rule in current_rules(connection, lane)}, _now(connection, lane)
    planned = plan_mapping_change(found, change, now)
    ends = set(planned.ends)
    after = [rule for number, rule in found.items() if number not in ends] + list(planned.adds)
    return planned, Mappings.of(rule for rule in after if in_force_at(rule, now))


def save_mapping_rules(
    connection: Connection, lane: str, change: MappingChange, *, author: str, note: str = "", seen: str = ""
) -> MappingPlan:
    """Carry a change out; returns what it did. Orders are judged by it from the lane's next run on.

    `seen` is the `revision` that the author looked at, if that matters.

    Raises:
        SettingsError: names every rule of the change that cannot be; nothing was changed.
        LedgerError: if somebody else changed the lane's rules since `seen`.
    """
    connection.execute(_TURN, {"lane": lane})
    if seen and seen != mappings_revision(connection, lane):
        raise LedgerError(
            f"lane {lane}: the mappings were changed meanwhile. Look at them again, then repeat it."
        )
    planned, _ = check_mapping_change(connection, lane, change)
    if planned.ends:
        connection.execute(_END, {"lane": lane, "ids": list(planned.ends), "author": author})
    if planned.adds:
        rows = json.dumps([rule_document(rule) for rule in planned.adds])
        connection.execute(_ADD, {"lane": lane, "rules": rows, "author": author, "note": note})
    return planned


def next_pattern_order(rules: Iterable[Rule]) -> int:
    """An order behind those of all patterns, with room to put others between."""
    return 10 + max((rule.order for rule in rules if isinstance(rule, MethodRule)), default=0)


def _now(connection: Connection, lane: str) -> datetime:
    now: datetime = connection.execute(_REVISION, {"lane": lane}).one().now
    return now


def _version(row: RowMapping) -> RuleVersion:
    told = {name: row[name] for name in ("id", "author", "note", "made_at", "ended_at", "ended_by")}
    return RuleVersion(rule=rule_from(dict(row)), **told)
