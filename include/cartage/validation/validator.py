"""Validate one fulfillment order by the lane's mappings, the warehouse's catalogue and the warehouse's limits. Pure.

A complete order becomes the request that is sent. Otherwise all of its problems are returned at once, so that a person
can fix them in one go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cartage.addresses import normalized
from cartage.errors.problems import (
    EMPTY_SKU,
    LONGEST_NAME,
    Problem,
    ProblemKind,
    connector_failed,
    field_too_long,
    quoted,
)
from cartage.lanes.settings.checks import Checks
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.skus import SkuTable
from cartage.model.orders import Address, FulfillmentRequest, LineOption, RequestLine, ShipMethod
from cartage.model.skus import Match, MatchKind
from cartage.model.texts import comparable
from cartage.validation.addresses import address_problems
from cartage.validation.option_texts import OptionRules

log = logging.getLogger(__name__)

_DEFAULT_OPTIONS = OptionRules()


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """One line to ship, as the store has it."""

    line_id: int
    sku: str
    quantity: Decimal
    description: str
    options: tuple[LineOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One fulfillment order to validate."""

    id: int
    reference: str
    display_number: str
    ordered_at: datetime | None
    ship_to: Address
    ship_method: str
    lines: tuple[CandidateLine, ...]
    notes: str
    own_problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The request if the order can be sent, otherwise its problems."""

    request: FulfillmentRequest | None
    problems: tuple[Problem, ...]


class Validator:
    """Judges orders by a lane's mappings and checks, a catalogue, and a warehouse's limits."""

    def __init__(
        self,
        methods: ShipMethodTable,
        skus: SkuTable,
        catalogue: Mapping[str, Match],
        warehouse_limits: Callable[[FulfillmentRequest], Sequence[Problem]],
        checks: Checks,
        options: OptionRules = _DEFAULT_OPTIONS,
    ) -> None:
        self._methods = methods
        self._skus = skus
        self._catalogue = catalogue
        self._warehouse_limits = warehouse_limits
        self._checks = checks
        self._options = options

    def judge(self, order: Candidate) -> ValidationResult:
        """Return the request, or every problem of the order."""
        problems = list(order.own_problems)
        method = None
        if len(order.ship_method) > LONGEST_NAME:
            problems.append(_NAME_TOO_LONG["ship method"])
        else:
            method = self._methods.find(order.ship_method)
            if method is None:
                problems.append(unmapped_ship_method(order.ship_method))
        ship_to = normalized(order.ship_to)
        problems += address_problems(ship_to, method, self._checks)
        lines: list[RequestLine] = []
        for line in order.lines:
            if line.quantity != line.quantity.to_integral_value():
                problems.append(_not_whole(line.sku))
            problems += self._options.problems_of(line.options)
            notes = self._options.notes_of(line.options)
            for part in self._skus.parts(line.sku):
                sku, found = self._item(part.sku)
                problems += found
                mapped_from = line.sku if part.sku != line.sku else ""
                quantity = line.quantity * part.quantity
                lines.append(RequestLine(line.line_id, sku, quantity, line.description, mapped_from, notes))
                notes = ""  # Once for a kit, with its first item: what is said twice may be engraved twice.
        request = FulfillmentRequest(
            reference=order.reference,
            display_number=order.display_number,
            ordered_at=order.ordered_at,
            ship_to=ship_to,
            # Without a mapping, everything else is still checked, so that a person sees every problem at once.
            ship_method=method or ShipMethod(carrier=order.ship_method),
            lines=tuple(lines),
            notes=order.notes,
        )
        limits = list(self._limit_problems(request))
        if order.own_problems and not order.lines:
            # Its lines could not be read, which is the cause; that there are none is only its effect.
            limits = [problem for problem in limits if problem.kind is not ProblemKind.NO_LINES]
        if method is None:
            # What the connector says of the store's own name is the effect of the missing mapping.
            limits = [problem for problem in limits if problem.kind is not ProblemKind.UNMAPPED_SHIP_METHOD]
        problems += _not_reported(limits, problems)
        return ValidationResult(None if problems else request, _distinct(problems))

    def _limit_problems(self, request: FulfillmentRequest) -> Sequence[Problem]:
        """Return the connector's problems with the request; an order on which it fails has that problem."""
        try:
            return self._warehouse_limits(request)
        except Exception as failure:
            log.exception("order %s: the connector fails to check it", request.reference)
            return (connector_failed(failure),)

    def _item(self, sku: str) -> tuple[str, list[Problem]]:
        """Return the SKU as the warehouse spells it, and its problems there."""
        if len(sku) > LONGEST_NAME:
            return sku, [_NAME_TOO_LONG["SKU"]]
        match = self._catalogue.get(sku)
        if match is None or match.kind is MatchKind.UNKNOWN:
            return sku, [unknown_sku(sku)]
        if match.kind is MatchKind.UNREADABLE:
            return sku, [_unreadable(sku)]
        if match.kind is MatchKind.AMBIGUOUS:
            return sku, [_ambiguous(sku, match.candidates)]
        return match.sku or sku, [_inactive(sku)] if match.kind is MatchKind.INACTIVE else []


