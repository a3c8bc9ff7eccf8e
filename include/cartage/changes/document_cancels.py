"""Cancel an order at a warehouse that takes files: ask for it in a document, once, and wait for its response.

The document is saved before anything is written at the warehouse's side, and staged, dispatched and published as one
with orders is. That it was published proves nothing: the order is cancelled when a file of the warehouse says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from cartage.changes.cancelling import CancelAttempt, CancelResult, no_cancels, result_by_state
from cartage.changes.repo.cancel_documents import (
    CancelDocument,
    find_cancel_document,
    mark_cancel_document_dispatched,
    request_as_sent,
)
from cartage.changes.repo.sent_orders import SentGroup
from cartage.deadlines import DeadlineExceeded, deadline
from cartage.errors import LeaseLost, NotSupported, OutcomeUnknown, ReferenceConflict, Refused, RemoteError
from cartage.model.documents import stored_request
from cartage.runtime.context import StageContext
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import OutboundDocument, Withdrawal
from cartage.warehouses.repo.documents import (
    allot_number,
    begin_attempt,
    note_published,
    note_withdrawn,
    save_document,
)

log = logging.getLogger(__name__)

# Called with the warehouse's number in the transaction before the cancel leaves; raises where it must not leave.
DispatchCheck = Callable[[Connection, str], None]


class DocumentCancels:
    """Cancels orders of a lane whose warehouse takes files, one at a time."""

    def __init__(self, context: StageContext, warehouse: DocumentWarehouse) -> None:
        self._context = context
        self._warehouse = warehouse

    def cancel(self, group: SentGroup, before: DispatchCheck, *, whole: bool) -> CancelAttempt:
        """Cancel one fulfillment order, wherever it is. With `whole`, cancel nothing if a part of it has shipped.

        Raises:
            LeaseLost: if the claim on it was lost.
            RemoteError: if the warehouse cannot be reached; the document certainly was not published.
        """
        if (known := result_by_state(group, whole=whole)) is not None:
            return known
        if not self._warehouse.capabilities.cancel:
            return no_cancels(group)
        try:
            found, is_new = self._prepared(group)
            why = self._ask(found, group, before, is_new=is_new)
        except (Refused, NotSupported, ReferenceConflict) as refusal:
            return CancelAttempt(group, CancelResult.IMPOSSIBLE, f"no file can cancel it: {refusal}")
        return CancelAttempt(group, CancelResult.PENDING, why)

    def _prepared(self, group: SentGroup) -> tuple[CancelDocument, bool]:
        """Return the order's document, and whether it was written just now.

        Raises:
            Refused: if the order cannot be written as a cancel.
            NotSupported: if no document can be written, or the warehouse does not take it.
        """
        account = self._context.document_account
        with self._context.ledger.begin() as connection:
            found = find_cancel_document(connection, group.id)
            is_new = found is None and self._save(connection, group)
            found = found or find_cancel_document(connection, group.id)
        if found is None or found.stored.account != account:
            raise NotSupported("another account was asked for it")
        if found.rejected:
            raise NotSupported(f"the warehouse rejected {found.stored.document.name}")
        return found, is_new

    def _save(self, connection: Connection, group: SentGroup) -> bool:
        """Write and save the order's document; False if another run has done so meanwhile."""
        context = self._context
        number, at = allot_number(connection, context.document_account)
        # A run that wrote it meanwhile held the number until its commit.
        if find_cancel_document(connection, group.id) is not None:
            return False
        request = stored_request(request_as_sent(connection, group.id, context.document_account))
        if request is None:
            raise NotSupported("what was sent to this account is not kept")
        document = self._warehouse.write_cancel(request, number, at)
        if document is None:
            raise NotSupported("the connector writes none")
        save_document(
            connection,
            document,
            account=context.document_account,
            lane=context.lane.name,
            kind="cancel",
            made_with=context.account,
            cancels=group.id,
        )
        return True

    def _ask(self, found: CancelDocument, group: SentGroup, before: DispatchCheck, *, is_new: bool) -> str:
        """Publish the document unless it is published; return what the cancel waits for."""
        stored, document = found.stored, found.stored.document
        asked = f"{document.name} asks for it, and the warehouse has not confirmed it"
        if stored.published:
            return asked
        if stored.dispatched and (waits := self._looked_for(stored.id, document, asked)):
            return waits
        if not document.content:
            raise NotSupported(f"{document.name} is not kept any more")
        if not is_new:
            with self._context.ledger.begin() as connection:
                if not begin_attempt(connection, stored.id, document.attempt):
                    raise LeaseLost(f"{document.name}: another run publishes it; nothing was sent.")
            document = replace(document, attempt=document.attempt + 1)
        self._warehouse.stage(document)
        return (
            asked if self._published(stored.id, document, group, before) else f"{document.name} is on its way"
        )

    def _looked_for(self, document_id: int, document: OutboundDocument, asked: str) -> str:
        """Return what the cancel waits for, if the last attempt was or may be published; empty if it was not."""
        fate = self._warehouse.withdraw(document)
        if fate is Withdrawal.UNKNOWN:
            return f"nobody saw whether {document.name}, which asks for it, was published"
        self._note(document_id, document, published=fate is Withdrawal.PUBLISHED)
        return asked if fate is Withdrawal.PUBLISHED else ""

    def _published(
        self, document_id: int, document: OutboundDocument, group: SentGroup, before: DispatchCheck
    ) -> bool:
        """Publish the staged document; return whether it was seen to be published. The next run settles the rest."""
        # However long this process is delayed from here on, it publishes while the claim lasts, or not at all.
        with deadline(self._warehouse.capabilities.longest_request.total_seconds()):
            with self._context.ledger.begin() as connection:
                before(connection, group.remote_id or group.known_as)
                if not mark_cancel_document_dispatched(connection, document_id, document.attempt):
                    raise LeaseLost(f"{document.name}: another run publishes it; nothing was sent.")
            try:
                self._warehouse.publish(document)
            except OutcomeUnknown as unknown:
                log.warning("the cancel %s may be published: %s", document.name, unknown)
                return False
            except DeadlineExceeded as late:
                self._note(document_id, document, published=False)
                log.warning("the cancel %s was not published in time: %s", document.name, late)
                return False
            except RemoteError:
                self._note(document_id, document, published=False)
                raise
        self._note(document_id, document, published=True)
        return True

    def _note(self, document_id: int, document: OutboundDocument, *, published: bool) -> None:
        note = note_published if published else note_withdrawn
        with self._context.ledger.begin() as connection:
            note(connection, document_id, document.attempt)
