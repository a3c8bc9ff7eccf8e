"""Decisions to carry out, the last check before a cancel leaves, and the next generation of an order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, null, select, text, update

from cartage.db.schema import exception, fulfillment_line, fulfillment_order, package, sales_order, shipment
from cartage.errors import LeaseLost
from cartage.intake.order_rows import NewOrder
from cartage.intake.parts_of_groups import TakenLine
from cartage.intake.repo.orders import insert_groups
from cartage.lifecycle.exceptions import close_exception
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import CONFLICTS, Choice, ExceptionKind
from cartage.model.states import State

_DUE = text(
    """
    SELECT x.id, x.sales_order_id, x.fulfillment_order_id, x.kind, x.decision,
           clock_timestamp() - x.decided_at AS age, s.order_id, s.ordered_at
    FROM exception x JOIN sales_order s ON s.id = x.sales_order_id
    WHERE x.lane = :lane AND x.closed_at IS NULL AND x.decision = ANY(:decisions)
      -- One of its warehouses carries out what is decided about an order.
      AND coalesce((
          SELECT f.warehouse FROM fulfillment_order f
          WHERE f.sales_order_id = s.id AND f.superseded_at IS NULL AND f.warehouse <> '' ORDER BY f.id LIMIT 1
      ), '') = ANY(CAST(:warehouses AS text[]))
    ORDER BY x.id LIMIT :size
    """
)

_DISPATCH_CANCEL = text(
    """
    WITH dispatched AS (
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
    FROM dispatched
    """
)

# The next generation's tracking numbers are added to what the store's field holds; its ship method is still ours.
_INHERIT = text(
    """
    UPDATE fulfillment_order n SET posted_tracking = o.posted_tracking, posted_methods = o.posted_methods
    FROM fulfillment_order o WHERE o.id = :old AND n.reference = :reference
    """
)

_CONFLICT_KINDS = sorted(kind.value for kind in CONFLICTS)


@dataclass(frozen=True, slots=True)
class DueDecision:
    """A decision that is to be carried out; `age` is how long ago it was made."""

    id: int
    sales_order_id: int
    fulfillment_order_id: int | None
    kind: ExceptionKind
    decision: Choice
    age: timedelta
    order_id: int
    ordered_at: datetime | None


def due_decisions(
    connection: Connection,
    lane: str,
    decisions: Collection[Choice],
    *,
    size: int = 500,
    warehouses: Collection[str] = ("",),
) -> list[DueDecision]:
    """Return decisions of these kinds that one of these warehouses is to carry out, the oldest exception first."""
    values = {
        "lane": lane,
        "decisions": [decision.value for decision in decisions],
        "warehouses": list(warehouses),
        "size": size,
    }
    return [
        DueDecision(**{**row, "kind": ExceptionKind(row["kind"]), "decision": Choice(row["decision"])})
        for row in connection.execute(_DUE, values).mappings()
    ]


def still_open(connection: Connection, exception_id: int) -> bool:
    """Return whether the decision still stands; lock its row until the transaction ends."""
    row = exception.c
    query = select(row.id).where(row.id == exception_id, row.closed_at.is_(None), row.decision.is_not(None))
    return connection.execute(query.with_for_update()).one_or_none() is not None


def mark_cancel_dispatched(
    connection: Connection,
    due: DueDecision,
    fulfillment_order_id: int,
    remote_id: str,
    by: By,
    *,
    owner: str,
    longest: timedelta,
) -> None:
    """Note that a cancel leaves now, with an event: the last statement before it does.

    Raises:
        LeaseLost: if the claim is no longer ours or ends too soon, if the decision no longer stands, or if the order
            has moved on; then the cancel must not leave.
    """
    values = {
        "id": fulfillment_order_id,
        "exception_id": due.id,
        "remote_id": remote_id,
        "owner": owner,
        "longest": longest,
        "actor": by.actor,
        "run_id": by.run_id,
    }
    if connection.execute(_DISPATCH_CANCEL, values).rowcount != 1:
        raise LeaseLost(f"order {due.order_id}: its cancel is no longer ours to send; nothing was sent.")


def has_unposted_packages(connection: Connection, fulfillment_order_id: int) -> bool:
    """Return whether something shipped whose tracking was not posted yet."""
    parcel = package.c
    unposted = (
        select(parcel.id)
        .join_from(package, shipment, shipment.c.id == parcel.shipment_id)
        .where(shipment.c.fulfillment_order_id == fulfillment_order_id, parcel.voided_at.is_(None))
        .where(parcel.posted_at.is_(None), parcel.unfit_at.is_(None))
    )
    return bool(connection.execute(select(unposted.exists())).scalar_one())


def document_of(connection: Connection, sales_order_id: int) -> dict[str, Any]:
    """Return the ledger's copy of a sales order."""
    query = select(sales_order.c.document).where(sales_order.c.id == sales_order_id)
    document: dict[str, Any] = connection.execute(query).scalar_one()
    return document


def next_generation(connection: Connection, store_id: int, order_id: int, shipment_id: int, part: int) -> int:
    """Return the generation of the next fulfillment order of a ship group's part; 0 if it has none yet."""
    order = fulfillment_order.c
    query = select(func.coalesce(func.max(order.generation) + 1, 0)).where(
        order.store_id == store_id,
        order.order_id == order_id,
        order.shipment_id == shipment_id,
        order.part == part,
    )
    return int(connection.execute(query).scalar_one())


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
        supersede(connection, [old])
    insert_groups(connection, store_id, lane, by, [(sales_order_id, new)])
    if old is not None:
        connection.execute(_INHERIT, {"old": old, "reference": new.groups[0].reference})


def supersede(connection: Connection, ids: Collection[int]) -> None:
    """Note that other fulfillment orders have taken the place of these."""
    row = fulfillment_order.c
    live = update(fulfillment_order).where(row.id.in_(list(ids)), row.superseded_at.is_(None))
    connection.execute(live.values(superseded_at=func.clock_timestamp()))


def lines_of_other_parts(connection: Connection, fulfillment_order_id: int) -> list[TakenLine]:
    """Return the lines of the other live parts of an order's ship group."""
    this, other, line = fulfillment_order.alias("this"), fulfillment_order.alias("other"), fulfillment_line.c
    query = (
        select(line.line_id, line.sku, line.quantity)
        .select_from(this)
        .join(
            other,
            (other.c.sales_order_id == this.c.sales_order_id) & (other.c.shipment_id == this.c.shipment_id),
        )
        .join(fulfillment_line, line.fulfillment_order_id == other.c.id)
        .where(this.c.id == fulfillment_order_id, other.c.id != this.c.id, other.c.superseded_at.is_(None))
    )
    return [(row.line_id, row.sku, row.quantity) for row in connection.execute(query)]


def was_resent(connection: Connection, exception_id: int) -> bool:
    """Return whether anything was put in the place of an order, or added to it, since this exception was decided."""
    row, order = exception.c, fulfillment_order.c
    since = (
        select(order.id)
        .join_from(exception, fulfillment_order, order.sales_order_id == row.sales_order_id)
        .where(row.id == exception_id, order.created_at >= row.decided_at)
    )
    return bool(connection.execute(select(since.exists())).scalar_one())


def reset_posted(connection: Connection, sales_order_id: int, posted: int | None) -> None:
    """Count this status (PROCESSING, ...), or none, as posted for an order that is resent."""
    now = null() if posted is None else func.clock_timestamp()
    order = update(sales_order).where(sales_order.c.id == sales_order_id)
    connection.execute(order.values(posted_status=posted, posted_at=now, verified_at=now))


def decided_conflicts(
    connection: Connection, lane: str, *, size: int = 500, warehouses: Collection[str] = ("",)
) -> Sequence[Row[Any]]:
    """Return orders of these warehouses in conflict that a person has decided about, the oldest exception first.

    Rows of exception_id, kind, decision, decided_by, id, sales_order_id, order_id, shipment_id, part, reference,
    remote_id.
    """
    row, order = exception.c, fulfillment_order.c
    query: Select[Any] = (
        select(
            row.id.label("exception_id"),
            row.kind,
            row.decision,
            row.decided_by,
            order.id,
            order.sales_order_id,
            order.order_id,
            order.shipment_id,
            order.part,
            order.reference,
            order.remote_id,
        )
        .join_from(exception, fulfillment_order, order.id == row.fulfillment_order_id)
        .where(row.lane == lane, row.closed_at.is_(None), row.decision.is_not(None))
        .where(row.kind.in_(_CONFLICT_KINDS), order.state == State.CONFLICT.value)
        .where(order.warehouse.in_(warehouses))
        .order_by(row.id)
        .limit(size)
    )
    return connection.execute(query).all()


def close_resolved_conflicts(connection: Connection, lane: str, by: By) -> None:
    """Close exceptions about orders that are in conflict no more without a decision."""
    row, order = exception.c, fulfillment_order.c
    query = (
        select(row.id)
        .join_from(exception, fulfillment_order, order.id == row.fulfillment_order_id)
        .where(row.lane == lane, row.closed_at.is_(None), row.kind.in_(_CONFLICT_KINDS))
        .where(order.state != State.CONFLICT.value)
        .order_by(row.id)
    )
    for exception_id in connection.execute(query).scalars().all():
        close_exception(connection, exception_id, "ledger and warehouse agree again", by)
