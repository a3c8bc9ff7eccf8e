"""`cartage routing choose`: how orders go on that no warehouse has in full, one, several, or all that wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, Person, by_person, chosen_lanes
from cartage.cli.orders.finding import OrderNames, the_order
from cartage.cli.printing import show_result, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lifecycle.transitions import By
    from cartage.model.orders import RoutingChoice

# More than a person reads; --json has them all.
_MOST_SHOWN = 50


@dataclass(slots=True)
class _Outcome:
    """The orders that took the choice or would take it, and why others do not: lanes and references."""

    took: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str, str]] = field(default_factory=list)


def choose(
    orders: OrderNames = None,
    *,
    choice: Annotated[
        str, typer.Argument(help="wait, split or backorder.", metavar="CHOICE", show_default=False)
    ],
    by: Person,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="All orders that wait because no warehouse has them.")
    ] = False,
    cause: Annotated[
        int, typer.Option(min=0, help="All that wait for this cause: its id in `cartage orders blocked`.")
    ] = 0,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Only show which orders would take it, and why others would not."),
    ] = False,
    lane: AnyLane = "",
    as_json: AsJson = False,
) -> None:
    """Choose how orders go on that no warehouse has in full. The next run decides by it.

    wait: until there is enough. split: what is there leaves now, and the rest waits. backorder: the first warehouse of
    the rule sends the rest later.

    An order that cannot take the choice is named with the reason, and keeps no other one from taking it.
    """
    from cartage.operations.routing_choices import MEANINGS, NAMES

    if choice not in NAMES:
        raise typer.BadParameter(f"{choice!r} is none of {', '.join(NAMES)}", param_hint="CHOICE")
    if bool(orders) + waiting + bool(cause) != 1:
        raise typer.BadParameter("name orders, or give --waiting, or --cause", param_hint="ORDER")
    who, lanes, outcome = by_person(by, "routing"), chosen_lanes(lane), _Outcome()
    batches = _named(lanes, orders, outcome) if orders else _waiting(lanes, cause or None)
    for of_lane, ids in batches:
        _act(of_lane, ids, NAMES[choice], None if preview else who, outcome)
    _show(outcome, choice, MEANINGS[NAMES[choice]], who.actor, preview=preview, as_json=as_json)
    if orders and outcome.left:
        raise typer.Exit(1)


def _named(lanes: Sequence[Lane], names: Sequence[str], outcome: _Outcome) -> list[tuple[Lane, list[int]]]:
    """Return the orders that these numbers name, by lane. A number that names none, or several, is left with why."""
    found: dict[str, list[int]] = {}
    with ledger_transaction() as connection:
        for name in dict.fromkeys(names):
            try:
                order = the_order(connection, [each.name for each in lanes], name)
            except typer.BadParameter as refusal:
                outcome.left.append(("", name, refusal.message))
            else:
                found.setdefault(order.lane, []).append(order.order.id)
    return [(each, found[each.name]) for each in lanes if each.name in found]


def _waiting(lanes: Sequence[Lane], cause_id: int | None) -> Iterator[tuple[Lane, list[int]]]:
    from cartage.operations.routing_choices import waiting_batches

    for each in lanes:
        with ledger_transaction() as connection:
            batches = waiting_batches(connection, each.name, cause_id)
        for ids in batches:
            yield each, ids


def _act(lane: Lane, ids: Sequence[int], choice: RoutingChoice, by: By | None, outcome: _Outcome) -> None:
    """Make the choice for a batch, in a transaction of its own; without a person only say what it would do."""
    from cartage.operations.routing_choices import choose_for_orders, preview_choice
    from cartage.operations.views.order_list import orders_by_id

    with ledger_transaction() as connection:
        references = {order.id: order.reference for order in orders_by_id(connection, ids, [lane.name])}
        if by is None:
            result = preview_choice(connection, [lane], ids, choice)
        else:
            result = choose_for_orders(connection, lane, ids, choice, by)
    gone = set(ids) - set(result.moved) - result.left.keys()
    outcome.took += [(lane.name, references[order_id]) for order_id in result.moved]
    outcome.left += [(lane.name, references[order_id], why.one) for order_id, why in result.left.items()]
    outcome.left += [
        (lane.name, references[order_id], "was replaced by a later one") for order_id in sorted(gone)
    ]


def _show(outcome: _Outcome, choice: str, meaning: str, person: str, *, preview: bool, as_json: bool) -> None:
    document = {
        "choice": choice,
        "by": person,
        "preview": preview,
        "chosen": [{"lane": lane, "reference": reference} for lane, reference in outcome.took],
        "left": [{"lane": lane, "reference": reference, "why": why} for lane, reference, why in outcome.left],
    }
    if len(outcome.took) == 1:
        [(lane, reference)] = outcome.took
        what = f"order {reference} (lane {lane})"
    else:
        what = counted(len(outcome.took), "order")
    text = f"{what} would take it: {meaning}." if preview else f"{what}: {meaning}, by {person}."
    show_result(document, text if outcome.took else "No order can take it.", as_json=as_json)
    if outcome.left and not as_json:
        title = "These stay as they are"
        if len(outcome.left) > _MOST_SHOWN:
            title = f"The first {_MOST_SHOWN} of {counted(len(outcome.left), 'order')} that stay as they are"
        show_table(("lane", "order", "why"), outcome.left[:_MOST_SHOWN], title=title)
