"""Find orders by any of their numbers, in one lane or in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from cartage.model.states import State
    from cartage.operations.views.order_list import ListedOrder

_ANY_NUMBER = (
    "Any number of the order: our reference, the OrderID, the invoice, the warehouse's or a tracking number."
)
OrderName = Annotated[str, typer.Argument(help=_ANY_NUMBER, metavar="ORDER", show_default=False)]
OrderNames = Annotated[
    list[str] | None, typer.Argument(help=_ANY_NUMBER, metavar="ORDER", show_default=False)
]

# More than a person reads to choose one.
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order and its lane."""

    lane: str
    order: ListedOrder

    @property
    def numbers(self) -> frozenset[str]:
        """All numbers by which a person may name it, in small letters."""
        order = self.order
        tracking = order.tracking.replace(",", " ").split()
        named = (order.reference, str(order.order_id), order.invoice, order.remote_id, *tracking)
        return frozenset(number.casefold() for number in named if number)


def find_orders(
    connection: Connection,
    lanes: Sequence[str],
    *,
    text: str = "",
    state: State | None = None,
    since: date | None = None,
    until: date | None = None,
    places: Sequence[str] = (),
    numbers_only: bool = False,
    limit: int,
) -> list[FoundOrder]:
    """Return the newest orders of these lanes that match.

    `text` is a number, a SKU, a name or part of an e-mail address; with `numbers_only` it is a number. `places` are
    lanes with one of their warehouses, as `Filter` has them.
    """
    from cartage.operations.views.order_list import Filter, order_page

    wanted = Filter(
        lanes=tuple(lanes),
        text=text,
        personal=frozenset(lanes),
        numbers_only=numbers_only,
        states=(state,) if state else (),
        since=since,
        until=until,
        places=tuple(places),
    )
    found: list[FoundOrder] = []
    after: str | None = None
    while len(found) < limit:
        page = order_page(connection, wanted, after=after, size=limit - len(found))
        found += [FoundOrder(order.lane, order) for order in page.orders]
        after = page.then
        if after is None:
            break
    return found


def the_order(connection: Connection, lanes: Sequence[str], name: str) -> FoundOrder:
    """Return the order with this number. Where a number is that of several, one that it names exactly comes first.

    Raises:
        BadParameter: if no order or several have it.
    """
    found = find_orders(connection, lanes, text=name, numbers_only=True, limit=_MOST_NAMED)
    exact = [listed for listed in found if name.strip().casefold() in listed.numbers] or found
    if not exact:
        where = f"lane {lanes[0]} has" if len(lanes) == 1 else "no lane has"
        raise typer.BadParameter(
            f"{where} {'no' if len(lanes) == 1 else 'an'} order {name!r}", param_hint="ORDER"
        )
    if len(exact) > 1:
        names = ", ".join(f"{listed.order.reference} ({listed.lane})" for listed in exact)
        message = f"{name!r} is a number of several orders; name one by its reference: {names}"
        raise typer.BadParameter(message, param_hint="ORDER")
    return exact[0]
