"""A person chooses how an order goes on that no warehouse has in full: wait, split, or backorder."""

from __future__ import annotations

from sqlalchemy import Connection

from cartage.errors import TransitionRefused
from cartage.lanes import Lane
from cartage.lifecycle.events import note_on_fulfillment_orders
from cartage.lifecycle.transitions import By
from cartage.model.orders import RoutingChoice
from cartage.routing.repo.choices import write_choice

CHOSEN = "routing_chosen"
"""The kind of the event that is such a choice."""

MEANINGS = {
    RoutingChoice.WAIT: "wait until one warehouse, or several by their rule, have all of it",
    RoutingChoice.SPLIT: "send what the warehouses have now; the rest waits",
    RoutingChoice.BACKORDER: "let the rule's first warehouse have what none has; it sends it later",
}


def choose_routing(connection: Connection, lane: Lane, order_id: int, choice: RoutingChoice, by: By) -> None:
    """Keep a person's choice for a fulfillment order and the other unsent parts of its ship-to.

    The next run decides by it. It counts only for lines that no rule could place.

    Raises:
        TransitionRefused: if the lane has one warehouse, nothing of the order is unsent, or it has this choice already.
    """
    if not lane.warehouses:
        raise TransitionRefused(f"Lane {lane.name} has one warehouse: there is nothing to choose.")
    changed = write_choice(connection, lane.name, order_id, choice)
    if not changed:
        raise TransitionRefused(
            "Nothing was changed: the order was sent or skipped, or this was chosen already."
        )
    note_on_fulfillment_orders(connection, sorted(changed), CHOSEN, by, why=MEANINGS[choice])
