"""Stock from files: the newest counts, what it does not say stays as it was, and no new file is not an empty stock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.errors import PermissionDenied
from cartage.inventory.repo.levels import latest_movements, stock_levels
from cartage.warehouses.repo import file_decisions
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Step
from tests.contract.document_world import DocumentWorld
from tests.contract.inventory.stocked import NO_BREAKER, goods

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(make_document_world: MakeDocumentWorld) -> DocumentWorld:
    """A lane that pushes stock, with four products of 10 in the store."""
    world = make_document_world(inventory={"breaker": NO_BREAKER, "max_age": "1d"})
    goods(world, dict.fromkeys(("MUG", "TEA", "CUP", "POT"), 0), in_store=10)
    return world


def levels(world: DocumentWorld) -> dict[str, int]:
    with world.ledger.begin() as connection:
        return {level.sku: int(level.available) for level in stock_levels(connection, world.lane.name)}


def push(world: DocumentWorld) -> dict[str, int]:
    return world.go("update_stock")["update_stock"]


def reading(world: DocumentWorld) -> Any:
    [row] = world.rows("SELECT * FROM stock_reading")
    return row


def test_a_full_file_is_pushed_and_what_it_does_not_name_has_none(world: DocumentWorld) -> None:
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock={"MUG": 5, "TEA": 7})
    assert world.poll_stock()["skus"] == 2
    world.target.put("inv_2.json", at=NOW - HOUR, stock={"MUG": 4})
    world.poll_stock()
    assert levels(world) == {"MUG": 4, "TEA": 0}
    assert push(world)["written"] == 2
    assert world.target.left() == []


def test_a_file_with_changes_only_changes_what_it_names(world: DocumentWorld) -> None:
    world.target.put("inv.json", at=NOW - 2 * HOUR, stock={"MUG": 5, "TEA": 7})
    world.target.put("delta.json", at=NOW - HOUR, stock={"MUG": 4}, full=False)
    world.poll_stock()
    assert (levels(world), reading(world).skus) == ({"MUG": 4, "TEA": 7}, 2)
    # No change is news, too: the figures are those of a later time.
    before = reading(world).began_at
    world.target.put("delta_2.json", at=NOW - HOUR / 2, stock={}, full=False)
    world.poll_stock()
    assert (levels(world), reading(world).skus) == ({"MUG": 4, "TEA": 7}, 2)
    assert reading(world).began_at - before == HOUR / 2


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("by", ["time in the file", "date in the name", "time of the file"])
def test_an_older_file_has_no_effect_and_is_named(world: DocumentWorld, full: bool, by: str) -> None:
    names, times, made = ("inv_a.json", "inv_b.json"), (NOW - 3 * HOUR, NOW - 2 * HOUR), ("", "")
    if by == "time in the file":
        made = ((NOW - HOUR).isoformat(), (NOW - 5 * HOUR).isoformat())
    elif by == "date in the name":
        names = ("inv_20260309.json", "inv_20260308.json")
    else:
        times = (NOW - 2 * HOUR, NOW - 3 * HOUR)
    polls = []
    for name, at, as_of, level in zip(names, times, made, (5, 9), strict=True):
        content = {"as_of": as_of} if as_of else {}
        world.target.put(name, at=at, stock={"MUG": level}, full=full, **content)
        polls.append(world.poll_stock())
    assert [(poll["files"], poll["older"]) for poll in polls] == [(1, 0), (1, 1)]
    assert levels(world) == {"MUG": 5}
    [finding] = world.findings()
    assert finding.startswith("its stock is older than that of ")
    assert world.target.left() == []


def test_several_new_files_are_applied_in_order(world: DocumentWorld) -> None:
    for hours, level in ((3, 1), (1, 3), (2, 2)):
        world.target.put(f"inv_{level}.json", at=NOW - hours * HOUR, stock={"MUG": level})
    counts = world.poll_stock()
    assert (counts["files"], counts["older"], levels(world)) == (3, 0, {"MUG": 3})


def test_no_new_file_leaves_the_reading_with_its_age(world: DocumentWorld) -> None:
    world.target.put("inv.json", at=NOW - HOUR, stock={"MUG": 5})
    world.poll_stock()
    before = reading(world)
    counts = world.poll_stock()
    assert (counts["pages"], counts["skus"]) == (0, 0)
    assert (reading(world), levels(world)) == (before, {"MUG": 5})
    assert push(world)["paused"] == 0
    world.execute("UPDATE stock_reading SET began_at = began_at - interval '2 d'")
    assert push(world)["paused"] == 1
    [paused] = world.rows("SELECT reasons FROM paused_push WHERE closed_at IS NULL")
    assert paused.reasons == ["stale"]


def test_orders_since_the_time_of_the_file_are_counted_as_not_in_it(world: DocumentWorld) -> None:
    as_of = NOW - 5 * HOUR
    world.target.put("inv.json", at=NOW - HOUR, stock={"MUG": 5}, as_of=as_of.isoformat())
    world.poll_stock()
    assert (reading(world).began_at, reading(world).as_of) == (as_of, as_of)
    world.target.put("inv_2.json", at=NOW + 9 * HOUR, stock={"MUG": 4})
    world.poll_stock()
    assert reading(world).began_at <= datetime.now(UTC)  # a clock that is ahead


def test_the_same_figures_later_are_a_newer_reading(world: DocumentWorld) -> None:
    """Stock goes from 5 to 4, and after a return to 5 again: the third file is the first one's bytes."""
    for hours, level in ((3, 5), (2, 4), (1, 5)):
        world.target.put("inventory.json", at=NOW - hours * HOUR, stock={"MUG": level})
        world.poll_stock()
    assert (levels(world), len(world.inbound())) == ({"MUG": 5}, 2)
    assert (NOW - reading(world).began_at).total_seconds() == pytest.approx(3600, abs=1)
    assert world.target.left() == []


