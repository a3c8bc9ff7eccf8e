"""Runs that send, crash, freeze and settle, one step at a time and in every order that Hypothesis tries.

The ledger is real, and so are the statements and the settling; the warehouse is a model. A step is what a process
does between two points at which it can die: an intent, a request that leaves, a response, a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from cartage.db import Ledger
from cartage.errors import OutcomeUnknown
from cartage.model.documents import request_from
from cartage.model.orders import FulfillmentRequest
from cartage.sending.outcomes import OutcomeRecorder, SendOutcome, send_outcome
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import TransferIntent
from cartage.sending.settle_unknown import settle_unknown
from cartage.warehouses.contract import DuplicatePolicy, SubmitResult
from tests.contract.machine.lane_machine import MUCH_LATER, PICK, LaneMachine, picked
from tests.contract.machine.model_warehouse import LONGEST_REQUEST, VISIBILITY_DELAY, ModelWarehouse

LEASE = 2 * LONGEST_REQUEST + timedelta(seconds=30)
_PAST_THE_LEASE = LEASE.total_seconds() + 1


@dataclass(eq=False)
class Flight:
    """A request under way; `response` is set once the warehouse has carried it out."""

    intent: TransferIntent
    request: FulfillmentRequest
    dies_at: datetime
    response: Callable[[], SubmitResult] | None = None


@dataclass(eq=False)
class Sending:
    """A run that is sending; it may be frozen between any two of its steps."""

    owner: str
    recorder: OutcomeRecorder
    unsent: list[TransferIntent]
    flights: list[Flight] = field(default_factory=list)
    outcomes: list[SendOutcome] = field(default_factory=list)


class SendingMachine(LaneMachine):
    """One lane: its orders, the runs that work on them, and the requests that are under way."""

    def __init__(self, ledger: Ledger, store_id: int, skip: Callable[[float], None]) -> None:
        super().__init__(ledger, store_id, skip)
        self.running: list[Sending] = []
        self.under_way: list[Flight] = []
        self.left: Counter[str] = Counter()

    @initialize(policy=st.sampled_from(list(DuplicatePolicy)))
    def open_warehouse(self, policy: DuplicatePolicy) -> None:
        self.warehouse = ModelWarehouse(policy, self.ledger.now)
        # The model has no connection, and so no secrets that its responses could repeat.
        self.context.__dict__.update(warehouse=self.warehouse, warehouse_secrets=frozenset())

    # What happens

    @precondition(lambda self: len(self.running) < 3)
    @rule(size=st.integers(min_value=1, max_value=4))
    def begin(self, size: int) -> None:
        owner = self.new_owner()
        with self.ledger.begin() as connection:
            intents = self.claim(connection, owner, LEASE, size)
        if intents:
            self.running.append(Sending(owner, OutcomeRecorder(self.context, owner, Counter()), intents))

    @precondition(lambda self: any(sending.unsent for sending in self.running))
    @rule(pick=PICK)
    def send(self, pick: int) -> None:
        run = picked([sending for sending in self.running if sending.unsent], pick)
        intent = run.unsent.pop(0)

        def dispatch() -> SendOutcome:
            with self.ledger.begin() as connection:
                transfers.mark_dispatched(
                    connection,
                    intent.transfer_id,
                    owner=run.owner,
                    longest_request=LONGEST_REQUEST,
                    settle=LONGEST_REQUEST + VISIBILITY_DELAY,
                )
            flight = Flight(intent, request_from(intent.request), self.ledger.now() + LONGEST_REQUEST)
            self.left[flight.request.reference] += 1
            run.flights.append(flight)
            self.under_way.append(flight)
            return SendOutcome.returned(intent, "on its way")

        outcome = send_outcome(intent, dispatch)
        if outcome.why != "on its way":
            run.outcomes.append(outcome)

    @precondition(lambda self: self.under_way)
    @rule(pick=PICK)
    def arrive(self, pick: int) -> None:
        flight = picked(self.under_way, pick)
        self.under_way.remove(flight)
        if self.ledger.now() < flight.dies_at:
            flight.response = _carried_out(self.warehouse, flight.request)

    @precondition(lambda self: any(sending.flights for sending in self.running))
    @rule(pick=PICK, lost=st.booleans())
    def receive_response(self, pick: int, lost: bool) -> None:
        """Give the run the response, or an error instead; the request may still arrive."""
        run = picked([sending for sending in self.running if sending.flights], pick)
        flight = run.flights.pop(0)

        def respond() -> SendOutcome:
            if lost or flight.response is None:
                raise OutcomeUnknown("the model", "submit", "no response")
            return SendOutcome.done(flight.intent, flight.response())

        run.outcomes.append(send_outcome(flight.intent, respond))

    @precondition(lambda self: any(sending.outcomes for sending in self.running))
    @rule(pick=PICK)
    def record(self, pick: int) -> None:
        run = picked([sending for sending in self.running if sending.outcomes], pick)
        outcomes, run.outcomes = run.outcomes, []
        run.recorder.add(outcomes)
        run.recorder.flush()

    @precondition(lambda self: self.running)
    @rule(pick=PICK)
    def die(self, pick: int) -> None:
        self.running.remove(picked(self.running, pick))

    @rule()
    def settle_what_dead_runs_left(self) -> None:
        settle_unknown(self.context, Counter())

    @precondition(lambda self: self.running)
    @rule()
    def overtake(self) -> None:
        """Freeze all runs until their claims have run out; let another run settle what they left, and begin."""
        self.skip(_PAST_THE_LEASE)
        settle_unknown(self.context, Counter())
        if len(self.running) < 3:
            self.begin(4)

    @precondition(lambda self: any(sending.flights for sending in self.running))
    @rule(pick=PICK)
    def settle_too_early(self, pick: int) -> None:
        """Lose a response, and let the next run settle at once, while the request may still be under way."""
        self.receive_response(pick, lost=True)
        self.record(pick)
        settle_unknown(self.context, Counter())

    # What must always be true

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        doubled = {name: times for name, times in self._created().items() if times > 1}
        assert not doubled, f"sent twice: {doubled}"

    @invariant()
    def nothing_is_repeated_that_would_be_accepted_twice(self) -> None:
        """Absence is never certain: where the warehouse would accept a repeat, a person decides."""
        if hasattr(self, "warehouse") and self.warehouse.policy is not DuplicatePolicy.REJECTS:
            repeated = {name: times for name, times in self.left.items() if times > 1}
            assert not repeated, f"sent again: {repeated}"

    @invariant()
    def what_is_there_is_known_or_will_be_looked_for(self) -> None:
        there = self._created()
        states = self.states()
        lost = {name: states[name] for name in there if states[name] not in _MAY_BE_THERE}
        assert not lost, f"at the warehouse, and the ledger says: {lost}"

    def teardown(self) -> None:
        """Let all runs die. Later runs, without faults, bring every order to its final state."""
        if not hasattr(self, "warehouse"):
            return
        self.running.clear()
        for _ in range(3):
            self.skip(MUCH_LATER)
            while self.under_way:
                self.arrive(0)
            settle_unknown(self.context, Counter())
            self._send_all()
        there, unwanted = self._created(), self.unwanted()
        for name, state in self.states().items():
            refuses = self.warehouse.policy is DuplicatePolicy.REJECTS
            ends = {"acknowledged"} if refuses else {"acknowledged", "conflict"}
            # An order with a requested cancel that is certainly absent is not sent again.
            ends |= {"ready", "cancelled"} if name in unwanted and not there[name] else set()
            assert state in ends, f"{name} ended as {state}, sent {there[name]} times"
            assert not there[name] or state == "acknowledged", (
                f"{name} is there, and no run found it: {state}"
            )
            assert there[name] == 1 or state != "acknowledged", f"{name} is acknowledged, and is not there"
        self.nothing_is_sent_twice()

    # Helpers

    def _send_all(self) -> None:
        self.begin(100)
        while any(sending.unsent for sending in self.running):
            self.send(0)
        while self.under_way:
            self.arrive(0)
        while any(sending.flights for sending in self.running):
            self.receive_response(0, lost=False)
        while any(sending.outcomes for sending in self.running):
            self.record(0)
        self.running.clear()

    def _created(self) -> Counter[str]:
        return self.warehouse.created if hasattr(self, "warehouse") else Counter()


_MAY_BE_THERE = {"sending", "unknown", "acknowledged", "conflict"}


def _carried_out(warehouse: ModelWarehouse, request: FulfillmentRequest) -> Callable[[], SubmitResult]:
    result = warehouse.receive(request)
    return lambda: result
