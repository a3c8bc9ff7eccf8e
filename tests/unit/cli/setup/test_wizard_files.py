"""The wizard adds a lane to the lanes file, or gives it a file of its own where the lanes are a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartage.cli.setup.wizard.files import add_lane, refuse_existing
from cartage.errors import SettingsError
from cartage.lanes import load_lanes

LANE = """\
# Ours, please keep.
lanes:
  first:
    store: {connection: one, time_zone: UTC, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: two, settings: {customer_id: 1, facility_id: 1}}
"""


def settings(connection: str = "second") -> dict[str, object]:
    return {
        "store": {"connection": connection, "time_zone": "UTC", "go_live": "2026-01-01", "import_status": 1},
        "warehouse": {
            "connector": "extensiv",
            "connection": "two",
            "settings": {"customer_id": 1, "facility_id": 1},
        },
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one lane."""
    found = tmp_path / "lanes.d"
    found.mkdir()
    (found / "first.yaml").write_text(LANE)
    return found


def test_a_lane_gets_a_file_of_its_own_in_a_folder(folder: Path) -> None:
    refuse_existing(folder, "second")
    assert add_lane(folder, "second", settings()) == folder / "second.yaml"
    assert list(load_lanes(folder).lanes) == ["first", "second"]
    assert (folder / "first.yaml").read_text() == LANE
    assert sorted(path.name for path in folder.iterdir()) == ["first.yaml", "second.yaml"]


def test_the_first_lane_makes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "lanes.d"
    refuse_existing(folder, "second")
    assert add_lane(folder, "second", settings()) == folder / "second.yaml"
    assert list(load_lanes(folder).lanes) == ["second"]


def test_a_lane_of_any_file_of_the_folder_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"first\.yaml already has this lane"):
        refuse_existing(folder, "first")


def test_a_broken_file_of_another_merchant_does_not_stop_a_new_lane(folder: Path) -> None:
    (folder / "broken.yaml").write_text("lanes: [")
    refuse_existing(folder, "second")
    assert add_lane(folder, "second", settings()) == folder / "second.yaml"
    assert list(load_lanes(folder).lanes) == ["first", "second"]


def test_a_broken_file_with_the_name_of_the_lane_is_not_overwritten(folder: Path) -> None:
    (folder / "second.yaml").write_text("lanes: [")
    with pytest.raises(SettingsError, match=r"second\.yaml:\d+"):
        refuse_existing(folder, "second")


def test_a_lane_that_conflicts_with_one_of_another_file_is_not_written(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"lane 'second' was not written") as raised:
        add_lane(folder, "second", settings(connection="one"))
    assert "shares the store connection 'one'" in str(raised.value)
    assert sorted(path.name for path in folder.iterdir()) == ["first.yaml"]
