"""Judge a lane's orders by its rules: the request of each, its problems and its holds.

Validation moves orders by these judgements; previews and backtests only compare them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from cartage.addresses import destinations, normalized
from cartage.errors.problems import UNREADABLE_COPY
from cartage.lanes.account import account_of
from cartage.lanes.settings.checks import Checks, HoldRule, OnDuplicate
from cartage.lanes.settings.lane import Lane
from cartage.mappings.rules import Mappings
from cartage.mappings.services import resolve_services
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.model.documents import address_from, options_from, problems_from, questions_from, stored_request
from cartage.model.orders import ShipMethod
from cartage.model.skus import Match
from cartage.runtime.context import StageContext
from cartage.storefront.repo.customers import first_orders
from cartage.validation.hold_rules import HoldFacts, NewHold, duplicate_hold, holds_by_rules
from cartage.validation.notes import NoteRules, OrderTexts, notes_of
from cartage.validation.option_texts import OptionRules
from cartage.validation.repo.customers import possible_duplicates
from cartage.validation.validator import Candidate, CandidateLine, ValidationResult, Validator
from cartage.warehouses.registry import request_validator
from cartage.warehouses.repo.offers import offered_ship_methods

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LaneRules:
    """The rules by which a lane's orders are judged at one moment.

    `mappings` name services as people wrote them; by `offered` they become the warehouse's codes.
    """

    mappings: Mappings
    checks: Checks
    holds: tuple[HoldRule, ...]
    offered: tuple[ShipMethod, ...] = ()
    options: OptionRules = field(default_factory=OptionRules)

    @classmethod
    def of(cls, connection: Connection, lane: Lane) -> LaneRules:
        """Return the present rules, from where the lane keeps them."""
        offered = offered_ship_methods(connection, account_of(lane)) or ()
        options = OptionRules.of(lane.warehouse)
        return cls(mappings_of(connection, lane), lane.checks, lane.holds, tuple(offered), options)

    @cached_property
    def methods(self) -> ShipMethodTable:
        """The ship methods with the warehouse's codes, ready for look-ups."""
        return ShipMethodTable(self._resolved.methods)

    @cached_property
    def skus(self) -> SkuTable:
        """The SKUs, ready for look-ups."""
        return SkuTable(self.mappings.skus)

    @cached_property
    def digest(self) -> str:
        """A hash of all rules; ready orders with another hash are judged again."""
        every = repr((self._resolved, self.checks, self.holds, self.options))
        return hashlib.sha256(every.encode()).hexdigest()[:16]

    @cached_property
    def _resolved(self) -> Mappings:
        return resolve_services(self.mappings, self.offered)


@dataclass(frozen=True, slots=True)
class JudgedOrder:
    """An order's row and its judgement; `holds` are the holds that the rules place on an order that can be sent."""

    row: Row[Any]
    result: ValidationResult
    holds: tuple[NewHold, ...] = ()
    possible_duplicate: str = ""

    @property
    def kept_causes(self) -> set[int]:
        """Causes that a transfer opened: they stay as long as the request stays the same."""
        if not self.row.kept_causes or self.row.request is None or self.result.request is None:
            return set(self.row.kept_causes)
        same = stored_request(self.row.request) == self.result.request
        return set(self.row.kept_causes) if same else set()

    @property
    def can_be_sent(self) -> bool:
        """Whether nothing blocks the order; it may still be held."""
        return self.result.request is not None and not self.kept_causes


class Judge:
    """Judges a lane's orders, a batch at a time. It changes nothing, and opens neither store nor warehouse."""

    def __init__(
        self, context: StageContext, rules: LaneRules, matches: Mapping[str, Match], now: datetime
    ) -> None:
        self._lane, self._rules, self._now = context.lane, rules, now
        warehouse = context.lane.warehouse
        limits = request_validator(warehouse.connector, dict(warehouse.settings))
        self._validator = Validator(rules.methods, rules.skus, matches, limits, rules.checks, rules.options)

    def judge(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[JudgedOrder]:
        """Return the judgement of each of these orders."""
        judged = [JudgedOrder(row, self._result(row)) for row in rows]
        sendable = [order for order in judged if order.can_be_sent]
        firsts = self._first_orders(connection, sendable)
        duplicates = self._possible_duplicates(connection, sendable)
        return [
            self._with_holds(order, firsts, duplicates) if order.can_be_sent else order for order in judged
        ]

    def _result(self, row: Row[Any]) -> ValidationResult:
        """Return the result for one order; a copy that cannot be read is that order's problem."""
        try:
            order = candidate_from(self._lane, row)
        except (ValueError, TypeError, LookupError, ArithmeticError):
            log.exception("lane %s: order %s: its copy cannot be read", self._lane.name, row.reference)
            return ValidationResult(None, (UNREADABLE_COPY,))
        return self._validator.judge(order)

    def _first_orders(self, connection: Connection, orders: Sequence[JudgedOrder]) -> set[int]:
        if not any(rule.first_order for rule in self._rules.holds):
            return set()
        return first_orders(connection, [order.row.sales_order_id for order in orders])

    def _possible_duplicates(self, connection: Connection, orders: Sequence[JudgedOrder]) -> dict[int, str]:
        settings = self._rules.checks.duplicates
        if settings.action is OnDuplicate.IGNORE:
            return {}
        return possible_duplicates(connection, [order.row.id for order in orders], settings.within)

    def _with_holds(
        self, order: JudgedOrder, firsts: Collection[int], duplicates: Mapping[int, str]
    ) -> JudgedOrder:
        row, possible_duplicate = order.row, duplicates.get(order.row.id, "")
        facts = HoldFacts(
            ordered_at=row.ordered_at,
            amount=row.amount,
            countries=destinations(normalized(address_from(row.ship_to))),
            ship_method=row.ship_method,
            texts=tuple(filter(None, (row.comments, row.internal_comments, row.external_comments))),
            is_first=row.sales_order_id in firsts,
        )
        holds = list(holds_by_rules(self._rules.holds, facts, self._now))
        settings = self._rules.checks.duplicates
        if possible_duplicate and settings.action is OnDuplicate.HOLD:
            holds.append(duplicate_hold(settings, possible_duplicate, self._now))
        return replace(order, holds=tuple(holds), possible_duplicate=possible_duplicate)


def candidate_from(lane: Lane, row: Row[Any]) -> Candidate:
    """Return an order's row in the form that the rules judge."""
    return Candidate(
        id=row.id,
        reference=row.reference,
        display_number=row.invoice or row.reference,
        ordered_at=row.ordered_at,
        ship_to=address_from(row.ship_to),
        ship_method=row.ship_method,
        lines=tuple(
            CandidateLine(line[0], line[1], Decimal(line[2]), line[3], options_from(line[4]))
            for line in row.lines
        ),
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
