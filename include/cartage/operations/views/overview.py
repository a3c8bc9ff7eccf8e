"""A lane at a glance, for desk and CLI: where its orders are, and the last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from cartage.lifecycle.causes import BlockingCause, blocking_causes, count_blocked
from cartage.lifecycle.exceptions import count_open_exceptions
from cartage.model.bounded import BOUND, Bounded
from cartage.model.states import State

_STANDINGS = text(
    """
    SELECT wanted.state, counted.orders, oldest.since
    FROM unnest(CAST(:states AS text[])) AS wanted(state)
    CROSS JOIN LATERAL (
        SELECT count(*) AS orders FROM (
            SELECT FROM fulfillment_order f
            WHERE f.lane = :lane AND f.state = wanted.state AND f.superseded_at IS NULL LIMIT :bound
        ) found
    ) counted
    CROSS JOIN LATERAL (
        SELECT (
            SELECT f.state_since FROM fulfillment_order f
            WHERE f.lane = :lane AND f.state = wanted.state AND f.superseded_at IS NULL
            ORDER BY f.state_since LIMIT 1
        ) AS since
    ) oldest
    """
)

# An order counts once however often it went back: in the hour in which the warehouse first accepted it, and in that in
# which it last shipped.
_HOURS = text(
    """
    WITH hours AS (
        SELECT h.hour FROM generate_series(
            date_trunc('hour', clock_timestamp()) - interval '23 hours', clock_timestamp(), interval '1 hour'
        ) AS h(hour)
    ), sent AS (
        SELECT date_trunc('hour', e.at) AS hour, count(*) AS orders FROM event e
        WHERE e.lane = :lane AND e.to_state = 'acknowledged' AND e.at >= (SELECT min(hour) FROM hours)
          -- Not NOT EXISTS, for which PostgreSQL may read all events.
          AND (SELECT true FROM event b WHERE b.fulfillment_order_id = e.fulfillment_order_id
              AND b.to_state = 'acknowledged' AND b.id < e.id LIMIT 1) IS NULL
        GROUP BY 1
    ), shipped AS (
        SELECT date_trunc('hour', f.state_since) AS hour, count(*) AS orders FROM fulfillment_order f
        WHERE f.lane = :lane AND f.state = 'shipped' AND f.superseded_at IS NULL
          AND f.state_since >= (SELECT min(hour) FROM hours)
        GROUP BY 1
    )
    SELECT hour, coalesce(sent.orders, 0) AS sent, coalesce(shipped.orders, 0) AS shipped
    FROM hours LEFT JOIN sent USING (hour) LEFT JOIN shipped USING (hour) ORDER BY hour
    """
)

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

    `posted` counts sales orders by the status that was last posted, `exceptions` those that wait for a decision,
    `blocked` orders and entries of the store's list that causes block, each once however many causes it has.
    """

    standings: tuple[StateCount, ...]
    posted: dict[int, int]
    packages: int
    packages_posted: int
    causes: tuple[BlockingCause, ...]
    blocked: int
    exceptions: int


@dataclass(frozen=True, slots=True)
class LaneStanding:
    """How many fulfillment orders are in a state, and since when the oldest is; None if there is none."""

    state: State
    orders: Bounded
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Hour:
    """How many orders the warehouse first accepted, and how many shipped, in the hour that begins at `start`."""

    start: datetime
    sent: int
    shipped: int

    @property
    def end(self) -> datetime:
        """The first instant after the hour."""
        return self.start + timedelta(hours=1)


def standings(
    connection: Connection, lane: str, states: Sequence[State] = tuple(State)
) -> list[LaneStanding]:
    """Count the lane's orders in each of these states, in that order; superseded ones do not count."""
    query = {"lane": lane, "states": [state.value for state in states], "bound": BOUND + 1}
    found = {row.state: row for row in connection.execute(_STANDINGS, query)}
    return [
        LaneStanding(state, Bounded.of(found[state.value].orders), found[state.value].since)
        for state in states
    ]


def last_day(connection: Connection, lane: str) -> list[Hour]:
    """Return the present hour and the 23 before it, the oldest first."""
    rows = connection.execute(_HOURS, {"lane": lane})
    return [Hour(row.hour, row.sent, row.shipped) for row in rows]


def lane_overview(connection: Connection, lane: str) -> Overview:
    """Count a lane's orders. This reads all of the lane's rows: for a person, not for a loop."""
    states = connection.execute(_STATES, {"lane": lane})
    standings = tuple(StateCount(row.state, row.orders, row.oldest) for row in states)
    packages = connection.execute(_PACKAGES, {"lane": lane}).one()
    return Overview(
        standings=standings,
        posted={row.posted_status: row.orders for row in connection.execute(_POSTED, {"lane": lane})},
        packages=packages.known,
        packages_posted=packages.posted,
        causes=tuple(blocking_causes(connection, lane)),
        blocked=count_blocked(connection, lane),
        exceptions=count_open_exceptions(connection, lane),
    )
