"""Replies to the warehouse's files: saved in the commit that took a file in, and published until that is seen."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from cartage.errors import PermissionDenied
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Step, defect, lost_response
from tests.contract.document_world import DocumentWorld


def put_with_reply(world: DocumentWorld, name: str = "ship.json") -> None:
    """Let the warehouse send a file that wants a reply."""
    [reference] = world.sent()
    world.target.put(name, shipped=[world.shipped(reference)], reply=True)


def replied_to(world: DocumentWorld) -> list[str]:
    """Return the names of the files to which we have replied, by what the warehouse sees."""
    world.target.take()
    contents = [json.loads(content) for _, content in world.target.files]
    return sorted(content["reply_to"] for content in contents if "reply_to" in content)


def let_claims_run_out(world: DocumentWorld) -> None:
    world.execute("UPDATE outbound_document SET claimed_until = '2000-01-01' WHERE claimed_until IS NOT NULL")


def test_a_file_that_wants_a_reply_gets_it_once(document_world: DocumentWorld) -> None:
    world = document_world
    put_with_reply(world)
    assert world.poll()["replies"] == 1
    orders, reply = world.documents()
    assert (reply.kind, reply.number) == ("reply", orders.number + 1)
    assert [file.reply_id for file in world.inbound()] == [reply.id]
    world.target.put(
        "ship_2.json", **json.loads(next((world.target.root / "archive").iterdir()).read_bytes())
    )
    assert (world.poll()["known_files"], world.poll()["replies"]) == (1, 0)
    assert replied_to(world) == ["ship.json"]


def test_a_file_without_the_wish_for_a_reply_takes_no_number(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    [before] = world.rows("SELECT number FROM document_counter")
    world.target.put("ship.json", shipped=[world.shipped(reference)])
    world.poll()
    assert world.rows("SELECT number FROM document_counter") == [before]


@pytest.mark.parametrize("step", [Step.STAGE, Step.STAGED, Step.PUBLISH, Step.PUBLISHED])
def test_a_run_that_dies_while_it_replies_leaves_the_reply_to_the_next(
    document_world: DocumentWorld, step: Step
) -> None:
    world = document_world
    put_with_reply(world)
    world.die_at(step, "poll_tracking")
    assert world.states() == {"shipped": 1}
    let_claims_run_out(world)
    world.poll()
    assert replied_to(world) == ["ship.json"]
    assert [document.published_at is not None for document in world.documents()] == [True, True]


def test_a_reply_whose_publication_nobody_saw_is_settled(document_world: DocumentWorld) -> None:
    world = document_world
    put_with_reply(world)
    with world.interrupted(Step.PUBLISHED, lost_response):
        assert world.poll()["replies"] == 0
    let_claims_run_out(world)
    world.poll()
    assert replied_to(world) == ["ship.json"]
    assert world.documents()[1].published_at is not None


def test_where_nobody_can_tell_a_reply_is_published_again(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"direct": True})
    put_with_reply(world)
    with world.interrupted(Step.PUBLISHED, lost_response):
        world.poll()
    assert replied_to(world) == ["ship.json"]
    let_claims_run_out(world)
    world.poll()
    assert replied_to(world) == ["ship.json", "ship.json"]
    assert world.poll()["replies"] == 0


def test_a_folder_that_takes_no_reply_hurts_no_shipment(document_world: DocumentWorld) -> None:
    def denied() -> None:
        raise PermissionDenied("the folder", "write", "permission denied")

    world = document_world
    put_with_reply(world)
    with world.interrupted(Step.STAGE, denied):
        assert world.poll()["shipped"] == 1
    let_claims_run_out(world)
    assert world.poll()["replies"] == 1


def test_a_connector_that_cannot_write_a_reply_hurts_no_shipment(document_world: DocumentWorld) -> None:
    world = document_world
    put_with_reply(world)
    world.folder.at[Step.REPLY] = defect
    counts = world.poll()
    assert (counts["shipped"], counts["replies"]) == (1, 0)
    assert world.findings() == ["its reply could not be written (ZeroDivisionError)"]


def test_two_runs_at_once_publish_a_reply_once(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(inventory={})
    [reference] = world.sent()
    world.target.put("all.json", shipped=[world.shipped(reference)], stock={"MUG": 5}, reply=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(world.go, ("poll_tracking", "poll_stock")))
    let_claims_run_out(world)
    world.poll()
    assert replied_to(world) == ["all.json"]
    assert world.target.left() == []
