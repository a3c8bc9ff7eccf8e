"""Lanes are validated once for each change of their files; who asks for one lane reads no other."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import SettingsError
from cartage.lanes import find_lane, get_lane, lane_names, load_lanes, raise_on_mistakes, valid_lanes
from cartage.lanes.compiled import compiled_lanes, disk, lookup, notation, rules
from cartage.lanes.loader import read_content
from cartage.lanes.settings.lane import Lane
from cartage.lanes.sources.texts import SourceText

LaneText = Callable[..., str]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this test."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def file(tmp_path: Path, lane_text: LaneText) -> Path:
    """A file with the lanes `a` and `b`."""
    found = tmp_path / "config" / "lanes.yaml"
    found.parent.mkdir()
    found.write_text("lanes:\n" + lane_text("a", connection="one") + lane_text("b", connection="two"))
    return found


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed, in order."""
    names: list[str] = []
    read = read_content

    def note(source: Any) -> Any:
        names.append(source.path.name)
        return read(source)

    monkeypatch.setattr(compiled_lanes, "read_content", note)
    return names


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the lanes that are built of compiled ones, in order."""
    names: list[str] = []
    decode = notation.decode_lane

    def note(name: str, text: memoryview) -> Any:
        names.append(name)
        return decode(name, text)

    monkeypatch.setattr(compiled_lanes, "decode_lane", note)
    return names


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forget what this process knows, as a new process does."""

    def forget() -> None:
        monkeypatch.setattr(lookup, "_CACHE", lookup._Cache())

    forget()
    return forget


def compiled_files(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f".{file.name}.*.compiled"))


def test_a_process_that_asks_for_one_lane_parses_no_file_and_builds_no_other(
    file: Path, parsed: list[str], built: list[str], fresh_process: Callable[[], None]
) -> None:
    valid_lanes(file)
    assert parsed == ["lanes.yaml"]
    fresh_process()
    built.clear()
    assert get_lane("b", file).store.connection == "two"
    assert (parsed, built) == (["lanes.yaml"], ["b"])


def test_the_names_of_all_lanes_need_none_of_them(file: Path, built: list[str]) -> None:
    assert lane_names(file) == ["a", "b"]
    assert built == []


def test_a_compiled_lane_is_the_lane_of_the_file(file: Path, lane_text: LaneText) -> None:
    more = (
        "mode: off\nalerts: {hours: {days: [mon], opens: '09:00', closes: '17:00', holidays: [2026-12-25]}}\n"
        "limits: {calls_per_second: 1.5}\nskus: [{store: '01', sku: 'é'}]\ninventory: {}"
    )
    file.write_text("lanes:\n" + lane_text("a", more=more), encoding="utf-8")
    of_the_file = load_lanes(file)
    assert of_the_file.mistake_lines() == []
    assert get_lane("a", file) == of_the_file.lanes["a"]
    assert get_lane("a", file).alerts.hours == of_the_file.lanes["a"].alerts.hours
    assert get_lane("a", file).store.go_live == date(2026, 1, 1)


def test_a_changed_file_is_read_again(
    file: Path, parsed: list[str], fresh_process: Callable[[], None]
) -> None:
    assert get_lane("a", file).limits.freshness == timedelta(minutes=10)
    file.write_text(file.read_text().replace("import_status: 1", "import_status: 8"))
    assert get_lane("a", file).store.import_status == 8
    fresh_process()
    assert get_lane("a", file).store.import_status == 8
    assert parsed == ["lanes.yaml"] * 2


def test_a_change_that_keeps_time_and_size_of_the_file_counts(
    file: Path, fresh_process: Callable[[], None]
) -> None:
    """A checkout or a copy may set the time that a file had before."""
    import os

    valid_lanes(file)
    before = file.stat()
    file.write_text(file.read_text().replace("import_status: 1", "import_status: 9"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    fresh_process()
    assert get_lane("a", file).store.import_status == 9


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"not compiled\n",
        lambda text: text[:-1],
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(b'"two"', b'"TWO"'),
        lambda text: text + b"x",
    ],
    ids=["empty", "foreign", "one byte short", "half", "changed", "longer"],
)
def test_a_damaged_compiled_file_is_made_again(
    file: Path, damage: Callable[[bytes], bytes], fresh_process: Callable[[], None]
) -> None:
    valid_lanes(file)
    (kept,) = compiled_files(file)
    whole = kept.read_bytes()
    assert damage(whole) != whole
    kept.write_bytes(damage(whole))
    fresh_process()
    assert get_lane("b", file).store.connection == "two"
    assert kept.read_bytes() == whole


