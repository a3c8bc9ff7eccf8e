"""The 945, Warehouse Shipping Advice: what shipped of an order.

Segments: W06 (identification), W27 (carrier), LX (a carton or a line), MAN (marks), W12 (item), N9 (references).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from cartage.model.orders import PackageContent, Shipment
from cartage.model.reference import PATTERN
from cartage.warehouses.documents import AcceptedOrder, RejectedOrder
from cartage.warehouses.files.x12.places import values_at
from cartage.warehouses.files.x12.sets.cartons import Loop, packages, tracking_numbers
from cartage.warehouses.files.x12.sets.items import Items, name
from cartage.warehouses.files.x12.settings import ShipmentKey, ShipmentSettings
from cartage.warehouses.files.x12.syntax.envelopes import SetContent
from cartage.warehouses.files.x12.syntax.segments import Segment, loops, value
from cartage.warehouses.files.x12.syntax.values import NotReadable, moment, optional_quantity

CODE = "945"
# Pairs of a qualifier and a number of the item.
_ITEM_PAIRS = (7, 17, 21)
_LONGEST_LINE_ID = 18
# What differs between two shipments of an order, and is the same when one comes again in another file.
_IN_KEY = frozenset({"MAN", "N9", "W12", "W27"})
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """A W12: what it shipped, of how many as it says, and whether it says that more will ship."""

    content: PackageContent
    shipped: Decimal
    ordered: Decimal | None
    partial: bool


class ShipAdviceReader:
    """Reads the 945 of a partner."""

    def __init__(self, settings: ShipmentSettings, items: Items, zone: ZoneInfo) -> None:
        self._settings = settings
        self._items = items
        self._zone = zone

    def reference(self, found: SetContent) -> str:
        """Return our reference, in our spelling where the partner changed its letter case; empty if there is none."""
        header, _ = _split(found.segments())
        return self._reference(header)

    def _reference(self, header: Sequence[Segment]) -> str:
        text = next(values_at(header, self._settings.reference_places), "")
        return text.upper() if PATTERN.fullmatch(text.upper()) else text

    def read(self, found: SetContent) -> Shipment | RejectedOrder | AcceptedOrder:
        """Return the shipment; or that the order is given up, or known and not shipped yet.

        Raises:
            NotReadable: if what shipped, or of which order, cannot be read.
        """
        segments = found.segments()
        header, parts = _split(segments)
        begin = found.first("W06")
        reference = name(self._reference(header), "reference")
        if not reference:
            raise NotReadable(f"{self._settings.reference_places[0]}: no reference")
        shipment_id = name(value(begin, 4), "W06-04")
        if value(begin, 1) in self._settings.cancel_codes:
            reason = f"the warehouse cancelled it (W06-01 {value(begin, 1)})"
            notes = " ".join(value(row, 2) for row in header if row[0] == "NTE")
            return RejectedOrder(reference, f"{reason}: {notes}" if notes else reason, shipment_id)
        lines = [[*self._lines(part)] for part in parts]
        shipped = [line for part in lines for line in part]
        if shipped and not any(line.content.quantity for line in shipped):
            return self._nothing(reference, shipment_id)
        carrier = found.first("W27")
        return Shipment(
            key=self._key(begin, segments, reference, shipment_id),
            remote_id=shipment_id,
            reference=reference,
            shipped_at=self._shipped_at(begin, header),
            packages=packages(
                tracking_numbers(values_at(header, self._settings.tracking_places)),
                [self._loop(part, each) for part, each in zip(parts, lines, strict=True)],
                carrier=value(carrier, 2),
                service=value(carrier, 3),
            ),
            final=self._settings.short_is_final or not _is_short(shipped),
            lines=_contents(shipped),
        )

    def _nothing(self, reference: str, shipment_id: str) -> RejectedOrder | AcceptedOrder:
        if self._settings.short_is_final:
            return RejectedOrder(reference, "the warehouse closed it without shipping anything", shipment_id)
        return AcceptedOrder(reference, shipment_id)

    def _loop(self, segments: Sequence[Segment], lines: Sequence[ShippedLine]) -> Loop:
        mark = next(
            (value(segment, 2) for segment in segments if segment[0] == "MAN" and value(segment, 2)), ""
        )
        numbers = tracking_numbers(values_at(segments, self._settings.tracking_places))
        return Loop(numbers, name(mark, "MAN-02"), _contents(lines))

    def _lines(self, segments: Sequence[Segment]) -> Iterator[ShippedLine]:
        """Yield the items of a loop; what follows an item belongs to it."""
        for item, *details in loops(segments, "W12"):
            yield self._line(item, details)

    def _line(self, item: Segment, details: Sequence[Segment]) -> ShippedLine:
        sku = self._items.sku(item, _ITEM_PAIRS)
        ordered = optional_quantity(value(item, 2), "W12-02")
        shipped = optional_quantity(value(item, 3), "W12-03")
        missing = optional_quantity(value(item, 4), "W12-04")
        if shipped is None:
            if ordered is None or missing is None:
                raise NotReadable("W12-03: no quantity")
            shipped = ordered - abs(missing)
        if shipped < 0:
            raise NotReadable("W12-03: less than 0")
        pieces = self._items.pieces(shipped, value(item, 5), sku, "W12-05")
        number = next(values_at(details, self._settings.line_places), "")
        line_id = (
            int(number) if number.isascii() and number.isdigit() and len(number) <= _LONGEST_LINE_ID else None
        )
        if ordered is None and missing is not None:
            ordered = shipped + abs(missing)
        partial = value(item, 1) in self._settings.partial_codes
        return ShippedLine(PackageContent(sku, pieces, line_id), shipped, ordered, partial)

    def _shipped_at(self, begin: Segment, header: Sequence[Segment]) -> datetime | None:
        if found := moment(value(begin, 3), "", self._zone):
            return found
        for segment in header:
            if segment[0] == "G62" and value(segment, 1) in self._settings.ship_date_qualifiers:
                return moment(value(segment, 2), value(segment, 4), self._zone)
        return None

    def _key(self, begin: Segment, segments: Sequence[Segment], reference: str, shipment_id: str) -> str:
        """Return what tells the shipment from others, whatever the settings say about where its parts are."""
        if self._settings.key is ShipmentKey.SHIPMENT_ID and shipment_id:
            return f"{reference}/{shipment_id}"
        numbers = [value(begin, position) for position in range(2, 7)]
        rows = [[part.strip() for part in segment] for segment in segments if segment[0] in _IN_KEY]
        digest = sha256(repr((numbers, rows)).encode("utf-8", "replace")).hexdigest()
        return f"{reference}/{digest[:32]}"


def _contents(lines: Sequence[ShippedLine]) -> tuple[PackageContent, ...]:
    return tuple(line.content for line in lines if line.content.quantity != _NONE)


def _is_short(lines: Sequence[ShippedLine]) -> bool:
    """Return whether the lines say that less was shipped than ordered.

    Where cartons are loops, an item has a line in each of them, with all that was ordered in every line.
    """
    if any(line.partial or (line.ordered and not line.shipped) for line in lines):
        return True
    shipped: dict[str, Decimal] = defaultdict(Decimal)
    ordered: dict[str, list[Decimal]] = defaultdict(list)
    for line in lines:
        shipped[line.content.sku] += line.shipped
        ordered[line.content.sku].append(line.ordered or _NONE)
    return any(
        shipped[sku] < (amounts[0] if len(set(amounts)) == 1 else sum(amounts))
        for sku, amounts in ordered.items()
    )


def _split(segments: Sequence[Segment]) -> tuple[Sequence[Segment], list[Sequence[Segment]]]:
    """Return the header and the LX loops. Without any LX, the first mark or item begins the only loop."""
    for names in ({"LX"}, {"MAN", "W12"}):
        start = next((at for at, segment in enumerate(segments) if segment[0] in names), None)
        if start is not None:
            rest = segments[start:]
            return segments[:start], loops(rest, "LX") or [rest]
    return segments, []
