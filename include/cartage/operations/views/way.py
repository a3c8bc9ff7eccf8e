"""The way of a lane's orders, step by step: how many are where, since when, and what is stuck there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cartage.model.states import State
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.views import open_alerts_of
from cartage.operations.views.lanes import LaneLine

_SHIPPED = text(
    """
    WITH unposted AS (
        SELECT f.id, min(h.first_seen_at) AS since
        FROM package p JOIN shipment h ON h.id = p.shipment_id
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
        WHERE f.lane = :lane AND f.state = 'shipped' AND f.superseded_at IS NULL AND NOT h.voided
          AND p.posted_at IS NULL AND p.unfit_at IS NULL AND p.voided_at IS NULL
        GROUP BY f.id
    )
    SELECT (SELECT count(*) FROM unposted) AS unposted, (SELECT min(since) FROM unposted) AS since,
           (SELECT count(*) FROM fulfillment_order f
            WHERE f.lane = :lane AND f.state = 'shipped' AND f.superseded_at IS NULL AND f.state_since >= :midnight
              AND f.id NOT IN (SELECT id FROM unposted)) AS posted
    """
)

_LATE_KINDS = (
    AlertKind.NOT_ACKNOWLEDGED,
    AlertKind.UNKNOWN,
    AlertKind.NOT_SHIPPED,
    AlertKind.NOT_POSTED_BACK,
)


@dataclass(frozen=True, slots=True)
class Aside:
    """Orders at a step that do not simply go on; `state` is None for late ones, `is_stuck` those that need a person."""

    words: str
    orders: int
    oldest: datetime | None
    state: State | None
    is_stuck: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way; `orders` is None where nobody can know them, `state` is the state of its orders if one."""

    name: str
    meaning: str
    orders: int | None
    oldest: datetime | None
    state: State | None
    asides: tuple[Aside, ...] = ()


def orders_way(connection: Connection, line: LaneLine, midnight: datetime) -> list[Step]:
    """Return the steps of a lane's way. `midnight` is when the store's day began; posted orders are those of today."""
    shipped = connection.execute(_SHIPPED, {"lane": line.lane, "midnight": midnight}).one()
    late = {
        kind: listed.alert.orders
        for (_, kind, _), listed in open_alerts_of(connection, [line.lane], _LATE_KINDS).items()
        if listed.alert.cleared_at is None
    }
    return [
        Step("New", "in the store, until the next import", None, line.store.seen_at, None),
        Step(
            "Imported",
            "to be checked",
            line.orders[State.IMPORTED],
            line.oldest.get(State.IMPORTED),
            State.IMPORTED,
            _asides(line, (State.BLOCKED, True), (State.HELD, False)),
        ),
        Step(
            "Ready",
            "to be sent",
            line.orders[State.READY],
            line.oldest.get(State.READY),
            State.READY,
            (
                *_asides(
                    line,
                    (State.SENDING, False),
                    (State.UNKNOWN, AlertKind.UNKNOWN in late),
                    (State.REJECTED, True),
                    (State.CONFLICT, True),
                ),
                *_late(late, AlertKind.NOT_ACKNOWLEDGED),
            ),
        ),
        Step(
            "At the warehouse",
            "to be shipped",
            line.orders[State.ACKNOWLEDGED],
            line.oldest.get(State.ACKNOWLEDGED),
            State.ACKNOWLEDGED,
            (*_asides(line, (State.PARTIALLY_SHIPPED, False)), *_late(late, AlertKind.NOT_SHIPPED)),
        ),
        Step(
            "Shipped",
            "to be posted",
            shipped.unposted,
            shipped.since,
            State.SHIPPED,
            _late(late, AlertKind.NOT_POSTED_BACK),
        ),
        Step("Posted", "shipped today, tracking in the store", shipped.posted, None, State.SHIPPED),
    ]


def _asides(line: LaneLine, *states: tuple[State, bool]) -> tuple[Aside, ...]:
    return tuple(
        Aside(state.value.replace("_", " "), line.orders[state], line.oldest.get(state), state, is_stuck)
        for state, is_stuck in states
        if line.orders[state]
    )


def _late(late: Mapping[str, int], kind: AlertKind) -> tuple[Aside, ...]:
    return (Aside("late", late[kind], None, None, True),) if late.get(kind) else ()
