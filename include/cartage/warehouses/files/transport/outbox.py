"""Orders out: a document is staged, published in one step, and withdrawn, so that a crash at any point is decidable.

`publish: rename` writes under a temporary name that nobody else knows. Who wants to publish renames it to its final
name; who wants to withdraw it renames it to a mark. The remote lets only one of the two find it: temporary name gone
and no mark means published. The mark stays, empty, because the process that withdrew may die before its ledger knows.
Both names have number and attempt, so that a process which was frozen meets nothing of a later one.

`publish: direct` creates the final name at once. There an outcome that was not seen stays unknown.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from cartage.errors import (
    NotFound,
    NotSent,
    OutcomeUnknown,
    ReferenceConflict,
    RemoteError,
    RemoteUnavailable,
)
from cartage.warehouses.contract import SubmitOutcome
from cartage.warehouses.documents import OutboundDocument, Withdrawal
from cartage.warehouses.files.transport.interface import Transport, joined
from cartage.warehouses.files.transport.settings import Publish, TransferSettings


class Outbox:
    """The folder from which the warehouse takes orders."""

    def __init__(self, transport: Transport, settings: TransferSettings) -> None:
        """Create an outbox without a call."""
        self._transport = transport
        self._settings = settings

    def stage(self, document: OutboundDocument) -> None:
        """Write a document under its temporary name; before a direct publication, only look for the folder.

        Raises:
            RemoteError: if it is not there whole. Nothing was published.
        """
        if self._settings.publish is Publish.DIRECT:
            self._require_folder(self._settings.orders_to, "write")
            return
        self._transport.write(self._temporary(document), document.content)
        if document.attempt > 1:
            # The ledger knows what became of the attempt before: nothing needs what is left of it.
            before = replace(document, attempt=document.attempt - 1)
            self._transport.remove(self._temporary(before))
            self._transport.remove(self._mark(before))

    def publish(self, document: OutboundDocument) -> SubmitOutcome:
        """Make a staged document visible to the warehouse.

        Raises:
            ReferenceConflict: if its name is taken by other content.
            OutcomeUnknown: if it may be published.
            RemoteError: if it was certainly not published.
        """
        if self._settings.publish is Publish.DIRECT:
            if self._transport.create(self._final(document), document.content):
                return SubmitOutcome.ACCEPTED
            return self._taken(document)
        if self._renamed(document):
            return SubmitOutcome.ACCEPTED
        outcome = self._taken(document)
        self._transport.remove(self._temporary(document))
        return outcome

    def withdraw(self, document: OutboundDocument) -> Withdrawal:
        """Take what this attempt staged away if it was not published; return what became of it. It may be called again.

        Raises:
            RemoteError: if the folders cannot be looked at, or the document cannot be taken away.
        """
        if self._settings.publish is Publish.DIRECT:
            there = self._same_content(document)
            return Withdrawal.PUBLISHED if there else Withdrawal.UNKNOWN
        self._require_folder(self._settings.staging_folder, "withdraw from")
        self._take_away(document)
        mark = self._mark(document)
        if self._transport.look(mark) is None:
            return Withdrawal.PUBLISHED
        # The warehouse's side keeps nothing of an order that it does not get.
        with suppress(RemoteError):
            self._transport.remove(self._temporary(document))
            self._transport.empty(mark)
        return Withdrawal.WITHDRAWN

    def still_there(self, document: OutboundDocument) -> bool:
        """Return whether a published document lies in the folder: the warehouse did not take it yet."""
        return self._transport.look(self._final(document)) is not None

    def _renamed(self, document: OutboundDocument) -> bool:
        """Return whether the document got its final name; False if that is taken."""
        temporary, final = self._temporary(document), self._final(document)
        try:
            return self._transport.rename(temporary, final)
        except NotFound as failure:
            raise self._gone(document) from failure
        except OutcomeUnknown as failure:
            return self._renamed_after_all(document, failure)

    def _renamed_after_all(self, document: OutboundDocument, failure: OutcomeUnknown) -> bool:
        """Return whether a rename whose response was lost took place, or does now.

        The lost request may still be carried out: only one of it, this one and a withdrawal finds the temporary name.
        """
        temporary = self._temporary(document)
        try:
            if self._transport.look(temporary) is not None:
                with suppress(NotFound):
                    return self._transport.rename(temporary, self._final(document))
            withdrawn = self._transport.look(self._mark(document)) is not None
        except RemoteError:
            raise failure from None
        if withdrawn:
            raise self._gone(document) from failure
        return True

    def _take_away(self, document: OutboundDocument) -> None:
        """Rename a staged document to its mark, unless it is published or withdrawn already."""
        for attempts_left in (1, 0):
            try:
                self._transport.rename(self._temporary(document), self._mark(document))
            except NotFound:
                return
            except OutcomeUnknown:
                if not attempts_left:
                    raise
            else:
                return

    def _gone(self, document: OutboundDocument) -> RemoteError:
        """Return the error of a document whose temporary name is gone before it was published from here."""
        remote, doing = self._transport.remote, f"publish {document.name}"
        if self._transport.look(self._mark(document)) is not None:
            return NotSent(remote, doing, "another run has withdrawn it")
        return OutcomeUnknown(remote, doing, "the staged file is gone: another run may have published it")

    def _taken(self, document: OutboundDocument) -> SubmitOutcome:
        if self._same_content(document):
            return SubmitOutcome.ALREADY_EXISTS
        raise ReferenceConflict(
            self._transport.remote,
            f"publish {document.name}",
            "a file with this name and other content is there",
            fix="Ask the warehouse where it comes from. Cartage uses each name once.",
        )

    def _same_content(self, document: OutboundDocument) -> bool:
        path = self._final(document)
        found = self._transport.look(path)
        if found is None or found.size != len(document.content):
            return False
        with suppress(NotFound):
            return self._transport.read(path, len(document.content)) == document.content
        return False

    def _require_folder(self, folder: str, operation: str) -> None:
        """Raise an error if the folder is gone: then no file in it says anything."""
        if not self._transport.has_folder(folder):
            raise RemoteUnavailable(
                self._transport.remote,
                f"{operation} {folder}",
                "the folder is not there",
                fix="Compare the folders with those in the lane's settings.",
            )

    def _final(self, document: OutboundDocument) -> str:
        return joined(self._settings.orders_to, document.name)

    def _temporary(self, document: OutboundDocument) -> str:
        return joined(self._settings.staging_folder, f".{_own(document)}.tmp")

    def _mark(self, document: OutboundDocument) -> str:
        return joined(self._settings.staging_folder, f".{_own(document)}.withdrawn.tmp")


def _own(document: OutboundDocument) -> str:
    """Return what no other attempt has: names may be those of an order and a second, numbers are used once."""
    return f"{document.name}.{document.number}.{document.attempt}"
