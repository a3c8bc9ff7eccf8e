"""Whether a warehouse's stock figures leave out what an order takes. Statements about rows, for several rooms.

A warehouse takes a unit off what is available once it has the order, and off what is on hand once the order ships. So a
figure of what is available leaves out the orders that the warehouse had by then, and shipping changes nothing of that;
a figure of what is on hand alone leaves out only what had shipped.
"""

from __future__ import annotations

from cartage.model.states import AT_WAREHOUSE

_THERE = ", ".join(f"'{state.value}'" for state in sorted(AT_WAREHOUSE))

THERE = f"f.state IN ({_THERE})"
"""For rows f (fulfillment_order): the warehouse has it. PostgreSQL compares its indexes with this spelling."""

# Since when the warehouse has it without a break. A later move, such as that to shipped, changes nothing of it.
_ARRIVED = f"""
    coalesce((
        SELECT max(e.at) FROM event e
        WHERE e.fulfillment_order_id = f.id AND e.to_state IN ({_THERE}) AND e.from_state NOT IN ({_THERE})
    ), f.state_since)
"""  # noqa: S608 - constants of this module


def left_out(until: str, on_hand: str) -> str:
    """Return the condition that figures leave out what an order f takes, which its warehouse has.

    `until` and `on_hand` are SQL: the instant until which the figures have what the warehouse was told, and whether
    they are of what is on hand alone.
    """
    return f"""
        CASE WHEN {on_hand} THEN f.state = 'shipped' AND f.state_since <= {until}
        ELSE f.state_since <= {until} OR {_ARRIVED} <= {until} END
    """
