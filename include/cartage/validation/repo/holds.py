"""Holds: why an order waits, who is to look at it, until when; placed by rules and by people, ended by people and time.

An order is held while any of its holds is open. What a rule held once, it does not hold again.
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
    SELECT :lane, w.id, w.source, w.rule, w.reason, w.owner, w.until, :actor
    FROM jsonb_to_recordset(CAST(:wishes AS jsonb)) AS w(
        id bigint, source text, rule text, reason text, owner text, until timestamptz)
    ORDER BY w.id
    ON CONFLICT (fulfillment_order_id, source, rule) WHERE source <> 'person' DO NOTHING
    """
)

_OPEN_OF = text(
    """
    SELECT fulfillment_order_id AS id, max(until) AS until, string_agg(reason, '; ' ORDER BY id) AS reason
    FROM hold WHERE fulfillment_order_id = ANY(:ids) AND released_at IS NULL GROUP BY fulfillment_order_id
    """
)

_OPEN = text(
    """
    SELECT h.id, f.reference, s.order_id, s.invoice, f.state, h.source, h.rule, h.reason, h.owner, h.until, h.placed_by,
           h.placed_at
    FROM hold h
    JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
    JOIN sales_order s ON s.id = f.sales_order_id
    WHERE h.lane = :lane AND h.released_at IS NULL AND f.state IN ('imported', 'blocked', 'held', 'ready')
      AND h.id > :after
    ORDER BY h.id LIMIT :size
    """
)

# With an event for each, since an order that has another hold, or is blocked as well, does not move.
_RELEASE = text(
    """
    WITH released AS (
        UPDATE hold h SET released_at = clock_timestamp(), released_by = :actor
        FROM fulfillment_order f
        WHERE h.lane = :lane AND h.released_at IS NULL AND f.id = h.fulfillment_order_id
          AND (CAST(:ids AS bigint[]) IS NULL OR h.id = ANY(CAST(:ids AS bigint[])))
          AND (CAST(:rule AS text) IS NULL OR h.rule = :rule)
          AND (NOT :expired OR h.until <= clock_timestamp())
        RETURNING h.fulfillment_order_id, f.sales_order_id, h.reason
    )
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why)
    SELECT :lane, sales_order_id, fulfillment_order_id, 'hold_released', :actor, :run_id, reason FROM released
    ORDER BY fulfillment_order_id
    RETURNING fulfillment_order_id
    """
)

_FREE = text(
    """
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = :lane AND f.state = 'held'
      AND NOT EXISTS (SELECT FROM hold h WHERE h.fulfillment_order_id = f.id AND h.released_at IS NULL)
    ORDER BY f.id FOR UPDATE SKIP LOCKED
    """
)

_ORDER = text(
    """
    SELECT id, state, clock_timestamp() AS now FROM fulfillment_order
    WHERE lane = :lane AND reference = :reference FOR UPDATE
    """
)


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that stands; `state` is the order's, which may be blocked as well."""

    id: int
    reference: str
    order_id: int
    invoice: str
    state: str
    source: HoldSource
    rule: str
    reason: str
    owner: str
    until: datetime
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderHold:
    """What all open holds of an order come to."""

    reason: str
    until: datetime


def place_holds(connection: Connection, lane: str, wanted: Mapping[int, Iterable[NewHold]], by: By) -> None:
    """Place holds, by fulfillment order; one that its rule held before is left alone. Moves nothing."""
    rows = [
        {
            "id": number,
            "source": wish.source.value,
            "rule": wish.rule,
            "reason": wish.reason,
            "owner": wish.owner,
            "until": wish.until.isoformat(),
        }
        for number, several in wanted.items()
        for wish in several
    ]
    if rows:
        connection.execute(_PLACE, {"lane": lane, "wishes": json.dumps(rows), "actor": by.actor})


def holds_of_orders(connection: Connection, ids: Sequence[int]) -> dict[int, OrderHold]:
    """Which of these fulfillment orders are to be held, why, and until when."""
    if not ids:
        return {}
    found = connection.execute(_OPEN_OF, {"ids": list(ids)})
    return {row.id: OrderHold(row.reason, row.until) for row in found}


def open_holds(connection: Connection, lane: str, *, after: int = 0, size: int = 500) -> list[OpenHold]:
    """The lane's holds that stand, by ascending id; `after` is the last id of the page before."""
    rows = connection.execute(_OPEN, {"lane": lane, "after": after, "size": size}).mappings()
    return [OpenHold(**{**row, "source": HoldSource(row["source"])}) for row in rows]


def release_holds(
    connection: Connection, lane: str, by: By, *, ids: Collection[int] | None = None, rule: str | None = None
) -> int:
    """Release holds by their ids, by their rule's name, or (with neither) all of the lane; returns how many.

    An order without any other is judged by the lane's next validation.
    """
    return _release(connection, lane, by, ids=ids, rule=rule, why=f"released by {by.actor}")


def end_expired_holds(connection: Connection, lane: str, by: By) -> int:
    """Release the holds whose time is over; returns how many."""
    return _release(connection, lane, by, expired=True, why="the hold's time is over")


def hold_order(
    connection: Connection, lane: str, reference: str, *, reason: str, owner: str, lasting: timedelta, by: By
) -> datetime:
    """Hold an order that was not sent yet, as a person wants it; returns until when it is held.

    Raises:
        LedgerError: if the lane has no such order, or it cannot be held any more.
    """
    row = connection.execute(_ORDER, {"lane": lane, "reference": reference}).one_or_none()
    if row is None:
        raise LedgerError(f"lane {lane} has no order {reference!r}.")
    if row.state not in (State.IMPORTED, State.BLOCKED, State.READY, State.HELD):
        raise LedgerError(
            f"order {reference} is {row.state}: only an order that waits to be sent can be held."
        )
    wish = NewHold(HoldSource.PERSON, reason, owner, row.now + lasting)
    place_holds(connection, lane, {row.id: [wish]}, by)
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
    expired: bool = False,
) -> int:
    asked = {
        "lane": lane,
        "actor": by.actor,
        "run_id": by.run_id,
        "ids": None if ids is None else list(ids),
        "rule": rule,
        "expired": expired,
    }
    released = connection.execute(_RELEASE, asked).all()
    free = [row.id for row in connection.execute(_FREE, {"lane": lane})]
    move(connection, [Move(number, why=why) for number in free], State.IMPORTED, by)
    return len(released)
