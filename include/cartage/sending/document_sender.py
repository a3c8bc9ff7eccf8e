"""Send ready orders to a warehouse that takes files: each document is staged, noted as leaving, and published, once.

Number and bytes are committed with the intents. `stage` shows the warehouse nothing, so a run that dies before the
dispatch is noted has sent nothing; after it, `withdraw` settles whether the document was published.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cartage.deadlines import DeadlineExceeded, deadline
from cartage.errors import CartageError, NotSent, RemoteError
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.sending.document_batches import DocumentWriter, PreparedBatch, PreparedDocument
from cartage.sending.intents import IntentSource
from cartage.sending.outcomes import DocumentOutcome, OutcomeRecorder, SendOutcome, StopRule, send_outcome
from cartage.sending.repo.documents import mark_document_dispatched
from cartage.sending.repo.transfers import TransferIntent
from cartage.warehouses.document_contract import DocumentWarehouse

log = logging.getLogger(__name__)

# Documents that a run claims at once: few, so that the claims on the last of them have not run out.
_AT_ONCE = 16


class DocumentSender:
    """Publishes documents one after the other, over one connection, until no order is ready or a fault stops it."""

    def __init__(self, context: StageContext, warehouse: DocumentWarehouse, counts: Counter[str]) -> None:
        self._context = context
        self._warehouse = warehouse
        self._source = IntentSource(context)
        self._writer = DocumentWriter(
            warehouse,
            account=context.document_account,
            lane=context.lane.name,
            made_with=context.account,
        )
        self._recorder = OutcomeRecorder(context, self._source.owner, counts)
        self._stop_rule = StopRule(warehouse.title, "publishing orders", "documents")
        self._numbers = itertools.count()

    def send_all(self) -> Exception | None:
        """Send until nothing is left; return the fault that stopped it."""
        while not self._must_stop():
            claimed_at = time.monotonic()
            batch = self._claim()
            if batch is None:
                break
            self._recorder.add(batch.left_out)
            lasts_until = claimed_at + (self._source.lease - 2 * self._source.longest).total_seconds()
            for place, prepared in enumerate(batch.documents):
                if self._must_stop():
                    self._recorder.add(_returned(prepared, "the run stopped before it was sent"))
                elif place and time.monotonic() > lasts_until:
                    self._recorder.add(_returned(prepared, "the claim on it would not have lasted"))
                else:
                    self._send(prepared)
            # Noted last: however many orders of a batch cannot be written, the others leave.
            self._note(batch.left_out)
            self._recorder.flush()
        return self._stop_rule.fault

    def _must_stop(self) -> bool:
        return self._stop_rule.fault is not None or self._context.stop.is_set()

    def _claim(self) -> PreparedBatch | None:
        """Claim orders and save their documents, in one commit; None if no order is ready."""
        per_document = self._warehouse.orders_per_document
        size = per_document * max(1, _AT_ONCE // per_document)
        with self._context.ledger.begin() as connection:
            intents = self._source.claim(connection, size)
            return self._writer.prepare(connection, intents) if intents else None

    def _send(self, prepared: PreparedDocument) -> None:
        """Send one document and add the outcomes of its orders. Every error is an outcome."""
        outcomes = self._staged(prepared)
        document = None
        if outcomes is None:
            first = send_outcome(prepared.intents[0], lambda: self._publish(prepared))
            outcomes = [_of_order(first, intent) for intent in prepared.intents]
            document = DocumentOutcome.of(prepared.id, prepared.document.attempt, first.to)
        self._note(outcomes[:1])
        self._recorder.add(outcomes, document)

    def _staged(self, prepared: PreparedDocument) -> list[SendOutcome] | None:
        """Stage the document; return the outcomes of its orders where that failed. Nothing has left then."""
        try:
            self._warehouse.stage(prepared.document)
        except RemoteError as failure:
            return _returned(prepared, failure.what, failure)
        except Exception as failure:  # noqa: BLE001 - logged with the outcomes
            return [SendOutcome.not_translated(intent, failure) for intent in prepared.intents]
        return None

    def _publish(self, prepared: PreparedDocument) -> SendOutcome:
        """Publish the staged document, if the claims on all its orders last; return the outcome of the first."""
        intent, document = prepared.intents[0], prepared.document
        # However long this process is delayed from here on, it publishes while the claims last, or not at all.
        with deadline(self._source.longest.total_seconds()):
            self._mark_dispatched(prepared)
            try:
                result = self._warehouse.publish(document)
            except DeadlineExceeded as late:
                what = "this process was delayed until the deadline to publish it had passed"
                raise NotSent(self._warehouse.title, f"publish {document.name}", what) from late
            except CartageError:
                raise
            except Exception as failure:  # noqa: BLE001 - logged with the outcome
                return SendOutcome.lost_in_connector(intent, failure)
        return replace(SendOutcome.done(intent, result), how=f"published as {document.name}")

    def _mark_dispatched(self, prepared: PreparedDocument) -> None:
        with self._context.ledger.begin() as connection:
            mark_document_dispatched(
                connection,
                prepared.id,
                attempt=prepared.document.attempt,
                orders=len(prepared.intents),
                owner=self._source.owner,
                longest_request=self._source.longest,
            )

    def _note(self, outcomes: Sequence[SendOutcome]) -> None:
        """Stop after a fault of the system, and after many failures in a row."""
        for outcome in outcomes:
            self._stop_rule.add(next(self._numbers), outcome)


def _of_order(first: SendOutcome, intent: TransferIntent) -> SendOutcome:
    """Return a document's outcome for one of its orders. What a file target knows an order by is its reference."""
    remote_id = intent.request["reference"] if first.to is State.ACKNOWLEDGED else None
    return replace(first, intent=intent, remote_id=remote_id)


def _returned(prepared: PreparedDocument, why: str, fault: Exception | None = None) -> list[SendOutcome]:
    return [SendOutcome.returned(intent, why, fault) for intent in prepared.intents]
