"""When a file is complete: its age, what earlier runs saw, its done file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.warehouses.files.transport.interface import RemoteFile, folder_of, joined, usable
from cartage.warehouses.files.transport.looks import (
    Looks,
    age_order,
    done_name,
    is_done,
    is_left_alone,
    stands_still,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=60)


def file(name: str = "a.csv", size: int = 5, at: datetime | None = NOW) -> RemoteFile:
    return RemoteFile(f"out/{name}", size, at)


@pytest.mark.parametrize(("age", "still"), [(59, False), (60, True), (3600, True), (-3600, False)])
def test_a_file_that_is_old_enough_stands_still(age: int, still: bool) -> None:
    young = file(at=NOW - timedelta(seconds=age))
    assert stands_still(young, Looks(), NOW, SETTLE) is still


def test_a_file_without_a_time_needs_two_looks() -> None:
    timeless = file(at=None)
    looks = Looks().noted([timeless], NOW)
    assert not stands_still(timeless, looks, NOW + SETTLE - timedelta(seconds=1), SETTLE)
    assert stands_still(timeless, looks, NOW + SETTLE, SETTLE)
    assert not stands_still(file(at=None, size=6), looks, NOW + SETTLE, SETTLE)


def test_the_first_look_at_a_state_counts_and_not_the_last() -> None:
    ahead = file(at=NOW + timedelta(hours=5))
    looks = Looks().noted([ahead], NOW).noted([ahead], NOW + timedelta(seconds=59))
    assert looks.first_seen(ahead) == NOW
    changed = file(at=NOW + timedelta(hours=5), size=6)
    assert looks.noted([changed], NOW + timedelta(seconds=59)).first_seen(changed) == NOW + timedelta(
        seconds=59
    )


def test_looks_at_several_folders_travel_together() -> None:
    first, second = Looks().noted([file("a.csv")], NOW), Looks().noted([file("b.csv")], NOW + SETTLE)
    joined_looks = Looks.from_cursor(first.joined(second).cursor())
    assert joined_looks.first_seen(file("a.csv")) == NOW
    assert joined_looks.first_seen(file("b.csv")) == NOW + SETTLE


def test_looks_at_files_that_are_gone_are_forgotten() -> None:
    looks = Looks().noted([file("a.csv"), file("b.csv")], NOW).noted([file("b.csv")], NOW)
    assert list(looks.seen) == ["out/b.csv"]


@given(
    st.lists(
        st.builds(
            RemoteFile,
            st.text(min_size=1),
            st.integers(0, 2**40),
            st.none() | st.integers(0, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
        ),
        unique_by=lambda found: found.path,
    )
)
def test_looks_survive_the_way_through_a_cursor(files: list[RemoteFile]) -> None:
    looks = Looks().noted(files, NOW)
    assert Looks.from_cursor(looks.cursor()) == looks


def test_a_cursor_stays_small() -> None:
    many = [file(f"{number:05d}.csv", at=NOW + timedelta(hours=5)) for number in range(5000)]
    assert len(Looks().noted(many, NOW).cursor()) < 20_000
    assert Looks().cursor() == ""


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_a_foreign_cursor_is_no_error(cursor: str) -> None:
    assert isinstance(Looks.from_cursor(cursor), Looks)


@pytest.mark.parametrize(
    "cursor",
    ["[]", "{}", "[1]", '[["a"]]', '[["a",1,1e99,1]]', "2026-11-29T12:00:00Z", "null", "[[[],1,2,3]]"],
)
def test_a_damaged_cursor_means_no_looks(cursor: str) -> None:
    assert Looks.from_cursor(cursor) == Looks()


@pytest.mark.parametrize(
    ("template", "name", "done"),
    [
        ("{name}.done", "shp_1.csv", "shp_1.csv.done"),
        ("{stem}.ok", "shp_1.csv", "shp_1.ok"),
        ("{stem}.done", "shp_1", "shp_1.done"),
        ("done_{name}", "{stem}.csv", "done_{stem}.csv"),
    ],
)
def test_names_of_done_files(template: str, name: str, done: str) -> None:
    assert done_name(template, name) == done


def test_a_done_file_speaks_of_files_that_are_not_younger() -> None:
    assert is_done(file(), file("a.csv.done"))
    assert is_done(file(), file("a.csv.done", at=None))
    assert not is_done(file(), file("a.csv.done", at=NOW - timedelta(seconds=1)))
    assert not is_done(file(), None)


@pytest.mark.parametrize(
    ("name", "left"),
    [(".a.csv", True), ("a.csv.TMP", True), ("a.tmp.csv", False), ("a.csv", False), ("tmp", False)],
)
def test_names_that_are_left_alone(name: str, left: bool) -> None:
    assert is_left_alone(name, (".tmp", "")) is left


def test_files_are_sorted_by_age_and_then_by_name() -> None:
    files = [file("b.csv"), file("a.csv"), file("c.csv", at=None), file("z.csv", at=NOW - SETTLE)]
    assert [found.name for found in sorted(files, key=age_order)] == ["c.csv", "z.csv", "a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("folder", "path"), [("", "a"), (".", "a"), ("in", "in/a"), ("/in/", "/in/a"), ("/", "/a")]
)
def test_paths_are_joined(folder: str, path: str) -> None:
    assert joined(folder, "a") == path


@pytest.mark.parametrize(("path", "folder"), [("a", "."), ("/a", "/"), ("in/a", "in"), ("/in/b/a", "/in/b")])
def test_the_folder_of_a_path(path: str, folder: str) -> None:
    assert folder_of(path) == folder


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a\nb", "a\x00b"])
def test_names_that_are_no_part_of_a_path(name: str) -> None:
    assert not usable(name)
