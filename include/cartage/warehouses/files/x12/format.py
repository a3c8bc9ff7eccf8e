"""The file format X12, opened with a partner's settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cartage.errors import Refused
from cartage.errors.problems import Problem
from cartage.model.orders import FulfillmentRequest
from cartage.model.wildcards import matches
from cartage.warehouses.contract import RemoteOrder
from cartage.warehouses.documents import DocumentPart, InboundDocument, OutboundDocument
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.x12.admission import Gate, answerable_groups
from cartage.warehouses.files.x12.reading import FileReading, SetReaders
from cartage.warehouses.files.x12.sets import acknowledgment, ship_order
from cartage.warehouses.files.x12.sets.sent_orders import read_sent_orders
from cartage.warehouses.files.x12.sets.ship_order import ShipOrder
from cartage.warehouses.files.x12.settings import X12Settings
from cartage.warehouses.files.x12.syntax.envelopes import read_text
from cartage.warehouses.files.x12.syntax.limits import limits
from cartage.warehouses.files.x12.syntax.text import decoded
from cartage.warehouses.files.x12.syntax.writer import write_interchange
from cartage.warehouses.files.x12.validation import request_problems


class X12Format:
    """Writes 940 and 997, and reads 945, 997, 846, 944 and 947. It keeps no state: threads may share it."""

    def __init__(self, settings: X12Settings) -> None:
        self._settings = settings
        self._syntax = settings.syntax()
        self._limits = limits(settings.release, settings.orders.limits)
        self._readers = SetReaders(settings)

    @property
    def reference_max_length(self) -> int:
        """Return how many characters W05-02 has room for."""
        return self._limits["W05-02"].most

    @property
    def orders_per_document(self) -> int:
        """Return how many orders a file may hold."""
        return self._settings.orders_per_file

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return the patterns of the names of the partner's files."""
        return tuple(dict.fromkeys((*self._settings.order_files, *self._settings.stock_files)))

    @property
    def cancels(self) -> bool:
        """Return whether the partner takes cancels in files."""
        return bool(self._settings.orders.cancel_code)

    def problems(self, request: FulfillmentRequest) -> list[Problem]:
        """Return what cannot be written of an order; each cause once."""
        return request_problems(request, self._settings.orders, self._syntax, self._limits)

    def write(self, requests: Sequence[FulfillmentRequest], number: int, at: datetime) -> OutboundDocument:
        """Return the file with these orders, a 940 each. `number` is its control number, as is that of its group.

        Raises:
            Refused: if an order has problems.
        """
        return self._document(requests, number, at, self._settings.order_file, cancel=False)

    def write_cancel(self, request: FulfillmentRequest, number: int, at: datetime) -> OutboundDocument | None:
        """Return the file that cancels an order, with the content that it was sent with.

        Return None if the partner takes no cancels in files (`orders.cancel_code`).

        Raises:
            Refused: if the order has problems.
        """
        if not self.cancels:
            return None
        return self._document([request], number, at, self._settings.cancel_file, cancel=True)

    def own_orders(self, content: bytes) -> tuple[RemoteOrder, ...] | None:
        """Return the new orders of a file that we wrote; None if it is none of ours, or cannot be read."""
        return read_sent_orders(decoded(content, self._settings.charset).text, self._settings.orders)

    def text(self, content: bytes) -> str:
        """Return a file that we wrote, for people to read."""
        return decoded(content, self._settings.charset).text

    def parts(self, name: str) -> frozenset[DocumentPart]:
        """Return what a file of this name may hold, by the patterns of the settings; empty if it is none of ours."""
        patterns = {
            DocumentPart.ORDERS: self._settings.order_files,
            DocumentPart.STOCK: self._settings.stock_files,
        }
        return frozenset(
            part for part, names in patterns.items() if any(matches(pattern, name) for pattern in names)
        )

    def read(self, document: InboundDocument, *, released: bool = False) -> ReadFile:
        """Return what a file holds. Total: any bytes give values, unreadable rows or a quarantine, never an error.

        With `released`, faults of envelopes, other partners and test files are passed over.
        """
        parts = self.parts(document.name)
        otherwise = DocumentPart.STOCK if parts == {DocumentPart.STOCK} else DocumentPart.ORDERS
        return FileReading(self._readers, document, otherwise, released=released).read()

    def reply(self, document: InboundDocument, number: int, at: datetime) -> OutboundDocument | None:
        """Return the file with a 997 for each group of a partner's file; None if none is to be sent."""
        if not self._settings.send_997:
            return None
        text = decoded(document.content, self._settings.charset)
        admission = Gate(text, self._settings, released=False).admit(read_text(text.text))
        taken = [admitted.found for admitted in admission.admitted]
        sets = [
            (acknowledgment.CODE, acknowledgment.acknowledgment_segments(group, taken))
            for group in answerable_groups(admission)
        ]
        if not sets:
            return None
        content = write_interchange(self._syntax, acknowledgment.GROUP, sets, number, at)
        return OutboundDocument(number, at, self._name(self._settings.reply_file, number), content)

    def _document(
        self, requests: Sequence[FulfillmentRequest], number: int, at: datetime, name: str, *, cancel: bool
    ) -> OutboundDocument:
        problems = [problem for request in requests for problem in self.problems(request)]
        if problems:
            raise Refused(
                "X12", "write 940", "an order cannot be written", problems=tuple(dict.fromkeys(problems))
            )
        sets = (
            (
                ship_order.CODE,
                ShipOrder(request, self._settings.orders, self._syntax).segments(at, cancel=cancel),
            )
            for request in requests
        )
        content = write_interchange(self._syntax, ship_order.GROUP, sets, number, at)
        references = tuple(request.reference for request in requests)
        return OutboundDocument(number, at, self._name(name, number), content, references)

    @staticmethod
    def _name(pattern: str, number: int) -> str:
        return pattern.replace("{number}", f"{number:09d}")
