"""From a translated sales order to the fulfillment orders that it becomes, by the rules of a lane. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cartage.errors.problems import NO_LINES, Problem
from cartage.intake.exclusion import Exclusion
from cartage.intake.lines import shippable_lines
from cartage.model.orders import Address, OrderLine, SalesOrder, ShipGroup
from cartage.model.skip_reasons import (
    AMOUNT_ZERO,
    BEFORE_GO_LIVE,
    GIFT_CERTIFICATES_ALONE,
    LEFT_TO_ANOTHER_SHIPPER,
    NO_SHIPPABLE_LINE,
)


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """What a lane takes in. `live_since` None: the owner has said order by order what the old system keeps."""

    bundle_parents: bool = False
    live_since: datetime | None = None
    exclusion: Exclusion = field(default_factory=Exclusion)
    skips_zero_value: bool = False
    skips_gift_certificates: bool = False


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """The order with the problems found on intake, and its groups; a group with a `skip` reason does not ship."""

    order: SalesOrder
    groups: tuple[tuple[ShipGroup, str], ...]


def apply_intake_rules(order: SalesOrder, rules: IntakeRules) -> IntakeResult:
    """Decide which lines of which ship groups ship, and which groups are skipped and why.

    An order without any ship group or line keeps one empty group, so that it is blocked in the ledger with its
    cause instead of vanishing.
    """
    groups = order.groups or (ShipGroup(0, Address(), "", ()),)
    lines = {line.line_id: line for group in groups for line in group.lines}
    problems = order.problems if lines else (*order.problems, NO_LINES)
    skip = _skip_whole(order, rules)
    decided = tuple(_decide(group, rules, lines, skip) for group in groups)
    return IntakeResult(replace(order, problems=_once(problems)), decided)


def _skip_whole(order: SalesOrder, rules: IntakeRules) -> str:
    """Why nothing of the order ships; empty if something may."""
    if rules.live_since and order.ordered_at is not None and order.ordered_at < rules.live_since:
        return BEFORE_GO_LIVE
    if rules.skips_zero_value and order.amount == 0 and not _amount_is_unreadable(order):
        return AMOUNT_ZERO
    if rules.skips_gift_certificates and order.gift_certificate_only:
        return GIFT_CERTIFICATES_ALONE
    return ""


def _amount_is_unreadable(order: SalesOrder) -> bool:
    """Read as 0, but it may be anything: such an order is blocked with that cause, not skipped."""
    return any(problem.subject == "OrderAmount" for problem in order.problems)


def _decide(
    group: ShipGroup, rules: IntakeRules, all_lines: dict[int, OrderLine], skip: str
) -> tuple[ShipGroup, str]:
    ships = tuple(
        line
        for line in shippable_lines(group.lines, bundle_parents=rules.bundle_parents)
        if line.quantity > 0
    )
    lines = rules.exclusion.remaining(ships, all_lines)
    if not skip and all_lines and not lines:
        skip = LEFT_TO_ANOTHER_SHIPPER if ships else NO_SHIPPABLE_LINE
    return replace(group, lines=lines), skip


def _once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.fingerprint: problem for problem in problems}.values())
