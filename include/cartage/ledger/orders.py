"""Sales orders and their fulfillment orders as the store has them: written a page at a time, by set.

New orders are inserted, changed ones that were not yet sent are replaced, unchanged ones only get the time at which
they were read. What was sent already is never changed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.ledger.states import UNSENT, State
from cartage.ledger.stores import Store
from cartage.ledger.transitions import By, Move, move
from cartage.orders.documents import address_document, sales_order_document
from cartage.orders.intake import LEFT_IMPORT_STATUS
from cartage.orders.model import Address, OrderLine, SalesOrder


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A ship group as it enters the ledger. With a `skip` reason it is kept, and not shipped."""

    shipment_id: int
    reference: str
    ship_to: Address
    ship_method: str
    lines: tuple[OrderLine, ...]
    skip: str = ""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A sales order as it enters the ledger."""

    order: SalesOrder
    content_hash: str
    groups: tuple[NewGroup, ...]


@dataclass
class Recorded:
    """What became of a page's orders."""

    imported: int = 0
    skipped: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    new_order_ids: set[int] = field(default_factory=set)


_EXISTING = text(
    """
    SELECT id, order_id, content_hash, lane FROM sales_order
    WHERE store_id = :store_id AND order_id = ANY(:order_ids)
    """
)

_INSERT_ORDERS = text(
    """
    INSERT INTO sales_order
        (store_id, order_id, lane, invoice, status_id, ordered_at, read_at, content_hash, amount, document)
    SELECT :store_id, o.order_id, :lane, o.invoice, o.status_id, o.ordered_at, :read_at, o.content_hash, o.amount,
        o.document
    FROM jsonb_to_recordset(CAST(:orders AS jsonb)) AS o(
        order_id bigint, invoice text, status_id int, ordered_at timestamptz, content_hash text, amount numeric,
        document jsonb)
    ORDER BY o.order_id
    ON CONFLICT (store_id, order_id) DO NOTHING
    RETURNING id, order_id
    """
)

_INSERT_GROUPS = text(
    """
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:groups AS jsonb)) AS g(
            sales_order_id bigint, order_id bigint, shipment_id bigint, reference text, ship_method text, ship_to jsonb,
            skip text, lines jsonb)
    ), inserted AS (
        INSERT INTO fulfillment_order
            (sales_order_id, store_id, order_id, shipment_id, lane, reference, state, reason, ship_method, ship_to)
        SELECT sales_order_id, :store_id, order_id, shipment_id, :lane, reference,
               CASE WHEN skip = '' THEN 'imported' ELSE 'skipped' END, skip, ship_method, ship_to
        FROM wanted ORDER BY order_id, shipment_id
        RETURNING id, sales_order_id, reference, state, reason
    ), lined AS (
        INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description)
        SELECT i.id, l.position, l.line_id, l.sku, l.quantity, l.description
        FROM inserted i JOIN wanted w USING (reference) CROSS JOIN LATERAL jsonb_to_recordset(w.lines) AS l(
            position int, line_id bigint, sku text, quantity numeric, description text)
    )
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, to_state, actor, run_id, why)
    SELECT :lane, sales_order_id, id, 'imported', state, :actor, :run_id, reason FROM inserted ORDER BY id
    """
)

_SEEN = text(
    """
    UPDATE sales_order s SET read_at = :read_at, status_id = seen.status_id, person_status = NULL
    FROM jsonb_to_recordset(CAST(:seen AS jsonb)) AS seen(id bigint, status_id int)
    WHERE s.id = seen.id AND s.read_at < :read_at
    """
)

_LOCK_GROUPS = text(
    """
    SELECT id, sales_order_id, shipment_id, state, reason FROM fulfillment_order
    WHERE sales_order_id = ANY(:ids) AND superseded_at IS NULL ORDER BY id FOR UPDATE
    """
)

_REPLACE_ORDER = text(
    """
    UPDATE sales_order SET invoice = :invoice, ordered_at = :ordered_at, content_hash = :content_hash,
        amount = :amount, document = CAST(:document AS jsonb)
    WHERE id = :id
    """
)

_REPLACE_GROUP = text(
    """
    WITH kept AS (
        UPDATE fulfillment_order SET ship_method = :ship_method, ship_to = CAST(:ship_to AS jsonb) WHERE id = :id
    ), gone AS (
        DELETE FROM fulfillment_line WHERE fulfillment_order_id = :id
          AND position >= jsonb_array_length(CAST(:lines AS jsonb))
    )
    INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description)
    SELECT :id, l.position, l.line_id, l.sku, l.quantity, l.description
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(
        position int, line_id bigint, sku text, quantity numeric, description text)
    ON CONFLICT (fulfillment_order_id, position) DO UPDATE SET
        line_id = excluded.line_id, sku = excluded.sku, quantity = excluded.quantity, description = excluded.description
    """
)

