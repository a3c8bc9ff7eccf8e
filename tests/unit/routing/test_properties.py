"""Random orders, rules and stock: quantities are conserved, and decisions are those of a plain reading of the rules."""

from __future__ import annotations

import copy
from collections import defaultdict
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.lanes.settings.several.routing import RoutingRule
from cartage.model.orders import RoutingChoice
from cartage.routing import LineFacts, OrderFacts, Router, RoutingDecision, StockView, decide
from tests.unit.routing.test_decide import NOW

WAREHOUSES = ("east", "west", "north")
SKUS = ("MUG", "MUG-6", "TEA", "TEAPOT", "ICE-1")
PATTERNS = (*SKUS, "MUG*", "*POT", "T?A", "*", "ICE-?", "nothing")
STATES = ("CA", "NY", "TX")
CODES = ("90210", "10001", "73301", "")

_conditions = st.fixed_dictionaries(
    {},
    optional={
        "skus": st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
        "store_warehouses": st.lists(st.integers(0, 2), min_size=1, max_size=2),
        "countries": st.lists(st.sampled_from(["US", "CA"]), min_size=1, max_size=1),
        "states": st.lists(st.sampled_from(STATES), min_size=1, max_size=2),
        "postal_codes": st.lists(st.sampled_from(["9", "100-107", "733"]), min_size=1, max_size=2),
        "ship_methods": st.lists(st.sampled_from(["*Ground", "Express", "U*"]), min_size=1, max_size=1),
        "amount_from": st.integers(0, 200),
        "weight_below": st.integers(1, 20),
        "first_order": st.booleans(),
        "in_stock": st.lists(st.sampled_from(WAREHOUSES), min_size=1, max_size=2, unique=True),
    },
)
_destinations = st.one_of(
    st.builds(lambda name: {"to": name}, st.sampled_from(WAREHOUSES)),
    st.just({"nobody": True}),
    st.just({"hold": "look at it"}),
    st.fixed_dictionaries(
        {"prefer": st.lists(st.sampled_from(WAREHOUSES), min_size=1, unique=True)},
        optional={
            "split": st.sampled_from(["never", "when_needed", "by_line"]),
            "backorder_at": st.sampled_from(WAREHOUSES),
            "split_bundles": st.booleans(),
        },
    ),
)
_rules = st.lists(
    st.builds(
        lambda when, lines, where: {"when": when, "lines": lines, **where},
        _conditions,
        st.sampled_from(["matching", "all"]),
        _destinations,
    ),
    max_size=6,
).map(
    lambda rules: tuple(RoutingRule.model_validate({"name": f"r{n}", **rule}) for n, rule in enumerate(rules))
)

_line = st.tuples(
    st.sampled_from(SKUS),
    st.one_of(st.integers(1, 6).map(Decimal), st.just(Decimal("1.5"))),
    st.one_of(st.none(), st.integers(1, 5).map(Decimal)),
    st.integers(0, 2),
    st.one_of(st.none(), st.integers(1, 2)),
)
_order = st.builds(
    lambda lines, country, state, code, method, amount, is_first, released, choice: OrderFacts(
        0,
        tuple(LineFacts(place, *line) for place, line in enumerate(lines)),
        frozenset({country}),
        state,
        code,
        method,
        Decimal(amount),
        is_first,
        frozenset(released),
        choice,
    ),
    st.lists(_line, min_size=1, max_size=5),
    st.sampled_from(["US", "CA"]),
    st.sampled_from(STATES),
    st.sampled_from(CODES),
    st.sampled_from(["UPS Ground", "Express", ""]),
    st.integers(0, 300),
    st.booleans(),
    st.lists(st.sampled_from(["r0", "r1"]), max_size=2),
    st.sampled_from([RoutingChoice.WAIT, *RoutingChoice]),
)
_stock = st.builds(
    lambda units, known: StockView(
        NOW,
        {(name, sku.casefold()): Decimal(count) for (name, sku), count in units.items()},
        dict.fromkeys(known, NOW),
    ),
    st.dictionaries(
        st.tuples(st.sampled_from(WAREHOUSES), st.sampled_from(SKUS)), st.integers(0, 8), max_size=12
    ),
    st.sets(st.sampled_from(WAREHOUSES)),
)


