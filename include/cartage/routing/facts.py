"""What routing rules compare: the facts of one ship-to group and its lines. Pure.

A group whose unsent lines are in several fulfillment orders is decided as one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from cartage.addresses import destinations, normalized
from cartage.model.orders import Address, RoutingChoice


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line. `position` names it within its group; `weight` is of one unit, None if unknown.

    Lines with the same `bundle` (the line id of their parent) are components of one bundle; None for all others.
    """

    position: int
    sku: str
    quantity: Decimal
    weight: Decimal | None = None
    store_warehouse_id: int = 0
    bundle: int | None = None
    line_id: int = 0


@dataclass(frozen=True)
class OrderFacts:
    """One ship-to group. `id` is the caller's own, `amount` the whole order's, `countries` all that cover the address.

    `released` has the names of the rules whose hold a person has released, `choice` what a person chose if no warehouse
    has all of it.
    """

    id: int
    lines: tuple[LineFacts, ...]
    countries: frozenset[str] = frozenset()
    state: str = ""
    postal_code: str = ""
    ship_method: str = ""
    amount: Decimal = Decimal(0)
    is_first: bool = False
    released: frozenset[str] = field(default_factory=frozenset)
    choice: RoutingChoice = RoutingChoice.WAIT

    @cached_property
    def weight(self) -> Decimal | None:
        """The weight of all lines, in the store's unit; None if a line's is unknown."""
        total = Decimal(0)
        for line in self.lines:
            if line.weight is None:
                return None
            total += line.weight * line.quantity
        return total


def facts_of(
    key: int,
    lines: Iterable[LineFacts],
    *,
    ship_to: Address,
    ship_method: str,
    amount: Decimal,
    is_first: bool,
    released: Collection[str] = (),
    choice: RoutingChoice = RoutingChoice.WAIT,
) -> OrderFacts:
    """Return the facts of a ship-to group, with the codes of its address in their normal form."""
    place = normalized(ship_to)
    return OrderFacts(
        key,
        tuple(lines),
        countries=destinations(place),
        state=place.state.upper(),
        postal_code=place.zip_code,
        ship_method=ship_method,
        amount=amount,
        is_first=is_first,
        released=frozenset(released),
        choice=choice,
    )


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
