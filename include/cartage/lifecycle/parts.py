"""The one function that divides a ship-to group among fulfillment orders, its parts, and the one that ends a part.

Only what nothing can have left of is divided. Quantities are conserved: what the parts have afterwards is what they had
before. The part that a group begins with keeps its reference; further parts have their own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.errors import LedgerError
from cartage.lifecycle.placement import NEVER_LEFT
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.reference import make_reference
from cartage.model.skip_reasons import MERGED
from cartage.model.states import State

_LOCK = text(
    f"""
    SELECT f.id, f.store_id, f.order_id, f.shipment_id, f.part, f.state, f.reference FROM fulfillment_order f
    WHERE f.id = ANY(:ids) AND f.superseded_at IS NULL AND f.state = ANY(:states) AND {NEVER_LEFT}
    ORDER BY f.part
    FOR UPDATE OF f
    """  # noqa: S608 - a constant of the engine
)

_LINES = text(
    """
    SELECT l.fulfillment_order_id, l.position, l.line_id, l.sku, l.quantity, l.description, l.options
    FROM fulfillment_line l JOIN fulfillment_order f ON f.id = l.fulfillment_order_id
    WHERE f.id = ANY(:ids) ORDER BY f.part, l.position
    """
)

# Parts of the group that were merged into others: what they were called was never at a warehouse.
_MERGED = text(
    f"""
    SELECT f.id, f.part FROM fulfillment_order f
    WHERE f.store_id = :store_id AND f.order_id = :order_id AND f.shipment_id = :shipment_id
      AND f.superseded_at IS NOT NULL AND f.state = 'skipped' AND f.reason = :merged AND {NEVER_LEFT}
      AND NOT EXISTS (
          SELECT FROM fulfillment_order o WHERE o.store_id = f.store_id AND o.order_id = f.order_id
            AND o.shipment_id = f.shipment_id AND o.part = f.part AND o.generation > f.generation)
    ORDER BY f.part
    FOR UPDATE OF f
    """  # noqa: S608 - a constant of the engine
)

_REVIVE = text(
    """
    UPDATE fulfillment_order f SET superseded_at = NULL, warehouse = '', ship_method = h.ship_method,
        ship_to = h.ship_to, corrected_by = h.corrected_by, likeness = h.likeness, routing_choice = h.routing_choice
    FROM fulfillment_order h WHERE h.id = :home AND f.id = :id
    """
)

_LAST_PART = text(
    """
    SELECT max(part) FROM fulfillment_order
    WHERE store_id = :store_id AND order_id = :order_id AND shipment_id = :shipment_id
    """
)

_KNOWN_PARTS = text(
    """
    SELECT DISTINCT f.part FROM fulfillment_order f
    JOIN fulfillment_order o ON o.sales_order_id = f.sales_order_id AND o.shipment_id = f.shipment_id
    WHERE o.id = :id AND NOT (f.superseded_at IS NOT NULL AND f.state = 'skipped' AND f.reason = :merged)
    """
)

_INSERT = text(
    """
    WITH made AS (
        INSERT INTO fulfillment_order (sales_order_id, store_id, order_id, shipment_id, part, lane, reference, state,
            ship_method, ship_to, corrected_by, likeness, routing_choice)
        SELECT sales_order_id, store_id, order_id, shipment_id, :part, lane, :reference, 'imported',
            ship_method, ship_to, corrected_by, likeness, routing_choice
        FROM fulfillment_order WHERE id = :home
        RETURNING id, sales_order_id, lane
    ), noted AS (
        INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, to_state, actor, run_id, why)
        SELECT lane, sales_order_id, id, 'imported', 'imported', :actor, :run_id, :why FROM made
    )
    SELECT id FROM made
    """
)

# A hold that a person released stays released for what was held.
_COPY_RELEASED = text(
    """
    INSERT INTO hold (lane, fulfillment_order_id, source, rule, reason, owner, until, placed_by, placed_at, released_at,
        released_by)
    SELECT lane, :id, source, rule, reason, owner, until, placed_by, placed_at, released_at, released_by
    FROM hold WHERE fulfillment_order_id = :home AND released_at IS NOT NULL AND source <> 'person'
    ON CONFLICT (fulfillment_order_id, source, rule) WHERE source <> 'person' DO NOTHING
    """
)

_WRITE_LINES = text(
    """
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(
            id bigint, position int, line_id bigint, sku text, quantity numeric, description text, options jsonb)
    ), gone AS (
        DELETE FROM fulfillment_line l WHERE l.fulfillment_order_id = ANY(:ids)
          AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = l.fulfillment_order_id AND w.position = l.position)
    )
    INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description, options)
    SELECT id, position, line_id, sku, quantity, description, options FROM wanted
    ON CONFLICT (fulfillment_order_id, position) DO UPDATE SET
        line_id = excluded.line_id, sku = excluded.sku, quantity = excluded.quantity,
        description = excluded.description, options = excluded.options
    """
)

_END = text(
    """
    UPDATE fulfillment_order SET superseded_at = clock_timestamp(), warehouse = '' WHERE id = ANY(:ids)
    """
)

# What was to be sent, of lines that it no longer has.
_FORGET_REQUEST = text("UPDATE fulfillment_order SET request = NULL WHERE id = ANY(:ids)")

_CLEAR = text("DELETE FROM fulfillment_line WHERE fulfillment_order_id = ANY(:ids)")


DIVIDABLE = frozenset({State.IMPORTED, State.BLOCKED, State.READY})
"""The states in which a part may be divided, as long as no request for it can have left."""


class NotConserved(LedgerError):
    """A division of a ship-to group would lose or add quantities. Nothing is written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one part is to have: quantities by position of the group's lines.

    `order` is the fulfillment order that is to have it; None for one that is to be made, as `part` if that is given.
    """

    lines: Mapping[int, Decimal]
    order: int | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True)
class DividedLine:
    """A line of a group, with its quantity in all parts that can be divided."""

    position: int
    sku: str
    quantity: Decimal


def divide_group(
    connection: Connection, store_code: str, members: Collection[int], pieces: Sequence[Piece], by: By
) -> list[int]:
    """Divide what these fulfillment orders of one ship-to group have into the pieces; return the order of each piece.

    Members that no piece names end. Those whose lines change are imported again. Their sales order must be locked:
    imports then wait, and see all parts.

    Raises:
        LedgerError: if a member was sent meanwhile.
        NotConserved: if the pieces have other quantities than the members.
        ReferenceTooLong: if there is no reference for a further part.
    """
    rows = {row.id: row for row in _locked(connection, members, DIVIDABLE)}
    if rows.keys() != set(members):
        raise LedgerError(f"parts {sorted(members)} cannot be divided: some were sent, or ended, meanwhile")
    before = _lines(connection, members)
    _check(before, pieces)
    home = next(iter(rows.values()))
    ids = _orders(connection, store_code, home, pieces, by)
    wanted = {order: piece.lines for order, piece in zip(ids, pieces, strict=True)}
    had = {
        order: {position: line.quantity for position, line in before.get(order, {}).items()} for order in ids
    }
    changed = [order for order in ids if dict(wanted[order]) != had[order]]
    _write(connection, {order: wanted[order] for order in changed}, before)
    again = [
        Move(order, why=f"{_summary(wanted[order], before)}: {_of(len(pieces))}")
        for order in changed
        if order in rows
    ]
    move(connection, again, State.IMPORTED, by)
    connection.execute(_FORGET_REQUEST, {"ids": changed})
    end_parts(connection, [order for order in rows if order not in wanted], by)
    return ids


def dividable_lines(
    connection: Connection, ids: Collection[int], states: Collection[State] = DIVIDABLE
) -> list[DividedLine]:
    """Return the lines of fulfillment orders of one group; none if not all of them are unsent, in one of these states.

    Their sales order must be locked.
    """
    found = _locked(connection, ids, states)
    if len(found) != len(ids):
        return []
    lines: dict[int, DividedLine] = {}
    for row in (row for part in _lines(connection, ids).values() for row in part.values()):
        before = lines[row.position].quantity if row.position in lines else Decimal(0)
        lines[row.position] = DividedLine(row.position, row.sku, before + row.quantity)
    return [lines[position] for position in sorted(lines)]


def end_parts(connection: Connection, ids: Sequence[int], by: By) -> None:
    """End parts that were not sent and whose lines other parts of their group have now."""
    if ids:
        move(connection, [Move(order, why=MERGED) for order in ids], State.SKIPPED, by)
        connection.execute(_CLEAR, {"ids": list(ids)})
        connection.execute(_END, {"ids": list(ids)})


def known_parts(connection: Connection, order: int) -> set[int]:
    """Return the parts that a fulfillment order's ship-to has, or had at a warehouse; without those that only ended."""
    return set(connection.execute(_KNOWN_PARTS, {"id": order, "merged": MERGED}).scalars())


