"""Mapping rules in the ledger, with their authors and their history. Versions are added and ended, never edited.

Changes of one lane's rules are made one at a time. Whether a lane uses these rules is one of its settings
(`mappings: ledger`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    RowMapping,
    Select,
    any_,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from cartage.db.schema import mapping_rule
from cartage.db.schema.base import TIME
from cartage.errors import LedgerError
from cartage.mappings.changes import MappingChange, MappingPlan, plan_mapping_change
from cartage.mappings.documents import rule_document, rule_from
from cartage.mappings.rules import Mappings, Rule, in_force_at
from cartage.mappings.services import WarehouseOffers, refuse_unoffered
from cartage.warehouses.repo.offers import offered_ship_methods

_RULE = mapping_rule.c
_NOW = func.clock_timestamp(type_=TIME)
_NOT_OVER = (_RULE.ended_at.is_(None), or_(_RULE.valid_until.is_(None), _RULE.valid_until > _NOW))
_BEGUN = or_(_RULE.valid_from.is_(None), _RULE.valid_from <= _NOW)

# The rules of one change begin and end at one instant each, so that it can be shown as one.
_AT_ONCE = func.statement_timestamp(type_=TIME)

# Whether what the warehouse calls it contains a text, in a rule of each kind.
_THEIRS = {
    "ship_method": text(
        "strpos(lower(concat_ws(' ', target ->> 'carrier', target ->> 'service')), lower(:find)) > 0"
    ),
    "sku": text(
        "EXISTS (SELECT FROM jsonb_path_query(target, '$[*].sku') AS sku "
        "WHERE strpos(lower(sku #>> '{}'), lower(:find)) > 0)"
    ),
}

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('cartage mappings ' || :lane, 0))")

_ADD = text(
    """
    INSERT INTO mapping_rule
        (lane, warehouse, kind, store, match, position, target, valid_from, valid_until, author, note, made_at)
    SELECT :lane, r.warehouse, r.kind, r.store, r.match, r.position, r.target, r.valid_from, r.valid_until, :author,
           :note, statement_timestamp()
    FROM jsonb_to_recordset(CAST(:rules AS jsonb)) AS r(
        warehouse text, kind text, store text, match text, position int, target jsonb,
        valid_from timestamptz, valid_until timestamptz)
    """
)


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule, with its author and time; `ended_at` is set once it was replaced or dropped."""

    id: int
    rule: Rule
    author: str
    note: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str | None


def mappings_in_force(connection: Connection, lane: str) -> Mappings:
    """Return the rules by which the lane's orders are judged now, of all its warehouses."""
    rules = select(mapping_rule).where(_RULE.lane == lane, *_NOT_OVER, _BEGUN)
    rows = connection.execute(rules.order_by(_RULE.position, _RULE.id)).mappings()
    return Mappings.of(rule_from(dict(row)) for row in rows)


def current_rules(connection: Connection, lane: str) -> list[RuleVersion]:
    """Return the rules that are in force or will be: methods first, patterns in their order."""
    rules = _in_order(select(mapping_rule).where(_RULE.lane == lane, *_NOT_OVER))
    return [_version(row) for row in connection.execute(rules).mappings()]


def find_rules(
    connection: Connection, lane: str, kind: str, *, find: str, skip: int, size: int
) -> tuple[list[RuleVersion], int]:
    """Return rules of a kind (`ship_method`, `sku`) that are in force or will be, and how many there are in all.

    They contain the text `find` in the store's text or in the warehouse's, in any case. `skip` are left out.
    """
    found = select(mapping_rule).where(_RULE.lane == lane, _RULE.kind == kind, *_NOT_OVER)
    if find:
        ours = func.strpos(func.lower(_RULE.store), func.lower(find)) > 0
        found = found.where(or_(ours, _THEIRS[kind].bindparams(find=find)))
    matching = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
    rows = connection.execute(_in_order(found).offset(skip).limit(size)).mappings()
    return [_version(row) for row in rows], matching


def _in_order(rules: Select[Any]) -> Select[Any]:
    """Sort rules: methods first, patterns in their order."""
    return rules.order_by(
        _RULE.kind,
        _RULE.warehouse,
        _RULE.position,
        _RULE.store,
        _RULE.valid_from.nulls_first(),
        _RULE.id,
    )


