"""Files of the warehouse are taken in once, whatever their names, and put away only after the commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cartage.errors import PermissionDenied
from cartage.runtime.inbound_documents import DocumentIntake
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Killed, Step
from tests.contract.document_world import DocumentWorld


def denied() -> None:
    raise PermissionDenied("the folder", "archive", "permission denied")


def packages(world: DocumentWorld) -> int:
    [row] = world.rows("SELECT count(*) AS packages FROM package")
    return int(row.packages)


def test_a_file_ships_its_orders_and_is_put_away(document_world: DocumentWorld) -> None:
    world = document_world
    first, second = world.sent(2)
    world.target.put("ship_1.json", shipped=[world.shipped(first), world.shipped(second, "1ZB")])
    counts = world.poll()
    assert (counts["shipped"], counts["files"], counts["known_files"]) == (2, 1, 0)
    assert (world.target.left(), len(world.target.archived())) == ([], 1)
    [file] = world.inbound()
    assert (file.state, file.version, file.content) == ("taken", 1, None)
    assert file.acknowledged_at is not None
    assert world.poll()["pages"] == 0


@pytest.mark.parametrize("name", ["ship_1.json", "ship_2.json"])
def test_the_same_content_again_has_no_effect_whatever_its_name(
    document_world: DocumentWorld, name: str
) -> None:
    world = document_world
    [reference] = world.sent()
    world.target.put("ship_1.json", shipped=[world.shipped(reference)])
    world.poll()
    world.target.put(name, shipped=[world.shipped(reference)])
    counts = world.poll()
    assert (counts["files"], counts["known_files"], counts["shipped"]) == (0, 1, 0)
    assert (len(world.inbound()), packages(world), world.target.left()) == (1, 1, [])


def test_the_same_name_with_other_content_is_a_new_version(document_world: DocumentWorld) -> None:
    world = document_world
    first, second = world.sent(2)
    for reference in (first, second):
        world.target.put("ship.json", shipped=[world.shipped(reference)])
        world.poll()
    assert world.states() == {"shipped": 2}
    assert [(file.version, file.path == world.inbound()[0].path) for file in world.inbound()] == [
        (1, True),
        (2, True),
    ]


def test_a_run_that_dies_while_it_applies_a_file_has_done_nothing_and_the_next_one_does(
    document_world: DocumentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = document_world
    [reference] = world.sent()
    world.target.put("ship.json", shipped=[world.shipped(reference)])
    keep = DocumentIntake.keep

    def die(*arguments: object, **options: object) -> None:
        keep(*arguments, **options)  # type: ignore[arg-type]
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(DocumentIntake, "keep", die)
        with pytest.raises(Killed):
            world.poll()
    assert (world.inbound(), packages(world), world.target.left()) == ([], 0, ["ship.json"])
    assert world.poll()["shipped"] == 1
    assert (packages(world), world.target.left()) == (1, [])


@pytest.mark.parametrize("step", [Step.ACKNOWLEDGE, Step.ACKNOWLEDGED])
def test_a_run_that_dies_before_or_after_a_file_is_put_away_leaves_only_that_to_the_next(
    document_world: DocumentWorld, step: Step
) -> None:
    world = document_world
    [reference] = world.sent()
    world.target.put("ship.json", shipped=[world.shipped(reference)])
    world.die_at(step, "poll_tracking")
    [file] = world.inbound()
    assert (world.states(), file.acknowledged_at) == ({"shipped": 1}, None)
    assert world.target.left() == (["ship.json"] if step is Step.ACKNOWLEDGE else [])
    counts = world.poll()
    assert (counts["shipped"], counts["files"]) == (0, 0)
    [file] = world.inbound()
    assert file.acknowledged_at is not None
    assert (packages(world), world.target.left()) == (1, [])


def test_a_file_that_cannot_be_put_away_is_taken_in_and_hurts_no_other(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    references = world.sent(5)
    for place, reference in enumerate(references):
        world.target.put(f"ship_{place}.json", shipped=[world.shipped(reference, f"1Z{place}")])
    world.folder.at[Step.ACKNOWLEDGE] = denied
    counts = world.poll()
    assert (counts["shipped"], counts["unacknowledged"]) == (5, 5)
    assert [file.acknowledged_at for file in world.inbound()] == [None] * 5
    world.folder.at.clear()
    counts = world.poll()
    assert (counts["files"], counts["known_files"], counts["unacknowledged"]) == (0, 5, 0)
    assert (world.target.left(), packages(world)) == ([], 5)
    assert all(file.acknowledged_at for file in world.inbound())


def test_two_runs_at_once_apply_a_file_once(document_world: DocumentWorld) -> None:
    world = document_world
    references = world.sent(10)
    for place, reference in enumerate(references):
        world.target.put(f"ship_{place}.json", shipped=[world.shipped(reference, f"1Z{place}")])
    world.folder.at[Step.ACKNOWLEDGE] = denied  # both find every file
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: world.poll(), range(2)))
    assert sum(run["files"] for run in runs) == len(world.inbound()) == 10
    assert (world.states(), packages(world)) == ({"shipped": 10}, 10)


def test_a_file_with_orders_and_stock_is_put_away_once_both_are_taken_in(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(inventory={})
    [reference] = world.sent()
    world.target.put("all.json", shipped=[world.shipped(reference)], stock={"MUG": 5})
    assert world.poll()["shipped"] == 1
    assert world.target.left() == ["all.json"]
    assert world.poll_stock()["skus"] == 1
    assert world.target.left() == []
    assert [(file.part, file.acknowledged_at is not None) for file in world.inbound()] == [
        ("orders", True),
        ("stock", True),
    ]


def test_without_inventory_a_file_with_stock_waits_for_nobody(document_world: DocumentWorld) -> None:
    world = document_world
    [reference] = world.sent()
    world.target.put("all.json", shipped=[world.shipped(reference)], stock={"MUG": 5})
    world.poll()
    assert (world.states(), world.target.left()) == ({"shipped": 1}, [])


def test_hostile_names_and_reasons_are_kept_as_text(document_world: DocumentWorld) -> None:
    world = document_world
    world.sent()
    name = "<script>alert(1)</script>".replace("/", "") + "x" * 200 + ".json"
    reason = "it \x00 is <b>bad</b> " + "y" * 5_000
    world.target.put(name, shipped=[], quarantined=[{"reason": reason}])
    counts = world.poll()
    assert (counts["files"], counts["quarantined"]) == (1, 1)
    [finding] = world.findings()
    assert finding.startswith("it  is <b>bad</b> y")
    assert len(finding) <= 2_000
