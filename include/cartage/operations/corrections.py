"""Correct the address or the ship method of an order that was not sent.

A correction is an event with the person, the reason, and what was changed. Where the lane says so, `mark_processing`
writes it to the store as well; otherwise the store keeps its own. A correction stands while the store's copy stays as
it is: once the store changes the order, the store's copy counts again, and the order is held for the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from cartage.errors import TransitionRefused
from cartage.intake.likeness import likeness_of
from cartage.lifecycle.events import note_on_fulfillment_orders
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.documents import address_document, address_from, options_from
from cartage.model.orders import OrderLine
from cartage.model.states import State
from cartage.operations.repo import actions
from cartage.storefront.corrections import ADDRESS_FIELDS

CORRECTABLE = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY})
"""The states in which an order can be corrected: it was not sent, and it will be."""

CORRECTED = "corrected"
"""The kind of the event that is a correction."""

_LONGEST_FIELD = 200


def correct_order(
    connection: Connection,
    lane: str,
    order_id: int,
    address: Mapping[str, str],
    ship_method: str | None,
    reason: str,
    by: By,
    *,
    post: bool = False,
) -> None:
    """Replace the fields of the address that are given, and the ship method; the next run validates the order again.

    With None the ship method stays. With `post` the next run also writes the correction to the store.

    Raises:
        TransitionRefused: if the order was sent or will not be sent, nothing changes, or no reason is given.
    """
    if not reason.strip():
        raise TransitionRefused("A correction needs a reason. Write it down.")
    found = actions.lock_address(connection, lane, order_id)
    rows = actions.actionable_orders(connection, [lane], [order_id], lock=True)
    if found is None or not rows:
        raise TransitionRefused(f"Lane {lane} has no such order, or a later generation has replaced it.")
    if State(rows[0].state) not in CORRECTABLE or found["cancel_wanted_at"] is not None:
        state = rows[0].state.replace("_", " ")
        raise TransitionRefused(
            f"The order is {state} by now, or is to be cancelled: it cannot be corrected."
        )
    before = address_from(found["ship_to"])
    given = {
        name: " ".join(address[name].split())[:_LONGEST_FIELD] for name in ADDRESS_FIELDS if name in address
    }
    after = replace(before, **given)
    method = found["ship_method"] if ship_method is None else ship_method.strip()[:_LONGEST_FIELD]
    changed = {
        name: [getattr(before, name), value]
        for name, value in given.items()
        if value != getattr(before, name)
    }
    if method != found["ship_method"]:
        changed["ship_method"] = [found["ship_method"], method]
    if not changed:
        raise TransitionRefused("Nothing was changed: the address and the ship method are the same.")
    # All parts of the ship-to go to the same place.
    parts = [order_id, *actions.lock_other_parts(connection, order_id, CORRECTABLE)]
    for part in parts:
        lines = [
            OrderLine(row["line_id"], row["sku"], row["quantity"], options=options_from(row["options"]))
            for row in actions.lines_of(connection, part)
        ]
        actions.write_correction(
            connection,
            part,
            ship_to=address_document(after),
            ship_method=method,
            likeness=likeness_of(found["email"], after, lines),
            person=by.actor,
            post=post and part == order_id,
        )
    note_on_fulfillment_orders(
        connection, parts, CORRECTED, by, why=reason.strip(), detail={"changed": changed}
    )
    move(connection, [Move(part, why="corrected by hand") for part in parts], State.IMPORTED, by)