def test_a_file_that_stays_in_its_folder_is_applied_once(world: DocumentWorld) -> None:
    def denied() -> None:
        raise PermissionDenied("the folder", "archive", "permission denied")

    world.folder.at[Step.ACKNOWLEDGE] = denied
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock={"MUG": 5})
    world.target.put("inv_2.json", at=NOW - HOUR, stock={"MUG": 4})
    world.poll_stock()
    before = reading(world)
    counts = world.poll_stock()
    assert (counts["known_files"], counts["unacknowledged"]) == (2, 2)
    assert (reading(world), levels(world)) == (before, {"MUG": 4})


def test_an_old_file_that_is_sent_again_under_its_dated_name_has_no_effect(world: DocumentWorld) -> None:
    for day, level in ((8, 5), (9, 4)):
        world.target.put(f"inv_2026030{day}.json", at=NOW - 2 * HOUR, stock={"MUG": level})
        world.poll_stock()
    world.target.put("inv_20260308.json", at=NOW - HOUR, stock={"MUG": 5})
    counts = world.poll_stock()
    assert (counts["known_files"], levels(world), world.target.left()) == (1, {"MUG": 4}, [])


def test_an_empty_full_file_pauses_the_push(world: DocumentWorld) -> None:
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock={"MUG": 5})
    world.target.put("inv_2.json", at=NOW - HOUR, stock={})
    world.poll_stock()
    assert push(world)["paused"] == 1
    [paused] = world.rows("SELECT reasons FROM paused_push WHERE closed_at IS NULL")
    assert "empty" in paused.reasons


def test_a_file_with_much_fewer_skus_is_stopped_by_the_breaker(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(inventory={"max_age": "1d"})
    stocks = {f"MUG-{number}": 0 for number in range(20)}
    goods(world, stocks, in_store=10)
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock=dict.fromkeys(stocks, 10))
    world.poll_stock()
    assert push(world)["paused"] == 0
    world.target.put("inv_2.json", at=NOW - HOUR, stock={"MUG-0": 10})
    world.poll_stock()
    assert push(world)["paused"] == 1


