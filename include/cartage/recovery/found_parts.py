"""Divide orders of a restored or new ledger as the warehouses have them: such a ledger has forgotten their parts."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.parts import DIVIDABLE, DividedLine, Piece, dividable_lines, divide_group, known_parts
from cartage.lifecycle.transitions import By, Move, move
from cartage.mappings.skus import SkuTable
from cartage.model.skus import folded
from cartage.model.states import State
from cartage.warehouses.contract import RemoteOrder, RemoteState

log = logging.getLogger(__name__)

# Unsent parts that wait. If a warehouse has their lines, under whatever part, they are no longer to be sent.
_SET_ASIDE = frozenset({State.HELD, State.SKIPPED})
_WHY = "a warehouse has its lines, and this ledger did not know"


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
    sent as any other. Lines that no item at the warehouse stands for stay there too. Where a warehouse has under one
    reference what the ledger has divided since, the parts become one again.
    """
    members = _members(connection, rows, found, by)
    lines = dividable_lines(connection, [row.id for row in members])
    if not lines:
        return False
    new = _unknown(connection, members, found)
    shares, left = _shares(lines, new)
    for each in new:
        if each.part not in shares:
            log.warning("part %d of %s: no line is like what the warehouse has", each.part, rows[0].reference)
    by_part = {row.part: row.id for row in members}
    pieces = [Piece(share, by_part.get(part), part) for part, share in shares.items()]
    rest = {position: quantity for position, quantity in left.items() if quantity > 0}
    if not pieces or (len(pieces) == len(members) == 1 and not rest and pieces[0].order is not None):
        return False
    if rest:
        named = {piece.order for piece in pieces}
        unnamed = [row for row in members if row.id not in named]
        # What a person holds stays held.
        home = next((row.id for row in sorted(unnamed, key=lambda row: row.state != State.HELD)), None)
        pieces.append(Piece(rest, home))
    divide_group(connection, store_code, [row.id for row in members], pieces, by)
    return True


def _members(
    connection: Connection, rows: Sequence[Row[Any]], found: Sequence[FoundPart], by: By
) -> list[Row[Any]]:
    """Return the parts to be divided: also those that are held or skipped, if a warehouse has lines of theirs.

    One that is skipped only if a warehouse has all of it: the rest would be sent although somebody did not want that.
    """
    members = [row for row in rows if row.state in DIVIDABLE]
    at_warehouses = {each.part for each in found}
    # What is there under its own reference comes first: with it, its reference may stand for lines of the others.
    for row in sorted(rows, key=lambda row: row.part not in at_warehouses):
        if row.state not in _SET_ASIDE:
            continue
        own = sum(line.quantity for line in dividable_lines(connection, [row.id], _SET_ASIDE))
        more = _taken(connection, [*members, row], found) - _taken(connection, members, found)
        if more > 0 and (row.state == State.HELD or more == own):
            members.append(row)
    aside = [row for row in members if row.state in _SET_ASIDE]
    move(connection, [Move(row.id, why=_WHY) for row in aside], State.IMPORTED, by)
    return members


def _taken(connection: Connection, members: Sequence[Row[Any]], found: Sequence[FoundPart]) -> Decimal:
    """Return how many units of these parts' lines the warehouses have."""
    lines = dividable_lines(connection, [row.id for row in members], DIVIDABLE | _SET_ASIDE)
    if not lines:
        return Decimal(0)
    shares, _ = _shares(lines, _unknown(connection, members, found))
    return sum((quantity for share in shares.values() for quantity in share.values()), Decimal(0))


def _unknown(
    connection: Connection, members: Sequence[Row[Any]], found: Sequence[FoundPart]
) -> list[FoundPart]:
    """Return what the warehouses have, in the order of parts, without what is cancelled or known to be there."""
    # What the ledger knows otherwise keeps its lines.
    others = known_parts(connection, members[0].id) - {row.part for row in members}
    new = [each for each in found if each.part not in others and each.is_live]
    return sorted(new, key=lambda each: each.part)


def _shares(
    lines: Sequence[DividedLine], found: Sequence[FoundPart]
) -> tuple[dict[int, dict[int, Decimal]], dict[int, Decimal]]:
    """Return which quantities of the lines the warehouses have, by part, and what is left of each line."""
    left = {line.position: line.quantity for line in lines}
    shares: dict[int, dict[int, Decimal]] = {}
    for each in found:
        if share := _share(lines, left, each):
            left = {position: left[position] - share.get(position, Decimal(0)) for position in left}
            shares[each.part] = share
    return shares, left


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
