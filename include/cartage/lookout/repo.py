"""What the ledger has of the looks: which are due, what they found, and what was asked for. All processes share it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, text, update

from cartage.db.schema import fulfillment_order, lane_state, lookout, task_run, warehouse_state
from cartage.db.schema.base import TIME
from cartage.intake.repo.sweeps import orders_in_status
from cartage.lookout.rules import LookFor, LookState
from cartage.task_names import PLACE

_NOW = func.clock_timestamp(type_=TIME)
_STATE = (_NOW.label("now"), lookout.c.seen, lookout.c.announced, lookout.c.announced_at)
# The task that reads what the warehouse has shipped.
_POLL = "poll_tracking"
# The first look of each lane comes at a random time, so that those of many lanes do not come together.
_MAN = text(
    """
    INSERT INTO lookout AS o (lane, part, next_at)
    SELECT a.lane, a.part, clock_timestamp() + make_interval(secs => a.seconds * random())
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS a(lane text, part text, seconds double precision)
    ORDER BY a.lane, a.part
    ON CONFLICT (lane, part) DO UPDATE SET manned_at = clock_timestamp()
    """
)

# A lane is looked at once its store is known.
_CLAIM = text(
    """
    WITH asked AS (
        SELECT a.lane, a.part, a.seconds, t.secure_url,
               CASE a.part WHEN 'orders' THEN 'store ' || t.secure_url ELSE a.warehouse END AS remote,
               CASE a.part WHEN 'orders' THEN t.secure_url ELSE w.counted_account END AS bucket
        FROM jsonb_to_recordset(CAST(:asked AS jsonb))
            AS a(lane text, part text, seconds double precision, warehouse text)
        JOIN lane_state s ON s.lane = a.lane JOIN store t ON t.id = s.store_id
        -- Of several warehouses, one that cannot be asked keeps no look at the others from being made.
        LEFT JOIN warehouse_state w ON w.lane = a.lane AND w.warehouse = ''
    ), due AS (
        SELECT o.lane, o.part FROM lookout o JOIN asked a ON a.lane = o.lane AND a.part = o.part
        -- A pause that has become shorter takes effect at once.
        WHERE (o.next_at <= clock_timestamp()
               OR o.next_at > clock_timestamp() + make_interval(secs => 1.2 * a.seconds))
          AND NOT EXISTS (SELECT FROM circuit c
              WHERE c.remote = a.remote AND c.failures >= 2 AND c.probe_at > clock_timestamp())
          AND NOT EXISTS (SELECT FROM call_bucket b
              WHERE (b.name = a.bucket OR starts_with(b.name, a.bucket || '/'))
                AND b.blocked_until > clock_timestamp())
        ORDER BY o.lane, o.part
        FOR UPDATE OF o SKIP LOCKED
    )
    UPDATE lookout o SET next_at = clock_timestamp() + make_interval(secs => a.seconds * (0.9 + 0.2 * random()))
    FROM due JOIN asked a ON a.lane = due.lane AND a.part = due.part
    WHERE o.lane = due.lane AND o.part = due.part
    RETURNING o.lane, o.part, EXISTS (SELECT FROM circuit c WHERE c.remote = a.remote AND c.failures >= 2) AS was_down
    """
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked for in a lane, how often, and the name of its warehouse's circuit, if it has one."""

    lane: str
    part: LookFor
    every: timedelta
    warehouse: str


@dataclass(frozen=True, slots=True)
class DueLook:
    """A look that this process has to make now. `was_down`: the remote was down, and is due to be tried again."""

    lane: str
    part: LookFor
    was_down: bool


@dataclass(frozen=True, slots=True)
class KnownOrders:
    """How many orders of the import status the ledger has, and how many more its last sweep listed."""

    known: int
    besides: int
    state: LookState


@dataclass(frozen=True, slots=True)
class KnownShipments:
    """How far the warehouse was polled. `open_orders`: it has orders that have not shipped."""

    cursor: str
    open_orders: bool
    last_shipped: datetime | None
    state: LookState


