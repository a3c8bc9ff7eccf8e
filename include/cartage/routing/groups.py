"""Ship-to groups whose unsent lines are in several fulfillment orders: they are decided together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from cartage.model.routing_choices import RoutingChoice
from cartage.routing.facts import LineFacts, OrderFacts

# Sales order and ShipmentID.
GroupKey = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WholeGroup:
    """The facts of everything of a ship-to group that may be routed, and the fulfillment orders that hold it.

    `facts.id` is the first of `members`, which are in the order of their parts. `key` is the sales order's id and the
    ShipmentID.
    """

    key: GroupKey
    facts: OrderFacts
    members: tuple[int, ...]


def whole_groups(facts: Sequence[OrderFacts], keys: Mapping[int, tuple[GroupKey, int]]) -> list[WholeGroup]:
    """Return the facts of orders, those of one group put together, in the order of their first fulfillment order.

    `keys` has the group and the part of each fulfillment order, by its id.
    """
    groups: dict[GroupKey, list[OrderFacts]] = {}
    for order in facts:
        groups.setdefault(keys[order.id][0], []).append(order)
    return [
        whole
        for key, members in groups.items()
        for whole in _joined(key, sorted(members, key=lambda order: keys[order.id][1]))
    ]


def _joined(key: GroupKey, parts: Sequence[OrderFacts]) -> Iterable[WholeGroup]:
    if len(parts) == 1:
        return [WholeGroup(key, parts[0], (parts[0].id,))]
    lines: dict[int, LineFacts] = {}
    for line in (line for part in parts for line in part.lines):
        there = lines.setdefault(line.position, replace(line, quantity=Decimal(0)))
        if (there.line_id, there.sku) != (line.line_id, line.sku):
            # They were imported from different copies of the order: each is decided by itself.
            return [WholeGroup(key, part, (part.id,)) for part in parts]
        lines[line.position] = replace(there, quantity=there.quantity + line.quantity)
    first = parts[0]
    whole = replace(
        first,
        lines=tuple(lines[position] for position in sorted(lines)),
        # A hold is released once for the whole group.
        released=frozenset[str]().union(*(part.released for part in parts)),
        choice=next((part.choice for part in parts if part.choice), RoutingChoice.WAIT),
    )
    return [WholeGroup(key, whole, tuple(part.id for part in parts))]
