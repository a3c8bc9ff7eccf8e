"""Orders that leave as files: each is in one document that the warehouse takes, whatever fails, from any process."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cartage.db.retention import purge_lane
from cartage.deadlines import deadline
from cartage.dispatch import stage
from cartage.errors import ConnectorFailed, NotSent, PermissionDenied, RemoteUnavailable
from cartage.sending import document_sender
from cartage.sending.outcomes import CONNECTOR_FAILURES
from cartage.warehouses.repo.documents import NUMBERS_SKIPPED
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Step, lost_response
from tests.contract.document_world import DocumentWorld
from tests.contract.world import at_once


def refuse_access() -> None:
    raise PermissionDenied("the folder", "write", "permission denied")


def purge(world: DocumentWorld) -> None:
    year, quarter = timedelta(days=365), timedelta(days=90)
    purge_lane(world.ledger, world.lane.name, personal_data=year, payloads=quarter)


def contents(world: DocumentWorld) -> list[dict[str, Any]]:
    """Take what the warehouse sees, and return what each of its files holds."""
    world.target.take()
    return [json.loads(content) for _, content in world.target.files]


# What leaves


def test_every_ready_order_is_in_one_document(document_world: DocumentWorld) -> None:
    references = document_world.ready(30)
    counts = document_world.send()
    assert (counts["acknowledged"], counts["sent"]) == (30, 30)
    assert document_world.send()["sent"] == 0
    document_world.target.take()
    assert document_world.target.taken == dict.fromkeys(references, 1)
    assert document_world.outcomes() == ["accepted"] * 30
    assert all(document.published_at for document in document_world.documents())


def test_an_order_is_known_by_its_reference_where_the_target_has_no_number(
    document_world: DocumentWorld,
) -> None:
    document_world.ready(2)
    document_world.send()
    rows = document_world.rows("SELECT reference, remote_id FROM fulfillment_order")
    assert len(rows) == 2
    assert all(row.remote_id == row.reference for row in rows)


def test_a_batch_holds_as_many_orders_as_the_connector_says(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"per_document": 10})
    world.ready(25)
    world.send()
    sizes = [len(content["orders"]) for content in contents(world)]
    assert sorted(sizes) == [5, 10, 10]
    assert sorted(world.target.taken.values()) == [1] * 25


def test_the_ledger_knows_each_orders_place_in_its_document(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"per_document": 3})
    world.ready(3)
    world.send()
    [content] = contents(world)
    rows = world.rows(
        "SELECT f.reference FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id"
        " JOIN outbound_document d ON d.id = t.document_id ORDER BY t.position"
    )
    assert [order["reference"] for order in content["orders"]] == [row.reference for row in rows]
    assert [row.position for row in world.rows("SELECT position FROM transfer ORDER BY 1")] == [1, 2, 3]


def test_number_and_bytes_are_committed_before_anything_is_staged(document_world: DocumentWorld) -> None:
    document_world.ready()
    seen: list[Any] = []
    with document_world.interrupted(Step.STAGE, lambda: seen.extend(document_world.documents())):
        document_world.send()
    [saved] = seen
    [(name, content)] = _taken(document_world)
    assert (saved.name, bytes(saved.content)) == (name, content)
    assert saved.number == json.loads(content)["number"]
    assert saved.dispatched_at is None


def test_the_dispatch_of_all_its_orders_is_committed_before_a_document_is_published(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(folder={"per_document": 3})
    world.ready(3)
    seen: list[Any] = []

    def look() -> None:
        seen.extend(
            world.rows(
                "SELECT d.dispatched_at, t.sent_at, t.settle_after, f.state FROM outbound_document d"
                " JOIN transfer t ON t.document_id = d.id"
                " JOIN fulfillment_order f ON f.id = t.fulfillment_order_id"
            )
        )

    with world.interrupted(Step.PUBLISH, look):
        world.send()
    assert len(seen) == 3
    assert all(row.dispatched_at and row.sent_at and row.state == "sending" for row in seen)


# What cannot leave


def test_an_order_that_cannot_be_written_is_left_out_and_the_others_leave_together(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(folder={"per_document": 10})
    bad, *good = world.ready(5)
    world.folder.unreadable_requests.add(bad)
    counts = world.send()
    assert (counts["acknowledged"], counts["blocked"]) == (4, 1)
    assert world.causes() == {"connector_failed": 1}
    [content] = contents(world)
    assert sorted(order["reference"] for order in content["orders"]) == sorted(good)


def test_however_many_orders_of_a_batch_cannot_be_written_the_others_leave(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(folder={"per_document": 20})
    references = world.ready(CONNECTOR_FAILURES + 3)
    world.folder.unreadable_requests.update(references[:-1])
    with pytest.raises(ConnectorFailed):
        world.send()
    assert world.target.copies() == {references[-1]: 1}


def test_orders_that_can_all_not_be_written_are_blocked_and_nothing_is_published(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(folder={"per_document": 2})
    world.folder.unreadable_requests.update(world.ready(3))
    assert world.send()["blocked"] == 3
    assert (world.target.copies(), world.documents()) == ({}, [])


def test_a_stored_request_that_cannot_be_read_is_validated_again(document_world: DocumentWorld) -> None:
    document_world.ready(2)
    document_world.execute(
        "UPDATE fulfillment_order SET request = '{\"lines\": 1}'"
        " WHERE id = (SELECT min(id) FROM fulfillment_order)"
    )
    document_world.send()
    assert document_world.states() == {"imported": 1, "acknowledged": 1}


def test_a_folder_that_cannot_be_written_fails_the_task_and_every_order_stays_ready(
    document_world: DocumentWorld,
) -> None:
    document_world.ready(3)
    with document_world.interrupted(Step.STAGE, refuse_access), pytest.raises(PermissionDenied):
        document_world.send()
    assert document_world.states() == {"ready": 3}
    assert document_world.target.copies() == {}
    assert set(document_world.outcomes()) == {"not_sent"}
    document_world.send()
    assert sorted(document_world.target.copies().values()) == [1, 1, 1]


def test_a_defect_while_staging_blocks_the_documents_orders_and_no_other(
    document_world: DocumentWorld,
) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    document_world.ready(3)
    with document_world.interrupted(Step.STAGE, defect):
        document_world.send()
    assert document_world.states() == {"acknowledged": 2, "blocked": 1}


def test_a_defect_while_publishing_leaves_the_outcome_to_be_settled(document_world: DocumentWorld) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    document_world.ready()
    with document_world.interrupted(Step.PUBLISHED, defect):
        document_world.send()
    assert document_world.states() == {"unknown": 1}
    document_world.wait_out()
    document_world.send()
    assert document_world.states() == {"acknowledged": 1}
    assert list(document_world.target.copies().values()) == [1]


def test_documents_that_get_no_response_one_after_the_other_stop_the_run(
    document_world: DocumentWorld,
) -> None:
    document_world.ready(20)
    document_world.folder.at[Step.PUBLISHED] = lost_response
    with pytest.raises(RemoteUnavailable, match="in a row"):
        document_world.send()
    assert document_world.states()["ready"] > 0


def test_a_connector_that_fails_on_document_after_document_stops_the_run(
    document_world: DocumentWorld,
) -> None:
    def defect() -> None:
        raise ZeroDivisionError

    document_world.ready(20)
    document_world.folder.at[Step.STAGE] = defect
    with pytest.raises(ConnectorFailed, match="5 times in a row") as stopped:
        document_world.send()
    assert isinstance(stopped.value.__cause__, ZeroDivisionError)
    assert document_world.states() == {"blocked": CONNECTOR_FAILURES, "ready": 20 - CONNECTOR_FAILURES}


# The same bytes again, or another number


@pytest.mark.parametrize("step", [Step.STAGE, Step.STAGED, Step.PUBLISH])
def test_a_document_that_was_not_published_is_sent_again_with_the_same_bytes(
    make_document_world: MakeDocumentWorld, step: Step
) -> None:
    world = make_document_world(folder={"per_document": 3})
    world.ready(3)
    with world.interrupted(step, refuse_access), pytest.raises(PermissionDenied):
        world.send()
    [before] = world.documents()
    world.send()
    [after] = world.documents()
    assert (after.number, after.name, after.content) == (before.number, before.name, before.content)
    assert _taken(world) == [(before.name, bytes(before.content))]
    assert (before.attempt, after.attempt) == (1, 2)
    assert world.target.staged() == []


def test_an_edited_order_gets_another_number_and_the_old_document_never_leaves(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()
    with document_world.interrupted(Step.PUBLISH, refuse_access), pytest.raises(PermissionDenied):
        document_world.send()
    document_world.execute(
        "UPDATE fulfillment_order SET request = jsonb_set(request, '{notes}', '\"ring twice\"')"
    )
    document_world.send()
    old, new = document_world.documents()
    assert new.number > old.number
    assert old.published_at is None and new.published_at
    assert [name for name, _ in _taken(document_world)] == [new.name]


def test_the_rest_of_a_document_gets_another_number_once_one_of_its_orders_is_not_to_be_sent(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(folder={"per_document": 3})
    first, *rest = world.ready(3)
    with world.interrupted(Step.PUBLISH, refuse_access), pytest.raises(PermissionDenied):
        world.send()
    world.execute(
        "UPDATE fulfillment_order SET cancel_wanted_at = clock_timestamp() WHERE reference = :first",
        first=first,
    )
    world.send()
    assert world.target.copies() == dict.fromkeys(rest, 1)
    assert len(world.documents()) == 2


def test_other_settings_give_another_number(document_world: DocumentWorld) -> None:
    document_world.ready()
    with document_world.interrupted(Step.PUBLISH, refuse_access), pytest.raises(PermissionDenied):
        document_world.send()
    document_world.settings["warehouse"]["settings"]["visibility_delay"] = "5s"
    document_world.send()
    assert len(document_world.documents()) == 2
    assert list(document_world.target.copies().values()) == [1]


# Numbers


def test_numbers_rise_and_none_is_used_twice_by_runs_at_the_same_time(document_world: DocumentWorld) -> None:
    document_world.ready(40)
    contexts = [document_world.context("transfer_to_warehouse") for _ in range(3)]
    _ = contexts[0].store_row
    counts = at_once(
        *[lambda context=context: stage("transfer_to_warehouse")(context) for context in contexts]
    )
    assert sum(count["acknowledged"] for count in counts) == 40
    assert sorted(document_world.target.copies().values()) == [1] * 40
    numbers = [document.number for document in document_world.documents()]
    assert len(set(numbers)) == 40
    assert max(numbers) - min(numbers) == 39


def test_a_lane_on_the_same_connection_shares_the_numbers(document_world: DocumentWorld) -> None:
    document_world.ready()
    document_world.send()
    document_world.settings["warehouse"]["settings"]["visibility_delay"] = "5s"
    document_world.ready()
    document_world.send()
    first, second = document_world.documents()
    assert (second.account, second.number) == (first.account, first.number + 1)


def test_a_quarantined_ledger_goes_past_the_numbers_that_it_may_have_forgotten(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()
    document_world.send()
    document_world.execute("UPDATE lane_state SET quarantined_at = clock_timestamp()")
    document_world.ready(2)
    document_world.execute("UPDATE fulfillment_order SET absent_at = clock_timestamp()")
    document_world.transfer()
    before, first, second = [document.number for document in document_world.documents()]
    assert first >= before + NUMBERS_SKIPPED
    assert second == first + 1


def test_a_new_ledger_begins_past_the_numbers_of_an_earlier_one(document_world: DocumentWorld) -> None:
    document_world.ready(3)
    document_world.send()
    used = max(document.number for document in document_world.documents())
    document_world.execute("DELETE FROM document_counter")  # as in a ledger that was made from nothing
    document_world.execute("UPDATE transfer SET document_id = NULL, position = NULL")
    document_world.execute("DELETE FROM outbound_document")
    [at] = document_world.rows(
        "SELECT extract(epoch FROM clock_timestamp() - '2026-01-01Z'::timestamptz) AS s"
    )
    document_world.ready()
    document_world.send()
    [document] = document_world.documents()
    assert document.number >= int(at.s) > used - 10


def test_a_name_that_is_taken_by_other_content_is_a_conflict_and_the_numbers_go_past_it(
    document_world: DocumentWorld,
) -> None:
    document_world.ready()
    document_world.send()
    document_world.target.take()
    used = document_world.documents()[0].number
    other = document_world.target.root / "in" / f"ord_{used + 1}.json"
    other.write_text('{"orders": []}')
    document_world.ready()
    counts = document_world.send()
    assert counts["conflict"] == 1
    assert document_world.states() == {"acknowledged": 1, "conflict": 1}
    assert other.read_text() == '{"orders": []}'
    document_world.ready()
    assert document_world.send()["acknowledged"] == 1
    assert document_world.documents()[-1].number > used + NUMBERS_SKIPPED


# Claims


def test_a_claim_with_too_little_time_left_publishes_nothing(document_world: DocumentWorld) -> None:
    document_world.ready()
    soon = "NEW.lease_until := clock_timestamp() + interval '1 s'"
    with document_world.trigger("fulfillment_order", "NEW.state = 'sending'", soon):
        counts = document_world.send()
    assert (counts["sent"], document_world.target.copies()) == (0, {})
    assert document_world.states() == {"sending": 1}
    document_world.wait_out()
    document_world.send()
    assert list(document_world.target.copies().values()) == [1]


def test_one_lost_claim_keeps_the_whole_document_back(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(folder={"per_document": 3})
    lost, *_ = world.ready(3)

    def lose() -> None:
        world.execute(
            "UPDATE fulfillment_order SET lease_until = clock_timestamp() WHERE reference = :lost", lost=lost
        )

    with world.interrupted(Step.STAGED, lose):
        assert world.send()["sent"] == 0
    assert world.target.copies() == {}
    world.wait_out()
    world.send()
    assert sorted(world.target.copies().values()) == [1, 1, 1]


def test_a_document_whose_deadline_has_passed_is_not_published(
    document_world: DocumentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_world.ready()
    with monkeypatch.context() as frozen:
        frozen.setattr(document_sender, "deadline", lambda _: deadline(-1))
        with pytest.raises(NotSent, match="deadline"):
            document_world.send()
    assert (document_world.states(), document_world.target.copies()) == ({"ready": 1}, {})
    document_world.send()
    assert list(document_world.target.copies().values()) == [1]


def test_a_run_that_was_told_to_stop_publishes_nothing_more(document_world: DocumentWorld) -> None:
    document_world.ready(5)
    context = document_world.context("transfer_to_warehouse")
    with document_world.interrupted(Step.PUBLISHED, context.stop.set):
        stage("transfer_to_warehouse")(context)
    assert document_world.states() == {"acknowledged": 1, "ready": 4}
    assert len(document_world.target.waiting()) == 1


# Retention


def test_content_leaves_the_ledger_with_the_requests_that_it_holds(document_world: DocumentWorld) -> None:
    document_world.ready(2)
    document_world.send()
    document_world.ready()
    document_world.execute("UPDATE transfer SET finished_at = finished_at - interval '100 days'")
    document_world.execute("UPDATE outbound_document SET created_at = created_at - interval '100 days'")
    purge(document_world)
    documents = document_world.documents()
    assert len(documents) == 2
    assert all(document.content is None and len(document.sha256) == 64 for document in documents)


def test_content_that_may_still_be_sent_is_kept(document_world: DocumentWorld) -> None:
    document_world.ready()
    with document_world.interrupted(Step.PUBLISH, refuse_access), pytest.raises(PermissionDenied):
        document_world.send()
    document_world.execute("UPDATE outbound_document SET created_at = created_at - interval '100 days'")
    purge(document_world)
    assert document_world.documents()[0].content


def _taken(world: DocumentWorld) -> list[tuple[str, bytes]]:
    world.target.take()
    return world.target.files
