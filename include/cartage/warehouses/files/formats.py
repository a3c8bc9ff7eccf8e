"""What a file format must do: write orders, and read what a warehouse sends. CSV profiles and X12 are the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cartage.errors.problems import Problem
from cartage.model.orders import FulfillmentRequest, Shipment
from cartage.model.stock import StockMovement
from cartage.warehouses.contract import RemoteOrder
from cartage.warehouses.documents import (
    AcceptedOrder,
    DocumentPart,
    DocumentResponse,
    InboundDocument,
    OutboundDocument,
    QuarantinedText,
    RejectedOrder,
)
from cartage.warehouses.listed import StockLevel
from cartage.warehouses.unreadable import UnreadableRow


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file holds. Whatever cannot be used is named in `unreadable` (a row) or `quarantined` (a part, or all).

    `stock_full` is True if a SKU that the file does not name has none; `stock_as_of` when the levels are from.
    """

    parts: frozenset[DocumentPart] = frozenset()
    shipments: tuple[Shipment, ...] = ()
    cancelled: tuple[RemoteOrder, ...] = ()
    accepted: tuple[AcceptedOrder, ...] = ()
    rejected: tuple[RejectedOrder, ...] = ()
    responses: tuple[DocumentResponse, ...] = ()
    stock: tuple[StockLevel, ...] = ()
    stock_full: bool = True
    stock_as_of: datetime | None = None
    movements: tuple[StockMovement, ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()
    quarantined: tuple[QuarantinedText, ...] = ()
    wants_reply: bool = False


class FileFormat(Protocol):
    """A format, opened with a lane's settings. It makes no call and keeps no state: threads may share it."""

    @property
    def reference_max_length(self) -> int:
        """Return how many characters of a reference the format has room for."""
        ...

    @property
    def orders_per_document(self) -> int:
        """Return how many orders a document may hold, at least 1."""
        ...

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return the patterns of the names of the warehouse's files."""
        ...

    def problems(self, request: FulfillmentRequest) -> list[Problem]:
        """Return what keeps an order from being written: parts that no order may lack, texts that are too long,
        characters that the charset has not. Each cause once.
        """
        ...

    def write(self, requests: Sequence[FulfillmentRequest], number: int, at: datetime) -> OutboundDocument:
        """Return the document with these orders. The same arguments give the same bytes."""
        ...

    @property
    def cancels(self) -> bool:
        """Return whether the warehouse takes cancels in files."""
        ...

    def write_cancel(self, request: FulfillmentRequest, number: int, at: datetime) -> OutboundDocument | None:
        """Return the document that takes an order back; None if the warehouse takes no cancels in files."""
        ...

    def own_orders(self, content: bytes) -> tuple[RemoteOrder, ...] | None:
        """Return the orders of a file that `write` made; None if it is not one of ours, or cannot be read. Total.

        A file that takes orders back has none.
        """
        ...

    def text(self, content: bytes) -> str:
        """Return a file that `write` made, for people to read."""
        ...

    def parts(self, name: str) -> frozenset[DocumentPart]:
        """Return what a file of this name may hold, by the patterns of the settings; empty if it is none of ours."""
        ...

    def read(self, document: InboundDocument, *, released: bool = False) -> ReadFile:
        """Return what a file holds. Total: any bytes give values, unreadable rows or a quarantine, never an error.

        With `released`, read past the faults of an envelope or a count as far as possible.
        """
        ...

    def reply(self, document: InboundDocument, number: int, at: datetime) -> OutboundDocument | None:
        """Return the document that acknowledges this one, if the partner expects it (X12: 997)."""
        ...
