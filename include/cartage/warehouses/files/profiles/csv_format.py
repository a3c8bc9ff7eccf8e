"""The file format of a CSV profile: what the connector writes and reads through it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cartage.errors.problems import Problem
from cartage.model.orders import FulfillmentRequest
from cartage.model.wildcards import matches
from cartage.warehouses.contract import RemoteOrder
from cartage.warehouses.documents import DocumentPart, InboundDocument, OutboundDocument, QuarantinedText
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.profiles.reading.acknowledgements import read_acknowledgements
from cartage.warehouses.files.profiles.reading.confirmations import ConfirmationReader
from cartage.warehouses.files.profiles.reading.entries import TableReader
from cartage.warehouses.files.profiles.reading.inventory import read_inventory
from cartage.warehouses.files.profiles.reading.own_orders import read_own_orders
from cartage.warehouses.files.profiles.reading.table import UntrustedTable, read_file_table
from cartage.warehouses.files.profiles.settings.inbound import (
    AcknowledgementFiles,
    ConfirmationFiles,
    InventoryFiles,
)
from cartage.warehouses.files.profiles.settings.profile import CsvProfile
from cartage.warehouses.files.profiles.writing.orders import OrderWriter

_ORDERS = frozenset({DocumentPart.ORDERS})
_STOCK = frozenset({DocumentPart.STOCK})


class CsvFormat:
    """A profile in use. It makes no call and keeps no state: threads may share it."""

    def __init__(self, profile: CsvProfile) -> None:
        self._profile = profile
        self._writer = OrderWriter(profile)

    @property
    def reference_max_length(self) -> int:
        """Return how many characters of a reference the file has room for."""
        return self._writer.reference_max_length

    @property
    def orders_per_document(self) -> int:
        """Return how many orders a file may have."""
        return self._profile.orders.orders_per_file

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return the patterns of the names of the warehouse's files."""
        return tuple(pattern for section in self._sections() for pattern in section.files)

    def problems(self, request: FulfillmentRequest) -> list[Problem]:
        """Return everything that keeps an order from being written; each once."""
        return self._writer.problems(request)

    def write(self, requests: Sequence[FulfillmentRequest], number: int, at: datetime) -> OutboundDocument:
        """Return the file with these orders. The same arguments give the same bytes.

        Raises:
            ValueError: if an order has a problem, which `problems` returns; or if there is no order.
        """
        name, content = self._writer.write(requests, number, at)
        return OutboundDocument(number, at, name, content, tuple(request.reference for request in requests))

    @property
    def cancels(self) -> bool:
        """Return False: a profile describes no files that take orders back."""
        return False

    def write_cancel(self, request: FulfillmentRequest, number: int, at: datetime) -> OutboundDocument | None:
        """Return None: a profile describes no files that take orders back."""
        return None

    def own_orders(self, content: bytes) -> tuple[RemoteOrder, ...] | None:
        """Return the orders of a file that we wrote; None if the profile, as it is now, does not explain it."""
        return read_own_orders(content, self._profile.orders)

    def text(self, content: bytes) -> str:
        """Return a file that we wrote, for people to read."""
        return content.decode(self._profile.orders.codec, "replace").removeprefix("\ufeff")

    def parts(self, name: str) -> frozenset[DocumentPart]:
        """Return what a file of this name holds, by the profile's patterns; empty if it is none of ours."""
        match self._section(name):
            case None:
                return frozenset()
            case InventoryFiles():
                return _STOCK
        return _ORDERS

    def read(self, document: InboundDocument, *, released: bool = False) -> ReadFile:
        """Return what a file holds. Total: any bytes give values, unreadable rows or a quarantine, never an error.

        With `released`, read past what keeps the file from being trusted as a whole, as far as possible.
        """
        section = self._section(document.name)
        if section is None:
            return ReadFile()
        try:
            return self._read(section, document, released=released)
        except UntrustedTable as fault:
            quarantined = QuarantinedText(fault.reason, fault.fix, fault.where, document.content)
            return ReadFile(self.parts(document.name), quarantined=(quarantined,), stock_full=False)

    def reply(self, document: InboundDocument, number: int, at: datetime) -> OutboundDocument | None:
        """Return None: no CSV file is acknowledged by another one."""
        return None

    def _section(self, name: str) -> ConfirmationFiles | AcknowledgementFiles | InventoryFiles | None:
        """Return how a file of this name is read: the first section with a pattern that matches."""
        return next(
            (found for found in self._sections() if any(matches(pattern, name) for pattern in found.files)),
            None,
        )

    def _sections(self) -> list[ConfirmationFiles | AcknowledgementFiles | InventoryFiles]:
        profile = self._profile
        sections = (profile.confirmations, profile.acknowledgements, profile.inventory)
        return [section for section in sections if section is not None]

    def _read(
        self,
        section: ConfirmationFiles | AcknowledgementFiles | InventoryFiles,
        document: InboundDocument,
        *,
        released: bool,
    ) -> ReadFile:
        table = read_file_table(document.content, section, released=released)
        reader = TableReader(table, section, section.columns)
        match section:
            case ConfirmationFiles():
                said = ConfirmationReader(reader, section).read()
                return ReadFile(
                    _ORDERS,
                    said.shipments,
                    said.cancelled,
                    said.accepted,
                    said.rejected,
                    unreadable=said.unreadable,
                )
            case AcknowledgementFiles():
                answered = read_acknowledgements(reader, section)
                return ReadFile(
                    _ORDERS,
                    accepted=answered.accepted,
                    rejected=answered.rejected,
                    unreadable=answered.unreadable,
                )
        stock = read_inventory(reader, section, document.name, released=released)
        return ReadFile(
            _STOCK,
            stock=stock.levels,
            stock_full=stock.full,
            stock_as_of=stock.as_of,
            unreadable=stock.unreadable,
        )
