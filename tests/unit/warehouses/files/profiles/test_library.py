from __future__ import annotations

from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.warehouses.files.profiles.library import (
    builtin_names,
    load_profile,
    merge_settings,
    open_profile,
    profile_names,
)
from tests.unit.warehouses.files.profiles.conftest import ORDERS, Loaded


def _found(loaded: Loaded, text: str, **others: str) -> list[tuple[int, int, str, str]]:
    mistakes = loaded(text, **others).mistakes
    return [(mistake.line, mistake.column, mistake.path, mistake.message) for mistake in mistakes]


@pytest.mark.parametrize("name", ["dsfx", "dsfx_v1", "dsfx_v3", "plain"])
def test_a_built_in_profile_has_no_mistake(name: str, tmp_path: Path) -> None:
    assert load_profile(name, tmp_path).mistake_lines() == []
    assert name in builtin_names()
    assert open_profile(name, tmp_path).description


def test_every_mistake_is_found_at_once_with_its_line_and_column(loaded: Loaded) -> None:
    text = """\
    orders:
      header: no
      delimiter: ";;"
      columns:
        - {field: reference, max_length: 0}
        - {field: line.skuu}
        - {heading: Quantity}
      time_zone: America/New York
    inventory:
      files: inv_*.csv
      columns: {sku: SKU, available: true}
      contents: delta
    """
    assert _found(loaded, text) == [
        (3, 3, "orders.delimiter", "cannot separate columns"),
        (5, 26, "orders.columns[1].max_length", "must be greater than or equal to 1"),
        (6, 8, "orders.columns[2].field", "there is no field 'line.skuu'"),
        (7, 7, "orders.columns[3]", "must have one source: field, constant or template"),
        (8, 3, "orders.time_zone", "'America/New York' is not a time zone"),
        (11, 23, "inventory.columns.available", "is no column"),
        (12, 3, "inventory.contents", "there is no such setting"),
    ]


def test_a_mistake_has_its_file_place_and_fix(loaded: Loaded, tmp_path: Path) -> None:
    [line] = loaded(
        ORDERS + "inventory: {files: i.csv, columns: {sku: 1, available: 2}, headr: false}\n"
    ).mistake_lines()
    assert line.startswith(f"{tmp_path / 'own.yaml'}:2:60: inventory.headr: there is no such setting.")
    assert line.endswith("Did you mean 'header'?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping: the settings of a profile"),
        ("- a\n", "must be a mapping: the settings of a profile"),
        ("orders: {", "is not valid YAML"),
        ("description: nothing else\n", "is missing"),
        ("extends: plain\norders: {delimiter: a}\n", "cannot separate columns"),
        ("extends: plain\nextends: dsfx\n", "is set twice (first in line 1)"),
        ("extends: planed\n", "there is no profile 'planed'"),
        ("extends: own\n", "extends itself: own -> own"),
        ("extends: other\n", "the profile 'other' has mistakes"),
        ("extends: [plain]\n", "must be text; put it in quotes"),
    ],
)
def test_what_is_no_profile_is_a_mistake(loaded: Loaded, text: str, message: str) -> None:
    found = loaded(text, other="extends: plain\nordrs: {}\n")
    assert any(message in mistake.message for mistake in found.mistakes), found.mistake_lines()
    assert found.profile is None
    assert all(mistake.fix for mistake in found.mistakes)


def test_a_profile_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"does not exist.*Did you mean 'dsfx'"):
        open_profile("dsfy", tmp_path)


@pytest.mark.parametrize("name", ["../lanes", "Plain", "", "a" * 51])
def test_a_name_never_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    [mistake] = load_profile(name, tmp_path).mistakes
    assert "cannot be the name" in mistake.message


def test_a_file_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(b"orders:\n  file_name: \xff\n")
    [mistake] = load_profile("own", tmp_path).mistakes
    assert (mistake.line, mistake.message) == (2, "is not UTF-8 text")


def test_an_own_file_never_hides_a_built_in_profile(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text("extends: dsfx\n")
    [mistake] = load_profile("plain", tmp_path).mistakes
    assert mistake.message == "'plain' is a profile that comes with Cartage"


def test_an_own_profile_takes_over_what_it_does_not_say(loaded: Loaded) -> None:
    text = """\
    extends: dsfx_v3
    constants: {facility: "12"}
    orders: {orders_per_file: 50}
    confirmations: {columns: {reference: Order, carrier: 4}}
    inventory: null
    """
    found = loaded(text)
    # A position and a heading in one table do not go together with a header; both forms of a column are one setting.
    assert found.mistake_lines() == []
    assert found.profile is not None
    base = open_profile("dsfx_v3")
    assert found.profile.constants == {"facility": "12"}
    assert found.profile.orders == base.orders.model_copy(update={"orders_per_file": 50})
    assert found.profile.inventory is None
    confirmations, inherited = found.profile.confirmations, base.confirmations
    assert confirmations is not None and inherited is not None
    assert confirmations.columns.reference.heading == ("Order",)
    assert confirmations.columns.carrier is not None and confirmations.columns.carrier.position == 4
    assert confirmations.columns.tracking == inherited.columns.tracking
    assert confirmations.files == inherited.files


def test_merging_replaces_lists_and_takes_null_away() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1, "e": {"f": 1}}
    own = {"a": {"c": [3]}, "d": None, "e": 2, "g": None}
    assert merge_settings(base, own) == {"a": {"b": 1, "c": [3]}, "e": 2, "g": None}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 1, "e": {"f": 1}}


def test_the_names_are_those_built_in_and_those_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text("extends: plain\n")
    assert profile_names(tmp_path) == ["dsfx", "dsfx_v1", "dsfx_v3", "plain", "acme"]
    assert profile_names(tmp_path / "none") == builtin_names()
