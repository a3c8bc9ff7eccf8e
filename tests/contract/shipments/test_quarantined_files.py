"""Files in quarantine: the rest counts, the content is kept, and a person releases or drops what is left."""

from __future__ import annotations

import pytest

from cartage.errors import LedgerError
from cartage.warehouses.repo import file_decisions
from cartage.warehouses.repo.file_decisions import FileRecord
from tests.contract.document_warehouse import Step, defect
from tests.contract.document_world import DocumentWorld


def waiting(world: DocumentWorld) -> list[FileRecord]:
    with world.ledger.begin() as connection:
        return file_decisions.quarantined_files(connection, world.lane.name)


def release(world: DocumentWorld) -> None:
    [file] = waiting(world)
    with world.ledger.begin() as connection:
        file_decisions.release_file(connection, world.lane.name, file.id, "Kim Doe")


def half_bad(world: DocumentWorld) -> list[str]:
    """Let the warehouse send a file with a shipment, and with another one that is held back."""
    first, second = world.sent(2)
    held_back = {"reason": "the count differs", "shipped": [world.shipped(second, "1ZB")]}
    world.target.put("ship.json", shipped=[world.shipped(first)], quarantined=[held_back])
    return [first, second]


def test_what_is_sound_counts_and_the_rest_waits_with_its_content(document_world: DocumentWorld) -> None:
    world = document_world
    half_bad(world)
    counts = world.poll()
    assert (counts["shipped"], counts["quarantined"]) == (1, 1)
    [file] = waiting(world)
    assert (file.path.endswith("ship.json"), file.state, file.parts, file.kept) == (
        True,
        "quarantined",
        ("orders",),
        True,
    )
    assert [(each.place, each.reason, each.fix) for each in file.findings] == [
        ("set 1", "the count differs", "Ask the warehouse.")
    ]
    with world.ledger.begin() as connection:
        content = file_decisions.file_content(connection, world.lane.name, file.id)
    assert content is not None
    assert b"the count differs" in content
    assert world.target.left() == []  # It is put away: the ledger has it.


def test_a_released_file_is_read_again_from_its_kept_content_by_the_next_run(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    half_bad(world)
    world.poll()
    for archived in (world.target.root / "archive").iterdir():
        archived.unlink()
    release(world)
    assert waiting(world) == []
    assert world.poll()["shipped"] == 1
    assert world.states() == {"shipped": 2}
    [file] = world.inbound()
    assert (file.state, file.decided_by) == ("released", "Kim Doe")
    assert file.read_again_at is not None
    assert world.findings() == []
    assert world.poll()["pages"] == 0


def test_a_run_that_dies_while_it_reads_a_released_file_leaves_it_to_the_next(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    half_bad(world)
    world.poll()
    release(world)
    world.die_at(Step.READ, "poll_tracking")
    assert world.inbound()[0].read_again_at is None
    world.poll()
    assert world.states() == {"shipped": 2}


def test_a_released_file_on_which_the_connector_fails_waits_again(document_world: DocumentWorld) -> None:
    world = document_world
    half_bad(world)
    world.poll()
    release(world)
    world.folder.at[Step.READ] = defect
    world.poll()
    [file] = waiting(world)
    assert [each.reason for each in file.findings][-1] == "the connector failed on it (ZeroDivisionError)"
    world.folder.at.clear()
    release(world)
    world.poll()
    assert world.states() == {"shipped": 2}


def test_a_dropped_file_changes_nothing_and_never_comes_back(document_world: DocumentWorld) -> None:
    world = document_world
    half_bad(world)
    world.poll()
    [file] = waiting(world)
    with world.ledger.begin() as connection:
        file_decisions.drop_file(connection, world.lane.name, file.id, "Kim Doe")
    world.poll()
    assert (waiting(world), world.states()) == ([], {"acknowledged": 1, "shipped": 1})
    with world.ledger.begin() as connection, pytest.raises(LedgerError, match="is not in quarantine"):
        file_decisions.release_file(connection, world.lane.name, file.id, "Kim Doe")


def test_a_file_that_cannot_be_read_at_all_waits_whole_once_for_both_parts(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    world.settings["inventory"] = {}
    world.sent()
    world.target.put_bytes("odd.json", b"\x00\xff not json")
    counts = world.poll(), world.poll_stock()
    assert [count["quarantined"] for count in counts] == [1, 1]
    [file] = waiting(world)
    assert (file.parts, len(file.findings)) == (("orders", "stock"), 1)
    release(world)
    assert {row.state for row in world.inbound()} == {"released"}


def test_a_file_of_another_lane_cannot_be_decided_about(document_world: DocumentWorld) -> None:
    world = document_world
    half_bad(world)
    world.poll()
    [file] = waiting(world)
    with world.ledger.begin() as connection, pytest.raises(LedgerError, match="has no file"):
        file_decisions.drop_file(connection, "other", file.id, "Kim Doe")
    with world.ledger.begin() as connection:
        assert file_decisions.file_content(connection, "other", file.id) is None
        assert file_decisions.file_record(connection, "other", file.id) is None


def test_the_latest_files_are_listed_with_what_had_no_effect(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    for name in ("a.json", "b.json"):
        rejected = [{"reference": f"EBAY-{name}", "reason": "no stock"}]
        world.target.put(name, shipped=[world.shipped(reference, name)], rejected=rejected)
        world.poll()
    with world.ledger.begin() as connection:
        newest, oldest = file_decisions.latest_files(connection, world.lane.name)
    assert (newest.path.endswith("b.json"), oldest.path.endswith("a.json")) == (True, True)
    assert [each.kind for each in newest.findings] == ["no_effect"]