@settings(max_examples=300, deadline=None)
@given(orders=st.lists(_order, min_size=1, max_size=6), rules=_rules, stock=_stock)
def test_every_unit_is_decided_exactly_once(
    orders: list[OrderFacts], rules: tuple[RoutingRule, ...], stock: StockView
) -> None:
    decisions = decide(orders, Router(rules, "east"), stock)
    assert len(decisions) == len(orders)
    for facts, decision in zip(orders, decisions, strict=True):
        if decision.hold:
            assert (decision.parts, decision.nobody, decision.waits) == ((), (), ())
            continue
        assert _decided(facts, decision) == {line.position: line.quantity for line in facts.lines}
        assert len(set(decision.warehouses)) == len(decision.parts)
        assert all(line.quantity > 0 for part in decision.parts for line in part.lines)


@settings(max_examples=150, deadline=None)
@given(orders=st.lists(_order, min_size=1, max_size=4), rules=_rules, stock=_stock)
def test_the_same_facts_give_the_same_decisions(
    orders: list[OrderFacts], rules: tuple[RoutingRule, ...], stock: StockView
) -> None:
    first = decide(orders, Router(rules, "east"), stock)
    assert decide(copy.deepcopy(orders), Router(rules, "east"), stock) == first
    assert decide(orders, Router(rules, "east"), stock, on_unmet=lambda _number, _why: None) == first


@settings(max_examples=400, deadline=None)
@given(orders=st.lists(_order, min_size=1, max_size=4), rules=_rules, stock=_stock)
def test_decisions_are_those_of_a_plain_reading_of_the_rules(
    orders: list[OrderFacts], rules: tuple[RoutingRule, ...], stock: StockView
) -> None:
    plain = _Plain(rules, stock)
    for facts, decision in zip(orders, decide(orders, Router(rules, "east"), stock), strict=True):
        expected = plain.decide(facts)
        if decision.hold:
            assert expected == decision.hold.rule
            continue
        assert expected == {
            "parts": {
                (part.warehouse, line.position): line.quantity
                for part in decision.parts
                for line in part.lines
            },
            "nobody": set(decision.nobody),
            "waits": {line.position: line.quantity for line in decision.waits},
            "goes_ahead": decision.goes_ahead,
        }


def _decided(facts: OrderFacts, decision: RoutingDecision) -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for part in decision.parts:
        for routed in part.lines:
            found[routed.position] += routed.quantity
    for waiting in decision.waits:
        found[waiting.position] += waiting.quantity
    for line in facts.lines:
        if line.position in decision.nobody:
            found[line.position] += line.quantity
    return dict(found)


