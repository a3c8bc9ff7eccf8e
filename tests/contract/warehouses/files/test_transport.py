"""What every transport promises about single files and folders, before each kind of server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest

from cartage.errors import MalformedResponse, NotFound, RemoteUnavailable
from cartage.warehouses.files.transport import RemoteFile
from tests.contract.warehouses.files.stands import Stand

LONG = bytes(range(256)) * 1000


def names_of(files: Iterator[RemoteFile]) -> list[str]:
    return sorted(file.name for file in files)


@pytest.mark.parametrize("content", [b"", b"x", LONG])
def test_what_is_written_is_there_whole_and_read_back(stand: Stand, content: bytes) -> None:
    stand.transport.write("in/.a.tmp", content)
    assert (stand.root / "in" / ".a.tmp").read_bytes() == content
    assert stand.transport.read("in/.a.tmp", len(LONG)) == content


def test_writing_again_replaces_a_longer_file(stand: Stand) -> None:
    stand.transport.write("in/.a.tmp", LONG)
    stand.transport.write("in/.a.tmp", b"short")
    assert (stand.root / "in" / ".a.tmp").read_bytes() == b"short"


def test_a_look_shows_size_and_time(stand: Stand) -> None:
    path = stand.root / "out" / "shp_1.csv"
    path.write_bytes(b"12345")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    found = stand.transport.look("out/shp_1.csv")
    assert found == RemoteFile("out/shp_1.csv", 5, datetime.fromtimestamp(1_700_000_000, UTC))


@pytest.mark.parametrize("path", ["out/none.csv", "none/none.csv"])
def test_a_look_at_nothing_is_none(stand: Stand, path: str) -> None:
    assert stand.transport.look(path) is None


def test_folders_are_known(stand: Stand) -> None:
    (stand.root / "out" / "file").write_bytes(b"")
    assert stand.transport.has_folder("out")
    assert not stand.transport.has_folder("none")
    assert not stand.transport.has_folder("out/file")


def test_a_scan_has_the_regular_files_and_survives_names_that_are_not_utf_8(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    folder = stand.root / "out"
    for name in (b"a.csv", b".hidden", "ü.csv".encode(), b"\xfc.csv", b"line\nend.csv"):
        (folder / os.fsdecode(name)).write_bytes(b"")
    (folder / "folder").mkdir()
    (folder / "link").symlink_to(folder / "a.csv")
    assert stand.transport.scan("out", names_of) == [".hidden", "a.csv", "ü.csv"]
    left_out = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(left_out) == 2
    assert any("xfc" in text for text in left_out)


def test_a_folder_that_is_not_there_is_an_error_that_names_it(stand: Stand) -> None:
    with pytest.raises(NotFound, match=r"list none: none is not there.* Compare the folders"):
        stand.transport.scan("none", names_of)


def test_a_scan_may_stop_before_its_end_and_others_follow(stand: Stand) -> None:
    for number in range(300):
        (stand.root / "out" / f"{number:03d}.csv").write_bytes(b"")
    few = stand.transport.scan("out", lambda files: list(islice(files, 3)))
    assert len(few) == 3
    assert len(stand.transport.scan("out", names_of)) == 300
    assert stand.transport.look("out/007.csv") is not None


def test_a_folder_of_10000_files_is_seen_whole(stand: Stand) -> None:
    for number in range(10_000):
        (stand.root / "out" / f"shp_{number:05d}.csv").touch()
    found = stand.transport.scan("out", names_of)
    assert len(found) == 10_000
    assert (found[0], found[-1]) == ("shp_00000.csv", "shp_09999.csv")


def test_reading_what_is_not_there_or_too_large_is_an_error(stand: Stand) -> None:
    (stand.root / "out" / "large.csv").write_bytes(LONG)
    with pytest.raises(NotFound, match=r"read out/none.csv: out/none.csv is not there"):
        stand.transport.read("out/none.csv", 10)
    with pytest.raises(MalformedResponse, match=r"more than 255,999 bytes.*largest_file"):
        stand.transport.read("out/large.csv", len(LONG) - 1)
    assert stand.transport.read("out/large.csv", len(LONG)) == LONG


def test_a_file_is_created_once(stand: Stand) -> None:
    assert stand.transport.create("in/ord_1.csv", b"first")
    assert not stand.transport.create("in/ord_1.csv", b"second")
    assert (stand.root / "in" / "ord_1.csv").read_bytes() == b"first"
    with pytest.raises(NotFound):
        stand.transport.create("none/ord_1.csv", b"first")


def test_a_rename_never_overwrites(stand: Stand) -> None:
    stand.transport.write("in/.a.tmp", b"ours")
    (stand.root / "in" / "a.csv").write_bytes(b"theirs")
    assert not stand.transport.rename("in/.a.tmp", "in/a.csv")
    assert (stand.root / "in" / "a.csv").read_bytes() == b"theirs"
    assert stand.transport.rename("in/.a.tmp", "archive/b.csv")
    assert (stand.root / "archive" / "b.csv").read_bytes() == b"ours"
    assert stand.names("in") == ["a.csv"]


def test_the_plain_rename_of_these_servers_refuses_a_taken_name(stand: Stand) -> None:
    stand.transport.write("in/.a.tmp", b"ours")
    stand.transport.write("in/.b.tmp", b"theirs")
    with pytest.raises(RemoteUnavailable, match="refused"):
        stand.transport.rename_plainly("in/.a.tmp", "in/.b.tmp")
    assert (stand.root / "in" / ".b.tmp").read_bytes() == b"theirs"


def test_a_rename_tells_a_missing_file_from_a_missing_folder(stand: Stand) -> None:
    with pytest.raises(NotFound, match=r"in/.none.tmp is not there"):
        stand.transport.rename("in/.none.tmp", "in/none.csv")
    stand.transport.write("in/.a.tmp", b"ours")
    with pytest.raises(RemoteUnavailable, match=r"the folder of none/a.csv is not there"):
        stand.transport.rename("in/.a.tmp", "none/a.csv")
    assert stand.names("in") == [".a.tmp"]


def test_removing_and_emptying_what_is_not_there_is_no_error_and_makes_nothing(stand: Stand) -> None:
    stand.transport.remove("in/none")
    stand.transport.empty("in/none")
    assert stand.names("in") == []
    stand.transport.write("in/.a.tmp", b"content")
    stand.transport.empty("in/.a.tmp")
    assert (stand.root / "in" / ".a.tmp").read_bytes() == b""
    stand.transport.remove("in/.a.tmp")
    assert stand.names("in") == []
