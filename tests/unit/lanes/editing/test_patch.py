"""A patch of the lanes file touches only the lines of the rules that change, and has exactly the wanted rules."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import SettingsError
from cartage.lanes import load_lanes
from cartage.lanes.editing.patch import patch_text

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
    file.write_bytes(text.encode())
    found = patch_text(file, "east", sections)
    if found:
        subprocess.run(["git", "apply", "-"], input=found.encode(), cwd=tmp_path, check=True)
    return file.read_bytes().decode(), [line for line in found.splitlines()[2:] if line[0] in "+-"]


def rules(tmp_path: Path, section: str = "ship_methods") -> list[dict[str, Any]]:
    found = load_lanes(tmp_path / "lanes.yaml")
    assert found.mistakes == []
    return [
        rule.model_dump(exclude_defaults=True, mode="json") for rule in getattr(found.lanes["east"], section)
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
    assert re.search("Ground Saver} +# default\n", text)
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


def test_odd_layout_elsewhere_in_the_file_is_left_as_it_is(tmp_path: Path) -> None:
    odd = """\
    store : { connection: a,   time_zone: UTC,
              go_live: 2025-01-01 }     # the shop
    checks:
        countries: [ US,
                     CA ]
    limits:   {threads: 08}
"""
    head = HEAD.replace("    store: {connection: a, time_zone: UTC, go_live: 2025-01-01} # the shop\n", odd)
    text, lines = changed(tmp_path, head + METHODS, ship_methods=[GROUND, FREIGHT, NEXT_DAY, NEW])
    assert [line[0] for line in lines] == ["+"]
    assert odd in text


def test_a_new_rule_stands_before_the_blank_lines_and_comments_behind_the_last_one(tmp_path: Path) -> None:
    methods = METHODS.replace("    mode:", "\n    # Everything from here on\n    mode:")
    text, _ = changed(
        tmp_path, HEAD + methods, ship_methods=[GROUND, FREIGHT, NEXT_DAY, {**NEW, "store": "X"}]
    )
    assert "# rare\n      - {store: X, carrier: DHL}\n\n    # Everything" in text


def test_comments_between_rules_stay_when_a_rule_is_removed(tmp_path: Path) -> None:
    methods = METHODS.replace("      - {store: 'Next", "\n      # fast\n      - {store: 'Next")
    text, _ = changed(tmp_path, HEAD + methods, ship_methods=[GROUND, NEXT_DAY])
    assert rules(tmp_path) == [GROUND, NEXT_DAY]
    assert "# default\n\n      # fast\n      - {store: 'Next Day'" in text


def test_quotes_and_styles_of_unchanged_values_stay(tmp_path: Path) -> None:
    other = {"store": "Next Day", "carrier": "FedEx"}
    text, _ = changed(tmp_path, HEAD + METHODS, ship_methods=[GROUND, FREIGHT, other])
    assert "- {store: 'Next Day', carrier: FedEx} # rare\n" in text
    text, _ = changed(
        tmp_path, HEAD + METHODS, ship_methods=[GROUND, {**FREIGHT, "service": "Ground"}, NEXT_DAY]
    )
    assert "      - store: Freight\n        carrier: FedEx\n        service: Ground\n" in text


def test_line_ends_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    before = "\ufeff" + (HEAD + METHODS + WEST).replace("\n", "\r\n")
    text, lines = changed(tmp_path, before, ship_methods=[GROUND, FREIGHT, NEXT_DAY, NEW])
    assert len(lines) == 1
    assert text.startswith("\ufeff#")
    assert text.count("\n") == text.count("\r\n") == before.count("\n") + 1
    assert rules(tmp_path)[-1] == NEW


@pytest.mark.parametrize("dash", ["", "    "])
def test_new_rules_have_the_indentation_of_their_section(tmp_path: Path, dash: str) -> None:
    methods = f"    ship_methods:\n    {dash}- {{store: UPS Ground, carrier: UPS, service: Ground}}\n"
    skus = "    skus:\n      - {store: SET, sku: MUG, quantity: 4}\n"
    text, _ = changed(tmp_path, HEAD + methods + skus, ship_methods=[GROUND, FREIGHT], skus=[KIT])
    assert f"\n    {dash}- {{store: Freight" in text
    assert rules(tmp_path) == [GROUND, FREIGHT]
    assert rules(tmp_path, "skus") == [KIT]


@pytest.mark.parametrize(
    "value", ["off", "yes", "0012", "12:30", "1e3", "null", "2026-01-01", "~", "a: b", "# c", "*"]
)
def test_text_that_yaml_would_read_as_something_else_is_quoted(tmp_path: Path, value: str) -> None:
    wanted = {"store": value, "carrier": value}
    changed(tmp_path, HEAD + METHODS, ship_methods=[GROUND, wanted])
    assert rules(tmp_path) == [GROUND, wanted]


def test_a_lane_that_takes_its_settings_from_another_is_never_patched(tmp_path: Path) -> None:
    text = HEAD.replace("  east:", "  west: &west") + METHODS + "  east: *west\n"
    with pytest.raises(SettingsError, match="by hand"):
        changed(tmp_path, text, ship_methods=[GROUND])
