"""What the warehouse says about orders as such: it has them, rejects them, or responds to a document."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.lifecycle.exceptions import decide, open_exceptions
from cartage.lifecycle.transitions import By
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Step, lost_response
from tests.contract.document_world import DocumentWorld

REJECTED = "rejected_by_warehouse"


def events(world: DocumentWorld, kind: str) -> list[str]:
    return [row.why for row in world.rows("SELECT why FROM event WHERE kind = :kind ORDER BY id", kind=kind)]


def reject(
    world: DocumentWorld, reference: str, name: str = "rejected.json", **fields: Any
) -> dict[str, int]:
    world.target.put(name, rejected=[{"reference": reference, "reason": "no such address", **fields}])
    return world.poll()


def respond(world: DocumentWorld, **fields: Any) -> dict[str, int]:
    [document] = world.documents()
    world.target.put("997.json", responses=[{"number": document.number, "accepted": True} | fields])
    return world.poll()


def decide_as_person(world: DocumentWorld, choice: str) -> None:
    with world.ledger.begin() as connection:
        [waiting] = open_exceptions(connection, world.lane.name)
        decide(connection, waiting.id, choice, By("Kim Doe", "test"))


# Acknowledged


def test_an_acknowledged_order_is_confirmed_once_on_its_timeline(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    accepted = [{"reference": reference, "remote_id": "WH-7"}]
    for others in ([], [{"reference": "EBAY-1"}]):
        world.target.put("ack.json", accepted=accepted + others)
        assert world.poll()["files"] == 1
    [row] = world.rows("SELECT confirmed_at, confirmed_as, state FROM fulfillment_order")
    assert (row.confirmed_as, row.state) == ("WH-7", "acknowledged")
    assert events(world, "confirmed") == ["the warehouse acknowledged it"]


@pytest.mark.parametrize("asked", [False, True])
def test_an_acknowledgement_settles_an_unknown_outcome_in_the_poll(
    make_document_world: MakeDocumentWorld, asked: bool
) -> None:
    world = make_document_world(folder={"direct": True})
    [reference] = world.ready()
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.transfer()
    world.target.take()
    if asked:
        world.wait_out()
        world.send()
        assert world.open_exceptions() == ["sent_or_not"]
    world.target.put("ack.json", accepted=[{"reference": reference.lower()}])
    counts = world.poll()
    assert (counts["confirmed"], counts["settled"]) == (1, 1)
    assert (world.states(), world.open_exceptions()) == ({"acknowledged": 1}, [])


def test_orders_of_others_in_a_file_are_named_and_change_nothing(document_world: DocumentWorld) -> None:
    world = document_world
    world.sent()
    others = [{"reference": f"EBAY-{number}"} for number in range(500)]
    world.target.put("ack.json", accepted=others, rejected=[{"reference": "AMZ-1", "reason": "no stock"}])
    counts = world.poll()
    assert (counts["unknown_orders"], counts["quarantined"]) == (501, 0)
    acknowledged, rejected = world.findings()
    assert acknowledged.startswith("the warehouse acknowledges 500 orders that this ledger does not know")
    assert acknowledged.endswith("and 490 more")
    assert "AMZ-1 (no stock)" in rejected
    assert world.states() == {"acknowledged": 1}


# Rejected


def test_a_rejected_order_waits_for_a_person_with_the_warehouses_reason(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    reference, _ = world.sent(2)
    counts = reject(world, reference, remote_id="WH-7")
    assert (counts["rejected"], counts["exceptions"]) == (1, 1)
    assert (world.states(), world.open_exceptions()) == ({"acknowledged": 1, "conflict": 1}, [REJECTED])
    [row] = world.rows("SELECT message, remote_id, choices FROM exception")
    assert row.message.endswith(f"the warehouse rejected {reference} after it had taken it: no such address")
    assert (row.remote_id, row.choices) == ("WH-7", ["resend", "drop", "handled"])


def test_a_person_resends_a_rejected_order_as_the_next_generation(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    reject(world, reference)
    decide_as_person(world, "resend")
    world.go("settle_outcomes", "validate_mappings", "transfer_to_warehouse")
    assert (world.states(), world.open_exceptions()) == ({"acknowledged": 1}, [])
    world.target.take()
    assert sorted(world.target.taken.values()) == [1, 1]
    [other] = world.target.taken.keys() - {reference}
    rows = world.rows("SELECT reference, state FROM fulfillment_order ORDER BY id")
    assert [tuple(row) for row in rows] == [(reference, "cancelled"), (other, "acknowledged")]


def test_a_person_drops_a_rejected_order(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    reject(world, reference)
    decide_as_person(world, "drop")
    world.send()
    assert (world.states(), world.open_exceptions()) == ({"cancelled": 1}, [])


def test_a_handled_rejection_counts_as_acknowledged_and_is_not_asked_again(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    [reference] = world.sent()
    reject(world, reference)
    decide_as_person(world, "handled")
    assert world.states() == {"conflict": 1}
    world.send()
    assert (world.states(), world.open_exceptions()) == ({"acknowledged": 1}, [])
    # A list of all rejections, which the warehouse sends every day.
    reject(world, reference, "rejected_2.json", remote_id="WH-7")
    assert (world.states(), world.open_exceptions()) == ({"acknowledged": 1}, [])
    # It rejects it for another reason: that is news.
    reject(world, reference, "rejected_3.json", reason="out of stock")
    assert (world.states(), world.open_exceptions()) == ({"conflict": 1}, [REJECTED])


def test_a_rejected_order_that_ships_all_the_same_needs_nobody(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    reject(world, reference)
    world.target.put("ship.json", shipped=[world.shipped(reference)])
    counts = world.poll()
    assert (counts["settled"], counts["shipped"]) == (1, 1)
    assert (world.states(), world.open_exceptions()) == ({"shipped": 1}, [])


@pytest.mark.parametrize("together", [True, False])
def test_a_rejection_of_a_shipped_order_is_kept_and_changes_nothing(
    document_world: DocumentWorld, together: bool
) -> None:
    world = document_world
    [reference] = world.sent()
    rejected = [{"reference": reference, "reason": "no such address"}]
    if together:
        world.target.put("all.json", shipped=[world.shipped(reference)], rejected=rejected)
    else:
        world.target.put("ship.json", shipped=[world.shipped(reference)])
        world.poll()
        world.target.put("rejected.json", rejected=rejected)
    world.poll()
    assert (world.states(), world.open_exceptions()) == ({"shipped": 1}, [])
    kept = "the warehouse rejected it: no such address; it has shipped"
    assert events(world, "rejection_kept") == [kept]
    reject(world, reference, "rejected_2.json")
    assert events(world, "rejection_kept") == [kept]


def test_a_rejection_of_an_order_that_was_not_sent_is_kept_and_changes_nothing(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    [reference] = world.ready()
    assert reject(world, reference)["rejected"] == 1
    assert world.states() == {"ready": 1}
    assert events(world, "rejection_kept") == [
        "the warehouse rejected it: no such address; it is not at the warehouse"
    ]


def test_the_rejected_rest_of_a_partial_shipment_ends_the_order_short(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent(kind="multi_line")
    shipped = world.shipped(reference, final=False)
    first, *_ = shipped["lines"]
    shipped["lines"] = {first: "1"}
    world.target.put(
        "all.json", shipped=[shipped], rejected=[{"reference": reference, "reason": "the rest is gone"}]
    )
    world.poll()
    assert (world.states(), world.open_exceptions()) == ({"partially_shipped": 1}, ["shipped_differently"])
    [kept] = events(world, "rejection_kept")
    assert (
        kept == "the warehouse rejected it: the rest is gone; a part of it has shipped, and nothing more will"
    )


@pytest.mark.parametrize("asked", [False, True])
def test_a_rejection_proves_that_an_order_with_an_unknown_outcome_arrived(
    make_document_world: MakeDocumentWorld, asked: bool
) -> None:
    world = make_document_world(folder={"direct": True})
    [reference] = world.ready()
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.transfer()
    world.target.take()
    if asked:
        world.wait_out()
        world.send()
    reject(world, reference)
    assert (world.states(), world.open_exceptions()) == ({"conflict": 1}, [REJECTED])
    assert world.outcomes() == ["conflict"]
    world.wait_out()
    world.send()
    assert (world.states(), world.open_exceptions()) == ({"conflict": 1}, [REJECTED])


def test_a_rejection_that_arrives_before_the_run_has_recorded_its_sending(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    [reference] = world.ready()

    def rejected_at_once() -> None:
        world.folder.at.clear()
        world.target.take()
        reject(world, reference)

    world.folder.at[Step.PUBLISHED] = rejected_at_once
    world.transfer()
    assert (world.states(), world.open_exceptions()) == ({"conflict": 1}, [REJECTED])
    decide_as_person(world, "drop")
    world.send()
    assert world.states() == {"cancelled": 1}


# Responses to our documents


@pytest.mark.parametrize("position", [None, 1])
def test_an_accepted_document_is_on_the_timeline_of_its_orders_once(
    make_document_world: MakeDocumentWorld, position: int | None
) -> None:
    world = make_document_world(folder={"per_document": 2})
    world.sent(2)
    counts = respond(world, position=position)
    assert counts["responses"] == 1
    [document] = world.documents()
    assert document.response == ("accepted" if position is None else "partly")
    assert document.responded_at is not None
    assert len(events(world, "document_accepted")) == (2 if position is None else 1)
    [row] = world.rows("SELECT array_agg(document_response ORDER BY position) AS said FROM transfer")
    assert row.said == ["accepted", "accepted" if position is None else None]
    world.target.put("again.json", responses=[{"number": document.number, "accepted": True, "position": 1}])
    world.poll()
    assert len(events(world, "document_accepted")) == (2 if position is None else 1)


@pytest.mark.parametrize("position", [None, 2])
def test_a_rejected_document_or_order_of_it_waits_for_a_person(
    make_document_world: MakeDocumentWorld, position: int | None
) -> None:
    world = make_document_world(folder={"per_document": 2})
    first, second = world.sent(2)
    respond(world, accepted=False, position=position, reason="the zip code is missing")
    asked = world.rows(
        "SELECT f.reference, x.message FROM exception x JOIN fulfillment_order f ON f.id = x.fulfillment_order_id"
        " WHERE x.kind = 'rejected_by_warehouse' ORDER BY f.id"
    )
    assert [row.reference for row in asked] == ([first, second] if position is None else [second])
    [document] = world.documents()
    assert asked[0].message.endswith(f"it rejected {document.name}: the zip code is missing")


def test_an_accepted_position_settles_an_unknown_outcome(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"direct": True, "per_document": 2})
    world.ready(2)
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.transfer()
    world.target.take()
    respond(world, position=2)
    assert world.states() == {"acknowledged": 1, "unknown": 1}


def test_a_rejection_of_an_earlier_document_does_not_touch_the_later_one(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    world.sent()
    [document] = world.documents()
    world.execute(
        "INSERT INTO transfer (fulfillment_order_id, attempt, request, run_id, outcome, finished_at)"
        " SELECT fulfillment_order_id, 2, request, run_id, 'accepted', clock_timestamp() FROM transfer"
    )
    world.target.put("997.json", responses=[{"number": document.number, "accepted": False}])
    world.poll()
    assert (world.states(), world.open_exceptions()) == ({"acknowledged": 1}, [])
    [kept] = events(world, "rejection_kept")
    assert kept.endswith("it was sent again since")


@pytest.mark.parametrize("fields", [{"number": 7}, {"number": 10**30}, {"position": 9}, {"position": 2**40}])
def test_a_response_to_what_was_never_sent_is_quarantined_with_its_reason(
    document_world: DocumentWorld, fields: dict[str, int]
) -> None:
    world = document_world
    world.sent()
    counts = respond(world, **fields)
    assert counts["quarantined"] == 1
    [file] = world.inbound()
    assert (file.state, bytes(file.content)[:1]) == ("quarantined", b"{")
    [finding] = world.findings()
    assert finding.startswith("it responds to our document ")
    assert (world.states(), world.target.left()) == ({"acknowledged": 1}, [])
