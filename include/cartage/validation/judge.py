"""What every judgement of orders needs: the lane's rules, the warehouse's items, and orders as the rules see them.

Validation moves orders by it; previews and backtests only compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lanes.settings.checks import Checks, HoldRule, OnDuplicate
from cartage.lanes.settings.lane import Lane
from cartage.mappings.rules import Mappings
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.model.documents import address_from, problems_from, questions_from, request_from
from cartage.model.skus import Match
from cartage.runtime.context import StageContext
from cartage.validation.hold_rules import HoldFacts, NewHold, duplicate_hold, holds_by_rules
from cartage.validation.notes import NoteRules, OrderTexts, notes_of
from cartage.validation.repo import customers
from cartage.validation.validator import Candidate, CandidateLine, ValidationResult, Validator
from cartage.warehouses.registry import request_validator


@dataclass(frozen=True)
class LaneRules:
    """The rules by which a lane's orders are judged at one moment."""

    mappings: Mappings
    checks: Checks
    holds: tuple[HoldRule, ...]

    @classmethod
    def of(cls, connection: Connection, lane: Lane) -> LaneRules:
        """The rules as they are now, from wherever the lane keeps them."""
        return cls(mappings_of(connection, lane), lane.checks, lane.holds)

    @cached_property
    def methods(self) -> ShipMethodTable:
        """The ship methods, ready for look-ups."""
        return ShipMethodTable(self.mappings.methods)

    @cached_property
    def skus(self) -> SkuTable:
        """The SKUs, ready for look-ups."""
        return SkuTable(self.mappings.skus)

    @cached_property
    def digest(self) -> str:
        """Stands for all rules: another one means that ready orders are judged again."""
        every = repr((self.mappings, self.checks, self.holds))
        return hashlib.sha256(every.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class JudgedOrder:
    """An order's row, and what the rules say of it; `holds` are what they want of one that is fit to be sent."""

    row: Row[Any]
    verdict: ValidationResult
    holds: tuple[NewHold, ...] = ()
    possible_duplicate: str = ""

    @property
    def kept_causes(self) -> set[int]:
        """What the warehouse refused stays refused, as long as the same would be sent."""
        if not self.row.kept_causes or self.row.request is None or self.verdict.request is None:
            return set(self.row.kept_causes)
        same = request_from(self.row.request) == self.verdict.request
        return set(self.row.kept_causes) if same else set()

    @property
    def is_fit(self) -> bool:
        """Whether nothing blocks it."""
        return self.verdict.request is not None and not self.kept_causes


class Judge:
    """Judges a lane's orders, a batch at a time. It changes nothing, and opens neither store nor warehouse."""

    def __init__(
        self, context: StageContext, rules: LaneRules, matches: Mapping[str, Match], now: datetime
    ) -> None:
        self._lane, self._rules, self._now = context.lane, rules, now
        warehouse = context.lane.warehouse
        limits = request_validator(warehouse.connector, dict(warehouse.settings))
        self._validator = Validator(rules.methods, rules.skus, matches, limits, rules.checks)

    def judge(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[JudgedOrder]:
        """What the rules say of each of these orders."""
        judged = [JudgedOrder(row, self._validator.judge(candidate_from(self._lane, row))) for row in rows]
        fit = [one for one in judged if one.is_fit]
        firsts, possible_duplicates = (
            self._firsts(connection, fit),
            self._possible_duplicates(connection, fit),
        )
        return [self._with_holds(one, firsts, possible_duplicates) if one.is_fit else one for one in judged]

    def _firsts(self, connection: Connection, fit: Sequence[JudgedOrder]) -> set[int]:
        wanted = any(rule.first_order for rule in self._rules.holds)
        return (
            customers.first_orders(connection, [one.row.sales_order_id for one in fit]) if wanted else set()
        )

    def _possible_duplicates(self, connection: Connection, fit: Sequence[JudgedOrder]) -> dict[int, str]:
        settings = self._rules.checks.duplicates
        if settings.action is OnDuplicate.IGNORE:
            return {}
        return customers.possible_duplicates(connection, [one.row.id for one in fit], settings.within)

    def _with_holds(
        self, one: JudgedOrder, firsts: Collection[int], possible_duplicates: Mapping[int, str]
    ) -> JudgedOrder:
        row, possible_duplicate = one.row, possible_duplicates.get(one.row.id, "")
        facts = HoldFacts(
            ordered_at=row.ordered_at,
            amount=row.amount,
            country=row.ship_to.get("country", ""),
            ship_method=row.ship_method,
            texts=tuple(filter(None, (row.comments, row.internal_comments, row.external_comments))),
            is_first=row.sales_order_id in firsts,
        )
        holds = list(holds_by_rules(self._rules.holds, facts, self._now))
        duplicates = self._rules.checks.duplicates
        if possible_duplicate and duplicates.action is OnDuplicate.HOLD:
            holds.append(duplicate_hold(duplicates, possible_duplicate, self._now))
        return replace(one, holds=tuple(holds), possible_duplicate=possible_duplicate)


def candidate_from(lane: Lane, row: Row[Any]) -> Candidate:
    """An order's row as the rules see it."""
    return Candidate(
        id=row.id,
        reference=row.reference,
        display_number=row.invoice or row.reference,
        ordered_at=row.ordered_at,
        ship_to=address_from(row.ship_to),
        ship_method=row.ship_method,
        lines=tuple(CandidateLine(line[0], line[1], Decimal(line[2]), line[3]) for line in row.lines),
        notes=_notes(lane, row),
        own_problems=problems_from(row.problems),
    )


def _notes(lane: Lane, row: Row[Any]) -> str:
    settings = lane.warehouse
    texts = OrderTexts(
        row.comments or "",
        row.internal_comments or "",
        row.external_comments or "",
        questions_from(row.questions),
    )
    return notes_of(texts, NoteRules(settings.texts, settings.gift_question, settings.po_question))