class _Plain:
    """The rules as the manual states them, tried one after the other, with a plain copy of the stock."""

    def __init__(self, rules: tuple[RoutingRule, ...], stock: StockView) -> None:
        self._rules = rules
        self._has = {
            (name, sku): stock.units.get((name, sku.casefold()), Decimal(0))
            if name in stock.read_at
            else None
            for name in WAREHOUSES
            for sku in SKUS
        }

    def decide(self, facts: OrderFacts) -> Any:
        before = dict(self._has)
        self._parts: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        self._nobody: set[int] = set()
        self._waits: dict[int, Decimal] = {}
        self._choice = facts.choice
        patient = False
        left = list(facts.lines)
        for rule in self._rules:
            taken = self._taken(rule, facts, left)
            if taken and rule.hold:
                self._has = before
                return rule.name
            left = [line for line in left if line not in taken]
            waiting = len(self._waits)
            self._apply(rule, taken)
            if len(self._waits) > waiting and rule.split != "by_line" and facts.choice != "split":
                patient = True
        for line in left:
            self._send("east", line, line.quantity)
        if patient:
            self._has = before
        return {
            "parts": dict(self._parts),
            "nobody": self._nobody,
            "waits": self._waits,
            "goes_ahead": bool(self._waits) and not patient,
        }

    def _apply(self, rule: RoutingRule, taken: list[LineFacts]) -> None:
        if rule.nobody:
            self._nobody |= {line.position for line in taken}
            return
        shares, short = self._fill(rule, taken) if rule.prefer and taken else ([], [])
        for name, line, quantity in shares:
            self._send(name, line, quantity)
        for line, quantity in short if rule.prefer else [(line, line.quantity) for line in taken]:
            if (
                name := rule.to
                or rule.backorder_at
                or (rule.prefer[0] if self._choice == "backorder" else "")
            ):
                self._send(name, line, quantity)
            else:
                self._waits[line.position] = quantity

    def _send(self, name: str, line: LineFacts, quantity: Decimal) -> None:
        self._parts[name, line.position] += quantity
        if (has := self._has[name, line.sku]) is not None:
            self._has[name, line.sku] = has - quantity

    def _taken(self, rule: RoutingRule, facts: OrderFacts, left: list[LineFacts]) -> list[LineFacts]:
        if not left or (rule.hold and rule.name in facts.released) or not self._group_fits(rule, facts):
            return []
        when = rule.when
        met = [
            line
            for line in left
            if (not when.skus or any(fnmatchcase(line.sku.lower(), like.lower()) for like in when.skus))
            and (not when.store_warehouses or line.store_warehouse_id in when.store_warehouses)
        ]
        if met and (rule.lines == "all" or rule.hold):
            met = left
        elif not rule.split_bundles:
            bundles = {line.bundle for line in met if line.bundle}
            met = [line for line in left if line in met or line.bundle in bundles]
        if when.in_stock and not any(self._whole(name, met, {}) for name in when.in_stock):
            return []
        return met

    def _group_fits(self, rule: RoutingRule, facts: OrderFacts) -> bool:
        when = rule.when
        weights = [line.weight * line.quantity for line in facts.lines if line.weight is not None]
        weight = sum(weights, Decimal(0)) if len(weights) == len(facts.lines) else None
        return (
            (not when.countries or bool(facts.countries & set(when.countries)))
            and (not when.states or facts.state in when.states)
            and (
                not when.postal_codes or any(_in_range(facts.postal_code, code) for code in when.postal_codes)
            )
            and (
                not when.ship_methods
                or any(fnmatchcase(facts.ship_method, like) for like in when.ship_methods)
            )
            and (when.amount_from is None or facts.amount >= when.amount_from)
            and (when.weight_below is None or (weight is not None and weight < when.weight_below))
            and (when.first_order is None or when.first_order == facts.is_first)
        )

    def _whole(self, name: str, lines: list[LineFacts], used: dict[tuple[str, str], Decimal]) -> bool:
        """Whether a warehouse has all of these lines besides what is used already; if so they are used too."""
        wanted: dict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            wanted[line.sku] += line.quantity
        for sku, quantity in wanted.items():
            has = self._has[name, sku]
            if has is None or max(has, Decimal(0)) - used.get((name, sku), Decimal(0)) < quantity:
                return False
        for sku, quantity in wanted.items():
            used[name, sku] = used.get((name, sku), Decimal(0)) + quantity
        return True

    def _fill(self, rule: RoutingRule, lines: list[LineFacts]) -> tuple[list[Any], list[Any]]:
        for name in rule.prefer:
            if self._whole(name, lines, {}):
                return [(name, line, line.quantity) for line in lines], []
        if rule.split == "never" and self._choice != "split":
            return [], [(line, line.quantity) for line in lines]
        groups: dict[object, list[LineFacts]] = {}
        for line in lines:
            one = line.bundle is not None and not rule.split_bundles
            groups.setdefault(("bundle", line.bundle) if one else line.position, []).append(line)
        if rule.split == "by_line":
            return self._from(rule.prefer, groups, divide=False)
        known = [name for name in rule.prefer if self._has[name, SKUS[0]] is not None]
        for size in range(2, len(known) + 1):
            for chosen in combinations(known, size):
                found = self._from(chosen, groups, divide=True)
                if not found[1]:
                    return found
        return self._from(known, groups, divide=True)

    def _from(
        self, names: Any, groups: dict[object, list[LineFacts]], *, divide: bool
    ) -> tuple[list[Any], list[Any]]:
        used: dict[tuple[str, str], Decimal] = {}
        shares, short = [], []
        for lines in groups.values():
            home = next((name for name in names if self._whole(name, lines, used)), None)
            if home:
                shares += [(home, line, line.quantity) for line in lines]
                continue
            if not divide or len(lines) > 1 or lines[0].quantity % 1:
                short += [(line, line.quantity) for line in lines]
                continue
            [line] = lines
            rest = line.quantity
            for name in names:
                has = max(self._has[name, line.sku] or Decimal(0), Decimal(0)) - used.get(
                    (name, line.sku), Decimal(0)
                )
                units = min(rest, Decimal(int(has)))
                if units > 0:
                    used[name, line.sku] = used.get((name, line.sku), Decimal(0)) + units
                    shares.append((name, line, units))
                    rest -= units
            if rest:
                short.append((line, rest))
        return shares, short


def _in_range(code: str, entry: str) -> bool:
    first, _, last = entry.partition("-")
    return len(code) >= len(first) and first <= code[: len(first)] <= (last or first)
