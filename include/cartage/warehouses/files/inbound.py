"""The warehouse's files as a poll sees them: complete ones, oldest first, each read once; and a file as pages.

A file that holds nothing of the part which is asked for does not count towards the files of a run: otherwise files that
another stage takes in, or that nobody does, would keep this part's waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cartage.errors import MalformedResponse, PermissionDenied
from cartage.warehouses.contract import ShipmentPage, StockPage
from cartage.warehouses.documents import (
    DocumentPart,
    InboundDocument,
    QuarantinedText,
    RejectedOrder,
)
from cartage.warehouses.files.formats import FileFormat, ReadFile
from cartage.warehouses.files.settings import FilesSettings
from cartage.warehouses.files.transport.inbox import FolderListing, Inbox
from cartage.warehouses.files.transport.interface import RemoteFile, Transport, folder_of
from cartage.warehouses.files.transport.looks import Looks
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

Page = ShipmentPage | StockPage
# Files of another part do not count towards those of a run, so more are listed than a run reads.
_MOST_LISTED = 50_000
_ROW_KINDS = {DocumentPart.ORDERS: RowKind.ORDER, DocumentPart.STOCK: RowKind.STOCK}
_NOT_TAKEN = "the warehouse could not take the order file and renamed it"


@dataclass
class InboundPoll:
    """One look at the folders for one part, as pages. `looks` is for the next poll."""

    inbox: Inbox
    part: DocumentPart
    parts_of: Callable[[str], frozenset[DocumentPart]]
    pages_of: Callable[[InboundDocument], Iterator[Page]]
    most: int
    looks: Looks = field(default_factory=Looks)

    def pages(self) -> Iterator[Page]:
        """Yield the pages of each file that has this part, up to so many files.

        Raises:
            RemoteError: if the folders cannot be read; what was yielded stays good.
        """
        listing = self.inbox.listing(
            lambda name: self.part in self.parts_of(name), self.looks, most=_MOST_LISTED
        )
        self.looks = listing.looks
        if listing.too_large:
            yield self._too_large(listing.too_large)
        taken = 0
        for file in listing.ready:
            if taken == self.most:
                log.info("%d files are left for the next run", len(listing.ready) - taken)
                return
            document = self._read(file)
            if document is None:
                continue
            for page in self.pages_of(document):
                # The pages of one file name its parts alike.
                taken += page.document is not None and self.part in page.document.parts
                yield page

    def glance(self) -> str:
        """Return a digest of the files of this part that a poll would take in, or look at again; empty for none."""
        listing = self.inbox.listing(
            lambda name: self.part in self.parts_of(name), self.looks, most=_MOST_LISTED
        )
        # A file that has become complete since the last look is news, though its name is not.
        files = [("ready", file) for file in listing.ready] + [("waiting", file) for file in listing.waiting]
        seen = sorted(f"{state} {file.path} {file.size} {file.modified_at}" for state, file in files)
        return sha256("\n".join(seen).encode("utf-8", "replace")).hexdigest() if seen else ""

    def _read(self, file: RemoteFile) -> InboundDocument | None:
        try:
            return self.inbox.read(file)
        except MalformedResponse as failure:
            log.warning("%s", failure)
            return None

    def _too_large(self, files: tuple[RemoteFile, ...]) -> Page:
        rows = tuple(
            UnreadableRow(
                _ROW_KINDS[self.part],
                f"a file of {file.size:,} bytes (see largest_file)",
                file.path,
                file.name,
            )
            for file in files
        )
        return _page_of(self.part)((), unreadable=rows)


class RejectedOrderFiles:
    """Our own order files that the warehouse could not take, and has renamed where they lie."""

    def __init__(self, transport: Transport, settings: FilesSettings) -> None:
        self._folder, self._most = settings.orders_to, settings.files_per_run
        own = settings.model_copy(update={"read_from": (settings.orders_to,), "done_file": ""})
        self._inbox = Inbox(transport, own)

    def listing(self, pages: DocumentPages, looks: Looks) -> FolderListing:
        """Return them without reading them; none where the folder may not be listed. `looks` are the last poll's.

        Raises:
            RemoteError: if the folder cannot be read.
        """
        try:
            return self._inbox.listing(pages.is_rejected_name, looks)
        except PermissionDenied:
            log.info("%s cannot be listed: rejected order files in it are not seen", self._folder)
            return FolderListing((), (), (), 0, Looks())

    def pages(self, pages: DocumentPages, listing: FolderListing) -> Iterator[ShipmentPage]:
        """Yield what the files of a listing are about.

        Raises:
            RemoteError: if one cannot be read.
        """
        for file in listing.ready[: self._most]:
            document = self._inbox.read(file)
            if document is not None:
                yield pages.rejected(document)


class DocumentPages:
    """A file of the warehouse as pages, through the lane's format. It makes no call."""

    def __init__(self, file_format: FileFormat, orders_to: str, rejected_suffix: str) -> None:
        self._format = file_format
        self._orders_to = orders_to
        self._rejected_suffix = rejected_suffix

    def of(self, document: InboundDocument, part: DocumentPart, *, released: bool = False) -> Iterator[Page]:
        """Yield the page of one part; none if the file does not have it. Total.

        A file about stock alone is an empty page about orders, so that a lane that reads no stock puts it away.
        """
        if self.is_rejected_file(document):
            if part is DocumentPart.ORDERS:
                yield self.rejected(document)
            return
        read = self._format.read(document, released=released)
        document = replace(document, parts=read.parts, wants_reply=read.wants_reply)
        if part is DocumentPart.STOCK and part in read.parts:
            yield _stock_page(read, document)
        elif part is DocumentPart.ORDERS and part in read.parts:
            yield _shipment_page(read, document)
        elif part is DocumentPart.ORDERS and read.parts and part in self._format.parts(document.name):
            yield ShipmentPage((), document=document)

    def is_rejected_file(self, document: InboundDocument) -> bool:
        """Return whether a file is one of ours that the warehouse has renamed because it cannot take it."""
        return self.is_rejected_name(document.name) and folder_of(document.path) == (self._orders_to or ".")

    def is_rejected_name(self, name: str) -> bool:
        """Return whether a name in the folder for orders says that the file was rejected."""
        return bool(self._rejected_suffix) and name.casefold().endswith(self._rejected_suffix.casefold())

    def rejected(self, document: InboundDocument) -> ShipmentPage:
        """Return the page of an order file that was rejected: all of its orders are."""
        document = replace(document, parts=frozenset({DocumentPart.ORDERS}))
        orders = self._format.own_orders(document.content)
        if not orders:
            fix = "Ask the warehouse what is wrong with it, and which orders it is about."
            held = QuarantinedText(
                f"{_NOT_TAKEN}; it has no orders that can be read", fix, content=document.content
            )
            return ShipmentPage((), document=document, quarantined=(held,))
        reason = f"{_NOT_TAKEN} ({document.name})"
        rejected = tuple(RejectedOrder(order.reference, reason) for order in orders)
        return ShipmentPage((), document=document, rejected=rejected)


def _page_of(part: DocumentPart) -> type[ShipmentPage | StockPage]:
    return ShipmentPage if part is DocumentPart.ORDERS else StockPage


def _shipment_page(read: ReadFile, document: InboundDocument) -> ShipmentPage:
    return ShipmentPage(
        items=read.shipments,
        unreadable=_of_kind(read, stock=False),
        cancelled=read.cancelled,
        rejected=read.rejected,
        accepted=read.accepted,
        responses=read.responses,
        document=document,
        quarantined=read.quarantined,
    )


def _stock_page(read: ReadFile, document: InboundDocument) -> StockPage:
    as_of = read.stock_as_of
    levels = (level if level.as_of or as_of is None else replace(level, as_of=as_of) for level in read.stock)
    return StockPage(
        items=tuple(levels),
        unreadable=_of_kind(read, stock=True),
        full=read.stock_full,
        movements=read.movements,
        document=document,
        quarantined=read.quarantined,
    )


def _of_kind(read: ReadFile, *, stock: bool) -> tuple[UnreadableRow, ...]:
    """Return the rows of one part: a file with both is read once for each."""
    return tuple(row for row in read.unreadable if (row.kind is RowKind.STOCK) is stock)
