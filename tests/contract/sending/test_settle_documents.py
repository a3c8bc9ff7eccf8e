"""Documents whose publication nobody saw: whether a run died, froze or lost a response, each order leaves once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import pytest

from cartage.errors import NotSent, PermissionDenied
from cartage.lifecycle.evidence import note_confirmed
from cartage.lifecycle.exceptions import decide
from cartage.lifecycle.transitions import By
from cartage.sending.outcomes import OutcomeRecorder
from cartage.warehouses.documents import DocumentResponse
from cartage.warehouses.repo.documents import note_response
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Killed, Step, lost_response
from tests.contract.document_world import DocumentWorld

UNSEEN = [Step.PUBLISH, Step.PUBLISHED]
SETTLE = "settle_outcomes"


def sent_by_now(world: DocumentWorld, count: int) -> None:
    """Let later runs settle and send; check that the warehouse has each order once, and that the ledger knows it."""
    world.wait_out()
    world.send()
    assert world.states() == {"acknowledged": count}
    copies = world.target.copies()
    assert sorted(copies.values()) == [1] * count
    world.target.take()
    world.wait_out()
    world.send()
    assert world.target.taken == copies


def conflict_of(world: DocumentWorld) -> list[str]:
    rows = world.rows("SELECT kind FROM exception WHERE closed_at IS NULL AND decision IS NULL ORDER BY id")
    return [row.kind for row in rows]


# Runs that die


@pytest.mark.parametrize("per_document", [1, 3])
@pytest.mark.parametrize("step", [Step.WRITE, Step.STAGE, Step.STAGED, *UNSEEN])
def test_a_run_that_dies_at_any_step_neither_doubles_nor_loses_an_order(
    make_document_world: MakeDocumentWorld, step: Step, per_document: int
) -> None:
    world = make_document_world(folder={"per_document": per_document})
    world.ready(3)
    world.die_at(step)
    sent_by_now(world, 3)


@pytest.mark.parametrize("taken", [True, False])
def test_a_run_that_dies_before_it_records_what_it_published_is_settled(
    document_world: DocumentWorld, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    def died(_: OutcomeRecorder) -> None:
        raise Killed

    document_world.ready(2)
    with monkeypatch.context() as dying:
        dying.setattr(OutcomeRecorder, "flush", died)
        with pytest.raises(Killed):
            document_world.send()
    assert len(document_world.target.waiting()) == 2
    if taken:
        document_world.target.take()
    sent_by_now(document_world, 2)


@pytest.mark.parametrize("step", [Step.WITHDRAW, Step.WITHDRAWN])
@pytest.mark.parametrize("died_at", UNSEEN)
def test_a_run_that_dies_while_it_withdraws_neither_doubles_nor_loses_an_order(
    document_world: DocumentWorld, step: Step, died_at: Step
) -> None:
    document_world.ready(2)
    document_world.die_at(died_at)
    document_world.wait_out()
    if (step, died_at) == (Step.WITHDRAWN, Step.PUBLISHED):
        document_world.go(SETTLE)  # There is nothing to withdraw, and no such step.
    else:
        document_world.die_at(step, SETTLE)
    sent_by_now(document_world, 2)


def test_what_a_dead_run_only_staged_is_sent_with_the_same_bytes(document_world: DocumentWorld) -> None:
    document_world.ready()
    document_world.die_at(Step.STAGED)
    [before] = document_world.documents()
    sent_by_now(document_world, 1)
    assert document_world.target.files == [(before.name, bytes(before.content))]
    assert document_world.outcomes() == ["not_sent", "accepted"]


def test_what_a_dead_run_did_not_publish_is_withdrawn_and_sent_with_the_same_bytes(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()
    document_world.die_at(Step.PUBLISH)
    [before] = document_world.documents()
    sent_by_now(document_world, 1)
    assert document_world.target.files == [(before.name, bytes(before.content))]
    assert document_world.outcomes() == ["absent", "accepted"]


def test_what_a_dead_run_published_is_accepted_and_not_sent_again(document_world: DocumentWorld) -> None:
    document_world.ready()
    document_world.die_at(Step.PUBLISHED)
    document_world.target.take()
    sent_by_now(document_world, 1)
    assert document_world.outcomes() == ["accepted"]
    assert document_world.documents()[0].published_at


def test_a_document_is_withdrawn_once_for_all_its_orders(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"per_document": 120})  # more than are settled at once
    world.ready(120)
    world.die_at(Step.PUBLISH)
    world.wait_out()
    calls: list[int] = []
    world.folder.at[Step.WITHDRAW] = lambda: calls.append(1)
    world.go(SETTLE)
    assert (calls, world.states()) == ([1], {"ready": 120})


def test_nothing_is_withdrawn_while_the_document_may_still_be_published(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()
    with document_world.interrupted(Step.PUBLISHED, lost_response):
        document_world.send()
    document_world.go(SETTLE)
    assert document_world.states() == {"unknown": 1}


def test_a_withdrawn_order_with_a_requested_cancel_is_cancelled(document_world: DocumentWorld) -> None:
    document_world.ready()
    document_world.die_at(Step.PUBLISH)
    document_world.execute("UPDATE fulfillment_order SET cancel_wanted_at = clock_timestamp()")
    document_world.wait_out()
    document_world.send()
    assert (document_world.states(), document_world.target.copies()) == ({"cancelled": 1}, {})


def test_a_folder_that_cannot_be_reached_leaves_the_outcome_unknown(document_world: DocumentWorld) -> None:
    def unreachable() -> None:
        raise PermissionDenied("the folder", "look", "permission denied")

    document_world.ready()
    document_world.die_at(Step.PUBLISH)
    document_world.wait_out()
    with document_world.interrupted(Step.WITHDRAW, unreachable), pytest.raises(PermissionDenied):
        document_world.go(SETTLE)
    assert document_world.states() == {"unknown": 1}
    sent_by_now(document_world, 1)


# Runs that freeze and wake


def overtaken(world: DocumentWorld) -> Callable[[], None]:
    """Let the frozen run's claims run out, and another run settle and send everything, in the midst of its step."""

    def overtake() -> None:
        world.folder.at.clear()
        world.wait_out()
        world.send()
        assert world.states() == {"acknowledged": 2}

    return overtake


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("step", [Step.STAGE, Step.STAGED, Step.PUBLISH])
def test_a_run_that_wakes_after_another_run_has_sent_its_orders_publishes_nothing(
    make_document_world: MakeDocumentWorld, step: Step, taken: bool
) -> None:
    world = make_document_world(folder={"per_document": 2})
    world.ready(2)

    def overtake() -> None:
        overtaken(world)()
        if taken:
            world.target.take()

    world.folder.at[step] = overtake
    # Where the other run's file still lies, what this one was to publish is there.
    with pytest.raises(NotSent) if step is Step.PUBLISH and taken else nullcontext():
        world.transfer()
    assert sorted(world.target.copies().values()) == [1, 1]
    assert world.states() == {"acknowledged": 2}
    [document] = world.documents()
    assert document.published_at and document.attempt == 2


