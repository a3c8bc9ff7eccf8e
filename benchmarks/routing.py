"""(s) Routing of 1,000 orders by 500 rules and the stock of 50,000 SKUs at three warehouses."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import median

from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from cartage.lanes.settings.several.routing import RoutingRule
from cartage.routing import LineFacts, OrderFacts, Router, RoutingDecision, StockView, decide

_WAREHOUSES = ("east", "west", "north")
_STATES = ("CA", "NY", "TX", "WA", "FL", "ME", "OH", "GA", "OR", "NV")
_TARGET_SECONDS = 1.0
_TIMES = 5
_SEED = 15


class NotConserved(RuntimeError):
    """A unit was lost or decided twice, so there is no result."""


def measure(*, quick: bool) -> Outcome:
    """Time `decide` alone, then the compilation of the rules; check that every unit is decided once."""
    orders, rules, skus = (100, 50, 5_000) if quick else (1_000, 500, 50_000)
    random = Random(_SEED)
    written = tuple(_rules(random, rules, skus))
    facts = [_order(random, number, skus) for number in range(orders)]
    stock = _stock(random, skus)
    taken, compiled, cpu = [], [], []
    decisions: list[RoutingDecision] = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        router = Router(written, "east")
        compiled.append(time.perf_counter() - began)
        began, used = time.perf_counter(), time.process_time()
        decisions = decide(facts, router, stock)
        taken.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    _require_conserved(facts, decisions)
    seconds = median(taken)
    say(f"  {orders:,} orders routed in {seconds:.3f} s")
    ends = Counter(_end(decision) for decision in decisions)
    return Outcome(
        title=f"Routing of {orders:,} orders by {rules} rules and the stock of {skus:,} SKUs at three warehouses",
        figures=(
            Figure("seconds, median", round(seconds, 3), None, "s"),
            Figure("seconds, slowest", round(max(taken), 3), None, "s"),
            Figure("CPU seconds, median", round(median(cpu), 3), None, "s"),
            Figure("rules compiled and indexed", round(1000 * median(compiled), 1), None, "ms"),
            *(Figure(f"orders that end {end}", count) for end, count in sorted(ends.items())),
        ),
        targets=(
            Target(f"seconds for {orders:,} orders", round(seconds, 3), _TARGET_SECONDS, "at most", "s"),
        ),
        notes=(
            (
                "A third of the rules test SKUs (exact, or with a wildcard at either end), a third places (states, "
                "ranges of postal codes), a third ship methods and amounts; half of them prefer warehouses by stock, "
                "with and without splitting. Rules are valid settings; orders have 1 to 5 lines."
            ),
            "The decision alone, in memory, as validation asks for it: facts and stock are read by SQL before.",
        ),
    )


def _rules(random: Random, count: int, skus: int) -> Iterator[RoutingRule]:
    for number in range(count):
        where = _preference(random) if number % 2 else {"to": random.choice(_WAREHOUSES)}
        yield RoutingRule.model_validate(
            {"name": f"rule-{number}", "when": _conditions(random, number, skus), **where}
        )


def _preference(random: Random) -> dict[str, object]:
    names = random.sample(_WAREHOUSES, 3)
    return {
        "prefer": names,
        "split": random.choice(["never", "when_needed", "by_line"]),
        "backorder_at": names[0],
    }


def _conditions(random: Random, number: int, skus: int) -> dict[str, object]:
    if number % 3 == 0:
        sku = f"SKU-{random.randrange(skus)}"
        return {"skus": [random.choice([sku, f"{sku[:-1]}*", f"*-{random.randrange(skus)}"])]}
    if number % 3 == 1:
        first = random.randrange(100, 900)
        return {"states": random.sample(_STATES, 2), "postal_codes": [f"{first}-{first + 30}"]}
    return {"ship_methods": [f"*Method {random.randrange(40)}"], "amount_from": random.randrange(200)}


def _order(random: Random, number: int, skus: int) -> OrderFacts:
    lines = tuple(
        LineFacts(place, f"SKU-{random.randrange(skus)}", Decimal(random.randint(1, 6)), Decimal(1))
        for place in range(random.randint(1, 5))
    )
    return OrderFacts(
        number,
        lines,
        countries=frozenset({"US"}),
        state=random.choice(_STATES),
        postal_code=str(random.randrange(10_000, 99_999)),
        ship_method=f"Carrier Method {random.randrange(80)}",
        amount=Decimal(random.randrange(300)),
    )


def _stock(random: Random, skus: int) -> StockView:
    now = datetime.now(UTC)
    units = {
        (name, f"sku-{number}"): Decimal(random.randrange(12))
        for name in _WAREHOUSES
        for number in range(skus)
    }
    return StockView(
        now, units, dict.fromkeys(_WAREHOUSES, now), dict.fromkeys(_WAREHOUSES, timedelta(hours=1))
    )


def _end(decision: RoutingDecision) -> str:
    if decision.waits:
        return "waiting"
    return "at one warehouse" if len(decision.parts) == 1 else "in parts"


def _require_conserved(facts: list[OrderFacts], decisions: list[RoutingDecision]) -> None:
    for order, decision in zip(facts, decisions, strict=True):
        found: Counter[int] = Counter()
        for part in decision.parts:
            for line in part.lines:
                found[line.position] += int(line.quantity)
        for waiting in decision.waits:
            found[waiting.position] += int(waiting.quantity)
        if found != Counter({line.position: int(line.quantity) for line in order.lines}):
            raise NotConserved(f"order {order.id}: {decision}")