def test_lanes_of_a_compiled_file_that_the_rules_refuse_are_read_again(
    file: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch, fresh_process: Callable[[], None]
) -> None:
    """The digest of the rules covers what we know of; a lane is validated when it is built all the same."""
    valid_lanes(file)
    fresh_process()
    decode, refused = notation.decode_lane, iter([True])

    def refuse_once(name: str, content: memoryview) -> Any:
        if next(refused, False):
            raise notation.Damaged("refused")
        return decode(name, content)

    monkeypatch.setattr(compiled_lanes, "decode_lane", refuse_once)
    assert get_lane("b", file).name == "b"
    assert parsed == ["lanes.yaml"] * 2


def test_another_version_of_cartage_keeps_its_own(
    file: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch, fresh_process: Callable[[], None]
) -> None:
    """Two versions on one shared folder, as during an upgrade, do not replace each other's."""
    for release in ("1.0", "2.0", "1.0", "2.0"):
        monkeypatch.setattr(rules, "_installed", lambda release=release: release)
        fresh_process()
        assert len(valid_lanes(file)) == 2
    assert len(compiled_files(file)) == 2
    assert parsed == ["lanes.yaml"] * 2


def test_a_changed_profile_beside_the_lanes_counts(
    file: Path, parsed: list[str], fresh_process: Callable[[], None]
) -> None:
    valid_lanes(file)
    (file.parent / "profiles").mkdir()
    (file.parent / "profiles" / "own.yaml").write_text("name: own")
    valid_lanes(file)
    (file.parent / "profiles" / "own.yaml").write_text("name: new")
    fresh_process()
    valid_lanes(file)
    assert parsed == ["lanes.yaml"] * 3


def test_many_processes_may_compile_at_once(file: Path, lane_text: LaneText) -> None:
    """Readers find a whole file at every instant, while writers replace it by another."""
    texts = [file.read_text(), "lanes:\n" + lane_text("a", connection="one", status=8)]
    digest = rules.rules_digest(file)

    def write(number: int) -> None:
        source = SourceText(file, texts[number % 2].encode())
        assert disk.keep(file, digest, compiled_lanes.compile_lanes(file, [source])) is not None

    def read(_: int) -> list[list[str]]:
        return [compiled_lanes.CompiledLanes(file, text).names for text in disk.kept_texts(file, digest)]

    write(0)
    with ThreadPoolExecutor(8) as pool:
        writes, reads = pool.map(write, range(60)), pool.map(read, range(200))
        assert len(list(writes)) == 60
        found = list(reads)
    assert found and all(names in ([["a", "b"]], [["a"]]) for names in found)
    assert [path.name for path in compiled_files(file)] == [f".lanes.yaml.{digest}.compiled"]
    assert {path.name for path in file.parent.iterdir()} == {"lanes.yaml", f".lanes.yaml.{digest}.compiled"}


