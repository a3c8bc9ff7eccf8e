"""Divide orders of a restored or new ledger as the warehouses have them: such a ledger has forgotten their parts."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.parts import DIVIDABLE, DividedLine, Piece, dividable_lines, divide_group, known_parts
from cartage.lifecycle.transitions import By
from cartage.mappings.skus import SkuTable
from cartage.model.skus import folded
from cartage.warehouses.contract import RemoteOrder, RemoteState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundPart:
    """What a warehouse has of one part of a group; `table` has that warehouse's names of SKUs."""

    part: int
    orders: Sequence[RemoteOrder]
    table: SkuTable

    @property
    def is_live(self) -> bool:
        """Whether anything of it is not cancelled."""
        return any(order.state is not RemoteState.CANCELLED for order in self.orders)


def divide_as_found(
    connection: Connection, store_code: str, rows: Sequence[Row[Any]], found: Sequence[FoundPart], by: By
) -> bool:
    """Divide what the ledger has unsent of one ship group as the warehouses have it; return whether it was divided.

    `rows` are the group's live fulfillment orders. What no warehouse has stays a part of its own, which is routed and
    sent as any other. Lines that no item at the warehouse stands for stay there too.
    """
    members = [row for row in rows if row.state in DIVIDABLE]
    lines = dividable_lines(connection, [row.id for row in members])
    if not lines:
        return False
    # What the ledger knows otherwise keeps its lines, and what is cancelled there takes none.
    others = known_parts(connection, members[0].id) - {row.part for row in members}
    found = [each for each in found if each.part not in others and each.is_live]
    left = {line.position: line.quantity for line in lines}
    pieces = []
    for each in sorted(found, key=lambda part: part.part):
        share = _share(lines, left, each)
        if not share:
            log.warning("part %d of %s: no line is like what the warehouse has", each.part, rows[0].reference)
            continue
        left = {position: left[position] - share.get(position, Decimal(0)) for position in left}
        order = next((row.id for row in members if row.part == each.part), None)
        pieces.append(Piece(share, order, each.part))
    rest = {position: quantity for position, quantity in left.items() if quantity > 0}
    if not pieces or (len(pieces) == 1 and not rest and pieces[0].order is not None):
        return False
    if rest:
        named = {piece.order for piece in pieces}
        pieces.append(Piece(rest, next((row.id for row in members if row.id not in named), None)))
    divide_group(connection, store_code, [row.id for row in members], pieces, by)
    return True


def _share(lines: Sequence[DividedLine], left: Mapping[int, Decimal], found: FoundPart) -> dict[int, Decimal]:
    """Return which quantities of the lines a warehouse has under a part's reference, in the order of the lines."""
    there = _quantities(found.orders)
    share = {}
    for line in lines:
        kit = found.table.parts(line.sku)
        units = min(
            [
                left[line.position],
                *(there.get(folded(item.sku), Decimal(0)) / item.quantity for item in kit),
            ]
        )
        units = units if units == left[line.position] else units.to_integral_value(ROUND_FLOOR)
        if units <= 0:
            continue
        share[line.position] = units
        for item in kit:
            there[folded(item.sku)] -= units * item.quantity
    return share


def _quantities(orders: Sequence[RemoteOrder]) -> dict[str, Decimal]:
    """Return what the orders under one reference have together, without cancelled ones."""
    there: dict[str, Decimal] = {}
    for order in orders:
        if order.state is not RemoteState.CANCELLED:
            for sku, quantity in order.lines:
                there[folded(sku)] = there.get(folded(sku), Decimal(0)) + quantity
    return there
