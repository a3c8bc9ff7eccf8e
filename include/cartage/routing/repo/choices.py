"""What people chose for orders that wait for stock: kept with all of their ship-to that was not sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.errors.problems import ProblemKind
from cartage.model.orders import RoutingChoice

# The unsent parts g of the ship-to groups of the orders f.
_UNSENT_PARTS = """
    g.sales_order_id = f.sales_order_id AND g.shipment_id = f.shipment_id
    AND g.superseded_at IS NULL AND g.state IN ('imported', 'blocked', 'held', 'ready')
"""

_STANDING = text(
    f"""
    SELECT f.id, f.lane, f.state, parts.other AS changes
    FROM fulfillment_order f
    CROSS JOIN LATERAL (
        SELECT bool_or(g.routing_choice <> :choice) AS other FROM fulfillment_order g WHERE {_UNSENT_PARTS}) parts
    WHERE f.id = ANY(:ids) AND f.lane = ANY(:lanes) AND f.superseded_at IS NULL
    ORDER BY f.id
    """  # noqa: S608 - a constant of this module
)

_LOCK = text(
    f"""
    SELECT g.id FROM fulfillment_order g
    WHERE g.id IN (
        SELECT g.id FROM fulfillment_order f JOIN fulfillment_order g ON {_UNSENT_PARTS}
        WHERE f.id = ANY(:ids) AND f.lane = ANY(:lanes))
    ORDER BY g.id FOR UPDATE
    """  # noqa: S608 - a constant of this module
)

_CHOOSE = text(
    f"""
    UPDATE fulfillment_order SET routing_choice = :choice
    WHERE id IN (
        SELECT g.id FROM fulfillment_order f JOIN fulfillment_order g ON {_UNSENT_PARTS}
        WHERE f.id = ANY(:ids) AND f.lane = :lane AND g.routing_choice <> :choice)
    RETURNING id
    """  # noqa: S608 - a constant of this module
)

_WAITING = text(
    """
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = :lane AND f.state = 'blocked' AND f.superseded_at IS NULL
      AND f.cause_ids && ARRAY(
        SELECT id FROM cause
        WHERE lane = :lane AND kind = :kind AND closed_at IS NULL
          AND (CAST(:cause_id AS bigint) IS NULL OR id = :cause_id))
    ORDER BY f.id
    """
)


def choice_standing(
    connection: Connection,
    lanes: Collection[str],
    ids: Collection[int],
    choice: RoutingChoice,
    *,
    lock: bool = False,
) -> Sequence[Row[Any]]:
    """Return those of these orders that no later generation replaced: id, lane, state, changes.

    `changes` says whether an unsent part of the order's ship-to has another choice; None if no part is unsent. `lock`
    locks these parts.
    """
    values = {"ids": sorted(ids), "lanes": sorted(lanes)}
    if lock:
        connection.execute(_LOCK, values)
    return connection.execute(_STANDING, values | {"choice": choice.value}).all()


def write_choice(connection: Connection, lane: str, ids: Collection[int], choice: RoutingChoice) -> set[int]:
    """Keep a choice for the unsent parts of these orders' ship-tos; return those that had another."""
    values = {"ids": sorted(ids), "lane": lane, "choice": choice.value}
    return set(connection.execute(_CHOOSE, values).scalars())


def waiting_orders(connection: Connection, lane: str, cause_id: int | None = None) -> list[int]:
    """Return the orders of a lane that wait because no warehouse has them; with `cause_id` those of one cause."""
    values = {"lane": lane, "kind": ProblemKind.NOT_ROUTED.value, "cause_id": cause_id}
    return list(connection.execute(_WAITING, values).scalars())
