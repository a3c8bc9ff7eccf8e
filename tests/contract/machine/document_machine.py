"""Runs that send documents, crash, freeze and settle, one step at a time and in every order that Hypothesis tries.

Ledger, statements, writer and settling are real; the warehouse is a folder. A run that has noted that a document leaves
may be frozen for any time before it renames it: no check of a deadline covers the system call itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from cartage.db import Ledger
from cartage.errors import OutcomeUnknown
from cartage.model.states import State
from cartage.sending.document_batches import DocumentWriter, PreparedDocument
from cartage.sending.outcomes import DocumentOutcome, OutcomeRecorder, SendOutcome, send_outcome
from cartage.sending.repo.documents import mark_document_dispatched
from cartage.sending.settle_unknown import settle_unknown
from cartage.warehouses.contract import SubmitResult
from tests.contract.document_warehouse import LONGEST_PUBLISH, FileTarget, FolderWarehouse, Killed, Step, die
from tests.contract.machine.lane_machine import MUCH_LATER, PICK, LaneMachine, picked

LEASE = 2 * LONGEST_PUBLISH + timedelta(seconds=30)
_PAST_THE_LEASE = LEASE.total_seconds() + 1


@dataclass(eq=False)
class Publication:
    """A document of a run, and how far the run has come with it. `seen` is what the rename returned."""

    prepared: PreparedDocument
    staged: bool = False
    dispatched: bool = False
    seen: Callable[[], SubmitResult] | None = None


@dataclass(eq=False)
class Publishing:
    """A run that sends documents; it may be frozen between any two of its steps."""

    owner: str
    recorder: OutcomeRecorder
    unsent: list[Publication]


class DocumentMachine(LaneMachine):
    """One lane whose orders leave as files, runs that work on them, and a warehouse that takes files at any time."""

    def __init__(
        self, ledger: Ledger, store_id: int, skip: Callable[[float], None], root: Path, per_document: int
    ) -> None:
        super().__init__(ledger, store_id, skip)
        self.folder = FolderWarehouse(FileTarget(root / self.lane.name), per_document=per_document)
        self.context.__dict__.update(warehouse=self.folder, warehouse_secrets=frozenset())
        self.writer = DocumentWriter(
            self.folder, account=self.context.document_account, lane=self.lane.name, made_with="settings"
        )
        self.running: list[Publishing] = []

    # What happens

    @precondition(lambda self: len(self.running) < 3)
    @rule(size=st.integers(min_value=1, max_value=4))
    def begin(self, size: int) -> None:
        owner = self.new_owner()
        with self.ledger.begin() as connection:
            intents = self.claim(connection, owner, LEASE, size)
            batch = self.writer.prepare(connection, intents) if intents else None
        if batch:
            recorder = OutcomeRecorder(self.context, owner, Counter())
            publications = [Publication(prepared) for prepared in batch.documents]
            self.running.append(Publishing(owner, recorder, publications))

    @precondition(lambda self: any(run.unsent for run in self.running))
    @rule(pick=PICK)
    def go_on(self, pick: int) -> None:
        """Let a run make the next step with its first document."""
        run = picked([run for run in self.running if run.unsent], pick)
        publication = run.unsent[0]
        if not publication.staged:
            self.folder.stage(publication.prepared.document)
            publication.staged = True
        elif not publication.dispatched:
            self._dispatch(run, publication)
        elif publication.seen is None:
            publication.seen = self._renamed(publication)
        else:
            self._record(run, send_outcome(publication.prepared.intents[0], self._outcome(publication)))

    @precondition(lambda self: any(self._dispatched(run) for run in self.running))
    @rule(pick=PICK)
    def lose_the_response(self, pick: int) -> None:
        """Give a run an error instead of a response, whether its document was renamed or not; it never will be."""
        run = picked([run for run in self.running if self._dispatched(run)], pick)

        def lost() -> SendOutcome:
            raise OutcomeUnknown("the folder", "rename", "no response")

        self._record(run, send_outcome(run.unsent[0].prepared.intents[0], lost))

    @precondition(lambda self: self.running)
    @rule(pick=PICK)
    def die(self, pick: int) -> None:
        self.running.remove(picked(self.running, pick))

    @rule()
    def take(self) -> None:
        self.folder.target.take()

    @precondition(lambda self: "ready" in self.states().values())
    @rule(pick=PICK)
    def edit(self, pick: int) -> None:
        """Change what is to be sent of an order that has not left."""
        ready = [reference for reference, state in self.states().items() if state == "ready"]
        self.execute(
            "UPDATE fulfillment_order SET request = jsonb_set(request, '{notes}', to_jsonb(md5(random()::text)))"
            " WHERE reference = :reference AND state = 'ready'",
            reference=picked(ready, pick),
        )

    @rule()
    def settle(self) -> None:
        settle_unknown(self.context, Counter())

    @rule(step=st.sampled_from([Step.WITHDRAW, Step.WITHDRAWN]))
    def settle_and_die(self, step: Step) -> None:
        """Let a run die while it withdraws a document, if it comes to that."""
        self.folder.at[step] = die
        try:
            settle_unknown(self.context, Counter())
        except Killed:
            pass
        finally:
            self.folder.at.clear()

    @precondition(lambda self: self.running)
    @rule()
    def overtake(self) -> None:
        """Freeze all runs until their claims have run out; let another run settle what they left, and begin."""
        self.skip(_PAST_THE_LEASE)
        settle_unknown(self.context, Counter())
        if len(self.running) < 3:
            self.begin(4)

    # What must always be true

    @invariant()
    def no_order_is_in_two_files(self) -> None:
        doubled = {name: files for name, files in self.folder.target.copies().items() if files > 1}
        assert not doubled, f"in more than one file: {doubled}"

    @invariant()
    def what_is_there_is_known_or_will_be_looked_for(self) -> None:
        states = self.states()
        lost = {
            name: states[name] for name in self.folder.target.copies() if states[name] not in _MAY_BE_THERE
        }
        assert not lost, f"in a file, and the ledger says: {lost}"

    @invariant()
    def no_number_is_used_twice(self) -> None:
        numbers = [row.number for row in self.rows("SELECT number FROM outbound_document WHERE lane = :lane")]
        assert len(set(numbers)) == len(numbers)

    def teardown(self) -> None:
        """Let all runs die. Later runs, without faults, bring every order to its final state."""
        self.running.clear()
        for _ in range(3):
            self.skip(MUCH_LATER)
            settle_unknown(self.context, Counter())
            self.begin(100)
            while any(run.unsent for run in self.running):
                self.go_on(0)
            self.running.clear()
        copies, unwanted = self.folder.target.copies(), self.unwanted()
        for name, state in self.states().items():
            ends = {"acknowledged"} | ({"ready", "cancelled"} if name in unwanted else set())
            assert state in ends, f"{name} ended as {state}, in {copies[name]} files"
            assert copies[name] == (state == "acknowledged"), f"{name} is {state}, in {copies[name]} files"

    # Helpers

    def _dispatched(self, run: Publishing) -> bool:
        return bool(run.unsent) and run.unsent[0].dispatched

    def _dispatch(self, run: Publishing, publication: Publication) -> None:
        prepared = publication.prepared

        def dispatch() -> SendOutcome:
            with self.ledger.begin() as connection:
                mark_document_dispatched(
                    connection,
                    prepared.id,
                    attempt=prepared.document.attempt,
                    orders=len(prepared.intents),
                    owner=run.owner,
                    longest_request=LONGEST_PUBLISH,
                )
            publication.dispatched = True
            return SendOutcome.returned(prepared.intents[0], "on its way")

        outcome = send_outcome(prepared.intents[0], dispatch)
        if not publication.dispatched:
            self._record(run, outcome)

    def _renamed(self, publication: Publication) -> Callable[[], SubmitResult]:
        try:
            result = self.folder.publish(publication.prepared.document)
        except Exception as failure:  # noqa: BLE001 - the run sees it with its next step
            return _raising(failure)
        return lambda: result

    def _outcome(self, publication: Publication) -> Callable[[], SendOutcome]:
        def outcome() -> SendOutcome:
            assert publication.seen is not None
            return SendOutcome.done(publication.prepared.intents[0], publication.seen())

        return outcome

    def _record(self, run: Publishing, first: SendOutcome) -> None:
        prepared = run.unsent.pop(0).prepared
        remote_ids = {
            intent.transfer_id: intent.request["reference"] if first.to is State.ACKNOWLEDGED else None
            for intent in prepared.intents
        }
        outcomes = [
            replace(first, intent=intent, remote_id=remote_ids[intent.transfer_id])
            for intent in prepared.intents
        ]
        run.recorder.add(outcomes, DocumentOutcome.of(prepared.id, prepared.document.attempt, first.to))
        run.recorder.flush()


_MAY_BE_THERE = {"sending", "unknown", "acknowledged"}


def _raising(failure: Exception) -> Callable[[], SubmitResult]:
    def raising() -> SubmitResult:
        raise failure

    return raising
