"""Judging an absent order: one on which the connector failed is not sent again by itself, whatever the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest

from cartage.errors.problems import ProblemKind
from cartage.lanes.settings.warehouse import WhenAbsent
from cartage.model.states import State
from cartage.sending.verdicts import judge_absent_after_sending
from cartage.warehouses.contract import Capabilities, DuplicatePolicy, Reconcile

FAILED_IN = "KeyError in connector.submit"


@dataclass
class AbsentOrder:
    """A row of an order that the warehouse does not show."""

    failed_in: str = ""
    cancel_wanted: bool = False
    id: int = 5
    sales_order_id: int = 3
    order_id: int = 31882
    reference: str = "A3_31882_0"
    request: dict[str, Any] = field(default_factory=dict)


def judged(row: AbsentOrder, policy: DuplicatePolicy, when_absent: WhenAbsent) -> tuple[State, Any]:
    can = Capabilities(
        duplicate_policy=policy,
        reconcile=Reconcile.EVIDENCE,
        reference_max_length=50,
        cancel=True,
        inventory=True,
        catalogue=True,
        carriers=True,
        splits=True,
        visibility_delay=timedelta(0),
        poll_overlap=timedelta(0),
        longest_request=timedelta(seconds=60),
    )
    verdict = judge_absent_after_sending(cast(Any, row), can, when_absent)
    return verdict.to, verdict.problem


@pytest.mark.parametrize(
    ("policy", "when_absent", "to"),
    [
        (DuplicatePolicy.REJECTS, WhenAbsent.ASK, State.READY),
        (DuplicatePolicy.REJECTS, WhenAbsent.SEND, State.READY),
        (DuplicatePolicy.UPSERTS, WhenAbsent.ASK, State.CONFLICT),
        (DuplicatePolicy.UNKNOWN, WhenAbsent.ASK, State.CONFLICT),
        (DuplicatePolicy.UPSERTS, WhenAbsent.SEND, State.READY),
        (DuplicatePolicy.UNKNOWN, WhenAbsent.SEND, State.READY),
    ],
)
def test_an_order_that_was_to_be_sent_again_is_blocked_if_the_connector_failed_on_it(
    policy: DuplicatePolicy, when_absent: WhenAbsent, to: State
) -> None:
    assert judged(AbsentOrder(), policy, when_absent) == (to, None)
    blocked, problem = judged(AbsentOrder(FAILED_IN), policy, when_absent)
    if to is State.READY:
        assert (blocked, problem.kind, problem.subject) == (
            State.BLOCKED,
            ProblemKind.CONNECTOR_FAILED,
            FAILED_IN,
        )
    else:
        assert (blocked, problem) == (State.CONFLICT, None)


@pytest.mark.parametrize("when_absent", list(WhenAbsent))
def test_a_wanted_cancel_of_an_absent_order_is_carried_out_although_the_connector_failed(
    when_absent: WhenAbsent,
) -> None:
    row = AbsentOrder(FAILED_IN, cancel_wanted=True)
    assert judged(row, DuplicatePolicy.UNKNOWN, when_absent) == (State.CANCELLED, None)
