"""Judge orders by two sets of rules: what a change of rules would release, block or alter, before it is made.

A preview judges the orders that were not sent yet, a backtest those of the last days. Both use the cached catalogue,
change nothing and call no remote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from cartage.db.engine import database_time
from cartage.model.orders import FulfillmentRequest, RequestLine, ShipMethod
from cartage.runtime.context import StageContext
from cartage.validation.judge import Judge, JudgedOrder, LaneRules
from cartage.validation.repo.orders import ids_placed_since, rows_to_judge, unsent_ids
from cartage.warehouses.repo import catalogue

_BATCH = 500
_EXAMPLES = 20


class RuleEffect(StrEnum):
    """What other rules do to an order."""

    RELEASED = "released"  # was blocked or held, would be sent
    BLOCKED = "blocked"
    HELD = "held"
    ALTERED = "altered"  # sent by both, with different content
    OTHER_CAUSES = "other causes"  # stopped by both, for different reasons


@dataclass(frozen=True, slots=True)
class RequestDifference:
    """An order that the other rules treat differently, and how."""

    effect: RuleEffect
    reference: str
    order_id: int
    invoice: str
    state: str
    before: str
    after: str


@dataclass
class Comparison:
    """All differences: how many orders were validated, how many of each effect, and the first examples of each.

    `report_progress` is called after each batch.
    """

    validated: int = 0
    counts: Counter[RuleEffect] = field(default_factory=Counter)
    examples: list[RequestDifference] = field(default_factory=list)
    report_progress: Callable[[Comparison], None] | None = None

    def add_validated(self, orders: int) -> None:
        """Count the orders of a batch, and report the progress."""
        self.validated += orders
        if self.report_progress:
            self.report_progress(self)

    def add(self, difference: RequestDifference) -> None:
        """Count a difference; the first ones of each effect are kept as examples."""
        self.counts[difference.effect] += 1
        if self.counts[difference.effect] <= _EXAMPLES:
            self.examples.append(difference)


def compare_unsent(
    context: StageContext, before: LaneRules, after: LaneRules, counts: Comparison
) -> Iterator[RequestDifference]:
    """Yield the unsent orders of a warehouse that `after` treats differently from `before`; count all in `counts`."""
    last: int | None = 0
    while last is not None and not context.stop.is_set():
        with context.ledger.begin() as connection:
            ids = unsent_ids(connection, context.lane.name, context.concerns, after=last, size=_BATCH)
        yield from _compare(context, before, after, ids, counts)
        last = ids[-1] if ids else None


def backtest_rules(
    context: StageContext, before: LaneRules, after: LaneRules, days: int, counts: Comparison
) -> Iterator[RequestDifference]:
    """Yield a warehouse's orders placed in the last days that `after` treats differently; count all in `counts`.

    Both sets of rules use the warehouse's catalogue as it is cached now, and judge each order as if it came in now.
    """
    with context.ledger.begin() as connection:
        since = database_time(connection) - timedelta(days=days)
        ids = ids_placed_since(connection, context.lane.name, context.concerns, since)
    for start in range(0, len(ids), _BATCH):
        if not context.stop.is_set():
            yield from _compare(context, before, after, ids[start : start + _BATCH], counts)


def request_differences(before: FulfillmentRequest, after: FulfillmentRequest) -> list[str]:
    """Return how two requests for one order differ, without personal data; empty if the warehouse gets the same."""
    found = list(_line_differences(before, after))
    if before.ship_method != after.ship_method:
        methods = f"{_method_text(before.ship_method)} -> {_method_text(after.ship_method)}"
        found.insert(0, f"ship method {methods}")
    others = ("display_number", "ordered_at", "ship_to", "notes")
    found += [name.replace("_", " ") for name in others if getattr(before, name) != getattr(after, name)]
    return found


def _compare(
    context: StageContext, before: LaneRules, after: LaneRules, ids: Sequence[int], counts: Comparison
) -> Iterator[RequestDifference]:
    if not ids:
        return
    with context.ledger.begin() as connection:
        rows = rows_to_judge(connection, ids)
        skus = [line[1] for row in rows for line in row.lines]
        targets = dict.fromkeys([*before.skus.targets(skus), *after.skus.targets(skus)])
        matches = catalogue.lookup(connection, context.account, targets)
        now = database_time(connection)
        pairs = zip(
            *(Judge(context, rules, matches, now).judge(connection, rows) for rules in (before, after)),
            strict=True,
        )
    counts.add_validated(len(rows))
    for old, new in pairs:
        if found := _difference(old, new):
            yield found


def _difference(old: JudgedOrder, new: JudgedOrder) -> RequestDifference | None:
    before, after = _stopped_by(old), _stopped_by(new)
    row: Row[Any] = old.row
    if before != after:
        effect = _effect(old, new)
    elif not before and (changed := _altered(old, new)):
        effect, before, after = RuleEffect.ALTERED, "", changed
    else:
        return None
    return RequestDifference(effect, row.reference, row.order_id, row.invoice, row.state, before, after)


def _effect(old: JudgedOrder, new: JudgedOrder) -> RuleEffect:
    if not _stopped_by(new):
        return RuleEffect.RELEASED
    if not _stopped_by(old) or new.can_be_sent is not old.can_be_sent:
        return RuleEffect.HELD if new.can_be_sent else RuleEffect.BLOCKED
    return RuleEffect.OTHER_CAUSES


def _stopped_by(order: JudgedOrder) -> str:
    """Return why the order would not be sent; empty if it would."""
    if order.result.problems:
        return "; ".join(problem.message for problem in order.result.problems)
    if order.kept_causes:
        return "stopped by the warehouse or its connector"
    return "; ".join(f"held: {hold.reason}" for hold in order.holds)


def _altered(old: JudgedOrder, new: JudgedOrder) -> str:
    if old.result.request is None or new.result.request is None:
        return ""
    return "; ".join(request_differences(old.result.request, new.result.request))


def _line_differences(before: FulfillmentRequest, after: FulfillmentRequest) -> Iterator[str]:
    old, new = _totals(before), _totals(after)
    changed = [sku for sku in sorted(old.keys() | new.keys()) if old.get(sku) != new.get(sku)]
    for sku in changed:
        yield f"SKU {sku}: {_quantity_text(old.get(sku))} -> {_quantity_text(new.get(sku))}"
    if not changed and _without_notes(before) != _without_notes(after):
        yield "the same quantities in other lines"
    if _line_notes(before) != _line_notes(after):
        yield "options of lines"


def _without_notes(request: FulfillmentRequest) -> list[RequestLine]:
    return [replace(line, notes="") for line in request.lines]


def _line_notes(request: FulfillmentRequest) -> list[tuple[int, str, str]]:
    return sorted((line.line_id, line.sku, line.notes) for line in request.lines if line.notes)


def _totals(request: FulfillmentRequest) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in request.lines:
        totals[line.sku] = totals.get(line.sku, Decimal(0)) + line.quantity
    return totals


def _quantity_text(quantity: Decimal | None) -> str:
    return format(quantity.normalize(), "f") if quantity is not None else "none"


def _method_text(method: ShipMethod) -> str:
    code = f"({method.service})" if method.title else ""
    return " ".join(filter(None, (method.shown, code, method.billing, method.account, method.scac)))