# Longer than any catalogue's or mapping's, so that neither is searched.
_NAME_TOO_LONG = {
    field: field_too_long(field, LONGEST_NAME, "Correct it in 3dcart; the order is then validated again.")
    for field in ("SKU", "ship method")
}


def unmapped_ship_method(method: str) -> Problem:
    """Return the problem of a ship method without a mapping."""
    shown = quoted(method or "(empty)")
    return Problem(
        ProblemKind.UNMAPPED_SHIP_METHOD,
        method,
        f"ship method {shown} has no mapping",
        f"Map {shown} to the warehouse's carrier and service: `cartage mappings set`, or ship_methods of the lane.",
        # As mappings compare it: one mapping is for all spellings.
        compared_as=comparable(method, name=True),
    )


def unknown_sku(sku: str) -> Problem:
    """Return the problem of a SKU that the warehouse does not know."""
    if not sku:
        return EMPTY_SKU
    return Problem(
        ProblemKind.UNKNOWN_SKU,
        sku,
        f"SKU {quoted(sku)} is unknown to the warehouse",
        f"Create the item {quoted(sku)} at the warehouse, map the SKU to an existing item (`cartage mappings set`), or "
        "correct it in 3dcart. The orders then continue by themselves.",
    )


def _unreadable(sku: str) -> Problem:
    return Problem(
        ProblemKind.UNKNOWN_SKU,
        sku,
        f"the warehouse's item {quoted(sku)} cannot be read",
        "Ask the warehouse to correct the item: `cartage shipments unreadable` names its odd fields. The orders then "
        "continue by themselves.",
    )


def _ambiguous(sku: str, candidates: Sequence[str]) -> Problem:
    names = ", ".join(sorted(candidates))
    return Problem(
        ProblemKind.AMBIGUOUS_SKU,
        sku,
        f"SKU {quoted(sku)} matches several items at the warehouse: {names}",
        "Make the SKU in 3dcart equal to one of them, letter for letter.",
    )


def _inactive(sku: str) -> Problem:
    return Problem(
        ProblemKind.INACTIVE_ITEM,
        sku,
        f"SKU {quoted(sku)} is deactivated at the warehouse",
        f"Have the warehouse activate the item {quoted(sku)}, or replace it in the order.",
    )


def _not_whole(sku: str) -> Problem:
    return Problem(
        ProblemKind.QUANTITY_NOT_WHOLE,
        sku,
        f"the quantity of SKU {quoted(sku)} is not a whole number",
        "Correct the quantity in the order; the warehouse ships whole units.",
    )


def _not_reported(found: Sequence[Problem], reported: Sequence[Problem]) -> list[Problem]:
    """Return the warehouse's problems without those reported already: one fault must not become two causes."""
    kinds = {problem.kind for problem in reported} & {ProblemKind.EMPTY_SKU, ProblemKind.NO_LINES}
    too_long = {_field_of(problem) for problem in reported if problem.kind is ProblemKind.FIELD_TOO_LONG}
    return [
        problem
        for problem in found
        if problem.kind not in kinds
        and not (problem.kind is ProblemKind.FIELD_TOO_LONG and _field_of(problem) in too_long)
    ]


def _field_of(problem: Problem) -> str:
    """Return the field that is too long, whatever the limit."""
    return problem.subject.partition(" (at most ")[0]


def _distinct(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.fingerprint: problem for problem in problems}.values())
