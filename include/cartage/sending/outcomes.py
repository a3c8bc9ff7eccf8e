"""The outcome of each request of a transfer, and how it is recorded: in small groups."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cartage.errors import (
    CartageError,
    ConnectorFailed,
    LeaseLost,
    OutcomeUnknown,
    RawResponse,
    ReferenceConflict,
    Refused,
    RemoteError,
    RemoteUnavailable,
)
from cartage.errors.problems import Problem, ProblemKind, connector_failed
from cartage.lifecycle.causes import open_causes
from cartage.lifecycle.exceptions import ExceptionDraft, open_exception
from cartage.lifecycle.transitions import Move, move
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.runtime.breaker import LOST_RESPONSES
from cartage.runtime.context import StageContext
from cartage.runtime.in_a_row import FailuresInARow
from cartage.sending.kept_responses import fit_to_keep
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import FinishedTransfer, TransferIntent
from cartage.warehouses.contract import SubmitResult
from cartage.warehouses.repo import catalogue, documents

log = logging.getLogger(__name__)

_GROUP = 24
_LONGEST_WAIT_S = 0.5
# So many failures of the connector in a row are its fault, not each order's.
CONNECTOR_FAILURES = 5


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """The outcome of one intent: the state that the order moves to, and the system's fault if there was one.

    `to` is None where the claim was lost: the run that holds it now decides. `response` is what came back, unchanged.
    `failure` is an error of the connector, which concerns this order alone. `why` is what went wrong, `how` says how
    it left, for the timeline, where `transfer` says less.
    """

    intent: TransferIntent
    to: State | None
    transfer: str
    remote_id: str | None = None
    etag: str = ""
    why: str = ""
    how: str = ""
    problems: tuple[Problem, ...] = ()
    fault: Exception | None = None
    response: RawResponse | None = None
    failure: Exception | None = None

    @property
    def has_response(self) -> bool:
        """Whether the warehouse responded to the request, so that both it and its connector work."""
        return self.failure is None and self.to in (State.ACKNOWLEDGED, State.BLOCKED, State.CONFLICT)

    @classmethod
    def done(cls, intent: TransferIntent, result: SubmitResult) -> SendOutcome:
        """Return the outcome of an order that the warehouse has."""
        outcome = result.outcome.value
        return cls(
            intent, State.ACKNOWLEDGED, outcome, result.remote_id, result.etag, response=result.response
        )

    @classmethod
    def returned(cls, intent: TransferIntent, why: str, fault: Exception | None = None) -> SendOutcome:
        """Return the outcome of a request that was certainly not carried out: the order is ready again."""
        return cls(intent, State.READY, "not_sent", why=why, fault=fault)

    @classmethod
    def revalidated(cls, intent: TransferIntent) -> SendOutcome:
        """Return the outcome of an order whose stored request cannot be read: validation prepares it again."""
        why = "its stored request cannot be read; it is validated again"
        log.warning("fulfillment order %d: %s", intent.fulfillment_order_id, why)
        return cls(intent, State.IMPORTED, "not_sent", why=why)

    @classmethod
    def not_translated(cls, intent: TransferIntent, failure: Exception) -> SendOutcome:
        """Return the outcome of an order of which the connector makes no request: nothing was sent."""
        problem = connector_failed(failure)
        log.error("fulfillment order %d: %s", intent.fulfillment_order_id, problem.message, exc_info=failure)
        return cls(
            intent, State.BLOCKED, "not_sent", why=problem.message, problems=(problem,), failure=failure
        )

    @classmethod
    def lost_in_connector(cls, intent: TransferIntent, failure: Exception) -> SendOutcome:
        """Return the outcome of an order on which the connector failed while it sent it: it may have been sent."""
        problem = connector_failed(failure)
        log.error("fulfillment order %d: %s", intent.fulfillment_order_id, problem.message, exc_info=failure)
        return cls(intent, State.UNKNOWN, "unknown", why=problem.message, failure=failure)


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What became of one attempt to publish a document: published, certainly not, or (None) neither is certain.

    `clash`: a document with its name and other content was there, so other numbers may have been used, too.
    """

    document_id: int
    attempt: int
    published: bool | None
    clash: bool = False

    @classmethod
    def of(cls, document_id: int, attempt: int, to: State | None) -> DocumentOutcome:
        """Return the outcome of a document whose orders move to this state."""
        published = {State.ACKNOWLEDGED: True, State.READY: False, State.BLOCKED: False}
        return cls(document_id, attempt, published.get(to) if to else None, clash=to is State.CONFLICT)


