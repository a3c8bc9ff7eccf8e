"""Statements of operator actions: the order that a person acts on, and the orders that a cause blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, exists, func, insert, literal, select, text, update

from cartage.db.schema import event, fulfillment_line, fulfillment_order, hold, sales_order
from cartage.lifecycle.transitions import By
from cartage.model.states import UNSENT

_BATCH = 500

_ACTIONABLE = """
    SELECT f.id, f.lane, f.sales_order_id, f.state, f.reason, f.reference,
           EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL) AS was_sent,
           EXISTS (SELECT FROM fulfillment_order o WHERE o.sales_order_id = f.sales_order_id
                   AND o.state <> ALL(CAST(:unsent AS text[]))) AS partly_sent
    FROM fulfillment_order f
    WHERE f.id = ANY(:ids) AND f.lane = ANY(:lanes) AND f.superseded_at IS NULL
    ORDER BY f.id
"""

_BLOCKED = text(
    """
    SELECT id FROM fulfillment_order
    WHERE lane = :lane AND state = 'blocked' AND cause_ids @> ARRAY[CAST(:cause_id AS bigint)]
      AND superseded_at IS NULL AND id > :after
    ORDER BY id LIMIT :size FOR UPDATE
    """
)


def actionable_orders(
    connection: Connection, lanes: Sequence[str], ids: Collection[int], *, lock: bool = False
) -> Sequence[Row[Any]]:
    """Return those of these orders that no later generation replaced, with what decides about operator actions.

    The columns are id, lane, sales_order_id, state, reason, reference, was_sent and partly_sent. `lock` locks the rows.
    """
    query = {"ids": sorted(ids), "lanes": list(lanes), "unsent": sorted(UNSENT)}
    return connection.execute(text(_ACTIONABLE + (" FOR UPDATE OF f" if lock else "")), query).all()


def has_order(connection: Connection, lane: str, order_id: int) -> bool:
    """Return whether the lane has this order."""
    order = fulfillment_order.c
    return bool(
        connection.execute(select(exists().where(order.id == order_id, order.lane == lane))).scalar_one()
    )


def forget_copy(connection: Connection, sales_order_id: int) -> None:
    """Make the next reading of the store's order replace the ledger's copy, which is too old to send until then.

    Corrections are discarded with it.
    """
    order = sales_order.c
    statement = update(sales_order).where(order.id == sales_order_id, order.left_at.is_(None))
    connection.execute(statement.values(content_hash="", read_at=func.to_timestamp(0)))
    corrected = fulfillment_order.c
    groups = update(fulfillment_order).where(
        corrected.sales_order_id == sales_order_id, corrected.corrected_by.is_not(None)
    )
    connection.execute(groups.values(corrected_by=None, correction_due_at=None, written_corrections=[]))


def lock_address(connection: Connection, lane: str, order_id: int) -> RowMapping | None:
    """Lock an order with its sales order, in the order in which imports lock them; return its address and method.

    The columns are sales_order_id, ship_to, ship_method, email and cancel_wanted_at.
    """
    order, sale = fulfillment_order.c, sales_order.c
    of_sale = select(order.sales_order_id).where(order.id == order_id, order.lane == lane)
    locked = select(sale.id, sale.document["email"].astext.label("email")).where(
        sale.id.in_(of_sale.scalar_subquery())
    )
    sales = connection.execute(locked.with_for_update()).one_or_none()
    if sales is None:
        return None
    shown = (
        order.sales_order_id,
        order.ship_to,
        order.ship_method,
        order.cancel_wanted_at,
        literal(sales.email or "").label("email"),
    )
    query = select(*shown).where(order.id == order_id).with_for_update()
    return connection.execute(query).mappings().one()


def lock_other_parts(connection: Connection, order_id: int, states: Collection[str]) -> list[int]:
    """Lock the other parts of an order's ship-to that are in one of these states; return their ids."""
    this, part = fulfillment_order.alias("this"), fulfillment_order.alias("part")
    query = (
        select(part.c.id)
        .join(
            this,
            (this.c.sales_order_id == part.c.sales_order_id) & (this.c.shipment_id == part.c.shipment_id),
        )
        .where(this.c.id == order_id, part.c.id != order_id, part.c.superseded_at.is_(None))
        .where(part.c.state.in_([str(state) for state in states]), part.c.cancel_wanted_at.is_(None))
        .order_by(part.c.id)
    )
    return list(connection.execute(query.with_for_update(of=part)).scalars())


def lines_of(connection: Connection, order_id: int) -> Sequence[RowMapping]:
    """Return line_id, sku, quantity and options of an order's lines."""
    line = fulfillment_line.c
    query = select(line.line_id, line.sku, line.quantity, line.options)
    return connection.execute(query.where(line.fulfillment_order_id == order_id)).mappings().all()


def write_correction(
    connection: Connection,
    order_id: int,
    *,
    ship_to: dict[str, Any],
    ship_method: str,
    likeness: str,
    person: str,
    post: bool,
) -> None:
    """Replace the address and the ship method of an order, in a person's name; with `post` the store is to get them."""
    corrected = update(fulfillment_order).where(fulfillment_order.c.id == order_id)
    connection.execute(
        corrected.values(
            ship_to=ship_to,
            ship_method=ship_method,
            likeness=likeness,
            corrected_by=person,
            correction_due_at=func.clock_timestamp() if post else None,
        )
    )


def record_restart(connection: Connection, order_id: int, why: str, by: By) -> None:
    """Add a `restarted` event to an order that does not change its state."""
    order = fulfillment_order.c
    texts = [literal(value) for value in ("restarted", by.actor, by.run_id, why)]
    source = select(order.lane, order.sales_order_id, order.id, *texts).where(order.id == order_id)
    columns = ["lane", "sales_order_id", "fulfillment_order_id", "kind", "actor", "run_id", "why"]
    connection.execute(insert(event).from_select(columns, source))


def open_hold_ids(connection: Connection, order_ids: Collection[int]) -> list[int]:
    """Return the ids of these orders' holds that are not released."""
    query = select(hold.c.id).where(
        hold.c.fulfillment_order_id.in_(sorted(order_ids)), hold.c.released_at.is_(None)
    )
    return list(connection.execute(query).scalars())


def blocked_batches(connection: Connection, lane: str, cause_id: int) -> Iterator[list[int]]:
    """Lock the orders that a cause blocks, batch by batch; yield the ids of each batch."""
    after = 0
    query = {"lane": lane, "cause_id": cause_id, "size": _BATCH}
    while ids := [row.id for row in connection.execute(_BLOCKED, {**query, "after": after})]:
        yield ids
        after = ids[-1]