def rule_history(
    connection: Connection,
    lane: str,
    *,
    kind: str | None = None,
    store: str | None = None,
    before: int | None = None,
    size: int = 100,
) -> list[RuleVersion]:
    """Return versions of all rules, of one kind (`ship_method`, `sku`) or of one text, the newest first.

    `before` is the id of the last version on the previous page.
    """
    versions = select(mapping_rule).where(_RULE.lane == lane)
    if kind is not None:
        versions = versions.where(_RULE.kind == kind)
    if store is not None:
        versions = versions.where(_RULE.store == store)
    if before:
        versions = versions.where(_RULE.id < before)
    rows = connection.execute(versions.order_by(_RULE.id.desc()).limit(size)).mappings()
    return [_version(row) for row in rows]


def mappings_revision(connection: Connection, lane: str) -> str:
    """Return a text that stands for the lane's rules: every change of the rules changes it."""
    found = select(
        func.coalesce(func.max(_RULE.id), 0).label("newest"), func.count(_RULE.ended_at).label("ended")
    ).where(_RULE.lane == lane)
    row = connection.execute(found).one()
    return f"{row.newest}.{row.ended}"


def check_mapping_change(
    connection: Connection, lane: str, change: MappingChange, *, accounts: Mapping[str, str] | None = None
) -> tuple[MappingPlan, Mappings]:
    """Return what the change would do and the rules that would then be in force; change nothing.

    `accounts` are those of the lane's warehouses, by name, which must offer the carriers and services of new rules;
    None: any will do.

    Raises:
        SettingsError: with every rule of the change that is not valid.
    """
    current = {version.id: version.rule for version in current_rules(connection, lane)}
    now = connection.execute(select(_NOW)).scalar_one()
    planned = plan_mapping_change(current, change, now)
    check_offered(connection, accounts, change, planned)
    ends = set(planned.ends)
    after = [rule for number, rule in current.items() if number not in ends] + list(planned.adds)
    return planned, Mappings.of(rule for rule in after if in_force_at(rule, now))


def check_offered(
    connection: Connection, accounts: Mapping[str, str] | None, change: MappingChange, plan: MappingPlan
) -> None:
    """Accept a change whose new rules their warehouse offers, as it was last read, or that a person forces.

    Raises:
        SettingsError: with every carrier or service that it does not offer.
    """
    if accounts and not change.forced.strip():
        refuse_unoffered(change.new_rules(plan), offers_of(connection, accounts))


def offers_of(connection: Connection, accounts: Mapping[str, str]) -> WarehouseOffers:
    """Return what these warehouse accounts offer, as they were last read."""
    return WarehouseOffers(
        {name: offered_ship_methods(connection, account) or () for name, account in accounts.items()}
    )


def save_mapping_rules(
    connection: Connection,
    lane: str,
    change: MappingChange,
    *,
    author: str,
    note: str = "",
    seen: str = "",
    accounts: Mapping[str, str] | None = None,
) -> MappingPlan:
    """Carry out a change and return what it did. It applies to orders from the lane's next run on.

    `seen` is the `mappings_revision` that the author has looked at; empty if it does not count. `accounts` is as in
    `check_mapping_change`. Why a change was forced is kept with its rules.

    Raises:
        SettingsError: with every rule of the change that is not valid; nothing was changed.
        LedgerError: if another person has changed the lane's rules since `seen`.
    """
    connection.execute(_LOCK, {"lane": lane})
    if seen and seen != mappings_revision(connection, lane):
        raise LedgerError(
            f"lane {lane}: the mappings were changed meanwhile. Look at them again, then repeat the change."
        )
    planned, _ = check_mapping_change(connection, lane, change, accounts=accounts)
    if planned.ends:
        # As one array: a whole file may end more versions than a statement may have parameters.
        ids = literal(list(planned.ends), ARRAY(BigInteger))
        ended = update(mapping_rule).where(
            _RULE.lane == lane, _RULE.id == any_(ids), _RULE.ended_at.is_(None)
        )
        connection.execute(ended.values(ended_at=_AT_ONCE, ended_by=author))
    if planned.adds:
        rows = json.dumps([rule_document(rule) for rule in planned.adds])
        forced = f"forced: {change.forced.strip()}" if change.forced.strip() else ""
        notes = "; ".join(filter(None, (note, forced)))
        connection.execute(_ADD, {"lane": lane, "rules": rows, "author": author, "note": notes})
    return planned


def _version(row: RowMapping) -> RuleVersion:
    kept = {name: row[name] for name in ("id", "author", "note", "made_at", "ended_at", "ended_by")}
    return RuleVersion(rule=rule_from(dict(row)), **kept)
