"""Files in: complete ones only, oldest first, read whole, and put away without losing a version."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import MalformedResponse, NotFound, RemoteUnavailable
from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.transport import Transport
from cartage.warehouses.files.transport.inbox import FolderListing, Inbox
from cartage.warehouses.files.transport.looks import Looks
from cartage_sandbox.files import DEFAULT_ACCOUNT, FileWarehouse
from tests.contract.warehouses.files.stands import Stand, transfer

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def put(
    stand: Stand, name: str, content: bytes = b"sku,1\n", at: datetime = OLD, folder: str = "out"
) -> Path:
    path = stand.root / folder / name
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def inbox(stand: Stand, clock: Clock, **changes: Any) -> Inbox:
    return Inbox(stand.transport, transfer(**{"settle": "60s", **changes}), clock)


def is_csv(name: str) -> bool:
    return name.endswith(".csv")


def any_name(name: str) -> bool:
    return bool(name)


def listed(box: Inbox, looks: Looks | None = None) -> FolderListing:
    return box.listing(is_csv, looks or Looks())


def ready(listing: FolderListing) -> list[str]:
    return [file.name for file in listing.ready]


def taken(box: Inbox) -> InboundDocument:
    """The one file that is ready, as read."""
    [file] = listed(box).ready
    document = box.read(file)
    assert document is not None
    return document


def test_files_come_oldest_first_and_then_by_name(stand: Stand, clock: Clock) -> None:
    put(stand, "b.csv")
    put(stand, "a.csv")
    put(stand, "z.csv", at=OLD - timedelta(seconds=1))
    assert ready(listed(inbox(stand, clock))) == ["z.csv", "a.csv", "b.csv"]


def test_temporary_names_other_names_and_folders_are_left_alone(stand: Stand, clock: Clock) -> None:
    for name in (".a.csv", "a.csv.tmp", "b.csv.PART", "c.csv.filepart", "readme.txt", "d.csv"):
        put(stand, name)
    (stand.root / "out" / "folder.csv").mkdir()
    box = inbox(stand, clock, temporary_suffixes=[".tmp", ".part", ".filepart"])
    assert ready(box.listing(lambda name: "csv" in name, Looks())) == ["d.csv"]


def test_a_run_reads_a_bounded_number_of_files_the_oldest(stand: Stand, clock: Clock) -> None:
    for number in range(20):
        put(stand, f"{number:02d}.csv", at=OLD - timedelta(minutes=number))
    found = listed(inbox(stand, clock, files_per_run=3))
    assert ready(found) == ["19.csv", "18.csv", "17.csv"]
    assert found.left == 17


def test_several_folders_are_one_queue(stand: Stand, clock: Clock) -> None:
    (stand.root / "stock").mkdir()
    put(stand, "a.csv")
    put(stand, "b.csv", at=OLD - timedelta(minutes=1), folder="stock")
    found = listed(inbox(stand, clock, read_from=["out", "stock"]))
    assert [file.path for file in found.ready] == ["stock/b.csv", "out/a.csv"]


def test_a_young_file_waits_until_it_is_old_enough(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv", at=NOW - timedelta(seconds=59))
    box = inbox(stand, clock)
    found = listed(box)
    assert (ready(found), [file.name for file in found.waiting]) == ([], ["a.csv"])
    clock.now += timedelta(seconds=1)
    assert ready(listed(box, found.looks)) == ["a.csv"]


def test_a_server_whose_clock_is_ahead_costs_one_look_and_not_the_difference(
    stand: Stand, clock: Clock
) -> None:
    put(stand, "a.csv", at=NOW + timedelta(hours=5))
    box = inbox(stand, clock)
    first = listed(box)
    assert ready(first) == []
    clock.now += timedelta(seconds=61)
    # The cursor of the poll carries what was seen.
    assert ready(listed(box, Looks.from_cursor(first.looks.cursor()))) == ["a.csv"]


def test_a_file_that_grew_between_two_looks_waits_again(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv", b"half", at=NOW + timedelta(hours=5))
    box = inbox(stand, clock)
    first = listed(box)
    clock.now += timedelta(seconds=61)
    put(stand, "a.csv", b"half and half", at=NOW + timedelta(hours=5))
    second = listed(box, first.looks)
    assert ready(second) == []
    clock.now += timedelta(seconds=61)
    assert ready(listed(box, second.looks)) == ["a.csv"]


@pytest.mark.parametrize(("template", "done"), [("{name}.done", "a.csv.done"), ("{stem}.ok", "a.ok")])
def test_a_done_file_says_that_its_file_is_complete(
    stand: Stand, clock: Clock, template: str, done: str
) -> None:
    put(stand, "a.csv", at=NOW)
    box = inbox(stand, clock, done_file=template)
    assert ready(box.listing(any_name, Looks())) == []
    put(stand, done, b"", at=NOW)
    found = box.listing(any_name, Looks())
    assert ready(found) == ["a.csv"]  # and not the done file
    document = box.read(found.ready[0])
    assert document is not None
    assert box.put_away(document)
    assert (stand.names("out"), stand.names("archive")) == ([], ["a.csv"])


def test_the_done_file_of_an_earlier_version_says_nothing(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv.done", b"", at=OLD)
    put(stand, "a.csv", at=OLD + timedelta(minutes=1))
    assert ready(listed(inbox(stand, clock, done_file="{name}.done"))) == []


def test_a_file_is_read_whole_with_its_time_and_its_hash(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv", b"sku,quantity\n")
    document = taken(inbox(stand, clock))
    assert (document.path, document.content, document.modified_at) == ("out/a.csv", b"sku,quantity\n", OLD)
    assert len(document.digest) == 64


def test_a_file_that_is_gone_or_changed_since_the_listing_is_left_to_a_later_run(
    stand: Stand, clock: Clock
) -> None:
    put(stand, "gone.csv")
    put(stand, "grown.csv")
    put(stand, "touched.csv")
    box = inbox(stand, clock)
    files = listed(box).ready
    (stand.root / "out" / "gone.csv").unlink()
    put(stand, "grown.csv", b"sku,1\nsku,2\n")
    put(stand, "touched.csv", at=OLD + timedelta(seconds=1))
    assert [box.read(file) for file in files] == [None, None, None]


def test_a_file_that_is_too_large_is_named_and_not_read(stand: Stand, clock: Clock) -> None:
    put(stand, "large.csv", b"x" * 101)
    put(stand, "small.csv", b"x" * 100)
    box = inbox(stand, clock, largest_file=100)
    found = listed(box)
    assert ready(found) == ["small.csv"]
    assert [file.name for file in found.too_large] == ["large.csv"]
    with pytest.raises(MalformedResponse, match="more than 100 bytes"):
        box.read(found.too_large[0])


def test_a_missing_folder_is_an_error(stand: Stand, clock: Clock) -> None:
    with pytest.raises(NotFound, match="none is not there"):
        listed(inbox(stand, clock, read_from=["none"]))


def test_a_file_that_was_taken_in_is_archived_and_again_without_an_effect(stand: Stand, clock: Clock) -> None:
    path = put(stand, "a.csv")
    box = inbox(stand, clock)
    document = taken(box)
    assert path.exists()
    assert box.put_away(document)
    assert box.put_away(document)
    assert (stand.names("out"), stand.names("archive")) == ([], ["a.csv"])


def test_a_name_that_the_archive_has_gets_a_hash(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv", b"old", folder="archive")
    put(stand, "a.csv", b"new")
    box = inbox(stand, clock)
    document = taken(box)
    box.put_away(document)
    assert stand.names("archive") == sorted(["a.csv", f"a.{document.digest[:12]}.csv"])
    assert (stand.root / "archive" / "a.csv").read_bytes() == b"old"


def test_the_same_file_sent_every_day_does_not_fill_the_archive(stand: Stand, clock: Clock) -> None:
    box = inbox(stand, clock)
    put(stand, "a.csv", b"other", folder="archive")
    for _ in range(3):
        put(stand, "a.csv", b"same")
        assert box.put_away(taken(box))
    assert (stand.names("out"), len(stand.names("archive"))) == ([], 2)


def test_a_new_version_under_the_name_is_not_put_away(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv", b"first")
    box = inbox(stand, clock)
    document = taken(box)
    put(stand, "a.csv", b"newer")
    os.utime(stand.root / "out" / "a.csv", (NOW.timestamp(), NOW.timestamp()))
    assert not box.put_away(document)
    assert (stand.names("out"), stand.names("archive")) == (["a.csv"], [])


@pytest.mark.parametrize("shows_times", [True, False])
def test_a_new_version_of_the_same_size_is_not_put_away(
    warehouse: FileWarehouse, transport: Transport, clock: Clock, shows_times: bool
) -> None:
    warehouse.rules.update({"file_times": shows_times})
    path = warehouse.premises.home(DEFAULT_ACCOUNT.login) / "out" / "a.csv"
    path.write_bytes(b"MUG,5")
    os.utime(path, (OLD.timestamp(), OLD.timestamp()))
    box = Inbox(transport, transfer(settle="60s"), clock)
    first = listed(box)
    clock.now += timedelta(minutes=2)
    [file] = listed(box, first.looks).ready
    document = box.read(file)
    assert document is not None
    assert (document.modified_at is not None) is shows_times
    path.write_bytes(b"MUG,6")
    assert not box.put_away(document)
    path.write_bytes(b"MUG,5")
    os.utime(path, (OLD.timestamp(), OLD.timestamp()))
    assert box.put_away(document)


def replacing(stand: Stand, monkeypatch: pytest.MonkeyPatch, replace: Callable[[], object]) -> None:
    """Let something happen between the look at a file and its rename."""
    rename = Transport.rename

    def late(transport: Transport, source: str, target: str) -> bool:
        monkeypatch.setattr(Transport, "rename", rename)
        replace()
        return rename(transport, source, target)

    monkeypatch.setattr(Transport, "rename", late)


@pytest.mark.parametrize("after_reading", ["archive", "delete"])
def test_a_version_that_comes_at_the_last_moment_is_put_back(
    stand: Stand, clock: Clock, monkeypatch: pytest.MonkeyPatch, after_reading: str
) -> None:
    put(stand, "a.csv", b"first")
    box = inbox(stand, clock, after_reading=after_reading)
    document = taken(box)
    replacing(stand, monkeypatch, lambda: put(stand, "a.csv", b"second version"))
    assert not box.put_away(document)
    assert (stand.names("out"), stand.names("archive")) == (["a.csv"], [])
    assert taken(box).content == b"second version"


def test_a_version_is_put_back_under_another_name_if_a_third_one_is_there(
    stand: Stand, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(stand, "a.csv", b"first")
    box = inbox(stand, clock)
    document = taken(box)

    def replace() -> None:
        put(stand, "a.csv", b"second version")
        rename = Transport.rename

        def then_a_third(transport: Transport, source: str, target: str) -> bool:
            monkeypatch.setattr(Transport, "rename", rename)
            put(stand, "a.csv", b"third")
            return rename(transport, source, target)

        monkeypatch.setattr(Transport, "rename", then_a_third)

    replacing(stand, monkeypatch, replace)
    assert not box.put_away(document)
    assert stand.names("out") == ["a.2.csv", "a.csv"]
    assert (stand.root / "out" / "a.2.csv").read_bytes() == b"second version"


def test_a_deleted_file_leaves_nothing(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv")
    box = inbox(stand, clock, after_reading="delete")
    document = taken(box)
    assert box.put_away(document)
    assert box.put_away(document)
    assert (stand.names("out"), stand.names("archive")) == ([], [])


def test_a_missing_archive_is_an_error_and_the_file_stays(stand: Stand, clock: Clock) -> None:
    put(stand, "a.csv")
    box = inbox(stand, clock, archive_to="none")
    with pytest.raises(RemoteUnavailable, match=r"the folder of none/a.csv is not there"):
        box.put_away(taken(box))
    assert stand.names("out") == ["a.csv"]
