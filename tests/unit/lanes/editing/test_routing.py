"""Other routing rules are tried on a lane as it is written: every mistake has its line, a patch has only them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.lanes import load_lanes
from cartage.lanes.editing.routing import (
    LONGEST_RULES,
    lane_with_rules,
    routing_patch,
    rules_text,
    written_rules,
)

TEXT = """\
# Ours.
lanes:
  east: # the first
    store: {connection: a, time_zone: UTC, go_live: 2025-01-01} # the shop
    warehouses:
      ohio: {connector: extensiv, connection: b, settings: {customer_id: 1, facility_id: 1}}
      coast: {connector: shipbob, connection: c, settings: {channel_id: 7}}
    inventory: {}
    routing:
      - name: cold # ice
        when: {skus: ["ICE-*"]}
        to: ohio
      # the west
      - {name: west, when: {states: [CA]}, to: coast}
    mode: shadow
  west:
    store: {connection: d, time_zone: UTC, go_live: 2025-01-01}
    warehouse: {connector: extensiv, connection: e, settings: {customer_id: 1, facility_id: 1}}
"""
OTHER = """\
- name: cold # ice
  when: {skus: ["ICE-*"]}
  to: ohio
- {name: north, when: {postal_codes: ["0-2"]}, prefer: [coast, ohio]}
"""


def written(tmp_path: Path, text: str = TEXT) -> Path:
    file = tmp_path / "lanes.yaml"
    file.write_text(text)
    assert load_lanes(file).mistakes == []
    return file


def test_the_rules_are_shown_as_the_file_has_them_with_their_comments(tmp_path: Path) -> None:
    file = written(tmp_path)
    shown = written_rules(file, load_lanes(file).lanes["east"])
    assert shown.splitlines()[:4] == [
        "- name: cold # ice",
        '  when: {skus: ["ICE-*"]}',
        "  to: ohio",
        "# the west",
    ]
    assert routing_patch(file, "east", shown) == ""


@pytest.mark.parametrize("dash", ["", "  "])
@pytest.mark.parametrize("end", ["", "    # the end\n    mode: shadow\n"])
def test_rules_in_any_indentation_end_where_the_next_setting_begins(
    tmp_path: Path, dash: str, end: str
) -> None:
    first, second = "- {name: a, when: {amount_from: 9.5}, to: ohio}", "- {name: b, to: coast}"
    rules = f"    routing:\n    {dash}{first}\n\n    {dash}{second}\n"
    old = TEXT[TEXT.index("    routing:") : TEXT.index("  west:\n")]
    file = written(tmp_path, TEXT.replace(old, rules + end))
    lane = load_lanes(file).lanes["east"]
    shown = written_rules(file, lane)
    assert lane_with_rules(file, "east", shown) == lane
    assert shown.startswith(f"{first}\n\n{second}")
    assert "mode" not in shown


def test_rules_in_the_line_of_their_key_are_written_one_on_each_line(tmp_path: Path) -> None:
    old = TEXT[TEXT.index("    routing:") : TEXT.index("    mode:")]
    rules = "    routing: [{name: a, when: {amount_from: 1000}, to: ohio}, {name: b, to: coast}]\n"
    file = written(tmp_path, TEXT.replace(old, rules))
    shown = written_rules(file, load_lanes(file).lanes["east"])
    assert shown == "- {name: a, when: {amount_from: 1000}, to: ohio}\n- {name: b, to: coast}\n"


def test_the_lane_has_the_other_rules_and_everything_else_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path)
    before = load_lanes(file).lanes["east"]
    found = lane_with_rules(file, "east", OTHER)
    assert [rule.name for rule in found.routing] == ["cold", "north"]
    assert found.model_copy(update={"routing": before.routing}) == before


def test_the_text_of_the_rules_is_the_rules_again(tmp_path: Path) -> None:
    file = written(tmp_path)
    before = load_lanes(file).lanes["east"]
    assert before.routing
    assert lane_with_rules(file, "east", rules_text(before.routing)) == before


@pytest.mark.parametrize(
    ("rules", "mistake"),
    [
        ("- {name: a, to: coats}", "line 1: routing[1].to: there is no warehouse 'coats'. Did you mean 'coast'?"),
        ("[]\n- x", "line 2: is not valid YAML"),
        ("name: a", "line 1: must be a list"),
        (
            "- {name: a, to: ohio}\n- {name: b, to: coast}",
            "line 2: routing[2]: no line reaches this rule: that in line 1",
        ),
        ("\n\n- {name: a}", "line 3: routing[1]: does not say where the lines go"),
        ("x" * (LONGEST_RULES + 1), "more than 100,000 characters"),
    ],
)  # fmt: skip
def test_every_mistake_has_its_line_in_what_was_typed(tmp_path: Path, rules: str, mistake: str) -> None:
    with pytest.raises(SettingsError) as refused:
        lane_with_rules(written(tmp_path), "east", rules)
    assert mistake in str(refused.value)


def test_the_patch_changes_the_rules_and_no_other_line(tmp_path: Path) -> None:
    file = written(tmp_path)
    patch = routing_patch(file, "east", OTHER)
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    after = load_lanes(file)
    assert after.mistakes == []
    assert after.lanes["east"] == lane_with_rules(file, "east", OTHER)
    removed = [line for line in patch.splitlines()[2:] if line.startswith("-")]
    assert removed == ["-      - {name: west, when: {states: [CA]}, to: coast}"]
    assert "# the shop" in file.read_text()


def test_rules_are_added_to_a_lane_without_any(tmp_path: Path) -> None:
    rules = TEXT[TEXT.index("    routing:") : TEXT.index("    mode:")]
    file = written(tmp_path, TEXT.replace(rules, ""))
    patch = routing_patch(file, "east", OTHER)
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert [rule.name for rule in load_lanes(file).lanes["east"].routing] == ["cold", "north"]
    assert [line for line in patch.splitlines()[2:] if line.startswith("-")] == []


def test_the_same_rules_make_no_patch(tmp_path: Path) -> None:
    file = written(tmp_path)
    rules = "".join(
        line[6:] + "\n" for line in TEXT.splitlines() if line.startswith("      ") and "conn" not in line
    )
    assert routing_patch(file, "east", rules) == ""


def test_a_lane_with_one_warehouse_takes_no_rules(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is for lanes with several warehouses"):
        lane_with_rules(written(tmp_path), "west", "- {name: a, to: ohio}")


def test_a_lane_of_a_folder_is_found_in_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "lanes.d"
    folder.mkdir()
    (folder / "ours.yaml").write_text(TEXT)
    patch = routing_patch(folder, "east", OTHER)
    assert patch.startswith("--- a/lanes.d/ours.yaml\n+++ b/lanes.d/ours.yaml\n")
