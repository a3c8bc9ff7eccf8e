"""The connector `files`: orders out as files and everything back as files, over SFTP or through a mounted folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from cartage.errors import MalformedResponse, NotFound, NotSupported
from cartage.errors.problems import Problem
from cartage.model.orders import FulfillmentRequest, ShipMethod
from cartage.model.skus import folded
from cartage.warehouses.checks import Inspected, WarehouseCheck
from cartage.warehouses.contract import (
    CancelOutcome,
    Capabilities,
    DuplicatePolicy,
    ItemPage,
    Reconcile,
    RemoteOrder,
    ShipmentPage,
    StockPage,
    SubmitResult,
)
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import DocumentPart, InboundDocument, OutboundDocument, Withdrawal
from cartage.warehouses.files.evidence import OrderEvidence
from cartage.warehouses.files.inbound import DocumentPages, InboundPoll, Page, RejectedOrderFiles
from cartage.warehouses.files.inspection import ExchangeInspection
from cartage.warehouses.files.settings import FilesSettings, KnownSkus
from cartage.warehouses.files.shelf import InventoryShelf
from cartage.warehouses.files.transport import Transport
from cartage.warehouses.files.transport.inbox import Inbox
from cartage.warehouses.files.transport.interface import folder_of
from cartage.warehouses.files.transport.looks import Looks
from cartage.warehouses.files.transport.outbox import Outbox
from cartage.warehouses.files.transport.settings import Archiving
from cartage.warehouses.listed import CatalogueItem, StockLevel

# The most steps between the check of a claim and the publication that it allows: both names looked at, and the rename.
_STEPS = 3
_PAGE = 1_000


class FilesWarehouse(DocumentWarehouse):
    """A warehouse that exchanges files. Threads may share it; their calls take turns on one connection."""

    name: ClassVar[str] = "files"
    title: ClassVar[str] = "File exchange"

    def __init__(self, transport: Transport, settings: FilesSettings) -> None:
        """Create the connector without a call.

        Raises:
            SettingsError: if the profile of the files has mistakes.
        """
        self._transport, self._settings = transport, settings
        self._format = settings.open_format()
        self._pages = DocumentPages(self._format, settings.orders_to, settings.rejected_suffix)
        self._evidence = OrderEvidence(transport, settings, self._format, self._pages)
        self._shelf = InventoryShelf(transport, settings, self._format)
        self._inbox = Inbox(transport, settings)
        self._rejected = RejectedOrderFiles(transport, settings)
        self._outbox = Outbox(transport, settings)
        self._replies = Outbox(transport, settings.model_copy(update={"orders_to": settings.replies_folder}))

    @property
    def capabilities(self) -> Capabilities:
        """Return what a file exchange can do: it takes orders, and says later what became of them."""
        return Capabilities(
            duplicate_policy=DuplicatePolicy.UNKNOWN,
            reconcile=Reconcile.EVIDENCE,
            reference_max_length=self._format.reference_max_length,
            cancel=self._format.cancels,
            inventory=True,
            catalogue=self._settings.known_skus is KnownSkus.INVENTORY,
            carriers=False,
            splits=False,
            visibility_delay=self._settings.visibility_delay,
            poll_overlap=timedelta(0),
            longest_request=timedelta(
                seconds=self._transport.longest_login + _STEPS * self._transport.longest_step
            ),
        )

    def check(self) -> WarehouseCheck:
        """Try the login, and list each folder."""
        return self._inspection().check()

    def inspect(self) -> Sequence[Inspected]:
        """Look at the login, each folder, what may be done there, and the latest files.

        Files with temporary names are written into the staging folder and removed again.
        """
        return self._inspection().inspect()

    # Orders

    @property
    def orders_per_document(self) -> int:
        """Return how many orders a file may hold, by the profile or the partner's settings."""
        return self._format.orders_per_document

    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Return everything that keeps an order from being sent as a file."""
        return self._format.problems(request)

    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Return the file with this order alone, as it would be written now; its number, 0, is allotted later."""
        document = self._format.write([request], 0, datetime.now(UTC))
        return {"file": document.name, "content": self._format.text(document.content)}

    def write_document(
        self, requests: Sequence[FulfillmentRequest], number: int, at: datetime
    ) -> OutboundDocument:
        """Return the file with these orders."""
        return self._format.write(requests, number, at)

    def write_cancel(self, request: FulfillmentRequest, number: int, at: datetime) -> OutboundDocument | None:
        """Return the file that takes an order back (X12: a 940 with the partner's code); None if there is none."""
        return self._format.write_cancel(request, number, at)

    def stage(self, document: OutboundDocument) -> None:
        """Write a file under its temporary name, and check its size."""
        self._outbox_of(document).stage(document)

    def publish(self, document: OutboundDocument) -> SubmitResult:
        """Give a staged file its final name, in one step."""
        return SubmitResult(self._outbox_of(document).publish(document), document.name)

    def withdraw(self, document: OutboundDocument) -> Withdrawal:
        """Take a staged file away if it was not published."""
        return self._outbox_of(document).withdraw(document)

    def reply(self, document: InboundDocument, number: int, at: datetime) -> OutboundDocument | None:
        """Return the file that acknowledges one of the warehouse's (X12: 997)."""
        if self._pages.is_rejected_file(document):
            return None
        return self._format.reply(document, number, at)

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Refuse: orders leave in documents."""
        raise NotSupported("files take orders in documents: write, stage and publish one")

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return what the folders show of an order; its absence proves nothing.

        Raises:
            MalformedResponse: if an order file that cannot be read may have it.
        """
        for _, found in self._evidence.find((reference,)):
            return found
        raise MalformedResponse(
            self._transport.remote,
            f"find {reference[:60]}",
            "an order file that cannot be read may have it",
            fix="Look into the folders for orders: is there a file that is not Cartage's, or of another profile?",
        )

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield what the folders show of each order. Each folder is listed once."""
        return self._evidence.find(references) if references else iter(())

    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order by its reference, if the folders show it."""
        found = self.find(remote_id)
        if not found:
            raise NotFound(self._transport.remote, f"find {remote_id[:60]}", "the folders do not show it")
        return found[0]

    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Refuse: cancels leave in documents, where the warehouse takes them in files at all."""
        raise NotSupported("files take cancels in documents, if at all: write, stage and publish one")

    # Files of the warehouse

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield what new files say about orders. Files stay until their pages are acknowledged.

        The cursor has what was seen of files that are not complete yet.
        """
        looks = Looks.from_cursor(cursor)
        poll = self._poll(DocumentPart.ORDERS, looks)
        for page in poll.pages():
            if isinstance(page, ShipmentPage):
                yield replace(page, cursor=cursor)
        rejected = self._rejected.listing(self._pages, looks)
        for page in self._rejected.pages(self._pages, rejected):
            yield replace(page, cursor=cursor)
        if (after := poll.looks.joined(rejected.looks).cursor()) != cursor:
            yield ShipmentPage((), after)

    def glance(self, cursor: str) -> str:
        """Return a digest of the files that wait, complete or not: the folders are listed, and no file is read.

        Order files that the warehouse could not take are left to polls.
        """
        return self._poll(DocumentPart.ORDERS, Looks.from_cursor(cursor)).glance()

    def poll_stock(self, cursor: str) -> Iterator[ItemPage[StockLevel]]:
        """Yield what new files say about stock. Files stay until their pages are acknowledged.

        The cursor has what was seen of files that are not complete yet.
        """
        poll = self._poll(DocumentPart.STOCK, Looks.from_cursor(cursor))
        for page in poll.pages():
            if isinstance(page, StockPage):
                yield replace(page, cursor=cursor)
        if (after := poll.looks.cursor()) != cursor:
            yield StockPage((), after, full=False)

    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Yield what new files say about stock; or the levels of these SKUs by the latest files, wherever they lie."""
        if skus is None:
            for page in self._poll(DocumentPart.STOCK, Looks()).pages():
                if isinstance(page, StockPage):
                    yield page
            return
        wanted = {folded(sku) for sku in skus}
        levels, full = self._shelf.levels() if wanted else ({}, True)
        yield StockPage(tuple(level for level in levels.values() if folded(level.sku) in wanted), full=full)

    def read_document(
        self, document: InboundDocument, part: DocumentPart, *, released: bool = False
    ) -> Iterator[Page]:
        """Yield the pages of one part of a file, without a call."""
        return self._pages.of(document, part, released=released)

    def read_again(self, part: DocumentPart, since: datetime) -> Iterator[Page]:
        """Yield the pages of files in the archive that are not older than this, the oldest first.

        They were acknowledged when they were taken in, and are not again.
        """
        if self._settings.after_reading is not Archiving.ARCHIVE:
            return
        for file in reversed(self._shelf.archived(part)):
            if file.modified_at is not None and file.modified_at < since:
                continue
            document = self._shelf.document(file)
            for page in self._pages.of(document, part) if document else ():
                yield replace(page, document=page.document and replace(page.document, wants_reply=False))

    def acknowledge(self, page: Page) -> None:
        """Archive or delete the file of a page; one that was read from the archive stays there."""
        if page.document is not None and folder_of(page.document.path) != self._settings.archive_to:
            self._inbox.put_away(page.document)

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor of a first poll: the files that lie there are read, whatever their age."""
        return ""

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the SKUs of the latest full inventory file, and of those that came after it.

        Raises:
            NotSupported: if the settings know SKUs otherwise, or the warehouse has sent no full inventory file.
        """
        if self._settings.known_skus is not KnownSkus.INVENTORY:
            raise NotSupported(
                "SKUs are not known (known_skus: any); where inventory files name all, set known_skus: inventory"
            )
        levels, full = self._shelf.levels()
        if not full:
            raise NotSupported(
                "the warehouse has sent no full inventory file yet, by which SKUs are known (known_skus: inventory)"
            )
        wanted = None if skus is None else {folded(sku) for sku in skus}
        found = [CatalogueItem(sku, sku) for sku in levels if wanted is None or folded(sku) in wanted]
        for start in range(0, len(found), _PAGE):
            yield ItemPage(tuple(found[start : start + _PAGE]))

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Refuse: no file lists carriers."""
        raise NotSupported("the warehouse's files do not list carriers")

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _outbox_of(self, document: OutboundDocument) -> Outbox:
        """Return where a document goes: orders, or a reply, which has none."""
        return self._outbox if document.references else self._replies

    def _poll(self, part: DocumentPart, looks: Looks) -> InboundPoll:
        return InboundPoll(
            self._inbox,
            part,
            self._format.parts,
            lambda document: self._pages.of(document, part),
            self._settings.files_per_run,
            looks,
        )

    def _inspection(self) -> ExchangeInspection:
        return ExchangeInspection(self._transport, self._settings, self._shelf)
