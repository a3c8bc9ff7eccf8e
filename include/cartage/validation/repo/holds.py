"""Holds: why an order waits, for whom and until when. Rules and people place them, people and time end them.

An order is held while any of its holds is open. A rule never holds the same order twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from cartage.errors import LedgerError
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.states import State
from cartage.validation.hold_rules import HoldSource, NewHold

_PLACE = text(
    """
    INSERT INTO hold (lane, fulfillment_order_id, source, rule, reason, owner, until, placed_by)
    SELECT :lane, n.id, n.source, n.rule, n.reason, n.owner, n.until, :actor
    FROM jsonb_to_recordset(CAST(:new_holds AS jsonb)) AS n(
        id bigint, source text, rule text, reason text, owner text, until timestamptz)
    ORDER BY n.id
    ON CONFLICT (fulfillment_order_id, source, rule) WHERE source <> 'person' DO NOTHING
    """
)

_ORDER_HOLDS = text(
    """
    SELECT fulfillment_order_id AS id, max(until) AS until, string_agg(reason, '; ' ORDER BY id) AS reason
    FROM hold WHERE fulfillment_order_id = ANY(:ids) AND released_at IS NULL GROUP BY fulfillment_order_id
    """
)

# Each release is an event of its own, since an order that has another hold or is blocked does not move.
_RELEASE = text(
    """
    WITH released AS (
        UPDATE hold h SET released_at = clock_timestamp(), released_by = :actor
        FROM fulfillment_order f
        WHERE h.lane = :lane AND h.released_at IS NULL AND f.id = h.fulfillment_order_id
          AND (CAST(:ids AS bigint[]) IS NULL OR h.id = ANY(CAST(:ids AS bigint[])))
          AND (CAST(:rule AS text) IS NULL OR h.rule = :rule)
          AND (CAST(:source AS text) IS NULL OR h.source = :source)
          AND (NOT :expired OR h.until <= clock_timestamp())
        RETURNING h.fulfillment_order_id, f.sales_order_id, h.reason
    )
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why)
    SELECT :lane, sales_order_id, fulfillment_order_id, 'hold_released', :actor, :run_id, reason FROM released
    ORDER BY fulfillment_order_id
    RETURNING fulfillment_order_id
    """
)

_WITHOUT_HOLD = text(
    """
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = :lane AND f.state = 'held'
      AND NOT EXISTS (SELECT FROM hold h WHERE h.fulfillment_order_id = f.id AND h.released_at IS NULL)
    ORDER BY f.id FOR UPDATE SKIP LOCKED
    """
)

_LOCK_ORDER = text(
    """
    SELECT id, state, clock_timestamp() AS now FROM fulfillment_order
    WHERE lane = :lane AND reference = :reference FOR UPDATE
    """
)


@dataclass(frozen=True, slots=True)
class OrderHold:
    """All open holds of an order: their reasons, and the latest end."""

    reason: str
    until: datetime


def place_holds(connection: Connection, lane: str, wanted: Mapping[int, Iterable[NewHold]], by: By) -> None:
    """Place holds, by fulfillment order, except those that the same rule placed before. Move no order."""
    rows = [
        {
            "id": order_id,
            "source": new_hold.source.value,
            "rule": new_hold.rule,
            "reason": new_hold.reason,
            "owner": new_hold.owner,
            "until": new_hold.until.isoformat(),
        }
        for order_id, holds in wanted.items()
        for new_hold in holds
    ]
    if rows:
        connection.execute(_PLACE, {"lane": lane, "new_holds": json.dumps(rows), "actor": by.actor})


def holds_of_orders(connection: Connection, ids: Sequence[int]) -> dict[int, OrderHold]:
    """Return those of these fulfillment orders that have open holds, with the reasons and the latest end."""
    if not ids:
        return {}
    found = connection.execute(_ORDER_HOLDS, {"ids": list(ids)})
    return {row.id: OrderHold(row.reason, row.until) for row in found}


def release_holds(
    connection: Connection,
    lane: str,
    by: By,
    *,
    ids: Collection[int] | None = None,
    rule: str | None = None,
    source: HoldSource | None = None,
) -> int:
    """Release holds by id, by their rule's name, by their source, or (with none of them) all of the lane.

    Return how many. An order without another hold is judged by the lane's next validation.
    """
    why = f"released by {by.actor}"
    return _release(connection, lane, by, ids=ids, rule=rule, source=source, why=why)


def end_expired_holds(connection: Connection, lane: str, by: By) -> int:
    """Release the holds whose time is over; return how many."""
    return _release(connection, lane, by, expired=True, why="the hold's time is over")


def hold_order(
    connection: Connection, lane: str, reference: str, *, reason: str, owner: str, lasting: timedelta, by: By
) -> datetime:
    """Hold an unsent order for a person; return until when it is held.

    Raises:
        LedgerError: if the lane has no such order, or it can no longer be held.
    """
    row = connection.execute(_LOCK_ORDER, {"lane": lane, "reference": reference}).one_or_none()
    if row is None:
        raise LedgerError(f"lane {lane} has no order {reference!r}.")
    if row.state not in (State.IMPORTED, State.BLOCKED, State.READY, State.HELD):
        raise LedgerError(f"order {reference} is {row.state}: only an order that was not sent can be held.")
    new_hold = NewHold(HoldSource.PERSON, reason, owner, row.now + lasting)
    place_holds(connection, lane, {row.id: [new_hold]}, by)
    every = holds_of_orders(connection, [row.id])[row.id]
    move(connection, [Move(row.id, why=every.reason, held_until=every.until)], State.HELD, by)
    return every.until


def _release(
    connection: Connection,
    lane: str,
    by: By,
    *,
    why: str,
    ids: Collection[int] | None = None,
    rule: str | None = None,
    source: HoldSource | None = None,
    expired: bool = False,
) -> int:
    query = {
        "lane": lane,
        "actor": by.actor,
        "run_id": by.run_id,
        "ids": None if ids is None else list(ids),
        "rule": rule,
        "source": source,
        "expired": expired,
    }
    released = connection.execute(_RELEASE, query).all()
    free = [row.id for row in connection.execute(_WITHOUT_HOLD, {"lane": lane})]
    move(connection, [Move(order_id, why=why) for order_id in free], State.IMPORTED, by)
    return len(released)