def next_part(connection: Connection, store_id: int, order_id: int, shipment_id: int) -> int:
    """Return the number of a ship-to group's next part."""
    values = {"store_id": store_id, "order_id": order_id, "shipment_id": shipment_id}
    last: int | None = connection.execute(_LAST_PART, values).scalar_one()
    return 0 if last is None else last + 1


def _locked(connection: Connection, ids: Collection[int], states: Collection[State]) -> Sequence[Row[Any]]:
    """Lock those of these orders that never left, in one of these states."""
    values = {"ids": sorted(ids), "states": sorted(state.value for state in states)}
    return connection.execute(_LOCK, values).all()


def _lines(connection: Connection, ids: Collection[int]) -> dict[int, dict[int, Row[Any]]]:
    found: dict[int, dict[int, Row[Any]]] = {}
    for row in connection.execute(_LINES, {"ids": sorted(ids)}):
        found.setdefault(row.fulfillment_order_id, {})[row.position] = row
    return found


def _check(before: Mapping[int, Mapping[int, Row[Any]]], pieces: Sequence[Piece]) -> None:
    had, have = Counter[int](), Counter[int]()
    for lines in before.values():
        had.update({position: line.quantity for position, line in lines.items()})
    for piece in pieces:
        have.update(dict(piece.lines))
    if +had != +have or any(quantity <= 0 for piece in pieces for quantity in piece.lines.values()):
        raise NotConserved(
            f"a division of parts {sorted(before)} has {dict(have)} by line, and not {dict(had)}"
        )


