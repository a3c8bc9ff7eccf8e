from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from cartage.lanes.schema import json_schema, json_schema_text

CONFIG = Path(__file__).parents[3] / "include" / "config"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def shipped() -> dict[str, Any]:
    """The lanes as shipped, as an editor sees them: dates are text."""
    data: dict[str, Any] = yaml.safe_load((CONFIG / "lanes.yaml").read_text(encoding="utf-8"))
    return dict(json.loads(json.dumps(data, default=str)))


def test_the_schema_beside_the_lanes_is_current() -> None:
    committed = (CONFIG / "lanes.schema.json").read_text(encoding="utf-8")
    assert committed == json_schema_text(), (
        "run: cartage lanes schema --write include/config/lanes.schema.json"
    )


def test_the_shipped_lanes_file_names_the_schema_and_matches_it(
    validator: Draft202012Validator, shipped: dict[str, Any]
) -> None:
    first = (CONFIG / "lanes.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=lanes.schema.json"
    assert list(validator.iter_errors(shipped)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("store", "import_status"), 20),
        (("store", "timezone"), "UTC"),
        (("warehouse", "connector"), "nobody"),
        (("warehouse", "settings"), {"customer_id": 1}),
        (("warehouse", "settings", "customer"), 1),
        (("limits", "freshness"), 10),
        (("name",), "demo"),
    ],
)
def test_an_editor_can_see_the_mistake(
    validator: Draft202012Validator, shipped: dict[str, Any], path: tuple[str, ...], value: object
) -> None:
    section: Any = shipped["lanes"]["demo"]
    for part in path[:-1]:
        section = section[part]
    section[path[-1]] = value
    assert list(validator.iter_errors(shipped))


def test_defaults_in_the_schema_are_written_like_settings() -> None:
    limits = json_schema()["$defs"]["Limits"]["properties"]
    assert limits["freshness"]["default"] == "10m"


def test_own_keys_for_anchors_are_allowed(validator: Draft202012Validator, shipped: dict[str, Any]) -> None:
    assert list(validator.iter_errors({"x-mine": {"a": 1}, **shipped})) == []


def test_an_old_name_of_a_setting_is_allowed_and_marked_as_deprecated(
    validator: Draft202012Validator, shipped: dict[str, Any]
) -> None:
    shipped["lanes"]["demo"]["limits"]["guard"] = "30s"
    assert list(validator.iter_errors(shipped)) == []
    assert json_schema()["$defs"]["Limits"]["properties"]["guard"]["deprecated"] is True
