"""A lane's routing rules, compiled once for any number of orders. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cartage.routing.conditions import RuleConditions
from cartage.routing.rule_index import RuleIndex

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.several.routing import RoutingRule


@dataclass(frozen=True)
class Router:
    """The rules in their order with their conditions, an index of them, and the warehouse of lines that meet none."""

    rules: tuple[RoutingRule, ...]
    default: str
    conditions: tuple[RuleConditions, ...] = field(init=False)
    index: RuleIndex = field(init=False)

    def __post_init__(self) -> None:
        conditions = tuple(RuleConditions.of(rule.when) for rule in self.rules)
        object.__setattr__(self, "conditions", conditions)
        object.__setattr__(self, "index", RuleIndex(conditions))


def compile_routing(lane: Lane) -> Router:
    """Return the compiled rules of a lane. One with a single warehouse has none, and everything goes there."""
    names: Sequence[str] = lane.warehouse_names()
    return Router(lane.routing, names[0])
