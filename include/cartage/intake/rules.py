"""From a translated sales order to the fulfillment orders that it becomes, by the rules of a lane. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from cartage.orders.exclusion import Exclusion
from cartage.orders.lines import shippable
from cartage.orders.model import Address, OrderLine, SalesOrder, ShipGroup
from cartage.orders.problems import NO_LINES, Problem

BEFORE_GO_LIVE = "placed before the go-live day: left to the old system"
NO_SHIPPABLE_LINE = "no shippable line"
LEFT_TO_ANOTHER_SHIPPER = "every line is left to another shipper"
AMOUNT_ZERO = "amount 0"
GIFT_CERTIFICATES_ALONE = "paid with gift certificates alone"
LEFT_IMPORT_STATUS = "left the import status before it was sent"
LEFT_TO_OLD_SYSTEM = "left to the old system"
_STATUS = "status "
_BY_HAND = "by hand, "


@dataclass(frozen=True, slots=True)
class Rules:
    """What a lane takes in. `live_since` None: the owner has said order by order what the old system keeps."""

    bundle_parents: bool = False
    live_since: datetime | None = None
    exclusion: Exclusion = field(default_factory=Exclusion)
    skips_zero_value: bool = False
    skips_gift_certificates: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """The order with the problems found on intake, and its groups; a group with a `skip` reason does not ship."""

    order: SalesOrder
    groups: tuple[tuple[ShipGroup, str], ...]


def take_in(order: SalesOrder, rules: Rules) -> Intake:
    """Decide which lines of which ship groups ship, and which groups are skipped and why.

    An order without any ship group or line keeps one empty group, so that it is blocked in the ledger with its
    cause instead of vanishing.
    """
    groups = order.groups or (ShipGroup(0, Address(), "", ()),)
    lines = {line.line_id: line for group in groups for line in group.lines}
    problems = order.problems if lines else (*order.problems, NO_LINES)
    skip = _skip_whole(order, rules)
    decided = tuple(_decide(group, rules, lines, skip) for group in groups)
    return Intake(replace(order, problems=_once(problems)), decided)


def not_ours(status: str, *, dealt_with: bool) -> str:
    """Why an order in this status is skipped; `dealt_with` where somebody else has begun or ended with it."""
    return f"{_STATUS}{status} when first seen: not by Cartage" if dealt_with else f"{_STATUS}{status}"


def is_status_reason(reason: str) -> bool:
    """Whether an order was skipped for the status that it had; such a reason follows the status."""
    return reason.startswith(_STATUS)


def by_hand(person: str, reason: str) -> str:
    """Why an order is skipped that a person took out."""
    return f"{_BY_HAND}{person}: {reason}"


def is_by_hand(reason: str) -> bool:
    """Whether a person took the order out: only a person brings it back, whatever the store lists."""
    return reason.startswith(_BY_HAND)


def _skip_whole(order: SalesOrder, rules: Rules) -> str:
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
    group: ShipGroup, rules: Rules, all_lines: dict[int, OrderLine], skip: str
) -> tuple[ShipGroup, str]:
    ships = tuple(
        line for line in shippable(group.lines, bundle_parents=rules.bundle_parents) if line.quantity > 0
    )
    lines = rules.exclusion.remaining(ships, all_lines)
    if not skip and all_lines and not lines:
        skip = LEFT_TO_ANOTHER_SHIPPER if ships else NO_SHIPPABLE_LINE
    return replace(group, lines=lines), skip


def _once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.fingerprint: problem for problem in problems}.values())