def test_a_run_that_wakes_after_its_document_was_withdrawn_publishes_nothing(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()

    def withdrawn() -> None:
        document_world.folder.at.clear()
        document_world.wait_out()
        document_world.go(SETTLE)

    document_world.folder.at[Step.PUBLISH] = withdrawn
    with pytest.raises(NotSent):
        document_world.transfer()
    assert (document_world.states(), document_world.target.copies()) == ({"ready": 1}, {})
    document_world.send()
    assert list(document_world.target.copies().values()) == [1]


# Write-once servers: only evidence or a person can tell


@pytest.fixture
def direct(make_document_world: MakeDocumentWorld) -> DocumentWorld:
    """A lane that writes under the final name, and has lost the response to an order that the warehouse has taken."""
    world = make_document_world(folder={"direct": True})
    world.ready()
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.transfer()
    world.target.take()
    assert world.states() == {"unknown": 1}
    return world


def order_id(world: DocumentWorld) -> int:
    [row] = world.rows("SELECT id FROM fulfillment_order")
    return int(row.id)


def confirm(world: DocumentWorld) -> None:
    with world.ledger.begin() as connection:
        note_confirmed(connection, {order_id(world): "WH-7"})


def respond(world: DocumentWorld, *, accepted: bool = True) -> None:
    [document] = world.documents()
    with world.ledger.begin() as connection:
        about = note_response(connection, document.account, DocumentResponse(document.number, accepted))
    assert about is not None
    assert [order.fulfillment_order_id for order in about.orders] == [order_id(world)]


def ship(world: DocumentWorld) -> None:
    world.execute(
        "INSERT INTO shipment (lane, key, fulfillment_order_id, remote_id, reference, voided, final)"
        " SELECT lane, 'S1', id, 'WH-7', reference, false, true FROM fulfillment_order"
    )


EVIDENCE = [(confirm, "WH-7"), (respond, None), (ship, "WH-7")]


def test_without_evidence_a_person_decides_and_nothing_is_sent_again(direct: DocumentWorld) -> None:
    direct.wait_out()
    direct.send()
    assert (direct.states(), conflict_of(direct)) == ({"conflict": 1}, ["sent_or_not"])
    assert list(direct.target.copies().values()) == [1]


def test_a_file_that_was_not_picked_up_yet_is_evidence(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"direct": True})
    world.ready()
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.transfer()
    sent_by_now(world, 1)
    assert world.outcomes() == ["found"]


