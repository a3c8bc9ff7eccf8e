"""Validation of one fulfillment order against the lane's mappings and the warehouse's catalogue. Pure: no I/O.

Either the order is complete and becomes the request that will be sent, or it has problems. Every problem is found at
once, so that a person mends an order in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cartage.errors.problems import EMPTY_SKU, Problem, ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.skus import SkuTable
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.model.skus import Match, MatchKind
from cartage.validation.addresses import address_problems


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """One line that is to ship, as the store has it."""

    line_id: int
    sku: str
    quantity: Decimal
    description: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One fulfillment order that is to be validated."""

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
    """The request if the order may be sent, else its problems."""

    request: FulfillmentRequest | None
    problems: tuple[Problem, ...]


class Validator:
    """Judges orders by one lane's mappings, one catalogue, and one warehouse's own limits."""

    def __init__(
        self,
        methods: ShipMethodTable,
        skus: SkuTable,
        catalogue: Mapping[str, Match],
        warehouse_limits: Callable[[FulfillmentRequest], Sequence[Problem]],
        checks: Checks,
    ) -> None:
        self._methods = methods
        self._skus = skus
        self._catalogue = catalogue
        self._warehouse_limits = warehouse_limits
        self._checks = checks

    def judge(self, order: Candidate) -> ValidationResult:
        """Return the request, or every problem of the order."""
        problems = list(order.own_problems)
        method = self._methods.find(order.ship_method)
        if method is None:
            problems.append(unmapped_ship_method(order.ship_method))
        problems += address_problems(order.ship_to, method, self._checks)
        lines: list[RequestLine] = []
        for line in order.lines:
            if line.quantity != line.quantity.to_integral_value():
                problems.append(_not_whole(line.sku))
            for part in self._skus.parts(line.sku):
                sku, found = self._item(part.sku)
                problems += found
                mapped_from = line.sku if part.sku != line.sku else ""
                quantity = line.quantity * part.quantity
                lines.append(RequestLine(line.line_id, sku, quantity, line.description, mapped_from))
        request = FulfillmentRequest(
            reference=order.reference,
            display_number=order.display_number,
            ordered_at=order.ordered_at,
            ship_to=order.ship_to,
            # Without a mapping, everything else is still looked at, so that all is mended in one go.
            ship_method=method or ShipMethod(carrier=order.ship_method),
            lines=tuple(lines),
            notes=order.notes,
        )
        problems += _unsaid(self._warehouse_limits(request), problems)
        return ValidationResult(None if problems else request, _once(problems))

    def _item(self, sku: str) -> tuple[str, list[Problem]]:
        """The SKU as the warehouse spells it, and what is wrong with it there."""
        match = self._catalogue.get(sku)
        if match is None or match.kind is MatchKind.UNKNOWN:
            return sku, [unknown_sku(sku)]
        if match.kind is MatchKind.AMBIGUOUS:
            return sku, [_ambiguous(sku, match.candidates)]
        return match.sku or sku, [_inactive(sku)] if match.kind is MatchKind.INACTIVE else []


def unmapped_ship_method(method: str) -> Problem:
    """The store's ship method has no mapping."""
    shown = method or "(empty)"
    return Problem(
        ProblemKind.UNMAPPED_SHIP_METHOD,
        method,
        f"ship method {shown!r} has no mapping",
        f"Map {shown!r} to the warehouse's carrier and service: `cartage mappings set`, or ship_methods of the lane.",
    )


def unknown_sku(sku: str) -> Problem:
    """The warehouse does not know the SKU."""
    if not sku:
        return EMPTY_SKU
    return Problem(
        ProblemKind.UNKNOWN_SKU,
        sku,
        f"SKU {sku!r} is unknown to the warehouse",
        f"Create the item {sku!r} at the warehouse, map the SKU to an item that is there (`cartage mappings set`), or "
        "correct it in 3dcart; the orders go on by themselves.",
    )


def _ambiguous(sku: str, candidates: Sequence[str]) -> Problem:
    names = ", ".join(sorted(candidates))
    return Problem(
        ProblemKind.AMBIGUOUS_SKU,
        sku,
        f"SKU {sku!r} matches several items at the warehouse: {names}",
        "Make the SKU in 3dcart equal to one of them, letter for letter.",
    )


def _inactive(sku: str) -> Problem:
    return Problem(
        ProblemKind.INACTIVE_ITEM,
        sku,
        f"SKU {sku!r} is deactivated at the warehouse",
        f"Have the warehouse activate the item {sku!r}, or replace it in the order.",
    )


def _not_whole(sku: str) -> Problem:
    return Problem(
        ProblemKind.QUANTITY_NOT_WHOLE,
        sku,
        f"the quantity of SKU {sku!r} is not a whole number",
        "Correct the quantity in the order; the warehouse ships whole units.",
    )


def _unsaid(found: Sequence[Problem], said: Sequence[Problem]) -> list[Problem]:
    """What a warehouse finds besides: a lack that was named already would be a second cause for one mend."""
    kinds = {problem.kind for problem in said} & {ProblemKind.EMPTY_SKU, ProblemKind.NO_LINES}
    return [problem for problem in found if problem.kind not in kinds]


def _once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.fingerprint: problem for problem in problems}.values())
