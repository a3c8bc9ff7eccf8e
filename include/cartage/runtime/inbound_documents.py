"""Take in what a warehouse sends as files: once, whatever its name, and put away only after the commit.

A stage reads its part of each document. In one transaction it notes that the document is taken in (`take`) and applies
it; afterwards it lets the warehouse's side put the file away (`acknowledge`). A run that dies in between leaves the
file where it is: the next one finds it known, and only puts it away.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cartage.errors import RemoteError
from cartage.lanes.modes import Mode
from cartage.runtime.replies import publish_replies
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.document_pages import merged
from cartage.warehouses.documents import DocumentPart, InboundDocument
from cartage.warehouses.repo import file_decisions, inbound
from cartage.warehouses.repo.documents import allot_number, save_document
from cartage.warehouses.repo.inbound import FileFinding, TakenDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.runtime.context import StageContext
    from cartage.warehouses.contract import ShipmentPage, StockPage

log = logging.getLogger(__name__)

COUNTS = ("files", "known_files", "quarantined", "unacknowledged", "replies")
# A folder that takes no file away does so for all: further files would only cost time.
_FAILURES = 3
# How long a file may have lain there before it was taken in.
_LONGEST_LYING = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ReleasedDocument:
    """A document that a person released, and its pages, read in spite of its faults."""

    id: int
    pages: tuple[ShipmentPage | StockPage, ...]


class DocumentIntake:
    """Takes in one part of a lane's documents during a run. `counts` says how many of what.

    The counts: files (taken in now), known_files (the same content again: no effect), quarantined (files of which
    something waits for a person), unacknowledged (could not be put away; the next run tries), replies (published).
    """

    def __init__(self, context: StageContext, part: DocumentPart, began_at: datetime) -> None:
        """`began_at` is when the run began, by the database's clock."""
        self._context = context
        self._part = part
        self._account = context.document_account
        self._lane = context.lane.name
        self._began_at = began_at
        self._seen: set[str] = set()
        self._failures = 0
        # In shadow, the files belong to the system that ships: they stay where they are, and get no reply.
        self._is_shadow = context.lane.mode is Mode.SHADOW
        self.counts = dict.fromkeys(COUNTS, 0)

    def forgotten(self, live_since: datetime) -> Iterator[ShipmentPage | StockPage]:
        """Yield the pages of files that were put away, once for each time that the ledger may have forgotten some.

        Those that it knows have no effect. In a ledger that knows nothing, they are those since the lane went live.
        """
        warehouse = self._context.warehouse
        if self._is_shadow or not isinstance(warehouse, DocumentWarehouse):
            return
        with self._context.ledger.begin() as connection:
            since = inbound.forgotten_since(connection, self._lane, self._context.warehouse_name, live_since)
        if since is None:
            return
        # Their times are those of the warehouse, which wrote them before they were taken in.
        yield from warehouse.read_again(self._part, since - _LONGEST_LYING)
        with self._context.ledger.begin() as connection:
            inbound.note_read_again(connection, self._lane, self._context.warehouse_name)

    # In the transaction that applies a page

    def take(self, connection: Connection, page: ShipmentPage | StockPage) -> TakenDocument | None:
        """Note that this transaction takes in the page's document; None if it was taken in before.

        Its reply is saved with it, if the warehouse wants one.
        """
        document = page.document
        assert document is not None  # noqa: S101 - the caller has looked
        taken = inbound.take_document(
            connection,
            document,
            self._part,
            account=self._account,
            lane=self._lane,
            run_id=self._context.run.id,
            quarantined=page.quarantined,
        )
        self._seen.add(document.digest)
        if taken is None:
            self.counts["known_files"] += 1
            return None
        self.counts["files"] += 1
        self.counts["quarantined"] += bool(page.quarantined)
        if taken.version > 1:
            log.warning(
                "lane %s: %s has new content; it is taken in as version %d of that name",
                self._lane,
                document.name,
                taken.version,
            )
        for text in page.quarantined:
            name = f"{document.name}, {text.where}," if text.where else document.name
            log.warning("lane %s: %s is quarantined: %s", self._lane, name, text.reason)
        self._save_reply(connection, document, taken)
        return taken

    def take_again(self, connection: Connection, document: InboundDocument) -> int | None:
        """Return the row of a document whose content is known, for a caller that may use it again; else None."""
        return inbound.known_document(
            connection, document, self._part, account=self._account, lane=self._lane
        )

    def renew(self, connection: Connection, document: InboundDocument, document_id: int) -> None:
        """Note that this transaction applies a known content again: it says something about a later time."""
        inbound.renew_document(connection, document, document_id, self._context.run.id)

    def keep(
        self,
        connection: Connection,
        document_id: int,
        document: InboundDocument,
        findings: Sequence[FileFinding],
    ) -> None:
        """Keep what in a document had no effect, so that people see it, or decide about it."""
        self.keep_after_release(connection, document_id, findings)
        if any(finding.kind == "quarantined" for finding in findings):
            self.counts["quarantined"] += inbound.quarantine_document(
                connection, document_id, document.content
            )

    def keep_after_release(
        self, connection: Connection, document_id: int, findings: Sequence[FileFinding]
    ) -> None:
        """Keep what had no effect; a person has decided about the document."""
        inbound.add_findings(connection, document_id, findings)
        for finding in findings:
            log.warning("lane %s: %s", self._lane, finding.reason)

    def _save_reply(self, connection: Connection, document: InboundDocument, taken: TakenDocument) -> None:
        warehouse = self._context.warehouse
        key = (self._account, self._lane, document.digest)
        if self._is_shadow or not document.wants_reply or not isinstance(warehouse, DocumentWarehouse):
            return
        if inbound.has_reply(connection, *key):
            return
        number, at = allot_number(connection, self._account)
        # A run that takes in the other part of the document at this moment has waited for the number, too.
        if inbound.has_reply(connection, *key):
            return
        try:
            reply = warehouse.reply(document, number, at)
        except Exception as failure:
            log.exception("the connector failed to write the reply to %s", document.name)
            reason = f"its reply could not be written ({type(failure).__name__})"
            fix = "Report it with the task's log; tell the warehouse that its file arrived."
            self.keep_after_release(connection, taken.id, [FileFinding("no_effect", reason, fix)])
            return
        if reply is not None:
            reply_id = save_document(
                connection,
                reply,
                account=self._account,
                lane=self._lane,
                kind="reply",
                made_with=self._context.account,
            )
            inbound.set_reply(connection, taken.id, reply_id)

    # After the commit

    def acknowledge(self, page: ShipmentPage | StockPage) -> None:
        """Let the warehouse's side note that a page was taken in: archive its file, set a flag.

        A document is put away once all of its parts are taken in that the lane takes in. A failure costs nothing but
        time: the page stays taken in, and the next run tries again.
        """
        document = page.document
        if self._is_shadow:
            return
        if self._failures >= _FAILURES or (document is not None and not self._is_taken_whole(document)):
            self.counts["unacknowledged"] += self._failures >= _FAILURES
            return
        try:
            self._context.warehouse.acknowledge(page)
        except RemoteError as failure:
            self._failures += 1
            self.counts["unacknowledged"] += 1
            log.warning(
                "lane %s: a file cannot be put away; the next run tries again: %s", self._lane, failure
            )
            return
        if document is not None:
            with self._context.ledger.begin() as connection:
                inbound.note_acknowledged(connection, self._account, self._lane, document.digest)

    def finish(self, *, whole: bool) -> None:
        """End the run: publish replies, and note what was put away by runs that died before they could say so.

        `whole`: the warehouse's files were read to the end.
        """
        if not isinstance(self._context.warehouse, DocumentWarehouse):
            return
        if whole:
            with self._context.ledger.begin() as connection:
                inbound.note_gone(
                    connection,
                    self._account,
                    self._lane,
                    self._part,
                    before=self._began_at,
                    seen=self._seen,
                )
        if not self._is_shadow:
            self.counts["replies"] += publish_replies(self._context)

    def _is_taken_whole(self, document: InboundDocument) -> bool:
        wanted = {part.value for part in document.parts or {self._part}}
        if self._context.lane.inventory is None:
            wanted.discard(DocumentPart.STOCK.value)
        with self._context.ledger.begin() as connection:
            return wanted <= inbound.parts_taken(connection, self._account, self._lane, document.digest)

    # What a person released

    def released(self) -> Iterator[ReleasedDocument]:
        """Yield the documents that a person has released, read again from their kept content, without a call.

        A document on which the connector fails goes back to quarantine.
        """
        warehouse = self._context.warehouse
        if not isinstance(warehouse, DocumentWarehouse):
            return
        with self._context.ledger.begin() as connection:
            due = file_decisions.released_documents(connection, self._lane, self._account, self._part)
        for released in due:
            if self._context.stop.is_set():
                return
            try:
                pages = tuple(merged(warehouse.read_document(released.document, self._part, released=True)))
            except Exception as failure:
                log.exception("the connector failed on the released file %s", released.document.name)
                with self._context.ledger.begin() as connection:
                    file_decisions.quarantine_again(
                        connection, released.id, f"the connector failed on it ({type(failure).__name__})"
                    )
                continue
            yield ReleasedDocument(released.id, pages)

    def take_released(self, connection: Connection, released: ReleasedDocument) -> bool:
        """Note that this transaction applies a released document; False if another run has applied it."""
        still = [FileFinding.of(text) for page in released.pages for text in page.quarantined]
        return file_decisions.note_read_again(connection, released.id, still)
