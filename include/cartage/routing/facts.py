"""What routing rules compare: the facts of one ship-to group and its lines. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from cartage.addresses import destinations, normalized
from cartage.model.orders import Address
from cartage.model.routing_choices import RoutingChoice


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