def test_a_file_that_cannot_be_read_changes_no_figure(world: DocumentWorld) -> None:
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock={"MUG": 5})
    world.target.put_bytes("inv_2.json", b'{"stock": {"MUG"', at=NOW - HOUR)
    counts = world.poll_stock()
    assert (counts["quarantined"], levels(world)) == (1, {"MUG": 5})


def test_of_a_file_with_a_part_in_quarantine_only_what_it_names_changes(world: DocumentWorld) -> None:
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock={"MUG": 5, "TEA": 7})
    held_back = {"reason": "the count differs", "stock": {"TEA": 6}}
    world.target.put("inv_2.json", at=NOW - HOUR, stock={"MUG": 4}, quarantined=[held_back])
    world.poll_stock()
    assert levels(world) == {"MUG": 4, "TEA": 7}
    [file] = world.inbound()[1:]
    with world.ledger.begin() as connection:
        file_decisions.release_file(connection, world.lane.name, file.id, "Kim Doe")
    world.poll_stock()
    assert levels(world) == {"MUG": 4, "TEA": 6}


def test_a_file_that_is_released_too_late_has_no_effect(world: DocumentWorld) -> None:
    held_back = {"reason": "the count differs", "stock": {"TEA": 6}}
    world.target.put("inv_1.json", at=NOW - 2 * HOUR, stock={"MUG": 5}, quarantined=[held_back])
    world.poll_stock()
    world.target.put("inv_2.json", at=NOW - HOUR, stock={"MUG": 4, "TEA": 9})
    world.poll_stock()
    [file, _] = world.inbound()
    with world.ledger.begin() as connection:
        file_decisions.release_file(connection, world.lane.name, file.id, "Kim Doe")
    assert world.poll_stock()["older"] == 1
    assert levels(world) == {"MUG": 4, "TEA": 9}


def test_movements_are_kept_for_people_and_change_no_figure(world: DocumentWorld) -> None:
    world.target.put("inv.json", at=NOW - 2 * HOUR, stock={"MUG": 5})
    moved = [
        {"sku": "MUG", "quantity": 12, "kind": "receipt"},
        {"sku": "TEA", "quantity": -(10**20), "kind": "adjustment"},
    ]
    world.target.put("944.json", at=NOW - HOUR, movements=moved)
    counts = world.poll_stock()
    assert (counts["movements"], levels(world)) == (2, {"MUG": 5})
    with world.ledger.begin() as connection:
        newest, oldest = latest_movements(connection, world.lane.name, 10)
    assert (oldest.sku, oldest.quantity, oldest.kind) == ("MUG", 12, "receipt")
    assert (newest.sku, newest.quantity, newest.kind) == ("TEA", -(10**20), "adjustment")
    assert newest.path.endswith("944.json")


def test_a_run_that_dies_between_commit_and_archive_leaves_only_that_to_the_next(
    world: DocumentWorld,
) -> None:
    world.target.put("inv.json", at=NOW - HOUR, stock={"MUG": 5})
    world.die_at(Step.ACKNOWLEDGE, "poll_stock")
    before = reading(world)
    counts = world.poll_stock()
    assert (counts["files"], counts["known_files"], world.target.left()) == (0, 1, [])
    assert reading(world) == before


def test_in_shadow_files_are_read_and_left_to_the_system_that_ships(world: DocumentWorld) -> None:
    world.settings["mode"] = "shadow"
    world.target.put("inv.json", at=NOW - HOUR, stock={"MUG": 5}, reply=True)
    assert world.poll_stock()["files"] == 1
    assert (levels(world), world.target.left(), world.documents()) == ({"MUG": 5}, ["inv.json"], [])
    world.settings["mode"] = "live"
    assert world.poll_stock()["known_files"] == 1
    assert world.target.left() == []
