"""Answers on their way: which are to be carried out, the last check before a cancel leaves, and the next generation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from cartage.errors import LeaseLost
from cartage.intake.order_rows import NewOrder
from cartage.intake.repo import orders as order_writes
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import Choice, ExceptionKind

_DUE = text(
    """
    SELECT x.id, x.sales_order_id, x.fulfillment_order_id, x.kind, x.decision,
           clock_timestamp() - x.decided_at AS age, s.order_id, s.ordered_at
    FROM exception x JOIN sales_order s ON s.id = x.sales_order_id
    WHERE x.lane = :lane AND x.closed_at IS NULL AND x.decision = ANY(:decisions)
    ORDER BY x.id LIMIT :size
    """
)

_STILL_OPEN = text(
    "SELECT id FROM exception WHERE id = :id AND closed_at IS NULL AND decision IS NOT NULL FOR UPDATE"
)

_LEAVE = text(
    """
    WITH leaving AS (
        UPDATE fulfillment_order f SET cancel_wanted_at = coalesce(f.cancel_wanted_at, clock_timestamp())
        FROM sales_order s, exception x
        WHERE f.id = :id AND s.id = f.sales_order_id AND x.id = :exception_id
          AND f.state IN ('acknowledged', 'partially_shipped') AND f.superseded_at IS NULL
          AND s.lease_owner = :owner AND s.lease_until > clock_timestamp() + CAST(:longest AS interval)
          AND x.closed_at IS NULL AND x.decision IS NOT NULL
        RETURNING f.id, f.sales_order_id, f.lane
    )
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, detail)
    SELECT lane, sales_order_id, id, 'cancel_sent', :actor, :run_id,
        jsonb_build_object('remote_id', CAST(:remote_id AS text))
    FROM leaving
    """
)

_UNPOSTED = text(
    """
    SELECT EXISTS (
        SELECT FROM package p JOIN shipment h ON h.id = p.shipment_id
        WHERE h.fulfillment_order_id = :id AND p.voided_at IS NULL AND p.posted_at IS NULL
          AND p.unfit_at IS NULL)
    """
)

_NEXT = text(
    """
    SELECT coalesce(max(generation) + 1, 0) FROM fulfillment_order
    WHERE store_id = :store_id AND order_id = :order_id AND shipment_id = :shipment_id
    """
)

_SUPERSEDE = text(
    "UPDATE fulfillment_order SET superseded_at = clock_timestamp() WHERE id = :id AND superseded_at IS NULL"
)

# The store's field goes on from what it holds: the next generation's numbers are added to it.
_INHERIT = text(
    """
    UPDATE fulfillment_order n SET posted_tracking = o.posted_tracking
    FROM fulfillment_order o WHERE o.id = :old AND n.reference = :reference
    """
)

_RESET_POSTED = text(
    """
    UPDATE sales_order SET posted_status = CAST(:posted AS int),
        posted_at = CASE WHEN CAST(:posted AS int) IS NOT NULL THEN clock_timestamp() END,
        verified_at = CASE WHEN CAST(:posted AS int) IS NOT NULL THEN clock_timestamp() END
    WHERE id = :id
    """
)


@dataclass(frozen=True, slots=True)
class DueDecision:
    """An answer that is to be carried out; `age` is how long ago it was given."""

    id: int
    sales_order_id: int
    fulfillment_order_id: int | None
    kind: ExceptionKind
    decision: Choice
    age: timedelta
    order_id: int
    ordered_at: datetime | None


def due_decisions(
    connection: Connection, lane: str, decisions: Collection[Choice], *, size: int = 500
) -> list[DueDecision]:
    """Answers of these kinds that are to be carried out, the oldest first."""
    values = {"lane": lane, "decisions": [decision.value for decision in decisions], "size": size}
    return [
        DueDecision(**{**row, "kind": ExceptionKind(row["kind"]), "decision": Choice(row["decision"])})
        for row in connection.execute(_DUE, values).mappings()
    ]


def still_open(connection: Connection, exception_id: int) -> bool:
    """Whether the answer still stands; its row stays locked until the transaction ends."""
    return connection.execute(_STILL_OPEN, {"id": exception_id}).one_or_none() is not None


def mark_cancel_dispatched(
    connection: Connection,
    due_: DueDecision,
    fulfillment_order_id: int,
    remote_id: str,
    by: By,
    *,
    owner: str,
    longest: timedelta,
) -> None:
    """Note that a cancel leaves now, with the wish and an event; the last thing before it does.

    Raises:
        LeaseLost: if the claim is no longer ours or ends too soon, if the answer was withdrawn, or if the order has
            moved on: then it must not leave.
    """
    values = {
        "id": fulfillment_order_id,
        "exception_id": due_.id,
        "remote_id": remote_id,
        "owner": owner,
        "longest": longest,
        "actor": by.actor,
        "run_id": by.run_id,
    }
    if connection.execute(_LEAVE, values).rowcount != 1:
        raise LeaseLost(f"order {due_.order_id}: its cancel is no longer ours to send; nothing was sent.")


def has_unposted_packages(connection: Connection, fulfillment_order_id: int) -> bool:
    """Whether something shipped of which the store was not told yet."""
    return bool(connection.execute(_UNPOSTED, {"id": fulfillment_order_id}).scalar_one())


def next_generation(connection: Connection, store_id: int, order_id: int, shipment_id: int) -> int:
    """The generation that a ship group's next fulfillment order has; 0 where there was none."""
    values = {"store_id": store_id, "order_id": order_id, "shipment_id": shipment_id}
    return int(connection.execute(_NEXT, values).scalar_one())


def insert_next_generation(
    connection: Connection,
    store_id: int,
    lane: str,
    by: By,
    sales_order_id: int,
    new: NewOrder,
    *,
    old: int | None,
) -> None:
    """Put `new`, an order with one group, in the place of the fulfillment order `old`, which is superseded."""
    if old is not None:
        connection.execute(_SUPERSEDE, {"id": old})
    order_writes.insert_groups(connection, store_id, lane, by, [(sales_order_id, new)])
    if old is not None:
        connection.execute(_INHERIT, {"old": old, "reference": new.groups[0].reference})


def reset_posted(connection: Connection, sales_order_id: int, posted: int | None) -> None:
    """Let the store count as having been told this much (PROCESSING, ...), or nothing, of what is sent anew."""
    connection.execute(_RESET_POSTED, {"id": sales_order_id, "posted": posted})
