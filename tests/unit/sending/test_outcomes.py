"""Outcomes of a request: what each failure makes of the order, and that nothing is repeated blindly."""

from __future__ import annotations

import pytest

from cartage.errors import (
    AuthFailed,
    LeaseLost,
    MalformedResponse,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    RawResponse,
    ReferenceConflict,
    Refused,
    RemoteError,
    RemoteUnavailable,
    StaleVersion,
)
from cartage.errors.problems import Problem, ProblemKind
from cartage.model.states import State
from cartage.sending.outcomes import SendOutcome, send_outcome
from cartage.sending.repo.transfers import TransferIntent
from cartage.warehouses.contract import SubmitOutcome, SubmitResult

INTENT = TransferIntent(transfer_id=9, fulfillment_order_id=5, sales_order_id=3, request={})
PROBLEM = Problem(ProblemKind.UNKNOWN_SKU, "GONE", "unknown", "Create it.")


def after(failure: Exception) -> SendOutcome:
    def submit() -> SendOutcome:
        raise failure

    return send_outcome(INTENT, submit)


def remote(kind: type[RemoteError]) -> RemoteError:
    return kind("Extensiv", "POST /orders", "it went wrong")


@pytest.mark.parametrize("kind", list(SubmitOutcome))
def test_an_order_that_the_warehouse_has_is_acknowledged(kind: SubmitOutcome) -> None:
    outcome = send_outcome(INTENT, lambda: SendOutcome.done(INTENT, SubmitResult(kind, "100001", '"v1"')))
    assert (outcome.to, outcome.transfer) == (State.ACKNOWLEDGED, kind.value)
    assert (outcome.remote_id, outcome.etag, outcome.fault) == ("100001", '"v1"', None)


def test_an_unseen_outcome_is_unknown_and_stops_no_other_order() -> None:
    outcome = after(remote(OutcomeUnknown))
    assert (outcome.to, outcome.transfer, outcome.fault) == (State.UNKNOWN, "unknown", None)


@pytest.mark.parametrize(
    "kind",
    [
        NotSent,
        RateLimited,
        AuthFailed,
        PermissionDenied,
        RemoteUnavailable,
        MalformedResponse,
        NotFound,
        StaleVersion,
    ],
)
def test_a_system_error_leaves_the_order_ready_and_stops_the_task(kind: type[RemoteError]) -> None:
    fault = remote(kind)
    outcome = after(fault)
    assert (outcome.to, outcome.transfer, outcome.fault) == (State.READY, "not_sent", fault)


def test_a_refusal_blocks_this_order_alone_with_its_problems() -> None:
    outcome = after(Refused("Extensiv", "POST /orders", "no such item", problems=[PROBLEM]))
    assert (outcome.to, outcome.transfer, outcome.fault) == (State.BLOCKED, "refused", None)
    assert outcome.problems == (PROBLEM,)


def test_a_refusal_without_problems_is_a_cause_of_its_own() -> None:
    outcome = after(Refused("Extensiv", "POST /orders", "computer says no", fix="Ask it."))
    assert [(problem.kind, problem.subject, problem.fix) for problem in outcome.problems] == [
        (ProblemKind.REFUSED_BY_WAREHOUSE, "computer says no", "Ask it.")
    ]


def test_other_content_under_our_reference_opens_an_exception() -> None:
    outcome = after(remote(ReferenceConflict))
    assert (outcome.to, outcome.transfer, outcome.fault) == (State.CONFLICT, "conflict", None)


@pytest.mark.parametrize("kind", [Refused, ReferenceConflict, OutcomeUnknown, RateLimited, AuthFailed])
def test_the_response_is_kept_with_a_failure(kind: type[RemoteError]) -> None:
    failure = remote(kind)
    assert after(failure).response is None
    failure.response = RawResponse(422, "no")
    assert after(failure).response == RawResponse(422, "no")


def test_the_response_is_kept_with_a_success() -> None:
    result = SubmitResult(SubmitOutcome.CREATED, "1", response=RawResponse(201, "{}"))
    assert send_outcome(INTENT, lambda: SendOutcome.done(INTENT, result)).response == RawResponse(201, "{}")


def test_a_lost_claim_leaves_the_order_to_its_new_holder() -> None:
    outcome = after(LeaseLost("the claim ran out"))
    assert (outcome.to, outcome.fault) == (None, None)


def test_an_unexpected_error_is_unknown_and_stops_the_task() -> None:
    fault = KeyError("surprise")
    outcome = after(fault)
    assert (outcome.to, outcome.transfer, outcome.fault) == (State.UNKNOWN, "unknown", fault)


def test_an_order_that_was_not_sent_is_ready_again() -> None:
    outcome = SendOutcome.returned(INTENT, "the run stopped before it was sent")
    assert (outcome.to, outcome.transfer, outcome.fault) == (State.READY, "not_sent", None)
