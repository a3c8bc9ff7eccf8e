from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from cartage.warehouses.files.profiles.manual import BEGIN_PROFILE, END_PROFILE
from cartage.warehouses.files.profiles.schema import profile_schema

Cartage = Callable[..., Result]


@pytest.fixture
def folder(lanes_file: Path) -> Path:
    """The folder of own profiles beside the lanes file, with a good and a bad one."""
    found = lanes_file.parent / "profiles"
    found.mkdir()
    (found / "good.yaml").write_text("extends: plain\ndescription: Ours\n")
    (found / "bad.yaml").write_text("extends: plain\norders:\n  delimiter: xx\n  headr: true\n")
    return found


def test_check_prints_each_mistake_on_its_own_line_and_exits_1(cartage: Cartage, folder: Path) -> None:
    result = cartage("files", "profiles", "check")
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()
    assert first.startswith(f"{folder / 'bad.yaml'}:3:3: orders.delimiter: cannot separate columns. ")
    assert (
        second == f"{folder / 'bad.yaml'}:4:3: orders.headr: there is no such setting. Did you mean 'header'?"
    )
    assert result.stderr == "2 mistakes; valid profiles: dsfx, dsfx_v1, dsfx_v3, plain, good\n"


def test_check_of_one_profile(cartage: Cartage, folder: Path) -> None:
    result = cartage("files", "profiles", "check", "good")
    assert (result.exit_code, result.stdout) == (0, "")


def test_list_names_every_profile(cartage: Cartage, folder: Path) -> None:
    rows = json.loads(cartage("files", "profiles", "list", "--json").stdout)
    found = {row["name"]: row for row in rows}
    assert found["good"] == {
        "name": "good",
        "file": str(folder / "good.yaml"),
        "valid": True,
        "description": "Ours",
    }
    assert (found["bad"]["valid"], found["bad"]["description"]) == (False, "2 mistakes")
    assert found["dsfx"]["file"] == "built in"
    assert "dsfx_v3" in cartage("files", "profiles", "list").stdout


def test_show_has_what_a_profile_takes_over(cartage: Cartage, folder: Path) -> None:
    shown = yaml.safe_load(cartage("files", "profiles", "show", "good").stdout)
    assert shown["description"] == "Ours"
    assert shown["orders"]["columns"][0] == {"heading": "order", "field": "reference", "required": True}
    assert json.loads(cartage("files", "profiles", "show", "good", "--json").stdout) == shown


def test_a_shown_profile_is_a_profile(cartage: Cartage, folder: Path) -> None:
    (folder / "copy.yaml").write_text(cartage("files", "profiles", "show", "dsfx_v3").stdout)
    assert cartage("files", "profiles", "check", "copy").exit_code == 0


def test_show_of_a_bad_profile_names_its_mistakes(cartage: Cartage, folder: Path) -> None:
    result = cartage("files", "profiles", "show", "bad")
    assert result.exit_code == 1
    assert "orders.headr: there is no such setting" in result.stderr


def test_schema_and_manual_are_printed_or_written(cartage: Cartage, tmp_path: Path) -> None:
    assert json.loads(cartage("files", "profiles", "schema").stdout) == profile_schema()
    target = tmp_path / "profile.schema.json"
    assert cartage("files", "profiles", "schema", "--write", str(target)).exit_code == 0
    assert json.loads(target.read_text()) == profile_schema()
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN_PROFILE}\nformer tables\n{END_PROFILE}\nafter\n")
    assert cartage("files", "profiles", "manual", "--write", str(page)).exit_code == 0
    written = page.read_text()
    assert written.startswith("before\n") and written.endswith("\nafter\n") and "former tables" not in written
    assert cartage("files", "profiles", "manual").stdout.strip() in written
