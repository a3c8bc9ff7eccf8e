"""The 846, Inventory Inquiry/Advice: stock by SKU.

Segments: BIA (purpose, date), LIN (item), QTY (a quantity and what it is), SCH (its part at one place), CTT (count).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from cartage.warehouses.files.x12.sets.items import Items
from cartage.warehouses.files.x12.settings import Snapshot, StockSettings
from cartage.warehouses.files.x12.syntax.envelopes import SetContent
from cartage.warehouses.files.x12.syntax.segments import Segment, loops, value
from cartage.warehouses.files.x12.syntax.values import NotReadable, moment, quantity, whole
from cartage.warehouses.listed import StockLevel
from cartage.warehouses.unreadable import RowKind, UnreadableRow

CODE = "846"
_ITEM_PAIRS = range(2, 31, 2)
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class StockReading:
    """The stock that a set names. `miscounted` is its fault if it has not as many items as it says, or none at all."""

    levels: dict[str, StockLevel]
    unreadable: tuple[UnreadableRow, ...]
    full: bool
    as_of: datetime | None
    miscounted: str = ""


@dataclass(slots=True)
class _Amounts:
    """The quantities of a SKU by what they are; None where the set does not say."""

    available: Decimal | None = None
    on_hand: Decimal | None = None
    allocated: Decimal | None = None
    on_hold: Decimal | None = None

    def level(self, sku: str, as_of: datetime | None, *, says_allocated: bool) -> StockLevel:
        """Return the stock. What is not said follows from the rest.

        `says_allocated`: the partner has a quantity of what orders have taken, and none of it means that nothing is.

        Raises:
            NotReadable: if neither what is available nor what is on hand is said.
        """
        taken = (self.allocated or _NONE) + (self.on_hold or _NONE)
        if self.available is None and self.on_hand is None:
            raise NotReadable("QTY: no quantity with a qualifier of available or on_hand")
        available = self.available if self.available is not None else _plus(self.on_hand or _NONE, -taken)
        on_hand = self.on_hand if self.on_hand is not None else _plus(available, taken)
        return StockLevel(
            sku,
            on_hand,
            available,
            self.allocated or _NONE,
            self.on_hold or _NONE,
            as_of=as_of,
            on_hand_only=self.available is None and not says_allocated,
        )


class InventoryAdviceReader:
    """Reads the 846 of a partner."""

    def __init__(self, settings: StockSettings, items: Items, zone: ZoneInfo) -> None:
        self._settings = settings
        self._items = items
        self._zone = zone
        kinds = ("available", "on_hand", "allocated", "on_hold")
        self._kinds = {code: kind for kind in reversed(kinds) for code in getattr(settings, kind)}

    def read(self, found: SetContent) -> StockReading:
        """Return the stock that a set names. An item that cannot be read costs no other."""
        begin = found.first("BIA")
        as_of = moment(value(begin, 4), value(begin, 5), self._zone)
        levels: dict[str, StockLevel] = {}
        unreadable = []
        count = 0
        for item in found.loops("LIN"):
            count += 1
            sku = ""
            try:
                sku = self._items.sku(item[0], _ITEM_PAIRS)
                level = self._amounts(item[1:], sku).level(
                    sku, as_of, says_allocated=bool(self._settings.allocated)
                )
            except NotReadable as fault:
                text = "\n".join("\t".join(segment) for segment in item)
                digest = sha256(text.encode("utf-8", "replace")).hexdigest()
                unreadable.append(UnreadableRow(RowKind.STOCK, str(fault), digest, sku))
            else:
                levels[sku] = _sum(levels[sku], level) if sku in levels else level
        full = self._is_full(value(begin, 1))
        return StockReading(levels, tuple(unreadable), full, as_of, _miscounted(found, count, full=full))

    def _is_full(self, purpose: str) -> bool:
        if self._settings.snapshot is Snapshot.PURPOSE:
            return purpose in self._settings.full_purposes
        return self._settings.snapshot is Snapshot.FULL

    def _amounts(self, details: Sequence[Segment], sku: str) -> _Amounts:
        amounts = _Amounts()
        for row, *parts in loops(details, "QTY"):
            if kind := self._kinds.get(value(row, 1)):
                pieces = self._pieces(row, parts, sku)
                setattr(amounts, kind, _plus(pieces, getattr(amounts, kind) or _NONE))
        return amounts

    def _pieces(self, row: Segment, details: Sequence[Segment], sku: str) -> Decimal:
        """Return the quantity of a QTY in pieces: all of it, or the part at the location of the settings."""
        if not self._settings.location:
            unit = value(row, 3)[:2]  # a composite of unit and exponents
            return self._items.pieces(quantity(value(row, 2), "QTY-02"), unit, sku, "QTY-03")
        parts = [segment for segment in details if segment[0] == "SCH"]
        if not parts:
            raise NotReadable("SCH: the quantity has no part by location")
        ours = self._settings.location.casefold()
        return sum(
            (
                self._items.pieces(quantity(value(part, 1), "SCH-01"), value(part, 2), sku, "SCH-02")
                for part in parts
                if value(part, 4).casefold() == ours
            ),
            _NONE,
        )


def _plus(quantity: Decimal, further: Decimal) -> Decimal:
    """Return the sum. Nothing is added for 0, so that equal quantities of a long file stay one object."""
    return quantity + further if further else quantity


def _sum(first: StockLevel, second: StockLevel) -> StockLevel:
    """Return the stock of a SKU that has several items, such as lots."""
    return replace(
        first,
        on_hand=first.on_hand + second.on_hand,
        available=first.available + second.available,
        allocated=first.allocated + second.allocated,
        on_hold=first.on_hold + second.on_hold,
        on_hand_only=first.on_hand_only or second.on_hand_only,
    )


def _miscounted(found: SetContent, count: int, *, full: bool) -> str:
    said = value(found.first("CTT"), 1)
    if said and whole(said) != count:
        return f"CTT01 says {said[:20]}, but there are {count} items: a part of the stock may be missing"
    if full and not count:
        return "it names no item, and would leave nothing in stock"
    return ""
