"""Decide which warehouse ships which lines: the first rule that a line meets takes it. Pure and deterministic.

Orders are decided in the order in which they are given: stock that one takes is not there for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from cartage.lanes.settings.several.routing import RoutingRule, SplitPolicy, TakenLines
from cartage.model.orders import RoutingChoice
from cartage.model.wildcards import matches
from cartage.routing.decision import (
    RoutedLine,
    RoutedPart,
    RoutingDecision,
    RuleHold,
    RuleOutcome,
    RuleStep,
    StockSeen,
    WaitingLine,
)
from cartage.routing.facts import LineFacts, OrderFacts
from cartage.routing.filling import Share, fill, has_all
from cartage.routing.router import Router
from cartage.routing.stock_view import Shelf, StockView

# Called with a rule's number and why it does not apply, for each that was tried.
OnUnmet = Callable[[int, str], None]


def decide(
    orders: Iterable[OrderFacts], router: Router, stock: StockView, *, on_unmet: OnUnmet | None = None
) -> list[RoutingDecision]:
    """Return the decision for each order, in the same order.

    With `on_unmet`, every rule is tried, not only those that can apply, and it is called for each rule that does not.
    """
    shelf, like = Shelf(stock), _Patterns()
    return [_Order(facts, router, shelf, like, on_unmet).decide() for facts in orders]


class _Patterns:
    """Whether texts match patterns, each pair compared once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}

    def __call__(self, pattern: str, text: str) -> bool:
        key = pattern, text
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = matches(pattern, text)
        return known


