"""Transfer: send each ready order to the warehouse, at most once.

Intent first: `sending` is committed before a request leaves. The last statement before it leaves checks the claim
again. An outcome that was not seen is `unknown`; `settle_outcomes` settles it by asking, never by sending again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from cartage.deadlines import deadline
from cartage.errors import CartageError
from cartage.model.documents import stored_request
from cartage.model.orders import FulfillmentRequest
from cartage.plurals import counted
from cartage.runtime.context import StageContext
from cartage.sending.document_sender import DocumentSender
from cartage.sending.intents import IntentSource
from cartage.sending.outcomes import OutcomeRecorder, SendOutcome, StopRule, send_outcome
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import TransferIntent
from cartage.warehouses.document_contract import DocumentWarehouse

log = logging.getLogger(__name__)


def run(context: StageContext) -> dict[str, int]:
    """Send every order that is ready, fresh and verified. Return counts by outcome, and of requests that were sent.

    Raises:
        RemoteError: if store or warehouse cannot be reached or refuse the credentials. Orders that were not sent stay
            ready; those whose outcome was not seen are unknown.
        ConnectorFailed: if the connector fails on order after order. Orders that were not tried stay ready.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    with context.ledger.begin() as connection:
        if not transfers.any_ready(connection, context.lane.name, context.warehouse_name):
            return dict(counts)
    warehouse = context.warehouse
    sender: Sender | DocumentSender = (
        DocumentSender(context, warehouse, counts)
        if isinstance(warehouse, DocumentWarehouse)
        else Sender(context, counts)
    )
    fault = sender.send_all()
    if fault is not None:
        log.error("lane %s: the transfer stopped: %s", context.lane.name, fault)
        raise fault
    _note_unverified(context)
    return dict(counts)


def _note_unverified(context: StageContext) -> None:
    """Log why ready orders of a new or restored ledger did not leave."""
    with context.ledger.begin() as connection:
        waiting = transfers.count_unverified(connection, context.lane.name, context.warehouse_name)
    if waiting:
        log.info(
            "lane %s: %s: this ledger is new or restored, and settle_outcomes first asks the "
            "warehouse whether it has them",
            context.lane.name,
            counted(waiting, "ready order waits", "ready orders wait"),
        )


_COUNTS = ("sent", "acknowledged", "blocked", "unknown", "conflict", "returned")


class Sender:
    """Sends ready orders through a bounded pool of threads until none is left, or a fault or the run stops it."""

    def __init__(self, context: StageContext, counts: Counter[str]) -> None:
        self._context = context
        self._counts = counts
        self._source = IntentSource(context)
        self._longest = self._source.longest
        self._settle = self._longest + context.warehouse.capabilities.visibility_delay
        self._stop_rule = StopRule(context.warehouse.title, "sending orders", "requests")

    def send_all(self) -> Exception | None:
        """Send until nothing is left; return the fault that stopped it, once every request under way has ended."""
        threads = self._context.lane.limits.threads
        recorder = OutcomeRecorder(self._context, self._source.owner, self._counts)
        with ThreadPoolExecutor(threads, thread_name_prefix="transfer") as pool:
            under_way: set[Future[SendOutcome]] = set()
            for intents in self._batches(threads, under_way):
                under_way |= {pool.submit(self._send, intent) for intent in intents}
                done, under_way_now = wait(under_way, return_when=FIRST_COMPLETED)
                under_way.intersection_update(under_way_now)
                recorder.add([self._noted(future.result()) for future in done])
            done, _ = wait(under_way)
            recorder.add([self._noted(future.result()) for future in done])
            recorder.flush()
        return self._stop_rule.fault

    def _batches(self, threads: int, under_way: set[Future[SendOutcome]]) -> Iterator[list[TransferIntent]]:
        """Yield new intents whenever the pool runs low; end when nothing is ready or nothing more may start."""
        exhausted = False
        while True:
            fresh: list[TransferIntent] = []
            if not exhausted and not self._must_stop() and len(under_way) < 2 * threads:
                fresh = self._intend(2 * threads)
                exhausted = not fresh
            if not fresh and not under_way:
                return
            yield fresh

    def _must_stop(self) -> bool:
        return self._stop_rule.fault is not None or self._context.stop.is_set()

    def _intend(self, size: int) -> list[TransferIntent]:
        with self._context.ledger.begin() as connection:
            return self._source.claim(connection, size)

    def _send(self, intent: TransferIntent) -> SendOutcome:
        """Send one request, in a thread of the pool. Never raises: every error is an outcome."""
        context = self._context
        if self._must_stop():
            return SendOutcome.returned(intent, "the run stopped before it was sent")
        request = stored_request(intent.request)
        if request is None:
            return SendOutcome.revalidated(intent)
        try:
            # Whatever fails here fails before anything can have left.
            context.warehouse.payload(request)
        except Exception as failure:  # noqa: BLE001 - logged with the outcome
            return SendOutcome.not_translated(intent, failure)

        def submit() -> SendOutcome:
            # However long this thread is delayed from here on, the request leaves while the claim lasts, or not at all.
            with deadline(self._longest.total_seconds()):
                self._mark_dispatched(intent)
                return self._submit(intent, request)

        return send_outcome(intent, submit)

    def _submit(self, intent: TransferIntent, request: FulfillmentRequest) -> SendOutcome:
        """Send the request. An error that no connector may raise is about this order, which may have been sent."""
        try:
            return SendOutcome.done(intent, self._context.warehouse.submit(request))
        except CartageError:
            raise
        except Exception as failure:  # noqa: BLE001 - logged with the outcome
            return SendOutcome.lost_in_connector(intent, failure)

    def _mark_dispatched(self, intent: TransferIntent) -> None:
        with self._context.ledger.begin() as connection:
            transfers.mark_dispatched(
                connection,
                intent.transfer_id,
                owner=self._source.owner,
                longest_request=self._longest,
                settle=self._settle,
            )

    def _noted(self, outcome: SendOutcome) -> SendOutcome:
        self._stop_rule.add(outcome.intent.transfer_id, outcome)
        return outcome
