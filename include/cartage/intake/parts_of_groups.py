"""How the store's present copy of a ship group is shared among the parts that the ledger has of it. Pure.

What was sent keeps its lines. What was not sent follows the store: it has the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from cartage.intake.order_rows import NewGroup, NewOrder, positions_of
from cartage.model.skip_reasons import is_by_hand
from cartage.model.states import UNSENT, State

# The store's line id, SKU and quantity.
TakenLine = tuple[int, str, Decimal]


@dataclass(frozen=True, slots=True)
class FollowedPart:
    """What an unsent part is to have now; None if it ends, since another part has its lines."""

    row: Row[Any]
    group: NewGroup | None


def follow_parts(rows: Sequence[Row[Any]], group: NewGroup) -> list[FollowedPart]:
    """Return what each unsent part of a ship group is to have of the store's present copy; `rows` are its parts.

    A part that a request may have left for, or that is held, keeps what it has while the store does. The first of the
    others gets the rest, and is divided again by the routing rules. A part that a person skipped keeps its lines.
    """
    followers = [row for row in rows if row.state in UNSENT and not _is_left_out(row)]
    others = [row for row in rows if row not in followers]
    rest = share_group(group, (line for row in others for line in taken_lines(row)))[1]
    keeping = [row for row in followers if not row.never_left or row.state == State.HELD]
    free = [row for row in followers if row not in keeping]
    if not free and keeping:
        # Nothing else can have what was added to the order.
        free = [keeping.pop(0)]
    found = []
    for row in keeping:
        share, rest = share_group(rest, taken_lines(row))
        found.append(FollowedPart(row, share))
    for place, row in enumerate(free):
        found.append(FollowedPart(row, None if place else rest))
    return found


def share_group(group: NewGroup, taken: Iterable[TakenLine]) -> tuple[NewGroup, NewGroup]:
    """Return what of a group's lines is taken, and the rest; either may have no line.

    A taken line is that of the same line id and SKU, or else of the same SKU: an edited order may have other ids.
    """
    by_line: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for line_id, sku, quantity in taken:
        by_line[line_id, sku] += quantity
    shares = [Decimal(0)] * len(group.lines)
    for place, line in enumerate(group.lines):
        shares[place] = min(line.quantity, by_line[line.line_id, line.sku])
        by_line[line.line_id, line.sku] -= shares[place]
    by_sku: dict[str, Decimal] = defaultdict(Decimal)
    for (_, sku), quantity in by_line.items():
        by_sku[sku] += quantity
    for place, line in enumerate(group.lines):
        more = min(line.quantity - shares[place], by_sku[line.sku])
        shares[place] += more
        by_sku[line.sku] -= more
    rests = [line.quantity - share for line, share in zip(group.lines, shares, strict=True)]
    return _with_quantities(group, shares), _with_quantities(group, rests)


def single_group(
    new: NewOrder,
    shipment_id: int,
    generation: int,
    reference: str,
    *,
    part: int = 0,
    others: Collection[TakenLine] = (),
) -> NewOrder | None:
    """Return the order with only this part of a ship group, as a later generation: what the others have not taken.

    Return None if the store no longer has the group, or the others have all of it.
    """
    groups = tuple(
        replace(
            share_group(group, others)[1] if others else group,
            generation=generation,
            reference=reference,
            part=part,
            skip="",
        )
        for group in new.groups
        if group.shipment_id == shipment_id
    )
    if not groups or (others and not groups[0].lines):
        return None
    return replace(new, groups=groups)


def taken_lines(row: Row[Any]) -> list[TakenLine]:
    """Return the lines of a part, from its row."""
    return [(line_id, sku, Decimal(quantity)) for line_id, sku, quantity in row.lines]


def _with_quantities(group: NewGroup, quantities: Sequence[Decimal]) -> NewGroup:
    lines = [
        (place, replace(line, quantity=quantity))
        for place, line, quantity in zip(positions_of(group), group.lines, quantities, strict=True)
        if quantity > 0
    ]
    return replace(
        group, lines=tuple(line for _, line in lines), positions=tuple(place for place, _ in lines)
    )


def _is_left_out(row: Row[Any]) -> bool:
    return row.state == State.SKIPPED and is_by_hand(row.reason)