@pytest.mark.parametrize(("evidence", "remote_id"), EVIDENCE)
def test_evidence_settles_an_unknown_outcome(
    direct: DocumentWorld, evidence: Callable[[DocumentWorld], None], remote_id: str | None
) -> None:
    evidence(direct)
    direct.go(SETTLE)
    assert (direct.states(), conflict_of(direct)) == ({"acknowledged": 1}, [])
    assert direct.outcomes() == ["found"]
    [row] = direct.rows("SELECT reference, remote_id FROM fulfillment_order")
    assert row.remote_id == (remote_id or row.reference)


@pytest.mark.parametrize(("evidence", "remote_id"), EVIDENCE)
def test_evidence_that_comes_later_answers_for_the_person_who_was_asked(
    direct: DocumentWorld, evidence: Callable[[DocumentWorld], None], remote_id: str | None
) -> None:
    direct.wait_out()
    direct.send()
    assert conflict_of(direct) == ["sent_or_not"]
    evidence(direct)
    direct.send()
    assert (direct.states(), conflict_of(direct)) == ({"acknowledged": 1}, [])
    [exception] = direct.rows("SELECT close_reason FROM exception")
    assert exception.close_reason.startswith("the warehouse ")
    assert list(direct.target.copies().values()) == [1]
    assert direct.send()["settled"] == 0


def test_a_rejected_document_is_no_evidence(direct: DocumentWorld) -> None:
    respond(direct, accepted=False)
    direct.wait_out()
    direct.send()
    assert direct.states() == {"conflict": 1}


def test_a_voided_shipment_is_no_evidence(direct: DocumentWorld) -> None:
    ship(direct)
    direct.execute("UPDATE shipment SET voided = true")
    direct.wait_out()
    direct.send()
    assert direct.states() == {"conflict": 1}


def test_a_response_to_a_number_that_was_never_sent_is_about_nothing(direct: DocumentWorld) -> None:
    [document] = direct.documents()
    with direct.ledger.begin() as connection:
        assert note_response(connection, document.account, DocumentResponse(1, accepted=True)) is None
        there = note_response(connection, "other/account", DocumentResponse(document.number, accepted=True))
    assert there is None


