"""Transfers: the intent before a request leaves, its outcome afterwards, and what dead runs left in between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, text

from cartage.db.schema import fulfillment_order
from cartage.errors import LeaseLost, RawResponse
from cartage.lifecycle.quarantine import MUST_VERIFY
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.states import State
from cartage.model.wildcards import matches

_CLAIM = f"""
    SELECT f.id FROM fulfillment_order f
    JOIN sales_order s ON s.id = f.sales_order_id JOIN lane_state l ON l.lane = f.lane
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'ready' AND f.cancel_wanted_at IS NULL
      AND NOT {MUST_VERIFY}
      AND s.read_at > clock_timestamp() - CAST(:freshness AS interval)
      -- A resent order has left the import status because we wrote its status.
      AND (s.status_id = :import_status OR (s.posted_status IS NOT NULL AND s.status_id = ANY(CAST(:path AS int[]))))
    ORDER BY %s LIMIT :size
    FOR UPDATE OF f SKIP LOCKED
    """  # noqa: S608 - constants of this package
# Ids rise in the order of import, so this needs no sort.
_OLDEST_FIRST = text(_CLAIM % "f.id")
_EXPRESS_FIRST = text(_CLAIM % "NOT (f.ship_method = ANY(CAST(:express AS text[]))), f.id")

# A backlog has few ship methods, however many orders.
_WAITING_METHODS = text(
    "SELECT DISTINCT ship_method FROM fulfillment_order"
    " WHERE lane = :lane AND warehouse = :warehouse AND state = 'ready'"
)

_INTEND = text(
    """
    INSERT INTO transfer (fulfillment_order_id, attempt, request, run_id)
    SELECT f.id, 1 + (SELECT count(*) FROM transfer t WHERE t.fulfillment_order_id = f.id), f.request, :run_id
    FROM fulfillment_order f WHERE f.id = ANY(:ids)
    RETURNING id, fulfillment_order_id, request,
        (SELECT f.sales_order_id FROM fulfillment_order f WHERE f.id = fulfillment_order_id) AS sales_order_id
    """
)

_DISPATCH = text(
    """
    UPDATE transfer t SET sent_at = clock_timestamp(), settle_after = clock_timestamp() + CAST(:settle AS interval)
    FROM fulfillment_order f
    WHERE t.id = :id AND f.id = t.fulfillment_order_id AND t.outcome IS NULL
      AND f.state = 'sending' AND f.lease_owner = :owner
      AND f.lease_until > clock_timestamp() + CAST(:longest AS interval)
    """
)

_FINISH = text(
    """
    UPDATE transfer t SET outcome = d.outcome, finished_at = clock_timestamp(), remote_id = d.remote_id,
        error = d.error, failed_in = d.failed_in, response_status = d.response_status, response = d.response
    FROM jsonb_to_recordset(CAST(:done AS jsonb)) AS d(id bigint, outcome text, remote_id text, error text,
        failed_in text, response_status int, response text)
    WHERE t.id = d.id AND t.outcome IS NULL
    """
)

_ABANDONED = text(
    """
    SELECT f.id, t.id AS transfer_id,
           t.sent_at IS NOT NULL
           -- A restored ledger does not know whether a request that was about to leave then has left.
           OR EXISTS (SELECT FROM lane_state l WHERE l.lane = f.lane AND t.intent_at < l.quarantined_at) AS sent
    FROM fulfillment_order f LEFT JOIN transfer t ON t.fulfillment_order_id = f.id AND t.outcome IS NULL
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'sending'
      AND f.lease_until < clock_timestamp()
    ORDER BY f.id LIMIT :size
    FOR UPDATE OF f SKIP LOCKED
    """
)

_UNVERIFIED = text(
    f"""
    SELECT count(*) FROM fulfillment_order f
    JOIN sales_order s ON s.id = f.sales_order_id JOIN lane_state l ON l.lane = f.lane
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'ready' AND {MUST_VERIFY}
    """  # noqa: S608 - constants of this package
)

_STALE = text(
    """
    SELECT DISTINCT s.id, s.order_id, s.ordered_at, s.posted_status IS NOT NULL AS posted
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'ready'
      AND (s.read_at <= clock_timestamp() - CAST(:freshness AS interval)
           OR (s.status_id <> :import_status
               AND (s.posted_status IS NULL OR s.status_id <> ALL(CAST(:path AS int[])))))
    ORDER BY s.order_id LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class TransferIntent:
    """A committed intent to send one order."""

    transfer_id: int
    fulfillment_order_id: int
    sales_order_id: int
    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FinishedTransfer:
    """The outcome of one attempt. `response` is what came back, fit to be kept: no secrets, no card data, no NUL.

    `failed_in` is where the connector failed, if it did.
    """

    transfer_id: int
    outcome: str
    remote_id: str | None = None
    error: str = ""
    response: RawResponse | None = None
    failed_in: str = ""


def intend_transfers(  # noqa: PLR0913 - what the claim depends on
    connection: Connection,
    lane: str,
    by: By,
    *,
    owner: str,
    lease: timedelta,
    freshness: timedelta,
    import_status: int,
    path: Sequence[int] = (),
    express: Sequence[str] = (),
    size: int,
    warehouse: str = "",
) -> list[TransferIntent]:
    """Claim ready orders whose copy is fresh and had the import status, and record the intent to send each.

    A resent order whose status was posted may have any status of `path` instead. Orders whose ship method matches one
    of `express` (* and ? are wildcards) go first, then the oldest import.
    """
    claim = {
        "lane": lane,
        "warehouse": warehouse,
        "freshness": freshness,
        "import_status": import_status,
        "path": list(path),
        "size": size,
    }
    if express:
        claim["express"] = _express_methods(connection, lane, warehouse, express)
    ids = [row.id for row in connection.execute(_EXPRESS_FIRST if express else _OLDEST_FIRST, claim)]
    moved = move(
        connection,
        [Move(order_id) for order_id in ids],
        State.SENDING,
        by,
        lease_owner=owner,
        lease=lease,
        strict=False,
    )
    if not moved:
        return []
    rows = connection.execute(_INTEND, {"ids": sorted(moved), "run_id": by.run_id}).all()
    turn = {order_id: place for place, order_id in enumerate(ids)}
    return [
        TransferIntent(row.id, row.fulfillment_order_id, row.sales_order_id, row.request)
        for row in sorted(rows, key=lambda row: turn[row.fulfillment_order_id])
    ]


