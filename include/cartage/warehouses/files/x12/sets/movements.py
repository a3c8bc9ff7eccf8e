"""The 944 (Stock Transfer Receipt Advice) and 947 (Inventory Adjustment Advice): stock that came or went.

944: W17 (date, receipt number), W07 (quantity received, unit, item). 947: W15 (date, numbers), W19 (reason, quantity
with its sign, unit, item). Positions: doc.chinlinktech.com/x12, segments W07, W15, W17 and W19.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from cartage.model.stock import MovementKind, StockMovement
from cartage.warehouses.files.x12.sets.items import Items
from cartage.warehouses.files.x12.syntax.envelopes import SetContent
from cartage.warehouses.files.x12.syntax.segments import Segment, value
from cartage.warehouses.files.x12.syntax.values import NotReadable, moment, quantity
from cartage.warehouses.unreadable import RowKind, UnreadableRow


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a set has what: segments, and positions in them."""

    kind: MovementKind
    begin: str
    date: int
    numbers: tuple[int, ...]
    item: str
    amount: int
    unit: int
    pairs: tuple[int, ...]
    reason: int = 0


_SHAPES = {
    "944": _Shape(MovementKind.RECEIPT, "W17", 2, (3, 4), "W07", 1, 2, (4, 6, 10)),
    "947": _Shape(MovementKind.ADJUSTMENT, "W15", 1, (2, 3), "W19", 2, 3, (5, 7, 17), reason=1),
}
CODES = tuple(_SHAPES)


def read_movements(
    found: SetContent, items: Items, zone: ZoneInfo
) -> Iterator[StockMovement | UnreadableRow]:
    """Yield the movements of a set, and a row for each that cannot be read."""
    shape = _SHAPES[found.code]
    begin = found.first(shape.begin)
    at = moment(value(begin, shape.date), "", zone)
    reference = next((text for position in shape.numbers if (text := value(begin, position))), "")
    for segment in found.all(shape.item):
        try:
            sku, amount = _amount(segment, shape, items)
        except NotReadable as fault:
            digest = sha256("\t".join(segment).encode("utf-8", "replace")).hexdigest()
            yield UnreadableRow(RowKind.STOCK, str(fault), digest)
        else:
            reason = value(segment, shape.reason) if shape.reason else ""
            yield StockMovement(sku, amount, shape.kind, reason, reference, at)


def _amount(segment: Segment, shape: _Shape, items: Items) -> tuple[str, int]:
    sku = items.sku(segment, shape.pairs)
    element = f"{shape.item}-{shape.amount:02d}"
    amount = quantity(value(segment, shape.amount), element)
    pieces = items.pieces(amount, value(segment, shape.unit), sku, f"{shape.item}-{shape.unit:02d}")
    if pieces != int(pieces):
        raise NotReadable(f"{element}: not a whole number of pieces")
    return sku, int(pieces)
