"""Lanes as a folder with a file for each merchant: the same settings, and every mistake with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.lanes import lanes_path, load_lanes
from cartage.lanes.editing.patch import patch_text
from cartage.lanes.loader import lane_file, load_text

LaneText = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, lane_text: LaneText) -> Path:
    """A folder with the lanes `a` and `b`, each in a file of its own."""
    found = tmp_path / "lanes.d"
    found.mkdir()
    for name in ("a", "b"):
        (found / f"{name}.yaml").write_text("lanes:\n" + lane_text(name, connection=name))
    return found


def test_every_file_of_the_folder_is_read(folder: Path, lane_text: LaneText) -> None:
    (folder / "c.yml").write_text(
        "lanes:\n" + lane_text("c", connection="c") + lane_text("d", connection="d")
    )
    (folder / "README.md").write_text("not lanes")
    (folder / ".draft.yaml").write_text("not lanes")
    (folder / "old.yaml").mkdir()
    found = load_lanes(folder)
    assert list(found.lanes) == ["a", "b", "c", "d"]
    assert found.mistakes == []
    assert {name: file.name for name, file in found.files.items()} == {
        "a": "a.yaml",
        "b": "b.yaml",
        "c": "c.yml",
        "d": "c.yml",
    }


def test_a_folder_as_kubernetes_mounts_it_is_read(tmp_path: Path, lane_text: LaneText) -> None:
    """A ConfigMap's files are links through the hidden link ..data, which moves to a new folder at a change."""
    folder = tmp_path / "lanes.d"
    folder.mkdir()
    (folder / "..data").symlink_to("..2026_11_29")
    (folder / "a.yaml").symlink_to("..data/a.yaml")
    for version, zone in (("..2026_11_29", "UTC"), ("..2026_11_30", "America/New_York")):
        (folder / version).mkdir()
        text = "lanes:\n" + lane_text("a", connection="a").replace("America/New_York", zone)
        (folder / version / "a.yaml").write_text(text)
        (folder / "..new").symlink_to(version)
        (folder / "..new").replace(folder / "..data")
        found = load_lanes(folder)
        assert (list(found.lanes), found.mistakes) == (["a"], [])
        assert found.lanes["a"].store.time_zone == zone


def test_a_file_that_cannot_be_read_stops_no_other(folder: Path) -> None:
    (folder / "a.yaml").write_text("lanes:\n  a: [\n")
    found = load_lanes(folder)
    assert list(found.lanes) == ["b"]
    (line,) = found.mistake_lines()
    assert line.startswith(f"{folder / 'a.yaml'}:3: is not valid YAML")


def test_a_mistake_has_the_line_of_its_file(folder: Path, lane_text: LaneText) -> None:
    text = "# b\n\nlanes:\n" + lane_text("b", connection="b", more="bogus: 1\nlimits: {threads: 99}")
    (folder / "b.yaml").write_text(text)
    lines = load_lanes(folder).mistake_lines()
    assert [line.partition(": b: ")[0] for line in lines] == [
        f"{folder / 'b.yaml'}:14",
        f"{folder / 'b.yaml'}:15",
    ]


def test_a_warning_has_its_file(folder: Path, lane_text: LaneText) -> None:
    (folder / "b.yaml").write_text("lanes:\n" + lane_text("b", connection="b", more="alerts: {settle: 1h}"))
    (line,) = load_lanes(folder).warning_lines()
    assert line.startswith(f"{folder / 'b.yaml'}:12: b: lanes.b.alerts.settle: `settle` is now called")


def test_a_lane_in_two_files_is_valid_in_neither(folder: Path, lane_text: LaneText) -> None:
    """No file wins by the order of names."""
    (folder / "z.yaml").write_text("# copy\nlanes:\n" + lane_text("a", connection="z"))
    found = load_lanes(folder)
    assert list(found.lanes) == ["b"]
    assert [line.split(" Keep")[0] for line in found.mistake_lines()] == [
        f"{folder / 'a.yaml'}:2: a: lanes.a: is also in z.yaml.",
        f"{folder / 'z.yaml'}:3: a: lanes.a: is also in a.yaml.",
    ]


