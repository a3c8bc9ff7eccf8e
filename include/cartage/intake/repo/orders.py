"""Read and write sales orders, a page at a time. The statements decide nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text, update

from cartage.db.schema import sales_order
from cartage.intake.order_rows import NewOrder, group_row, order_row
from cartage.lifecycle.placement import NEVER_LEFT
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.documents import sales_order_document
from cartage.model.skip_reasons import LEFT_IMPORT_STATUS
from cartage.model.states import UNSENT, State

_KNOWN = text(
    """
    SELECT s.id, s.order_id, s.lane, s.content_hash, s.intake_hash, s.seen_hash, s.status_id, s.read_at,
           s.posted_status, s.person_status, s.left_at, s.purged_at,
           ARRAY(
               SELECT jsonb_build_array(f.shipment_id, f.state, f.reason) FROM fulfillment_order f
               WHERE f.sales_order_id = s.id AND f.superseded_at IS NULL
           ) AS groups
    FROM sales_order s
    WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids)
    """
)

_INSERT_ORDERS = text(
    """
    INSERT INTO sales_order
        (store_id, order_id, lane, invoice, status_id, ordered_at, read_at, content_hash, intake_hash, amount, document)
    SELECT :store_id, o.order_id, :lane, o.invoice, o.status_id, o.ordered_at, :read_at, o.content_hash, o.intake_hash,
        o.amount, o.document
    FROM jsonb_to_recordset(CAST(:orders AS jsonb)) AS o(
        order_id bigint, invoice text, status_id int, ordered_at timestamptz, content_hash text, intake_hash text,
        amount numeric, document jsonb)
    ORDER BY o.order_id
    ON CONFLICT (store_id, order_id) DO NOTHING
    RETURNING id, order_id
    """
)

_INSERT_GROUPS = text(
    """
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:groups AS jsonb)) AS g(
            sales_order_id bigint, order_id bigint, shipment_id bigint, part smallint, generation smallint,
            reference text, ship_method text, ship_to jsonb, likeness text, skip text, lines jsonb)
    ), inserted AS (
        INSERT INTO fulfillment_order
            (sales_order_id, store_id, order_id, shipment_id, part, generation, lane, reference, state, reason,
             ship_method, ship_to, likeness)
        SELECT sales_order_id, :store_id, order_id, shipment_id, part, generation, :lane, reference,
               CASE WHEN skip = '' THEN 'imported' ELSE 'skipped' END, skip, ship_method, ship_to,
               likeness
        FROM wanted ORDER BY order_id, shipment_id
        RETURNING id, sales_order_id, reference, state, reason
    ), lined AS (
        INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description, options)
        SELECT i.id, l.position, l.line_id, l.sku, l.quantity, l.description, l.options
        FROM inserted i JOIN wanted w USING (reference) CROSS JOIN LATERAL jsonb_to_recordset(w.lines) AS l(
            position int, line_id bigint, sku text, quantity numeric, description text, options jsonb)
    )
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, to_state, actor, run_id, why)
    SELECT :lane, sales_order_id, id, 'imported', state, :actor, :run_id, reason FROM inserted ORDER BY id
    """
)

_SEEN = text(
    """
    UPDATE sales_order s SET read_at = :read_at,
        -- A later reading of the status alone stands.
        status_id = CASE WHEN s.status_read_at > :read_at THEN s.status_id ELSE seen.status_id END,
        person_status = CASE WHEN seen.id = ANY(CAST(:back AS bigint[]))
            AND coalesce(s.status_read_at <= :read_at, true) THEN NULL ELSE s.person_status END
    FROM jsonb_to_recordset(CAST(:seen AS jsonb)) AS seen(id bigint, status_id int)
    WHERE s.id = seen.id AND s.read_at < :read_at
    """
)

# The condition is checked once more on the row as it is when the lock is granted: another reader may have written
# a later copy meanwhile.
_LOCK_OLDER = text(
    """
    SELECT id, read_at FROM sales_order WHERE id = ANY(:ids) AND read_at <= :read_at ORDER BY id FOR UPDATE
    """
)

_LOCK_GROUPS = text(
    f"""
    SELECT f.id, f.sales_order_id, f.shipment_id, f.part, f.state, f.reason, f.corrected_by, {NEVER_LEFT} AS never_left,
           coalesce((
               SELECT jsonb_agg(jsonb_build_array(l.line_id, l.sku, l.quantity::text) ORDER BY l.position)
               FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id), '[]') AS lines
    FROM fulfillment_order f
    WHERE f.sales_order_id = ANY(:ids) AND f.superseded_at IS NULL ORDER BY f.sales_order_id, f.part, f.id
    FOR UPDATE OF f
    """  # noqa: S608 - a constant of the engine
)

_REPLACE_PROBLEMS = text(
    """
    UPDATE sales_order SET document = jsonb_set(document, '{problems}', CAST(:document AS jsonb) -> 'problems')
    WHERE id = :id
    """
)

_CHANGE_LANE = text(
    """
    WITH taken AS (
        UPDATE sales_order s SET lane = :lane FROM sales_order b
        WHERE s.id = ANY(:ids) AND b.id = s.id AND s.lane <> :lane
        RETURNING s.id, b.lane AS from_lane
    ), groups AS (
        UPDATE fulfillment_order SET lane = :lane, warehouse = '' WHERE sales_order_id = ANY(:ids)
    )
    INSERT INTO event (lane, sales_order_id, kind, actor, run_id, why)
    SELECT :lane, id, 'lane_changed', :actor, :run_id, 'skipped in lane ' || from_lane FROM taken ORDER BY id
    """
)


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A ship group as the ledger has it now, not locked."""

    shipment_id: int
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """A sales order as the ledger has it now, not locked, with its live ship groups.

    `purged` says that retention has deleted its personal data.
    """

    id: int
    order_id: int
    lane: str
    content_hash: str
    intake_hash: str
    seen_hash: str | None
    status_id: int
    read_at: datetime
    posted_status: int | None
    person_status: int | None
    left_to_old_system: bool
    purged: bool
    groups: tuple[KnownGroup, ...]

    @property
    def was_sent(self) -> bool:
        """Whether a request for any part of it may have left."""
        return any(group.state not in UNSENT for group in self.groups)