def _orders(
    connection: Connection, store_code: str, home: Row[Any], pieces: Sequence[Piece], by: By
) -> list[int]:
    """Return the fulfillment order of each piece; those that do not exist are made."""
    group = {"store_id": home.store_id, "order_id": home.order_id, "shipment_id": home.shipment_id}
    wanted = {place: piece for place, piece in enumerate(pieces) if piece.order is None}
    merged: dict[int, int] = {}
    if wanted:
        rows = connection.execute(_MERGED, {**group, "merged": MERGED})
        merged = {row.part: row.id for row in rows}
    made: dict[int, int] = {}
    # Those that must be a certain part come first: no other may take its number.
    for place, piece in sorted(wanted.items(), key=lambda item: (item[1].part is None, item[0])):
        part = piece.part if piece.part is not None else next(iter(merged), None)
        if part is not None and part in merged:
            order = _revive(connection, merged.pop(part), home, by)
        else:
            number = next_part(connection, **group) if part is None else part
            order = _insert(connection, store_code, home, number, by)
        connection.execute(_COPY_RELEASED, {"id": order, "home": home.id})
        made[place] = order
    return [made[place] if piece.order is None else piece.order for place, piece in enumerate(pieces)]


def _revive(connection: Connection, order: int, home: Row[Any], by: By) -> int:
    connection.execute(_REVIVE, {"id": order, "home": home.id})
    move(connection, [Move(order, why=f"divided from {home.reference} again")], State.IMPORTED, by)
    return order


def _insert(connection: Connection, store_code: str, home: Row[Any], part: int, by: By) -> int:
    values = {
        "home": home.id,
        "part": part,
        "reference": make_reference(store_code, home.order_id, home.shipment_id, part=part),
        "actor": by.actor,
        "run_id": by.run_id,
        "why": f"divided from {home.reference}",
    }
    return int(connection.execute(_INSERT, values).scalar_one())


def _write(
    connection: Connection,
    wanted: Mapping[int, Mapping[int, Decimal]],
    before: Mapping[int, Mapping[int, Row[Any]]],
) -> None:
    if not wanted:
        return
    known = {position: line for lines in before.values() for position, line in lines.items()}
    rows = [
        {
            "id": order,
            "position": position,
            "line_id": known[position].line_id,
            "sku": known[position].sku,
            "quantity": str(quantity),
            "description": known[position].description,
            "options": known[position].options,
        }
        for order, lines in wanted.items()
        for position, quantity in lines.items()
    ]
    connection.execute(_WRITE_LINES, {"ids": sorted(wanted), "lines": json.dumps(rows)})


def _summary(lines: Mapping[int, Decimal], before: Mapping[int, Mapping[int, Row[Any]]]) -> str:
    known = {position: line.sku for found in before.values() for position, line in found.items()}
    return ", ".join(
        f"{quantity.normalize():f} {known[position]}" for position, quantity in sorted(lines.items())
    )


def _of(count: int) -> str:
    return "the whole of the order's ship-to" if count == 1 else f"one of {count} parts"
