"""`cartage orders retry`, `restart`, `release`, `hold`, `skip` and `correct`: what a person does to one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, Person, by_person, chosen_lanes
from cartage.cli.orders.finding import OrderName, the_order
from cartage.cli.printing import show_result
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lifecycle.transitions import By

Reason = Annotated[str, typer.Option(help="Why, for the timeline.", show_default=False)]


def retry(order: OrderName, by: Person, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """Validate the ledger's copy of an order again, after something outside of the order was fixed."""
    from cartage.operations.order_actions import retry_order

    _act(order, lane, by, "retried; the next run validates it", retry_order, as_json=as_json)


def restart(order: OrderName, by: Person, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """Read an order from the store again and start it from the beginning, after it was corrected there."""
    from cartage.operations.order_actions import restart_order

    _act(order, lane, by, "restarted; the next run reads it from the store", restart_order, as_json=as_json)


def release(order: OrderName, by: Person, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """End all holds of an order. It goes on with the next run."""
    from cartage.operations.order_actions import release_order

    _act(order, lane, by, "released; it goes on with the next run", release_order, as_json=as_json)


def hold(
    order: OrderName,
    reason: Reason,
    by: Person,
    lane: AnyLane = "",
    owner: Annotated[str, typer.Option(help="Who reviews it. Default: the person in --by.")] = "",
    hours: Annotated[float, typer.Option(min=0.01, max=87_600, help="Hours until the hold expires.")] = 72,
    as_json: AsJson = False,
) -> None:
    """Hold an order that has not been sent yet. It goes on when it is released, or the hold expires."""
    from cartage.validation.repo import holds

    if not reason.strip():
        raise typer.BadParameter("give a reason", param_hint="--reason")
    names, who = [found.name for found in chosen_lanes(lane)], by_person(by, "holds")
    with ledger_transaction() as connection:
        found = the_order(connection, names, order)
        until = holds.hold_order(
            connection,
            found.lane,
            found.order.reference,
            reason=reason.strip(),
            owner=owner.strip() or who.actor,
            lasting=timedelta(hours=hours),
            by=who,
        )
    document = {"lane": found.lane, "reference": found.order.reference, "until": until, "by": who.actor}
    text = f"order {found.order.reference} is held until {until:%F %H:%M} UTC, by {who.actor}."
    show_result(document, text, as_json=as_json)


def skip(order: OrderName, reason: Reason, by: Person, lane: AnyLane = "", as_json: AsJson = False) -> None:
    """Do not ship an order. It stays skipped, whatever the store lists, until it is retried or restarted."""
    from cartage.operations.order_actions import skip_order

    def act(connection: Connection, of_lane: str, order_id: int, who: By) -> None:
        skip_order(connection, of_lane, order_id, reason, who)

    _act(order, lane, by, "skipped", act, as_json=as_json)


def correct(
    order: OrderName,
    fields: Annotated[
        list[str],
        typer.Option(
            "--set", help="A field and its text: city=Troy. Again for each field.", show_default=False
        ),
    ],
    reason: Reason,
    by: Person,
    lane: AnyLane = "",
    as_json: AsJson = False,
) -> None:
    """Correct the address or the ship method of an order that was not sent. What is not given stays.

    Fields: name, company, address1, address2, city, state, zip_code, country, phone, ship_method. Where the lane has
    `post_back.corrections: true`, the next run also writes the correction to the store.
    """
    from cartage.lanes import get_lane
    from cartage.operations.corrections import correct_order

    address = _corrected_fields(fields)
    ship_method = address.pop("ship_method", None)

    def act(connection: Connection, of_lane: str, order_id: int, who: By) -> None:
        post = get_lane(of_lane).post_back.corrections
        correct_order(connection, of_lane, order_id, address, ship_method, reason, who, post=post)

    _act(order, lane, by, "corrected; the next run validates it", act, as_json=as_json)


def _corrected_fields(given: Sequence[str]) -> dict[str, str]:
    from cartage.storefront.corrections import ADDRESS_FIELDS, SHIP_METHOD

    known, fields = (*ADDRESS_FIELDS, SHIP_METHOD), {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name.strip() not in known:
            raise typer.BadParameter(
                f"{text!r} is not FIELD=TEXT; fields are {', '.join(known)}", param_hint="--set"
            )
        fields[name.strip()] = value
    return fields


def _act(
    order: str,
    lane: str,
    by: str,
    then: str,
    act: Callable[[Connection, str, int, By], None],
    *,
    as_json: bool,
) -> None:
    names, who = [found.name for found in chosen_lanes(lane)], by_person(by, "orders")
    with ledger_transaction() as connection:
        found = the_order(connection, names, order)
        act(connection, found.lane, found.order.id, who)
    document = {"lane": found.lane, "reference": found.order.reference, "result": then, "by": who.actor}
    text = f"order {found.order.reference} (lane {found.lane}): {then}, by {who.actor}."
    show_result(document, text, as_json=as_json)
