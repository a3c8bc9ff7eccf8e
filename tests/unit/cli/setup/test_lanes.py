from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from cartage.lanes.schema import json_schema

Cartage = Callable[..., Result]


def test_check_prints_nothing_and_exits_0_without_mistakes(cartage: Cartage, lanes_file: Path) -> None:
    result = cartage("lanes", "check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{lanes_file}: 0 mistakes, 0 warnings; valid lanes: demo\n"


def test_check_prints_each_mistake_on_its_own_line_and_exits_1(cartage: Cartage, lanes_file: Path) -> None:
    lanes_file.write_text(lanes_file.read_text() + "    bogus: 1\n    limits: {threads: 0}\n  other: {}\n")
    result = cartage("lanes", "check")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split(": ")[:3] for line in lines] == [
        [f"{lanes_file}:5", "demo", "lanes.demo.bogus"],
        [f"{lanes_file}:6", "demo", "lanes.demo.limits.threads"],
        [f"{lanes_file}:7", "other", "lanes.other.store"],
        [f"{lanes_file}:7", "other", "lanes.other.warehouse"],
    ]


def test_check_prints_renamed_settings_as_warnings_and_exits_0(cartage: Cartage, lanes_file: Path) -> None:
    lanes_file.write_text(lanes_file.read_text() + "    limits: {guard: 30s}\n")
    result = cartage("lanes", "check")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{lanes_file}:5: demo: lanes.demo.limits.guard: `guard` is now called")
    assert result.stderr == f"{lanes_file}: 0 mistakes, 1 warning; valid lanes: demo\n"


def test_check_accepts_another_file(cartage: Cartage, tmp_path: Path) -> None:
    result = cartage("lanes", "check", "--file", str(tmp_path / "none.yaml"))
    assert result.exit_code == 1
    assert "none.yaml:1: does not exist" in result.stdout


def test_list_shows_each_lane_uncut(cartage: Cartage) -> None:
    output = cartage("lanes", "list").stdout
    for text in ("demo", "threedcart_demo", "America/New_York", "extensiv (extensiv_demo)", "*/10 * * * *"):
        assert text in output


def test_list_as_json_has_every_setting(cartage: Cartage) -> None:
    (lane,) = json.loads(cartage("lanes", "list", "--json").stdout)
    assert (lane["name"], lane["limits"]["freshness"], lane["store"]["bundles"]) == (
        "demo",
        "10m",
        "components",
    )


def test_schema_is_what_the_engine_exports(cartage: Cartage, tmp_path: Path) -> None:
    assert json.loads(cartage("lanes", "schema").stdout) == json_schema()
    written = tmp_path / "schema.json"
    assert cartage("lanes", "schema", "--write", str(written)).exit_code == 0
    assert json.loads(written.read_text()) == json_schema()


def test_manual_updates_a_page_between_its_markers(cartage: Cartage, tmp_path: Path) -> None:
    block = cartage("lanes", "manual").stdout.strip()
    page = tmp_path / "page.md"
    begin, end = block.splitlines()[0], block.splitlines()[-1]
    page.write_text(f"# Mine\n\n{begin}\nold\n{end}\n\nMore.\n")
    assert cartage("lanes", "manual", "--write", str(page)).exit_code == 0
    assert page.read_text() == f"# Mine\n\n{block}\n\nMore.\n"