def known_orders_of(connection: Connection, store_id: int, order_ids: Sequence[int]) -> dict[int, KnownOrder]:
    """Return what the ledger knows of these orders of a store, by OrderID."""
    rows = connection.execute(_KNOWN, {"store_id": store_id, "order_ids": list(order_ids)})
    return {row.order_id: _known_order(row) for row in rows}


def _known_order(row: Row[Any]) -> KnownOrder:
    return KnownOrder(
        row.id,
        row.order_id,
        row.lane,
        row.content_hash,
        row.intake_hash,
        row.seen_hash,
        row.status_id,
        row.read_at,
        row.posted_status,
        row.person_status,
        row.left_at is not None,
        row.purged_at is not None,
        tuple(KnownGroup(*group) for group in row.groups),
    )


def insert_orders(
    connection: Connection, store_id: int, lane: str, by: By, orders: Sequence[NewOrder], read_at: datetime
) -> dict[int, int]:
    """Insert orders with their groups; return OrderID -> row id of those that were not in the ledger yet."""
    if not orders:
        return {}
    values = {
        "store_id": store_id,
        "lane": lane,
        "read_at": read_at,
        "orders": json.dumps([order_row(order) for order in orders]),
    }
    new = {row.order_id: row.id for row in connection.execute(_INSERT_ORDERS, values)}
    insert_groups(
        connection,
        store_id,
        lane,
        by,
        [(new[order.order_id], order) for order in orders if order.order_id in new],
    )
    return new