class _Order:
    """The decision about one ship-to group, as it comes about."""

    def __init__(
        self, facts: OrderFacts, router: Router, shelf: Shelf, like: _Patterns, on_unmet: OnUnmet | None
    ) -> None:
        self._facts, self._router, self._shelf, self._like = facts, router, shelf, like
        self._on_unmet = on_unmet
        self._open = list(facts.lines)
        self._shares: list[Share] = []
        self._nobody: list[int] = []
        self._waits: list[WaitingLine] = []
        self._goes_ahead = True
        self._steps: list[RuleStep] = []

    def decide(self) -> RoutingDecision:
        router = self._router
        numbers = range(len(router.rules)) if self._on_unmet else router.index.candidates(self._facts)
        for number in numbers:
            if not self._open:
                break
            rule = router.rules[number]
            if not (taken := self._taken_by(number, rule)):
                continue
            if rule.hold:
                self._give_back()
                return self._held(rule, taken)
            self._apply(rule, taken)
            gone = {line.position for line in taken}
            self._open = [line for line in self._open if line.position not in gone]
        if self._open:
            self._place(self._open, router.default)
            self._step("", RuleOutcome.DEFAULT, self._open, (router.default,))
        goes_ahead = bool(self._waits) and self._goes_ahead
        if self._waits and not goes_ahead:
            self._give_back()  # The order does not leave: what it would have taken is there for the next.
        return RoutingDecision(
            self._facts.id,
            parts=_parts(self._shares),
            nobody=tuple(sorted(self._nobody)),
            waits=tuple(self._waits),
            steps=tuple(self._steps),
            goes_ahead=goes_ahead,
        )

    def _taken_by(self, number: int, rule: RoutingRule) -> list[LineFacts]:
        """Return the open lines that a rule takes; none if it does not apply."""
        conditions, facts = self._router.conditions[number], self._facts
        if rule.hold and rule.name in facts.released:
            return self._passed(number, "released")
        if unmet := conditions.unmet_by_group(facts, self._like):
            return self._passed(number, unmet)
        met = [line for line in self._open if not conditions.unmet_by_line(line, self._like)]
        if not met:
            return self._passed(number, conditions.unmet_by_line(self._open[0], self._like))
        taken = self._open if rule.lines is TakenLines.ALL or rule.hold else self._with_bundles(rule, met)
        if conditions.in_stock and not any(has_all(name, taken, self._shelf) for name in conditions.in_stock):
            return self._passed(number, "in_stock")
        return taken

    def _passed(self, number: int, why: str) -> list[LineFacts]:
        if self._on_unmet is not None:
            self._on_unmet(number, why)
        return []

    def _with_bundles(self, rule: RoutingRule, met: list[LineFacts]) -> list[LineFacts]:
        """Return the lines with the other components of their bundles, unless the rule may take a bundle apart."""
        bundles = {line.bundle for line in met if line.bundle is not None}
        if rule.split_bundles or not bundles:
            return met
        positions = {line.position for line in met}
        return [line for line in self._open if line.position in positions or line.bundle in bundles]

    def _apply(self, rule: RoutingRule, taken: list[LineFacts]) -> None:
        if rule.nobody:
            self._nobody += [line.position for line in taken]
            self._step(rule.name, RuleOutcome.NOBODY, taken)
        elif rule.to:
            self._place(taken, rule.to)
            self._step(rule.name, RuleOutcome.SENT, taken, (rule.to,))
        else:
            self._prefer(rule, taken)

    def _prefer(self, rule: RoutingRule, taken: list[LineFacts]) -> None:
        seen = self._seen(rule.prefer, taken)
        choice = self._facts.choice
        split = rule.split
        if choice is RoutingChoice.SPLIT and split is SplitPolicy.NEVER:
            split = SplitPolicy.WHEN_NEEDED
        filled = fill(rule, taken, self._shelf, split)
        self._shares += filled.shares
        used = tuple(dict.fromkeys(warehouse for warehouse, *_ in filled.shares))
        outcome = RuleOutcome.SENT
        backorder_at = rule.backorder_at or (rule.prefer[0] if choice is RoutingChoice.BACKORDER else "")
        if filled.lacking and backorder_at:
            outcome, used = RuleOutcome.BACKORDERED, tuple(dict.fromkeys([*used, backorder_at]))
            for line, quantity in filled.lacking:
                self._share(backorder_at, line, quantity)
        elif filled.lacking:
            outcome = RuleOutcome.WAITS
            # A rule that sends each line by itself keeps no line waiting for another one.
            self._goes_ahead &= choice is RoutingChoice.SPLIT or split is SplitPolicy.BY_LINE
            self._waits += [WaitingLine(line.position, line.sku, rest) for line, rest in filled.lacking]
        self._step(rule.name, outcome, taken, used, seen)

    def _seen(self, warehouses: Sequence[str], lines: Iterable[LineFacts]) -> tuple[StockSeen, ...]:
        shelf = self._shelf
        return tuple(
            StockSeen(
                warehouse,
                line.sku,
                line.quantity,
                shelf.left(warehouse, line.sku) if shelf.is_known(warehouse) else None,
                shelf.stock.age(warehouse),
            )
            for line in lines
            for warehouse in warehouses
        )

    def _place(self, lines: Iterable[LineFacts], warehouse: str) -> None:
        for line in lines:
            self._share(warehouse, line, line.quantity)

    def _share(self, warehouse: str, line: LineFacts, quantity: Decimal) -> None:
        self._shelf.take(warehouse, line.sku, quantity)
        self._shares.append((warehouse, line, quantity))

    def _give_back(self) -> None:
        for warehouse, line, quantity in self._shares:
            self._shelf.take(warehouse, line.sku, -quantity)

    def _held(self, rule: RoutingRule, taken: list[LineFacts]) -> RoutingDecision:
        step = RuleStep(rule.name, RuleOutcome.HELD, tuple(line.position for line in taken))
        hold = RuleHold(rule.name, rule.hold)
        return RoutingDecision(self._facts.id, hold=hold, steps=(step,))

    def _step(
        self,
        rule: str,
        outcome: RuleOutcome,
        lines: Iterable[LineFacts],
        warehouses: tuple[str, ...] = (),
        seen: tuple[StockSeen, ...] = (),
    ) -> None:
        positions = tuple(line.position for line in lines)
        self._steps.append(RuleStep(rule, outcome, positions, warehouses, seen))


def _parts(shares: Iterable[Share]) -> tuple[RoutedPart, ...]:
    """Return the shares of each warehouse, a line's together, in the order in which the rules gave them."""
    found: dict[str, dict[int, Decimal]] = {}
    for warehouse, line, quantity in shares:
        lines = found.setdefault(warehouse, {})
        lines[line.position] = lines.get(line.position, Decimal(0)) + quantity
    return tuple(
        RoutedPart(warehouse, tuple(RoutedLine(place, quantity) for place, quantity in sorted(lines.items())))
        for warehouse, lines in found.items()
    )
