"""The routing rules of a lane, and how many orders each has taken in the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cartage.db.engine import database_time
from cartage.routing.repo.taken import counts_by_rule
from cartage.routing.views.explanation import conditions_text, destination_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane

RECENT_DAYS, DAYS = 7, 30


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule in words, and how many orders it took in the last 7 and 30 days. The default has no name."""

    rule: str
    conditions: str
    does: str
    recent: int
    orders: int


def rules_of_lane(connection: Connection, lane: Lane) -> list[RuleUse]:
    """Return the rules of a lane with several warehouses in their order, and the default; none for other lanes."""
    if not lane.warehouses:
        return []
    now = database_time(connection)
    names = [rule.name for rule in lane.routing]
    taken = counts_by_rule(
        connection,
        lane.name,
        names,
        since=now - timedelta(days=DAYS),
        recent=now - timedelta(days=RECENT_DAYS),
    )
    found = [
        RuleUse(rule.name, conditions_text(rule), destination_text(rule), *taken.get(rule.name, (0, 0)))
        for rule in lane.routing
    ]
    first = lane.warehouse_names()[0]
    return [*found, RuleUse("", "what no rule takes", f"to {first}", *taken.get("", (0, 0)))]
