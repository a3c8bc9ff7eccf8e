"""The contract of a warehouse that takes orders as files: a document is staged, published, and withdrawn.

Staging may be repeated freely, and nothing of it reaches the warehouse. The ledger commits that the document leaves
between `stage` and `publish`, so that after a crash `withdraw` settles whether it left.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime

from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.contract import (
    ItemPage,
    ShipmentPage,
    StockPage,
    SubmitResult,
    Warehouse,
)
from cartage.warehouses.documents import DocumentPart, InboundDocument, OutboundDocument, Withdrawal
from cartage.warehouses.listed import StockLevel


class DocumentWarehouse(Warehouse):
    """A connector whose orders leave in documents and whose shipments and stock arrive in files.

    `submit` and `cancel` are not used for it and raise `NotSupported`. `find` returns what evidence shows, such as a
    file that was not yet picked up; its absence proves nothing.
    """

    @property
    @abstractmethod
    def orders_per_document(self) -> int:
        """Return how many orders a document may hold, at least 1."""

    @abstractmethod
    def write_document(
        self, requests: Sequence[FulfillmentRequest], number: int, at: datetime
    ) -> OutboundDocument:
        """Return the document with these orders, without a call. The same arguments give the same bytes.

        `number` is its number in the account, `at` the instant of its first attempt.
        """

    def write_cancel(self, request: FulfillmentRequest, number: int, at: datetime) -> OutboundDocument | None:
        """Return the document that asks the warehouse to cancel an order, without a call; None if there is none.

        `request` is what was sent. A connector that returns one claims `capabilities.cancel`; the caller publishes it
        like any other, and only what the warehouse says afterwards proves that the order is cancelled.
        """
        return None

    @abstractmethod
    def stage(self, document: OutboundDocument) -> None:
        """Write the document where the warehouse does not look for it, and check that it arrived whole.

        Its name there is made of the document's name and `attempt`. Where the warehouse has no such place (`publish:
        direct`), only check that it can be written.

        Raises:
            RemoteError: if it could not be written; nothing was published.
        """

    @abstractmethod
    def publish(self, document: OutboundDocument) -> SubmitResult:
        """Make the staged document visible to the warehouse in one step, once.

        The caller's deadline (`cartage.deadlines.check_deadline_now`) is checked just before the step.

        Raises:
            ReferenceConflict: if a document with the name and other content is there.
            OutcomeUnknown: if it may be published.
            RemoteError: if it was certainly not published.
        """

    @abstractmethod
    def withdraw(self, document: OutboundDocument) -> Withdrawal:
        """Take what this attempt staged away if it was not published; return what became of it.

        The caller knows that it was staged whole, and that publishing it was about to begin. It may be called again,
        with the same result: a process may die between the call and its commit.

        Raises:
            RemoteError: if the warehouse cannot be reached.
        """

    @abstractmethod
    def read_document(
        self, document: InboundDocument, part: DocumentPart, *, released: bool = False
    ) -> Iterator[ShipmentPage | StockPage]:
        """Yield the pages of one part of a file, without a call. Never raises for what the file holds.

        With `released`, a person has looked at what was quarantined and wants it read in spite of its faults, as far as
        it can be read.
        """

    def poll_stock(self, cursor: str) -> Iterator[ItemPage[StockLevel]]:
        """Yield what new files say about stock, as `inventory` does; `cursor` is that of the last poll's last page.

        This default is for connectors that can tell a complete file at the first look.
        """
        return self.inventory()

    def read_again(self, part: DocumentPart, since: datetime) -> Iterator[ShipmentPage | StockPage]:
        """Yield the pages of files that were put away and are not older than this, the oldest first.

        For a ledger that may have forgotten what it took in. To acknowledge such a page has no effect. This default is
        for connectors that keep no files.
        """
        yield from ()

    def reply(self, document: InboundDocument, number: int, at: datetime) -> OutboundDocument | None:
        """Return the document that tells the warehouse that this one was taken in (an X12 997); None if there is none.

        The caller publishes it like any other. Most formats have none.
        """
        return None