def test_lanes_of_different_files_may_conflict(folder: Path, lane_text: LaneText) -> None:
    (folder / "b.yaml").write_text("lanes:\n" + lane_text("b", connection="a"))
    found = load_lanes(folder)
    assert found.lanes == {}
    assert [line.partition(": lanes.")[0] for line in found.mistake_lines()] == [
        f"{folder / 'a.yaml'}:7: a",
        f"{folder / 'b.yaml'}:7: b",
    ]


def test_anchors_are_of_their_file(folder: Path, lane_text: LaneText) -> None:
    (folder / "b.yaml").write_text("lanes:\n" + lane_text("b", connection="b", more="limits: *shared"))
    (folder / "a.yaml").write_text(
        "x-limits: &shared {threads: 2}\nlanes:\n" + lane_text("a", connection="a")
    )
    found = load_lanes(folder)
    assert list(found.lanes) == ["a"]
    assert "b.yaml" in found.mistake_lines()[0]


@pytest.mark.parametrize(("exists", "message"), [(True, "has no file of lanes"), (False, "does not exist")])
def test_a_folder_without_lanes_is_a_mistake(tmp_path: Path, *, exists: bool, message: str) -> None:
    folder = tmp_path / "none.d"
    if exists:
        folder.mkdir()
    (line,) = load_lanes(folder).mistake_lines()
    assert line.startswith(f"{folder}:1: {message}.")


def test_a_folder_that_nobody_reads_is_a_mistake_that_stops_no_lane(
    folder: Path, lane_text: LaneText
) -> None:
    file = folder.with_name("lanes.yaml")
    file.write_text("lanes:\n" + lane_text("c"))
    found = load_lanes(file)
    assert list(found.lanes) == ["c"]
    (line,) = found.mistake_lines()
    assert line.startswith(f"{file}:1: is read, and the folder lanes.d beside it is not.")


def test_the_deployment_finds_a_folder_where_there_is_no_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cartage.lanes.sources import places

    home = tmp_path / "home"
    (home / "include").mkdir(parents=True)
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(home))
    monkeypatch.setattr(
        places, "__file__", str(tmp_path / "include" / "cartage" / "lanes" / "sources" / "x.py")
    )
    assert lanes_path() == home / "include" / "config" / "lanes.yaml"
    folder.parent.joinpath("lanes.d").rename(tmp_path / "moved.d")
    (home / "include" / "config").mkdir()
    (tmp_path / "moved.d").rename(home / "include" / "config" / "lanes.d")
    assert lanes_path() == home / "include" / "config" / "lanes.d"
    assert list(load_lanes().lanes) == ["a", "b"]


def test_a_patch_is_of_the_file_of_its_lane(folder: Path) -> None:
    rows = [{"store": "UPS Ground", "carrier": "UPS", "service": "Ground"}]
    before = (folder / "b.yaml").read_text()
    patch = patch_text(folder, "b", {"ship_methods": rows})
    assert patch.startswith("--- a/lanes.d/b.yaml\n+++ b/lanes.d/b.yaml\n")
    assert "+      - {store: UPS Ground, carrier: UPS, service: Ground}\n" in patch
    assert (folder / "b.yaml").read_text() == before


def test_a_lane_that_no_file_has_cannot_be_patched(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"no file in .* has this lane"):
        lane_file(folder, "c")


def test_a_text_is_validated_beside_the_other_files(folder: Path, lane_text: LaneText) -> None:
    text = "lanes:\n" + lane_text("c", connection="a")
    found = load_text(folder, text, file=folder / "c.yaml")
    assert list(found.lanes) == ["b"]
    assert not (folder / "c.yaml").exists()