def insert_groups(
    connection: Connection, store_id: int, lane: str, by: By, orders: Sequence[tuple[int, NewOrder]]
) -> None:
    """Insert the ship groups of these sales orders, each as imported or skipped, with its event."""
    rows = [group_row(row_id, order, group) for row_id, order in orders for group in order.groups]
    if rows:
        values = {"store_id": store_id, "lane": lane, "actor": by.actor, "run_id": by.run_id}
        connection.execute(_INSERT_GROUPS, {**values, "groups": json.dumps(rows)})


def note_seen(
    connection: Connection, statuses: Mapping[int, int], read_at: datetime, *, back: Collection[int] = ()
) -> None:
    """Note the status that these sales orders (row id -> status) had at `read_at`, unless a later one is known.

    `back` are the row ids of orders on which a person's status no longer stands.
    """
    if statuses:
        rows = json.dumps(
            [{"id": row_id, "status_id": status} for row_id, status in sorted(statuses.items())]
        )
        connection.execute(_SEEN, {"seen": rows, "read_at": read_at, "back": list(back)})


def lock_older_copies(
    connection: Connection, sales_order_ids: Collection[int], read_at: datetime
) -> dict[int, datetime]:
    """Lock those of these sales orders of which the ledger has no later copy than `read_at`.

    Return when the ledger's copy of each was read, by row id. The others must not be changed by what was read then.
    """
    if not sales_order_ids:
        return {}
    rows = connection.execute(_LOCK_OLDER, {"ids": sorted(sales_order_ids), "read_at": read_at})
    return {row.id: row.read_at for row in rows}


def lock_groups(connection: Connection, sales_order_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Lock the live ship groups of these sales orders; return them by sales order.

    The columns are id, shipment_id, part, state, reason, corrected_by, never_left (no request for it can have left) and
    lines (of each the store's line id, SKU and quantity).
    """
    groups: dict[int, list[Row[Any]]] = {}
    if sales_order_ids:
        for row in connection.execute(_LOCK_GROUPS, {"ids": list(sales_order_ids)}):
            groups.setdefault(row.sales_order_id, []).append(row)
    return groups


def replace_order(connection: Connection, sales_order_id: int, new: NewOrder) -> None:
    """Replace an unsent sales order with the store's present copy."""
    order = new.order
    connection.execute(
        update(sales_order)
        .where(sales_order.c.id == sales_order_id)
        .values(
            invoice=order.invoice,
            ordered_at=order.ordered_at,
            content_hash=new.content_hash,
            intake_hash=new.intake_hash,
            amount=order.amount,
            document=sales_order_document(order),
            purged_at=None,
        )
    )


def replace_problems(connection: Connection, sales_order_id: int, new: NewOrder) -> None:
    """Give a sales order of which a part was sent the problems of the store's present copy."""
    document = json.dumps(sales_order_document(new.order))
    connection.execute(_REPLACE_PROBLEMS, {"id": sales_order_id, "document": document})


def change_lane(connection: Connection, sales_order_ids: Sequence[int], lane: str, by: By) -> None:
    """Give sales orders with their fulfillment orders to another lane, with an event each."""
    if sales_order_ids:
        values = {"ids": list(sales_order_ids), "lane": lane, "actor": by.actor, "run_id": by.run_id}
        connection.execute(_CHANGE_LANE, values)


# An order with a posted status left the import status by our own write: a part has shipped, and the rest waits.
_UNSEEN = text(
    """
    SELECT f.id FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = :lane AND f.state IN ('imported', 'blocked', 'held', 'ready') AND s.read_at < :since
      AND s.posted_status IS NULL
    ORDER BY f.id
    FOR UPDATE OF f, s SKIP LOCKED
    """
)


def withdraw_unseen(connection: Connection, lane: str, since: datetime, by: By) -> int:
    """Withdraw unsent orders that a complete reading of the import status, begun at `since`, did not list.

    Return how many were withdrawn.
    """
    ids = [row.id for row in connection.execute(_UNSEEN, {"lane": lane, "since": since})]
    return len(move(connection, [Move(id_, why=LEFT_IMPORT_STATUS) for id_ in ids], State.SKIPPED, by))
