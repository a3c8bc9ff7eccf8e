"""The lane at a glance: how many orders stand where, and what blocks them. For people; no stage relies on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cartage.lifecycle.causes import BlockingCause, blocking_causes
from cartage.lifecycle.exceptions import open_exceptions

_STATES = text(
    """
    SELECT state, count(*) AS orders, min(state_since) AS oldest FROM fulfillment_order
    WHERE lane = :lane AND superseded_at IS NULL GROUP BY state
    """
)

_POSTED = text(
    "SELECT posted_status, count(*) AS orders FROM sales_order"
    " WHERE lane = :lane AND posted_status IS NOT NULL GROUP BY posted_status"
)

_PACKAGES = text(
    """
    SELECT count(*) AS known, count(p.posted_at) AS posted FROM package p
    JOIN shipment h ON h.id = p.shipment_id WHERE h.lane = :lane AND p.voided_at IS NULL
    """
)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many fulfillment orders are in a state, and since when the oldest is."""

    state: str
    orders: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """One lane at one moment.

    `posted` counts sales orders by the status that the store was last told, `exceptions` the questions that wait for
    a person.
    """

    standings: tuple[StateCount, ...]
    posted: dict[int, int]
    packages: int
    packages_posted: int
    causes: tuple[BlockingCause, ...]
    exceptions: int


def lane_overview(connection: Connection, lane: str) -> Overview:
    """Count a lane's orders. Reads all of the lane's rows: for a person's question, not for a loop."""
    states = connection.execute(_STATES, {"lane": lane})
    standings = tuple(StateCount(row.state, row.orders, row.oldest) for row in states)
    packages = connection.execute(_PACKAGES, {"lane": lane}).one()
    return Overview(
        standings=standings,
        posted={row.posted_status: row.orders for row in connection.execute(_POSTED, {"lane": lane})},
        packages=packages.known,
        packages_posted=packages.posted,
        causes=tuple(blocking_causes(connection, lane)),
        exceptions=len(open_exceptions(connection, lane)),
    )
