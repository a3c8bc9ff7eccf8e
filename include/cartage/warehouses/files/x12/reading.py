"""Read a partner's file: each set that may be used by its reader, everything else kept with its reason. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from cartage.errors.problems import shortened
from cartage.model.orders import Shipment
from cartage.model.stock import StockMovement
from cartage.warehouses.documents import (
    AcceptedOrder,
    DocumentPart,
    DocumentResponse,
    InboundDocument,
    RejectedOrder,
)
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.x12.admission import AdmittedSet, Gate, answerable_groups
from cartage.warehouses.files.x12.sets import (
    acknowledgment,
    inventory_advice,
    movements,
    ship_advice,
    ship_order,
)
from cartage.warehouses.files.x12.sets.items import LONGEST_NAME, Items
from cartage.warehouses.files.x12.settings import Lenient, X12Settings
from cartage.warehouses.files.x12.syntax.envelopes import SetContent, read_text
from cartage.warehouses.files.x12.syntax.text import decoded
from cartage.warehouses.files.x12.syntax.values import NotReadable
from cartage.warehouses.listed import StockLevel
from cartage.warehouses.unreadable import RowKind, UnreadableRow

# The sets that are read, and by which stage what they say is taken in.
PARTS: Mapping[str, DocumentPart] = {
    ship_advice.CODE: DocumentPart.ORDERS,
    acknowledgment.CODE: DocumentPart.ORDERS,
    inventory_advice.CODE: DocumentPart.STOCK,
    **dict.fromkeys(movements.CODES, DocumentPart.STOCK),
}


class SetReaders:
    """The readers of a partner's sets. Threads may share them."""

    def __init__(self, settings: X12Settings) -> None:
        self.settings = settings
        self.zone = settings.zone()
        self.items = Items(settings.items)
        self.ship_advice = ship_advice.ShipAdviceReader(settings.shipments, self.items, self.zone)
        self.inventory_advice = inventory_advice.InventoryAdviceReader(settings.stock, self.items, self.zone)


class FileReading:
    """One reading of one file. A file without any set that is read belongs to the part `otherwise`."""

    def __init__(
        self, readers: SetReaders, document: InboundDocument, otherwise: DocumentPart, *, released: bool
    ) -> None:
        self._readers = readers
        self._otherwise = otherwise
        self._released = released
        settings = readers.settings
        text = decoded(document.content, settings.charset)
        self._gate = Gate(text, settings, released=released)
        self._admission = self._gate.admit(read_text(text.text))
        self._shipments: dict[str, Shipment] = {}
        self._rejected: list[RejectedOrder] = []
        self._accepted: list[AcceptedOrder] = []
        self._responses: list[DocumentResponse] = []
        self._levels: dict[str, StockLevel] = {}
        self._stock: list[inventory_advice.StockReading] = []
        self._movements: list[StockMovement] = []
        self._unreadable: list[UnreadableRow] = []

    def read(self) -> ReadFile:
        """Return what the file holds."""
        readers: Mapping[str, Callable[[AdmittedSet, SetContent], None]] = {
            ship_advice.CODE: self._ship_advice,
            acknowledgment.CODE: self._acknowledgment,
            inventory_advice.CODE: self._inventory_advice,
            **dict.fromkeys(movements.CODES, self._read_movements),
        }
        for admitted in self._admission.admitted:
            read = readers.get(admitted.found.code)
            if read is not None:
                read(admitted, admitted.found.content())
            elif admitted.found.code not in self._readers.settings.ignored_sets:
                self._gate.hold_set(
                    admitted, f"Cartage does not read set {admitted.found.code[:3]}", _FIX_UNKNOWN
                )
        return self._result()

    def _result(self) -> ReadFile:
        codes = {admitted.found.code for admitted in self._admission.admitted} | self._admission.held_codes
        dates = [reading.as_of for reading in self._stock if reading.as_of]
        return ReadFile(
            parts=frozenset(PARTS[code] for code in codes if code in PARTS) or frozenset({self._otherwise}),
            shipments=tuple(self._shipments.values()),
            accepted=tuple(self._accepted),
            rejected=tuple(self._rejected),
            responses=tuple(self._responses),
            stock=tuple(self._levels.values()),
            stock_full=self._is_full(),
            stock_as_of=min(dates, default=None),
            movements=tuple(self._movements),
            unreadable=tuple(self._unreadable),
            quarantined=tuple(self._admission.quarantined),
            wants_reply=self._readers.settings.send_997 and bool(answerable_groups(self._admission)),
        )

    def _is_full(self) -> bool:
        """Return whether a SKU that is not named has no stock. Where anything could not be read, it may have some."""
        complete = not self._unreadable and not self._admission.quarantined
        return complete and bool(self._stock) and all(reading.full for reading in self._stock)

    def _ship_advice(self, admitted: AdmittedSet, content: SetContent) -> None:
        reader = self._readers.ship_advice
        try:
            read = reader.read(content)
        except NotReadable as fault:
            name = shortened(reader.reference(content), LONGEST_NAME)
            self._unreadable.append(UnreadableRow(RowKind.ORDER, str(fault), _digest(content), name))
            return
        match read:
            case Shipment():
                self._shipments[read.key] = read
            case RejectedOrder():
                self._rejected.append(read)
            case AcceptedOrder():
                self._accepted.append(read)

    def _acknowledgment(self, admitted: AdmittedSet, content: SetContent) -> None:
        try:
            self._responses += acknowledgment.read_acknowledgment(content, ship_order.GROUP)
        except NotReadable as fault:
            self._gate.hold_set(admitted, str(fault), _FIX_ACKNOWLEDGMENT)

    def _inventory_advice(self, admitted: AdmittedSet, content: SetContent) -> None:
        reading = self._readers.inventory_advice.read(content)
        passes = self._released or Lenient.CTT01 in self._readers.settings.lenient
        if reading.miscounted and not (passes and reading.levels):
            self._gate.hold_set(admitted, reading.miscounted, _FIX_STOCK)
            return
        self._stock.append(reading)
        self._levels = self._levels | reading.levels if self._levels else reading.levels
        self._unreadable += reading.unreadable

    def _read_movements(self, admitted: AdmittedSet, content: SetContent) -> None:
        for read in movements.read_movements(content, self._readers.items, self._readers.zone):
            if isinstance(read, UnreadableRow):
                self._unreadable.append(read)
            else:
                self._movements.append(read)


_FIX_UNKNOWN = "Ask the partner why they send it. If it is not for Cartage, add it to ignored_sets."
_FIX_ACKNOWLEDGMENT = (
    "Ask the partner which file it acknowledges. Then drop it, or set the orders' state at the desk."
)
_FIX_STOCK = (
    "Ask the partner for the whole file; or release it, if it is whole in spite of that (lenient: [ctt01])."
)


def _digest(content: SetContent) -> str:
    """Return a hash of what a set says, without the numbers of its envelope, which change when it comes again."""
    text = "\n".join("\t".join(segment) for segment in content.segments())
    return sha256(text.encode("utf-8", "replace")).hexdigest()
