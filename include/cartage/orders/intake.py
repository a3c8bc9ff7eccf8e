"""From a translated sales order to the fulfillment orders that it becomes, by the rules of a lane. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cartage.orders.lines import shippable
from cartage.orders.model import Address, SalesOrder, ShipGroup
from cartage.orders.problems import NO_LINES, Problem

BEFORE_GO_LIVE = "placed before the go-live day: left to the old system"
NO_SHIPPABLE_LINE = "no shippable line"
LEFT_IMPORT_STATUS = "left the import status before it was sent"


@dataclass(frozen=True, slots=True)
class Intake:
    """The order with the problems found on intake, and its groups; a group with a `skip` reason does not ship."""

    order: SalesOrder
    groups: tuple[tuple[ShipGroup, str], ...]


def take_in(order: SalesOrder, *, bundle_parents: bool, live_since: datetime) -> Intake:
    """Decide which lines of which ship groups ship, and which groups are skipped and why.

    An order without any ship group or line keeps one empty group, so that it is blocked in the ledger with its
    cause instead of vanishing.
    """
    groups = order.groups or (ShipGroup(0, Address(), "", ()),)
    has_lines = any(group.lines for group in groups)
    problems = order.problems if has_lines else (*order.problems, NO_LINES)
    old = order.ordered_at is not None and order.ordered_at < live_since
    decided = tuple(_decide(group, bundle_parents, old=old, has_lines=has_lines) for group in groups)
    return Intake(replace(order, problems=_once(problems)), decided)


def _decide(group: ShipGroup, bundle_parents: bool, *, old: bool, has_lines: bool) -> tuple[ShipGroup, str]:
    lines = tuple(line for line in shippable(group.lines, bundle_parents=bundle_parents) if line.quantity > 0)
    skip = BEFORE_GO_LIVE if old else NO_SHIPPABLE_LINE if has_lines and not lines else ""
    return replace(group, lines=lines), skip


def _once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple({problem.fingerprint: problem for problem in problems}.values())