def man_lookout(connection: Connection, watched: Collection[Watched]) -> None:
    """Note that somebody looks for these, which is what the watchdog checks."""
    connection.execute(_MAN, {"asked": _rows(watched)})


def claim_due(connection: Connection, watched: Collection[Watched]) -> list[DueLook]:
    """Claim the looks that are due, each for one process, and set when the next is due: a tenth sooner or later.

    None is due while its remote's circuit is open, or while a 429 forbids calls.
    """
    rows = connection.execute(_CLAIM, {"asked": _rows(watched)})
    return [DueLook(row.lane, LookFor(row.part), row.was_down) for row in rows]


def known_orders(connection: Connection, lane: str, status: int) -> KnownOrders:
    """Return what the ledger knows of the orders in a status of the lane's store.

    Raises:
        NoResultFound: if nothing was looked for in this lane yet.
    """
    known = orders_in_status(lane_state.c.store_id, status)
    columns = (known.label("known"), lane_state.c.listed_besides, lane_state.c.swept_at.label("taken_at"))
    query = (
        select(*_STATE, *columns)
        .join(lane_state, lane_state.c.lane == lookout.c.lane)
        .where(*_of(lane, LookFor.ORDERS))
    )
    row = connection.execute(query).one()
    return KnownOrders(row.known, row.listed_besides, _state(row))


def known_shipments(connection: Connection, lane: str, warehouse: str = "") -> KnownShipments:
    """Return how far a warehouse of the lane was polled, and what it has.

    Raises:
        NoResultFound: if nothing was looked for in this lane yet.
    """
    polled = (
        select(func.max(task_run.c.started_at)).where(
            task_run.c.lane == lane, func.split_part(task_run.c.task, PLACE, 1) == _POLL
        )
    ).scalar_subquery()
    order = fulfillment_order.c
    current = (order.lane == lane, order.warehouse == warehouse, order.superseded_at.is_(None))
    kept = warehouse_state.c
    waiting = select(order.id).where(*current, order.state.in_(("acknowledged", "partially_shipped")))
    shipped = select(func.max(order.state_since)).where(*current, order.state == "shipped").scalar_subquery()
    query = (
        select(
            *_STATE,
            polled.label("taken_at"),
            func.coalesce(kept.shipments_cursor, "").label("cursor"),
            waiting.exists().label("open_orders"),
            shipped.label("last_shipped"),
        )
        .outerjoin(warehouse_state, (kept.lane == lookout.c.lane) & (kept.warehouse == warehouse))
        .where(*_of(lane, LookFor.SHIPMENTS))
    )
    row = connection.execute(query).one()
    return KnownShipments(row.cursor, row.open_orders, row.last_shipped, _state(row))


def record_look(connection: Connection, lane: str, part: LookFor, found: str, *, announced: bool) -> None:
    """Record what a look found, and whether a run is asked for because of it."""
    values: dict[str, Any] = {"looked_at": _NOW, "seen": found}
    if announced:
        values |= {"announced": found, "announced_at": _NOW}
    connection.execute(update(lookout).where(*_of(lane, part)).values(values))


def manned_at(connection: Connection, lanes: Collection[str]) -> dict[str, dict[str, datetime]]:
    """Return when somebody last looked for what is looked for in each lane, by lane and part."""
    found: dict[str, dict[str, datetime]] = {}
    columns = select(lookout.c.lane, lookout.c.part, lookout.c.manned_at)
    for row in connection.execute(columns.where(lookout.c.lane.in_(lanes))):
        found.setdefault(row.lane, {})[row.part] = row.manned_at
    return found


def _of(lane: str, part: LookFor) -> tuple[ColumnElement[bool], ...]:
    return (lookout.c.lane == lane, lookout.c.part == part.value)


def _state(row: Row[Any]) -> LookState:
    return LookState(row.now, row.seen, row.announced, row.announced_at, row.taken_at)


def _rows(watched: Collection[Watched]) -> str:
    return json.dumps(
        [
            {
                "lane": each.lane,
                "part": each.part.value,
                "seconds": each.every.total_seconds(),
                "warehouse": each.warehouse,
            }
            for each in watched
        ]
    )