def test_a_person_is_asked_only_once_the_evidence_would_have_come(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(folder={"direct": True, "visibility_delay": timedelta(hours=8)})
    world.ready()
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.transfer()
    world.target.take()
    for _ in range(2):
        world.wait_out()
        world.send()
        assert world.states() == {"unknown": 1}
    world.execute("UPDATE transfer SET sent_at = sent_at - interval '9 hours'")
    world.wait_out()
    world.send()
    assert world.states() == {"conflict": 1}


def test_what_a_person_decided_not_to_ship_is_not_taken_back_by_evidence(direct: DocumentWorld) -> None:
    direct.wait_out()
    direct.send()
    [asked] = direct.rows("SELECT id FROM exception")
    with direct.ledger.begin() as connection:
        decide(connection, asked.id, "drop", By("ann", "test"))
    confirm(direct)
    direct.send()
    assert direct.states() == {"cancelled": 1}


@pytest.mark.parametrize(
    ("choice", "states", "copies"),
    [("accept", {"acknowledged": 1}, 1), ("send", {"acknowledged": 1}, 2), ("drop", {"cancelled": 1}, 1)],
)
def test_what_a_person_decides_is_carried_out_although_the_target_shows_nothing(
    direct: DocumentWorld, choice: str, states: dict[str, int], copies: int
) -> None:
    direct.wait_out()
    direct.send()
    [asked] = direct.rows("SELECT id FROM exception")
    with direct.ledger.begin() as connection:
        decide(connection, asked.id, choice, By("ann", "test"))
    direct.send()
    assert (direct.states(), conflict_of(direct)) == (states, [])
    assert list(direct.target.copies().values()) == [copies]
    numbers = [document.number for document in direct.documents()]
    assert len(set(numbers)) == copies


# Restored ledgers


def restore(world: DocumentWorld) -> None:
    """Let the ledger be one that was restored: what it says was true when its backup was made."""
    world.execute(
        "UPDATE lane_state SET quarantined_at = clock_timestamp(), quarantine_ended_at = NULL, surveyed_at = NULL"
    )


def settled(world: DocumentWorld) -> None:
    world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 hour'")
    world.execute("UPDATE fulfillment_order SET created_at = created_at - interval '2 hours'")
    world.execute("UPDATE outbound_document SET created_at = created_at - interval '2 hours'")
    world.execute("UPDATE transfer SET intent_at = intent_at - interval '2 hours'")
    world.wait_out()
    world.go(SETTLE)


@pytest.mark.parametrize("step", [Step.STAGE, Step.STAGED, Step.PUBLISH, Step.PUBLISHED])
def test_a_document_that_a_restored_ledger_cannot_vouch_for_is_not_sent_again(
    document_world: DocumentWorld, step: Step
) -> None:
    """The backup is from the step; the process went on, published it, and the warehouse took it."""
    document_world.ready()
    document_world.die_at(step)
    [document] = document_world.documents()
    for left in document_world.target.staged():
        (document_world.target.root / "in" / left).unlink()
    (document_world.target.root / "in" / document.name).write_bytes(bytes(document.content))
    document_world.target.take()
    restore(document_world)
    settled(document_world)
    assert (document_world.states(), conflict_of(document_world)) == ({"conflict": 1}, ["sent_or_not"])
    document_world.transfer()
    assert list(document_world.target.copies().values()) == [1]


def test_a_lane_that_is_added_casts_no_doubt_on_the_documents_of_others(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()
    document_world.die_at(Step.PUBLISHED)
    document_world.target.take()
    document_world.execute(
        "INSERT INTO lane_state (lane, store_id, quarantined_at)"
        " SELECT 'added', store_id, clock_timestamp() FROM lane_state"
    )
    sent_by_now(document_world, 1)


def test_what_lies_staged_beside_a_restored_ledger_was_not_sent(document_world: DocumentWorld) -> None:
    document_world.ready()
    document_world.die_at(Step.PUBLISH)
    restore(document_world)
    settled(document_world)
    assert document_world.states() == {"ready": 1}
    document_world.execute("UPDATE fulfillment_order SET absent_at = clock_timestamp()")
    [before] = document_world.documents()
    document_world.transfer()
    assert list(document_world.target.copies().values()) == [1]
    # Its bytes are not used again: nobody knows what became of them in the time that was forgotten.
    assert document_world.documents()[-1].number > before.number


def test_a_restored_ledger_asks_a_person_for_orders_that_it_cannot_prove_unsent(
    document_world: DocumentWorld,
) -> None:
    document_world.ready(2)
    restore(document_world)
    document_world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 hour'")
    document_world.send()
    assert (document_world.states(), document_world.target.copies()) == ({"conflict": 2}, {})
    assert conflict_of(document_world) == ["sent_or_not"] * 2


@pytest.mark.parametrize(("evidence", "remote_id"), [(confirm, "WH-7"), (ship, "WH-7")])
def test_what_a_restored_ledger_knows_of_an_unsent_order_proves_that_it_was_sent(
    document_world: DocumentWorld, evidence: Callable[[DocumentWorld], None], remote_id: str
) -> None:
    document_world.ready()
    evidence(document_world)
    restore(document_world)
    document_world.execute("UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 hour'")
    document_world.send()
    assert (document_world.states(), document_world.target.copies()) == ({"acknowledged": 1}, {})
    assert [row.remote_id for row in document_world.rows("SELECT remote_id FROM fulfillment_order")] == [
        remote_id
    ]