def read_only(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let nothing be written in these folders, for any user."""
    make = tempfile.mkstemp

    def refuse(*, dir: Path, prefix: str) -> tuple[int, str]:  # noqa: A002
        if dir in folders:
            raise OSError(30, "Read-only file system")
        return make(dir=dir, prefix=prefix)

    monkeypatch.setattr(tempfile, "mkstemp", refuse)


def test_beside_read_only_lanes_nothing_is_written_and_a_private_folder_is_used(
    file: Path,
    temporary: Path,
    parsed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_process: Callable[[], None],
) -> None:
    """Where a ConfigMap or an image has the lanes."""
    read_only(monkeypatch, file.parent)
    valid_lanes(file)
    fresh_process()
    assert get_lane("b", file).store.connection == "two"
    assert parsed == ["lanes.yaml"]
    assert compiled_files(file) == []
    (folder,) = temporary.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert len(list(folder.iterdir())) == 1


def test_where_nothing_can_be_written_lanes_are_read_each_time(
    file: Path,
    temporary: Path,
    parsed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_process: Callable[[], None],
) -> None:
    import os

    read_only(monkeypatch, file.parent, temporary / f"cartage-lanes-{os.getuid()}")
    for _ in range(2):
        fresh_process()
        assert get_lane("b", file).store.connection == "two"
    assert parsed == ["lanes.yaml"] * 2


def test_a_temporary_folder_that_others_can_write_is_not_trusted(
    file: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import os

    read_only(monkeypatch, file.parent)
    planted = temporary / f"cartage-lanes-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    with caplog.at_level(logging.WARNING):
        assert len(valid_lanes(file)) == 2
    assert "not a folder of this user alone" in caplog.text
    assert list(planted.iterdir()) == []


def test_the_compiled_file_can_be_read_by_whoever_may_read_the_lanes(file: Path) -> None:
    file.chmod(0o640)
    valid_lanes(file)
    assert [kept.stat().st_mode & 0o777 for kept in compiled_files(file)] == [0o640]


def test_mistakes_are_kept_with_their_lines(
    file: Path, lane_text: LaneText, parsed: list[str], fresh_process: Callable[[], None]
) -> None:
    file.write_text(
        "lanes:\n" + lane_text("a", connection="one") + lane_text("b", connection="two", more="bogus: 1")
    )
    expected = load_lanes(file).mistake_lines()
    assert len(expected) == 1
    for _ in range(2):
        fresh_process()
        assert find_lane("b", file) is None
        with pytest.raises(SettingsError) as raised:
            raise_on_mistakes(file)
        assert [*raised.value.mistakes] == expected
        with pytest.raises(SettingsError) as raised:
            get_lane("b", file)
        assert [*raised.value.mistakes] == expected
    assert parsed == ["lanes.yaml"]


def test_lanes_that_conflict_stay_refused(
    file: Path, lane_text: LaneText, fresh_process: Callable[[], None]
) -> None:
    file.write_text("lanes:\n" + lane_text("a") + lane_text("b") + lane_text("c", connection="other"))
    expected = load_lanes(file).mistake_lines()
    assert len(expected) == 2
    for _ in range(2):
        fresh_process()
        assert lane_names(file) == ["c"]
        with pytest.raises(SettingsError) as raised:
            raise_on_mistakes(file)
        assert [*raised.value.mistakes] == expected


def folder_of(tmp_path: Path, **texts: str) -> Path:
    folder = tmp_path / "lanes.d"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text("lanes:\n" + text)
    return folder


def test_the_change_of_one_merchant_parses_one_file(
    tmp_path: Path, lane_text: LaneText, parsed: list[str], fresh_process: Callable[[], None]
) -> None:
    folder = folder_of(tmp_path, **{name: lane_text(name, connection=name) for name in ("a", "b", "c")})
    assert lane_names(folder) == ["a", "b", "c"]
    assert parsed == ["a.yaml", "b.yaml", "c.yaml"]
    parsed.clear()
    (folder / "b.yaml").write_text("lanes:\n" + lane_text("b", connection="b", status=8))
    fresh_process()
    assert {lane.name: lane.store.import_status for lane in valid_lanes(folder)} == {"a": 1, "b": 8, "c": 1}
    assert parsed == ["b.yaml"]


def test_a_conflict_with_a_file_that_did_not_change_is_found(
    tmp_path: Path, lane_text: LaneText, fresh_process: Callable[[], None]
) -> None:
    folder = folder_of(tmp_path, **{name: lane_text(name, connection=name) for name in ("a", "b", "c")})
    assert lane_names(folder) == ["a", "b", "c"]
    (folder / "b.yaml").write_text("# moved\nlanes:\n" + lane_text("b", connection="a"))
    for _ in range(2):
        fresh_process()
        assert lane_names(folder) == ["c"]
        with pytest.raises(SettingsError) as raised:
            raise_on_mistakes(folder)
        assert [*raised.value.mistakes] == load_lanes(folder).mistake_lines()
        assert f"{folder / 'b.yaml'}:8: b: lanes.b.store.import_status:" in str(raised.value)
    (folder / "b.yaml").unlink()
    assert lane_names(folder) == ["a", "c"]


def test_a_folder_has_another_path_in_a_container(
    tmp_path: Path, lane_text: LaneText, parsed: list[str], fresh_process: Callable[[], None]
) -> None:
    folder = folder_of(tmp_path, a=lane_text("a", more="bogus: 1"), b=lane_text("b"))
    assert lane_names(folder) == ["b"]
    moved = tmp_path / "mounted"
    moved.mkdir()
    folder.rename(moved / folder.name)
    for kept in compiled_files(folder):
        kept.rename(moved / kept.name)
    parsed.clear()
    with pytest.raises(SettingsError, match=r"mounted/lanes\.d/a\.yaml:\d+: a: lanes\.a\.bogus"):
        raise_on_mistakes(moved / folder.name)
    assert parsed == []


def test_stock_is_the_same_for_lanes_that_share_it(file: Path) -> None:
    from cartage.lanes.account import stock_key

    first, second = valid_lanes(file)
    assert stock_key(first) == stock_key(second)
    other = Lane.model_validate(
        {**first.model_dump(), "warehouse": {**first.warehouse.model_dump(), "connection": "elsewhere"}}
    )
    assert stock_key(other) != stock_key(first)