def send_outcome(intent: TransferIntent, submit: Callable[[], SendOutcome]) -> SendOutcome:
    """Run `submit` and return its outcome; turn every error into one. An unexpected error is `unknown`."""
    try:
        return submit()
    except LeaseLost as lost:
        log.warning("fulfillment order %d: %s", intent.fulfillment_order_id, lost)
        return SendOutcome(intent, None, "not_sent", why=str(lost))
    except RemoteError as failure:
        return replace(_of_failure(intent, failure), response=failure.response)
    except Exception as fault:
        log.exception("fulfillment order %d: unexpected error", intent.fulfillment_order_id)
        return SendOutcome(
            intent, State.UNKNOWN, "unknown", why=f"{type(fault).__name__}: {fault}", fault=fault
        )


def _of_failure(intent: TransferIntent, failure: RemoteError) -> SendOutcome:
    match failure:
        case Refused():
            problems = failure.problems or (_refusal(failure),)
            return SendOutcome(intent, State.BLOCKED, "refused", why=failure.what, problems=problems)
        case ReferenceConflict():
            return SendOutcome(intent, State.CONFLICT, "conflict", why=failure.what)
        case OutcomeUnknown():
            return SendOutcome(intent, State.UNKNOWN, "unknown", why=failure.what)
        case _:
            return SendOutcome.returned(intent, failure.what, failure)


def _refusal(refusal: Refused) -> Problem:
    return Problem(
        ProblemKind.REFUSED_BY_WAREHOUSE,
        refusal.what,
        f"the warehouse refused it: {refusal.what}",
        refusal.fix or "Correct the order in 3dcart; a changed order is checked and sent again.",
    )


class StopRule:
    """Says which fault stops a run: one of the system, or many failures in a row, each of which costs an order.

    `title` is the warehouse's, `operation` what is done, `requests` what a request is called.
    """

    def __init__(self, title: str, operation: str, requests: str) -> None:
        self.fault: Exception | None = None
        self._title, self._operation, self._requests = title, operation, requests
        self._lost_responses, self._failed_in_connector = FailuresInARow(), FailuresInARow()

    def add(self, number: int, outcome: SendOutcome) -> None:
        """Note the outcome of a request; `number` rises in the order in which requests begin."""
        if outcome.failure is not None:
            self._failed_in_connector.add_failed(number)
        elif outcome.to is State.UNKNOWN:
            self._lost_responses.add_failed(number)
        elif outcome.has_response:
            self._failed_in_connector.add_worked(number)
            self._lost_responses.add_worked(number)
        if self.fault is None:
            self.fault = outcome.fault or self._fault_of_many(outcome)

    def _fault_of_many(self, last: SendOutcome) -> CartageError | None:
        if len(self._lost_responses) >= LOST_RESPONSES:
            number = f"{len(self._lost_responses)} {self._requests} in a row"
            return RemoteUnavailable(
                self._title, self._operation, f"{number} got no response, the last: {last.why}"
            )
        if len(self._failed_in_connector) >= CONNECTOR_FAILURES:
            fault = ConnectorFailed(
                f"{self._title}: the connector failed {len(self._failed_in_connector)} times in a row, the last time: "
                f"{last.why}. The other orders stay ready. Update the connector, or report this with the task's log."
            )
            fault.__cause__ = last.failure
            return fault
        return None


