"""A patch of the lanes file touches the lines of the rules that change, and says exactly what was wanted or nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import SettingsError
from cartage.lanes import load_lanes
from cartage.lanes.patch import patch_text

HEAD = """\
# Ours.
lanes:
  east:
    store: {connection: a, time_zone: UTC, go_live: 2025-01-01} # the shop
    warehouse: {connector: extensiv, connection: b, settings: {customer_id: 1, facility_id: 1}}
"""
WEST = """
  west: # another
    store: {connection: c, time_zone: UTC, go_live: 2025-01-01}
    warehouse: {connector: extensiv, connection: b, settings: {customer_id: 1, facility_id: 1}}
    ship_methods: [{store: Ground, carrier: USPS}]
"""
METHODS = """\
    ship_methods: # as checked out
      # the cheap ones
      - {store: "UPS Ground", carrier: UPS, service: Ground, billing: ""} # default
      - store: Freight
        carrier: FedEx
        service: Economy
      - {store: 'Next Day', carrier: UPS} # rare
    mode: shadow
"""
GROUND = {"store": "UPS Ground", "carrier": "UPS", "service": "Ground"}
FREIGHT = {"store": "Freight", "carrier": "FedEx", "service": "Economy"}
NEXT_DAY = {"store": "Next Day", "carrier": "UPS"}
NEW = {"store": "Same: day, 'now' #1", "carrier": "DHL"}
KIT = {"store": "SET", "kit": [{"sku": "MUG", "quantity": 4}, {"sku": "0012"}]}


def changed(tmp_path: Path, text: str, **sections: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """The file after the patch, as `git apply` makes it, and the patch's added and removed lines."""
    file = tmp_path / "lanes.yaml"
    file.write_text(text)
    found = patch_text(file, "east", sections)
    if found:
        subprocess.run(["git", "apply", "-"], input=found, text=True, cwd=tmp_path, check=True)
    return file.read_text(), [splitline for splitline in found.splitlines()[2:] if splitline[0] in "+-"]


def rules(tmp_path: Path, section: str = "ship_methods") -> list[dict[str, Any]]:
    found = load_lanes(tmp_path / "lanes.yaml")
    assert found.mistakes == []
    return [
        one.model_dump(exclude_defaults=True, mode="json") for one in getattr(found.lanes["east"], section)
    ]


def test_rules_that_are_already_there_need_no_patch(tmp_path: Path) -> None:
    text = HEAD + METHODS + WEST
    assert changed(tmp_path, text, ship_methods=[GROUND, FREIGHT, NEXT_DAY], skus=[]) == (text, [])


def test_a_new_rule_is_one_new_line(tmp_path: Path) -> None:
    _, lines = changed(tmp_path, HEAD + METHODS + WEST, ship_methods=[GROUND, FREIGHT, NEXT_DAY, NEW])
    assert len(lines) == 1
    assert rules(tmp_path)[-1] == NEW


def test_a_changed_rule_stays_in_its_place_and_keeps_its_comment(tmp_path: Path) -> None:
    other = {**GROUND, "service": "Ground Saver"}
    text, lines = changed(tmp_path, HEAD + METHODS + WEST, ship_methods=[other, FREIGHT, NEXT_DAY])
    assert [line[0] for line in lines] == ["-", "+"]
    assert "Ground Saver} # default" in text
    assert rules(tmp_path) == [other, FREIGHT, NEXT_DAY]


def test_a_rule_over_several_lines_is_changed_and_removed_as_a_whole(tmp_path: Path) -> None:
    other = {**FREIGHT, "carrier": "UPS"}
    changed(tmp_path, HEAD + METHODS + WEST, ship_methods=[GROUND, other, NEXT_DAY])
    assert rules(tmp_path) == [GROUND, other, NEXT_DAY]
    text, _ = changed(tmp_path, HEAD + METHODS + WEST, ship_methods=[GROUND, NEXT_DAY])
    assert rules(tmp_path) == [GROUND, NEXT_DAY]
    assert "# the cheap ones" in text
    assert "# rare" in text


@pytest.mark.parametrize(
    "before",
    ["", "    ship_methods: []\n", "    ship_methods: [{store: A, carrier: B}] # x\n"],
)
def test_a_missing_list_or_one_in_flow_style_is_written_as_a_block(tmp_path: Path, before: str) -> None:
    changed(tmp_path, HEAD + before + "    mode: live\n" + WEST, ship_methods=[GROUND, NEW])
    assert rules(tmp_path) == [GROUND, NEW]


def test_the_last_rule_can_be_removed(tmp_path: Path) -> None:
    changed(tmp_path, HEAD + METHODS + WEST, ship_methods=[])
    assert rules(tmp_path) == []


def test_skus_and_kits_are_added_next_to_ship_methods(tmp_path: Path) -> None:
    changed(tmp_path, HEAD + METHODS.rstrip("\n"), ship_methods=[GROUND, FREIGHT, NEXT_DAY, NEW], skus=[KIT])
    assert rules(tmp_path, "skus") == [{**KIT, "kit": [{"sku": "MUG", "quantity": 4}, {"sku": "0012"}]}]
    assert rules(tmp_path)[-1] == NEW


def test_the_last_line_of_the_file_may_lack_its_line_end(tmp_path: Path) -> None:
    text = (HEAD + METHODS).replace("    mode: shadow\n", "").rstrip("\n")
    changed(tmp_path, text, ship_methods=[GROUND, FREIGHT, NEXT_DAY, NEW])
    assert rules(tmp_path) == [GROUND, FREIGHT, NEXT_DAY, NEW]


def test_rules_that_two_lanes_share_are_never_patched(tmp_path: Path) -> None:
    shared = (
        HEAD
        + "    ship_methods: &all\n      - {store: Ground, carrier: UPS}\n"
        + WEST.replace("[{store: Ground, carrier: USPS}]", "*all")
    )
    with pytest.raises(SettingsError, match="by hand"):
        changed(tmp_path, shared, ship_methods=[GROUND])
