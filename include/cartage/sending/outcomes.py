"""What became of each request of a transfer, and its way into the ledger in small groups."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cartage.errors import LeaseLost, OutcomeUnknown, RawResponse, ReferenceConflict, Refused, RemoteError
from cartage.errors.problems import Problem, ProblemKind
from cartage.lifecycle import causes, exceptions
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import Move, move
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.sending.kept_responses import fit_to_keep
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import FinishedTransfer, TransferIntent
from cartage.warehouses.contract import SubmitResult
from cartage.warehouses.repo import catalogue

log = logging.getLogger(__name__)

_GROUP = 24
_LONGEST_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What became of one intent: the state that the order moves to, and the system's fault if there was one.

    `to` is None where the claim was lost: whoever holds it now decides. `answer` is what came back, as it came.
    """

    intent: TransferIntent
    to: State | None
    transfer: str
    remote_id: str | None = None
    etag: str = ""
    why: str = ""
    problems: tuple[Problem, ...] = ()
    fault: Exception | None = None
    response: RawResponse | None = None

    @classmethod
    def done(cls, intent: TransferIntent, result: SubmitResult) -> SendOutcome:
        """The warehouse has it."""
        outcome = result.outcome.value
        return cls(
            intent, State.ACKNOWLEDGED, outcome, result.remote_id, result.etag, response=result.response
        )

    @classmethod
    def returned(cls, intent: TransferIntent, why: str, fault: Exception | None = None) -> SendOutcome:
        """Surely not carried out: the order is ready again."""
        return cls(intent, State.READY, "not_sent", why=why, fault=fault)


def send_outcome(intent: TransferIntent, submit: Callable[[], SendOutcome]) -> SendOutcome:
    """Run `submit` and turn whatever it raises into an outcome; a fault that nobody foresaw is `unknown`."""
    try:
        return submit()
    except LeaseLost as lost:
        log.warning("fulfillment order %d: %s", intent.fulfillment_order_id, lost)
        return SendOutcome(intent, None, "not_sent", why=str(lost))
    except RemoteError as failure:
        return replace(_of_failure(intent, failure), response=failure.response)
    except Exception as fault:
        log.exception("fulfillment order %d: unforeseen", intent.fulfillment_order_id)
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


class Recorder:
    """Writes outcomes in small groups: often enough to lose little, seldom enough to cost little."""

    def __init__(self, context: StageContext, owner: str, counts: Counter[str]) -> None:
        self._context = context
        self._owner = owner
        self._counts = counts
        self._waiting: list[SendOutcome] = []
        self._since = time.monotonic()

    def add(self, outcomes: Sequence[SendOutcome]) -> None:
        """Take outcomes in; writes when enough have come together, or the first has waited long enough."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting += outcomes
        if len(self._waiting) >= _GROUP or time.monotonic() - self._since > _LONGEST_WAIT_S:
            self.flush()

    def flush(self) -> None:
        """Write what has come together, in one transaction."""
        group, self._waiting = self._waiting, []
        if not group:
            return
        with self._context.ledger.begin() as connection:
            self._write(connection, group)

    def _write(self, connection: Connection, group: Sequence[SendOutcome]) -> None:
        transfers.finish_transfers(connection, [self._finished(one) for one in group if one.to])
        ids = self._causes(connection, group)
        for state in {one.to for one in group if one.to}:
            ready = [one for one in group if one.to is state]
            moves = [self._move(one, ids) for one in ready]
            # A claim that was taken over meanwhile is settled by its new holder: no row moves, and none is lost.
            moved = move(connection, moves, state, self._context.by, held_lease=self._owner, strict=False)
            self._count(state, len(moved))
            if state is State.CONFLICT:
                self._ask(connection, [one for one in ready if one.intent.fulfillment_order_id in moved])
        self._counts["sent"] += sum(one.transfer != "not_sent" for one in group)

    def _finished(self, one: SendOutcome) -> FinishedTransfer:
        response = one.response and fit_to_keep(one.response, self._context.warehouse_secrets)
        return FinishedTransfer(one.intent.transfer_id, one.transfer, one.remote_id, one.why, response)

    def _ask(self, connection: Connection, conflicts: Sequence[SendOutcome]) -> None:
        for conflict in conflicts:
            intent, kind = conflict.intent, ExceptionKind.DIFFERS_AT_WAREHOUSE
            what = f"{intent.request['reference']}: {conflict.why}"
            question = ExceptionDraft(
                intent.sales_order_id, kind, what, fulfillment_order_id=intent.fulfillment_order_id
            )
            exceptions.open_exception(connection, self._context.lane.name, question, self._context.by)
            self._counts["exceptions"] += 1

    def _count(self, state: State, number: int) -> None:
        self._counts["returned" if state is State.READY else state.value] += number

    def _move(self, one: SendOutcome, ids: dict[str, int]) -> Move:
        return Move(
            one.intent.fulfillment_order_id,
            why=one.why or one.transfer,
            remote_id=one.remote_id,
            remote_etag=one.etag or None,
            cause_ids=tuple(sorted({ids[problem.fingerprint] for problem in one.problems})),
        )

    def _causes(self, connection: Connection, group: Sequence[SendOutcome]) -> dict[str, int]:
        problems = [problem for one in group for problem in one.problems]
        unknown = [problem.subject for problem in problems if problem.kind is ProblemKind.UNKNOWN_SKU]
        # The catalogue said that it knows them; the warehouse knows better.
        catalogue.forget(connection, self._context.account, unknown)
        return causes.open_causes(connection, self._context.lane.name, problems)