def _express_methods(connection: Connection, lane: str, warehouse: str, patterns: Sequence[str]) -> list[str]:
    """Return those ship methods of the waiting orders that match a pattern, as the orders have them."""
    waiting = connection.execute(_WAITING_METHODS, {"lane": lane, "warehouse": warehouse}).scalars()
    return [method for method in waiting if any(matches(pattern, method) for pattern in patterns)]


def mark_dispatched(
    connection: Connection, transfer_id: int, *, owner: str, longest_request: timedelta, settle: timedelta
) -> None:
    """Note that the request leaves now: the last statement before it does.

    Raises:
        LeaseLost: if the claim is no longer ours, or would end before the request does; then it must not leave.
    """
    result = connection.execute(
        _DISPATCH, {"id": transfer_id, "owner": owner, "longest": longest_request, "settle": settle}
    )
    if result.rowcount != 1:
        raise LeaseLost(f"transfer {transfer_id}: the claim ran out or was taken over; nothing was sent.")


def finish_transfers(connection: Connection, done: Sequence[FinishedTransfer]) -> None:
    """Write the outcomes of attempts; those that another run has closed stay as they are."""
    rows = [
        {
            "id": finished.transfer_id,
            "outcome": finished.outcome,
            "remote_id": finished.remote_id,
            "error": finished.error[:2000],
            "failed_in": finished.failed_in,
            "response_status": finished.response and finished.response.status,
            "response": finished.response and finished.response.body,
        }
        for finished in done
    ]
    if rows:
        connection.execute(_FINISH, {"done": json.dumps(rows)})


def settle_abandoned(
    connection: Connection, lane: str, by: By, *, size: int = 500, warehouse: str = ""
) -> tuple[int, int]:
    """Take over what dead runs left in `sending`: unknown if the request may have left, else ready again.

    The statement that checks the claim again writes `sent_at`. Where it is missing, the claim had ended before the
    request could leave, and the same check stops a frozen process from sending later. In a ledger that was restored
    since, it may be missing because the ledger has forgotten it.

    Return how many became unknown, and how many ready.
    """
    values = {"lane": lane, "warehouse": warehouse, "size": size}
    rows = connection.execute(_ABANDONED, values).all()
    sent = [row for row in rows if row.sent]
    unsent = [row for row in rows if not row.sent]
    lost = "the run that sent it ended before the response came"
    finish_transfers(
        connection,
        [FinishedTransfer(row.transfer_id, "unknown", error=lost) for row in sent if row.transfer_id],
    )
    ended = "the run ended"
    finish_transfers(
        connection,
        [FinishedTransfer(row.transfer_id, "not_sent", error=ended) for row in unsent if row.transfer_id],
    )
    move(connection, [Move(row.id, why=lost) for row in sent], State.UNKNOWN, by)
    move(
        connection, [Move(row.id, why="the run ended before it was sent") for row in unsent], State.READY, by
    )
    return len(sent), len(unsent)


def stale_orders(
    connection: Connection,
    lane: str,
    *,
    freshness: timedelta,
    import_status: int,
    path: Sequence[int] = (),
    size: int = 5000,
    warehouse: str = "",
) -> Sequence[Row[Any]]:
    """Return sales orders that are ready, but whose copy is too old to be sent or had another status.

    Rows of id, order_id, ordered_at, posted: whether a status was posted, so that the order's is one of `path`.
    """
    values = {
        "lane": lane,
        "warehouse": warehouse,
        "freshness": freshness,
        "import_status": import_status,
        "path": list(path),
        "size": size,
    }
    return connection.execute(_STALE, values).all()


def any_unknown(connection: Connection, lane: str, warehouse: str = "") -> bool:
    """Return whether a warehouse of the lane has an order whose outcome is unknown."""
    return _any_in(connection, lane, warehouse, State.UNKNOWN)


def any_ready(connection: Connection, lane: str, warehouse: str = "") -> bool:
    """Return whether an order of the lane is ready to be sent to this warehouse."""
    return _any_in(connection, lane, warehouse, State.READY)


def count_unverified(connection: Connection, lane: str, warehouse: str = "") -> int:
    """Return how many orders, ready for this warehouse, wait until it was asked whether it has them."""
    return int(connection.execute(_UNVERIFIED, {"lane": lane, "warehouse": warehouse}).scalar_one())


def _any_in(connection: Connection, lane: str, warehouse: str, state: State) -> bool:
    order = fulfillment_order.c
    found = select(order.id).where(
        order.lane == lane, order.warehouse == warehouse, order.state == state.value
    )
    return bool(connection.execute(select(found.exists())).scalar_one())


def ready_orders_of(connection: Connection, sales_order_ids: Sequence[int]) -> list[int]:
    """Lock the fulfillment orders of these sales orders that are ready; return their ids."""
    order = fulfillment_order.c
    ready = select(order.id).where(
        order.sales_order_id.in_(list(sales_order_ids)), order.state == State.READY.value
    )
    return list(connection.execute(ready.order_by(order.id).with_for_update()).scalars())
