"""Why an order goes where it goes: what was decided, whether it can still change, and what the rules say now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cartage.errors import SettingsError
from cartage.model.states import AT_WAREHOUSE, UNSENT, State
from cartage.routing.facts import whole_groups
from cartage.routing.reading import group_keys, read_facts
from cartage.routing.repo import history
from cartage.routing.router import compile_routing
from cartage.routing.stock_seen import stock_for
from cartage.routing.views.comparison import Explanation, explain
from cartage.storefront.repo.customers import first_orders

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.several.routing import RoutingRule


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """The decision that gave the order its warehouse: when, in words, and by which rules."""

    at: datetime
    sentence: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule of the lane in words, and what it does with the order by the present stock."""

    rule: str
    conditions: str
    does: str
    result: str
    decides: bool


@dataclass(frozen=True, slots=True)
class OrderExplanation:
    """Where an order is, why, and what the rules say of it.

    `stays` says why rules and stock do not change that any more; empty if they do. `now` is None if the ledger's copy
    of the order cannot be read, or has been emptied.
    """

    reference: str
    state: State
    warehouse: str
    stays: str
    decided: RecordedDecision | None
    now: Explanation | None
    rules: tuple[RuleResult, ...]


def explain_order(connection: Connection, lane: Lane, order_id: int) -> OrderExplanation:
    """Return why an order goes where it goes. Read only.

    Raises:
        SettingsError: if the lane does not have it.
    """
    row = history.order_of(connection, lane.name, order_id)
    if row is None:
        raise SettingsError("routing", [f"  lane {lane.name} has no order with the id {order_id}."])
    state = State(row.state)
    now = _present_rules(connection, lane, row)
    last = history.last_routing(connection, order_id)
    return OrderExplanation(
        row.reference,
        state,
        row.warehouse,
        _stays(state, row.warehouse, history.first_sent_at(connection, order_id)),
        None if last is None else RecordedDecision(last.at, last.why, _rules_in(last.detail)),
        now,
        () if now is None else tuple(_results(lane.routing, now)),
    )


def _present_rules(connection: Connection, lane: Lane, row: Any) -> Explanation | None:
    """Return what the rules say of an order; of one that may still be routed, with the other parts of its ship-to."""
    group = history.routable_groups(connection, lane.name, [row.id])
    rows = group if any(part.id == row.id for part in group) else [row]
    found = read_facts(rows, first_orders(connection, [row.sales_order_id]))
    facts = next(
        (whole.facts for whole in whole_groups(found, group_keys(rows)) if row.id in whole.members), None
    )
    if facts is None:
        return None
    stock = stock_for(connection, lane, {line.sku for line in facts.lines})
    return explain(facts, compile_routing(lane), stock)


def _stays(state: State, warehouse: str, sent_at: datetime | None) -> str:
    """Return why an order stays where it is; empty if the next run decides it again."""
    where = warehouse or "the only warehouse"
    if sent_at is not None:
        return f"a request for it left for {where} on {sent_at:%Y-%m-%d at %H:%M} UTC, so it stays there"
    if state in AT_WAREHOUSE:
        return f"{where} has it, so it stays there"
    if state is State.HELD:
        return "it is held, and is decided again once it is released"
    if state not in UNSENT or state in (State.SKIPPED, State.REJECTED):
        return f"it is {state.value.replace('_', ' ')}, so rules do not decide it"
    return ""


def _rules_in(detail: Mapping[str, Any] | None) -> tuple[str, ...]:
    steps = (detail or {}).get("steps") or ()
    return tuple(step["rule"] for step in steps if step.get("rule"))


def _results(rules: Sequence[RoutingRule], now: Explanation) -> list[RuleResult]:
    unmet = {each.rule: each.unmet for each in now.passed}
    return [
        RuleResult(
            rule.name,
            conditions_text(rule),
            destination_text(rule),
            "decides" if rule.name not in unmet else passed_text(unmet[rule.name]),
            rule.name not in unmet,
        )
        for rule in rules
    ]


def passed_text(unmet: str) -> str:
    """Return why a rule does not decide an order, in words; `unmet` is as in `PassedRule`."""
    if not unmet:
        return "not reached: earlier rules took every line"
    if unmet == "released":
        return "no longer applies: a person released its hold"
    return f"does not apply: {unmet} not met"


def conditions_text(rule: RoutingRule) -> str:
    """Return the conditions of a rule in one line, as the lanes file names them."""
    given = rule.when.model_dump(exclude_defaults=True, mode="json")
    return "; ".join(f"{name}: {_value_text(value)}" for name, value in given.items()) or "every line"


def destination_text(rule: RoutingRule) -> str:
    """Return what a rule does with the lines that it takes, in a few words."""
    lines = "all lines " if rule.lines.value == "all" else ""
    if rule.hold:
        return f"hold: {rule.hold}"
    if rule.nobody:
        return f"{lines}for nobody here"
    if rule.to:
        return f"{lines}to {rule.to}"
    more = [f"split {rule.split.value.replace('_', ' ')}"] if rule.split.value != "never" else []
    more += [f"else backorder at {rule.backorder_at}"] if rule.backorder_at else []
    return ", ".join([f"{lines}to the first of {', '.join(rule.prefer)} that has them", *more])


def _value_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