_UNSEEN = text(
    """
    SELECT f.id FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = :lane AND f.state IN ('imported', 'blocked', 'held', 'ready') AND s.read_at < :since
    ORDER BY f.id
    FOR UPDATE OF f SKIP LOCKED
    """
)

_STORE_EVENT = text(
    """
    INSERT INTO event (lane, sales_order_id, kind, actor, run_id, why)
    SELECT :lane, id, :kind, :actor, :run_id, :why FROM unnest(CAST(:ids AS bigint[])) AS id
    """
)


class OrderBook:
    """Writes pages of one lane's orders, in the caller's transaction."""

    def __init__(self, connection: Connection, store: Store, lane: str, by: By) -> None:
        self._connection = connection
        self._store = store
        self._lane = lane
        self._by = by

    def record(self, orders: Sequence[NewOrder], read_at: datetime) -> Recorded:
        """Write a page. Recording the same page again changes nothing but the time of reading."""
        result = Recorded()
        known = self._existing(orders)
        new = self._insert([one for one in orders if one.order.order_id not in known], read_at)
        self._count_new(orders, new, result)
        # Orders that another run inserted between our look and our insert are known by now.
        rest = [one for one in orders if one.order.order_id not in new]
        known = self._existing(rest) if len(rest) > len(known) else known
        self._record_known(rest, known, read_at, result)
        return result

    def _existing(self, orders: Sequence[NewOrder]) -> dict[int, Row[Any]]:
        ids = [one.order.order_id for one in orders]
        rows = self._connection.execute(_EXISTING, {"store_id": self._store.id, "order_ids": ids})
        return {row.order_id: row for row in rows}

    def _insert(self, orders: Sequence[NewOrder], read_at: datetime) -> dict[int, int]:
        if not orders:
            return {}
        rows = self._connection.execute(
            _INSERT_ORDERS,
            {
                "store_id": self._store.id,
                "lane": self._lane,
                "read_at": read_at,
                "orders": json.dumps([_order_row(one) for one in orders]),
            },
        )
        new = {row.order_id: row.id for row in rows}
        self._insert_groups([(new[one.order.order_id], one) for one in orders if one.order.order_id in new])
        return new

    def _insert_groups(self, orders: Sequence[tuple[int, NewOrder]]) -> None:
        rows = [_group_row(row_id, one, group) for row_id, one in orders for group in one.groups]
        if rows:
            self._connection.execute(
                _INSERT_GROUPS,
                {
                    "store_id": self._store.id,
                    "lane": self._lane,
                    "groups": json.dumps(rows),
                    "actor": self._by.actor,
                    "run_id": self._by.run_id,
                },
            )

    @staticmethod
    def _count_new(orders: Sequence[NewOrder], new: dict[int, int], result: Recorded) -> None:
        for one in orders:
            if one.order.order_id in new:
                result.new_order_ids.add(one.order.order_id)
                skipped = all(group.skip for group in one.groups)
                result.skipped += skipped
                result.imported += not skipped

    def _record_known(
        self, orders: Sequence[NewOrder], known: dict[int, Row[Any]], read_at: datetime, result: Recorded
    ) -> None:
        ours = [one for one in orders if known[one.order.order_id].lane == self._lane]
        foreign = [
            known[one.order.order_id].id for one in orders if known[one.order.order_id].lane != self._lane
        ]
        result.conflicts += self._conflict(foreign)
        groups = self._lock_groups([known[one.order.order_id].id for one in ours])
        for one in ours:
            row = known[one.order.order_id]
            if row.content_hash == one.content_hash and not _back_again(one, groups.get(row.id, [])):
                result.unchanged += 1
            else:
                self._replace(row.id, one, groups.get(row.id, []))
                result.changed += 1
        self._seen([(known[one.order.order_id].id, one.order.status_id) for one in ours], read_at)

    def _seen(self, rows: Sequence[tuple[int, int]], read_at: datetime) -> None:
        if rows:
            seen = json.dumps([{"id": row_id, "status_id": status_id} for row_id, status_id in rows])
            self._connection.execute(_SEEN, {"seen": seen, "read_at": read_at})

    def _lock_groups(self, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
        groups: dict[int, list[Row[Any]]] = {}
        if ids:
            for row in self._connection.execute(_LOCK_GROUPS, {"ids": list(ids)}):
                groups.setdefault(row.sales_order_id, []).append(row)
        return groups

    def _conflict(self, ids: Sequence[int]) -> int:
        """An order known in another lane never becomes a second fulfillment order."""
        rows = [row for group in self._lock_groups(ids).values() for row in group]
        unsent = [row for row in rows if row.state in UNSENT and row.state != State.REJECTED]
        why = f"also in the import status of lane {self._lane!r}: which lane ships it?"
        move(self._connection, [Move(row.id, why=why) for row in unsent], State.CONFLICT, self._by)
        return len(ids)

    def _replace(self, row_id: int, one: NewOrder, groups: Sequence[Row[Any]]) -> None:
        if any(row.state not in UNSENT for row in groups):
            self._changed_after_transfer(row_id, one)
            return
        self._connection.execute(_REPLACE_ORDER, {"id": row_id, **_order_row(one, dump=True)})
        there = {row.shipment_id: row for row in groups}
        wanted = {group.shipment_id: group for group in one.groups}
        self._insert_groups([(row_id, _only(one, wanted.keys() - there.keys()))])
        for shipment_id in sorted(wanted.keys() & there.keys()):
            self._replace_group(there[shipment_id], wanted[shipment_id])
        why = "the ship-to was removed from the order"
        gone = [Move(there[key].id, why=why) for key in there.keys() - wanted.keys()]
        move(self._connection, gone, State.SKIPPED, self._by, strict=False)

    def _replace_group(self, row: Row[Any], group: NewGroup) -> None:
        self._connection.execute(
            _REPLACE_GROUP,
            {
                "id": row.id,
                "ship_method": group.ship_method,
                "ship_to": json.dumps(address_document(group.ship_to)),
                "lines": json.dumps(_lines(group)),
            },
        )
        if group.skip:
            move(self._connection, [Move(row.id, why=group.skip)], State.SKIPPED, self._by, strict=False)
        else:
            move(self._connection, [Move(row.id, why="changed in the store")], State.IMPORTED, self._by)

    def _changed_after_transfer(self, row_id: int, one: NewOrder) -> None:
        """Kept on the timeline; what was sent stays what it was."""
        self._connection.execute(
            _STORE_EVENT,
            {
                "lane": self._lane,
                "kind": "changed_after_transfer",
                "ids": [row_id],
                "actor": self._by.actor,
                "run_id": self._by.run_id,
                "why": "the order was changed in the store after it was sent",
            },
        )
        self._connection.execute(
            text("UPDATE sales_order SET content_hash = :content_hash WHERE id = :id"),
            {"id": row_id, "content_hash": one.content_hash},
        )


def withdraw_unseen(connection: Connection, lane: str, since: datetime, by: By) -> int:
    """Take back unsent orders that a complete reading of the import status, begun at `since`, did not find.

    One that comes back to the import status is imported again. Returns how many were taken back.
    """
    ids = [row.id for row in connection.execute(_UNSEEN, {"lane": lane, "since": since})]
    return len(move(connection, [Move(one, why=LEFT_IMPORT_STATUS) for one in ids], State.SKIPPED, by))


def _back_again(one: NewOrder, groups: Sequence[Row[Any]]) -> bool:
    """Whether an order that was skipped is to be shipped after all: it came back to the import status."""
    skips = {group.shipment_id: group.skip for group in one.groups}
    return any(row.state == State.SKIPPED and skips.get(row.shipment_id) == "" for row in groups)


def _only(one: NewOrder, shipment_ids: set[int]) -> NewOrder:
    return NewOrder(
        one.order, one.content_hash, tuple(group for group in one.groups if group.shipment_id in shipment_ids)
    )


def _order_row(one: NewOrder, *, dump: bool = False) -> dict[str, Any]:
    order, document = one.order, sales_order_document(one.order)
    return {
        "order_id": order.order_id,
        "invoice": order.invoice,
        "status_id": order.status_id,
        "ordered_at": order.ordered_at.isoformat() if order.ordered_at else None,
        "content_hash": one.content_hash,
        "amount": str(order.amount),
        "document": json.dumps(document) if dump else document,
    }


def _group_row(row_id: int, one: NewOrder, group: NewGroup) -> dict[str, Any]:
    return {
        "sales_order_id": row_id,
        "order_id": one.order.order_id,
        "shipment_id": group.shipment_id,
        "reference": group.reference,
        "ship_method": group.ship_method,
        "ship_to": address_document(group.ship_to),
        "skip": group.skip,
        "lines": _lines(group),
    }


def _lines(group: NewGroup) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": str(line.quantity),
            "description": line.description,
        }
        for position, line in enumerate(group.lines)
    ]