class OutcomeRecorder:
    """Writes outcomes to the ledger in small groups: often enough to lose little, rarely enough to cost little."""

    def __init__(self, context: StageContext, owner: str, counts: Counter[str]) -> None:
        self._context = context
        self._owner = owner
        self._counts = counts
        self._waiting: list[SendOutcome] = []
        self._documents: list[DocumentOutcome] = []
        self._since = time.monotonic()

    def add(self, outcomes: Sequence[SendOutcome], document: DocumentOutcome | None = None) -> None:
        """Add outcomes; write them once there are enough, or the first has waited long enough.

        `document` is the document that holds the orders, if one was to be published.
        """
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting += outcomes
        self._documents += [document] if document else []
        if len(self._waiting) >= _GROUP or time.monotonic() - self._since > _LONGEST_WAIT_S:
            self.flush()

    def flush(self) -> None:
        """Write the outcomes that wait, in one transaction."""
        group, self._waiting = self._waiting, []
        published, self._documents = self._documents, []
        if not group:
            return
        with self._context.ledger.begin() as connection:
            self._note_documents(connection, published)
            self._write(connection, group)

    def _note_documents(self, connection: Connection, outcomes: Sequence[DocumentOutcome]) -> None:
        for outcome in outcomes:
            if outcome.published is not None:
                note = documents.note_published if outcome.published else documents.note_withdrawn
                note(connection, outcome.document_id, outcome.attempt)
        if any(outcome.clash for outcome in outcomes):
            documents.skip_numbers(connection, self._context.document_account)

    def _write(self, connection: Connection, group: Sequence[SendOutcome]) -> None:
        transfers.finish_transfers(connection, [self._finished(outcome) for outcome in group if outcome.to])
        cause_ids = self._open_causes(connection, group)
        for state in {outcome.to for outcome in group if outcome.to}:
            outcomes = [outcome for outcome in group if outcome.to is state]
            moves = [self._move(outcome, cause_ids) for outcome in outcomes]
            # An order whose claim another run took over is settled by that run: it does not move here, and is not lost.
            moved = move(connection, moves, state, self._context.by, held_lease=self._owner, strict=False)
            self._count(state, len(moved))
            if state is State.CONFLICT:
                conflicts = [outcome for outcome in outcomes if outcome.intent.fulfillment_order_id in moved]
                self._open_exceptions(connection, conflicts)
        self._counts["sent"] += sum(outcome.transfer != "not_sent" for outcome in group)

    def _finished(self, outcome: SendOutcome) -> FinishedTransfer:
        response = outcome.response and fit_to_keep(outcome.response, self._context.warehouse_secrets)
        failed_in = connector_failed(outcome.failure).subject if outcome.failure else ""
        return FinishedTransfer(
            outcome.intent.transfer_id, outcome.transfer, outcome.remote_id, outcome.why, response, failed_in
        )

    def _open_exceptions(self, connection: Connection, conflicts: Sequence[SendOutcome]) -> None:
        for conflict in conflicts:
            intent, kind = conflict.intent, ExceptionKind.DIFFERS_AT_WAREHOUSE
            message = f"{intent.request['reference']}: {conflict.why}"
            draft = ExceptionDraft(
                intent.sales_order_id, kind, message, fulfillment_order_id=intent.fulfillment_order_id
            )
            open_exception(connection, self._context.lane.name, draft, self._context.by)
            self._counts["exceptions"] += 1

    def _count(self, state: State, number: int) -> None:
        self._counts["returned" if state in (State.READY, State.IMPORTED) else state.value] += number

    def _move(self, outcome: SendOutcome, cause_ids: dict[str, int]) -> Move:
        return Move(
            outcome.intent.fulfillment_order_id,
            why=outcome.why or outcome.how or outcome.transfer,
            remote_id=outcome.remote_id,
            remote_etag=outcome.etag or None,
            cause_ids=tuple(sorted({cause_ids[problem.fingerprint] for problem in outcome.problems})),
        )

    def _open_causes(self, connection: Connection, group: Sequence[SendOutcome]) -> dict[str, int]:
        problems = [problem for outcome in group for problem in outcome.problems]
        unknown = [problem.subject for problem in problems if problem.kind is ProblemKind.UNKNOWN_SKU]
        # The cached catalogue has them; the warehouse has refused them.
        catalogue.forget(connection, self._context.account, unknown)
        return open_causes(connection, self._context.lane.name, problems)
