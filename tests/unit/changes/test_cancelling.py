"""Cancelling one order at a warehouse: the proof is what it shows afterwards, whatever the cancel returned."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from cartage.changes.cancelling import CancelAttempt, CancelResult, cancel_at_warehouse
from cartage.changes.repo.sent_orders import SentGroup
from cartage.changes.versions import Version
from cartage.errors import NotFound, NotSupported, OutcomeUnknown, Refused, RemoteUnavailable
from cartage.model.orders import Address
from cartage.model.states import State
from cartage.warehouses.contract import CancelOutcome, RemoteOrder, RemoteState, Warehouse

REFERENCE = "A3K_31882_0"
GROUP = SentGroup(
    id=1,
    shipment_id=0,
    reference=REFERENCE,
    known_as=REFERENCE,
    state=State.ACKNOWLEDGED,
    state_since=datetime(2026, 3, 1, tzinfo=UTC),
    remote_id="100",
    tracked=False,
    cancel_wanted=True,
    version=Version.of(Address(), "Ground", []),
)


def remote(number: str, state: RemoteState, reference: str = REFERENCE) -> RemoteOrder:
    return RemoteOrder(number, reference, state, (), Address())


@dataclass
class Account:
    """A warehouse with these orders; a cancel returns or raises `response`, and takes effect if `obeys`."""

    orders: list[RemoteOrder]
    response: CancelOutcome | Exception = CancelOutcome.CANCELLED
    obeys: bool = True
    can_cancel: bool = True
    cancels: list[str] = field(default_factory=list)

    @property
    def capabilities(self) -> SimpleNamespace:
        return SimpleNamespace(cancel=self.can_cancel)

    def find(self, _: str) -> list[RemoteOrder]:
        return list(self.orders)

    def get(self, remote_id: str) -> RemoteOrder:
        for order in self.orders:
            if order.remote_id == remote_id:
                return order
        raise NotFound("the warehouse", "GET /orders", "it has no such order")

    def cancel(self, remote_id: str, _: str) -> CancelOutcome:
        self.cancels.append(remote_id)
        if self.obeys:
            self.orders = [
                replace(order, state=RemoteState.CANCELLED) if order.remote_id == remote_id else order
                for order in self.orders
            ]
        if isinstance(self.response, Exception):
            raise self.response
        return self.response


def attempt(account: Account, group: SentGroup = GROUP, *, whole: bool = False) -> CancelAttempt:
    return cancel_at_warehouse(cast(Warehouse, account), group, "Cancelled", lambda _: None, whole=whole)


OPEN, SHIPPED, CANCELLED = RemoteState.OPEN, RemoteState.SHIPPED, RemoteState.CANCELLED


def test_an_open_order_is_cancelled() -> None:
    account = Account([remote("100", OPEN)])
    assert attempt(account).result is CancelResult.GONE
    assert account.cancels == ["100"]


def test_an_order_that_is_cancelled_already_is_not_cancelled_again() -> None:
    account = Account([remote("100", CANCELLED)])
    assert attempt(account).result is CancelResult.GONE
    assert account.cancels == []


def test_every_open_part_is_cancelled() -> None:
    parts = [remote("100", CANCELLED), remote("101", OPEN, "R-1"), remote("102", OPEN, "R-2")]
    account = Account(parts)
    assert attempt(account).result is CancelResult.GONE
    assert account.cancels == ["101", "102"]


@pytest.mark.parametrize("decision", [CancelOutcome.CANCELLED, CancelOutcome.REQUESTED])
def test_a_confirmed_cancel_is_no_proof_before_the_warehouse_shows_it(decision: CancelOutcome) -> None:
    assert attempt(Account([remote("100", OPEN)], decision, obeys=False)).result is CancelResult.PENDING


@pytest.mark.parametrize(("obeys", "expected"), [(True, CancelResult.GONE), (False, CancelResult.PENDING)])
def test_an_unseen_outcome_of_a_cancel_is_settled_by_asking(obeys: bool, expected: CancelResult) -> None:
    unknown = OutcomeUnknown("Extensiv", "POST canceler", "no response")
    assert attempt(Account([remote("100", OPEN)], unknown, obeys=obeys)).result is expected


def test_the_rest_of_a_partly_shipped_order_is_cancelled_and_a_person_decides() -> None:
    account = Account([remote("100", SHIPPED), remote("101", OPEN, "R-1")])
    assert attempt(account).result is CancelResult.IMPOSSIBLE
    assert account.cancels == ["101"]


def test_an_order_that_is_to_be_resent_is_not_cancelled_in_part() -> None:
    account = Account([remote("100", SHIPPED), remote("101", OPEN, "R-1")])
    assert attempt(account, whole=True).result is CancelResult.IMPOSSIBLE
    assert account.cancels == []


def test_an_order_that_the_search_does_not_show_is_cancelled_by_its_number() -> None:
    account = Account([], CancelOutcome.CANCELLED)
    assert attempt(account).result is CancelResult.PENDING
    assert account.cancels == ["100"]


@pytest.mark.parametrize("gone", [CancelOutcome.NOT_FOUND, NotFound("Extensiv", "GET /orders/100", "none")])
def test_a_person_decides_about_an_order_that_the_warehouse_does_not_know(
    gone: CancelOutcome | Exception,
) -> None:
    assert attempt(Account([], gone)).result is CancelResult.IMPOSSIBLE


@pytest.mark.parametrize("refusal", [Refused("Extensiv", "POST", "no"), NotSupported("no cancels")])
def test_a_refusal_to_cancel_is_shown_in_the_words_of_the_warehouse(refusal: Exception) -> None:
    result = attempt(Account([remote("100", OPEN)], refusal, obeys=False))
    assert result.result is CancelResult.IMPOSSIBLE
    assert str(refusal) in result.why


def test_a_connector_without_the_cancel_capability_is_not_called() -> None:
    account = Account([remote("100", OPEN)], can_cancel=False)
    assert attempt(account).result is CancelResult.IMPOSSIBLE
    assert account.cancels == []


def test_a_system_error_is_raised() -> None:
    with pytest.raises(RemoteUnavailable):
        attempt(Account([remote("100", OPEN)], RemoteUnavailable("Extensiv", "POST", "503"), obeys=False))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.READY, CancelResult.GONE),
        (State.SKIPPED, CancelResult.GONE),
        (State.CANCELLED, CancelResult.GONE),
        (State.SENDING, CancelResult.BUSY),
        (State.UNKNOWN, CancelResult.BUSY),
        (State.SHIPPED, CancelResult.IMPOSSIBLE),
        (State.CONFLICT, CancelResult.IMPOSSIBLE),
    ],
)
def test_where_nothing_can_be_open_the_warehouse_is_not_called(state: State, expected: CancelResult) -> None:
    account = Account([])
    assert attempt(account, replace(GROUP, state=state)).result is expected
    assert account.cancels == []
