"""Which parts of a sales order the lane ships, and why it skips the others. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cartage.errors.problems import NO_LINES, Problem
from cartage.intake.lines import Exclusion, shippable_lines
from cartage.model.orders import Address, OrderLine, SalesOrder, ShipGroup
from cartage.model.skip_reasons import (
    AMOUNT_ZERO,
    BEFORE_GO_LIVE,
    GIFT_CERTIFICATES_ONLY,
    LEFT_TO_ANOTHER_SHIPPER,
    NO_SHIPPABLE_LINE,
)

# The subjects of problems with the order's lines begin with the list's name on the wire.
_LINES = "OrderItemList"


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """What a lane imports. After a cutover, `live_since` is None: the owner has decided order by order."""

    bundle_parents: bool = False
    live_since: datetime | None = None
    exclusion: Exclusion = field(default_factory=Exclusion)
    skips_zero_value: bool = False
    skips_gift_certificates: bool = False


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """The order with the problems found on import, and its ship groups, each with the reason why it is skipped.

    A group with an empty reason ships.
    """

    order: SalesOrder
    groups: tuple[tuple[ShipGroup, str], ...]


def apply_intake_rules(order: SalesOrder, rules: IntakeRules) -> IntakeResult:
    """Decide which lines of which ship groups ship, and why the other groups are skipped.

    An order without any ship group or line keeps one empty group: it is then blocked in the ledger with its cause,
    and does not get lost.
    """
    groups = order.groups or (ShipGroup(0, Address(), "", ()),)
    lines = {line.line_id: line for group in groups for line in group.lines}
    problems = order.problems if lines else (*order.problems, NO_LINES)
    skip = _skip_whole_order(order, rules)
    sound = not any(problem.subject.startswith(_LINES) for problem in order.problems)
    decided = tuple(_decide(group, rules, lines, skip, all_lines_read=sound) for group in groups)
    return IntakeResult(replace(order, problems=_distinct(problems)), decided)


def _skip_whole_order(order: SalesOrder, rules: IntakeRules) -> str:
    """Return why nothing of the order ships; empty if something may."""
    if rules.live_since and order.ordered_at is not None and order.ordered_at < rules.live_since:
        return BEFORE_GO_LIVE
    if rules.skips_zero_value and order.amount == 0 and not _amount_is_unreadable(order):
        return AMOUNT_ZERO
    if rules.skips_gift_certificates and order.gift_certificate_only:
        return GIFT_CERTIFICATES_ONLY
    return ""


def _amount_is_unreadable(order: SalesOrder) -> bool:
    """Return whether the amount was read as 0 only because it could not be read: then it blocks the order instead."""
    return any(problem.subject == "OrderAmount" for problem in order.problems)


def _decide(
    group: ShipGroup, rules: IntakeRules, all_lines: dict[int, OrderLine], skip: str, *, all_lines_read: bool
) -> tuple[ShipGroup, str]:
    """Decide one group. Only true zeros make it "no shippable line": what could not be read may ship, and blocks."""
    ships = shippable_lines(group.lines, bundle_parents=rules.bundle_parents)
    lines = rules.exclusion.remaining(ships, all_lines)
    if not skip and all_lines and not lines:
        if ships:
            skip = LEFT_TO_ANOTHER_SHIPPER
        elif all_lines_read:
            skip = NO_SHIPPABLE_LINE
    return replace(group, lines=tuple(line for line in lines if line.quantity > 0)), skip


def _distinct(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.fingerprint: problem for problem in problems}.values())
