from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from cartage.warehouses.files.profiles.library import builtin_names
from cartage.warehouses.files.profiles.schema import profile_schema, profile_schema_text

CONFIG = Path(__file__).parents[5] / "include" / "config"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = profile_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _builtin(name: str) -> dict[str, Any]:
    text = (files("cartage.warehouses.files.profiles.builtin") / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def test_the_schema_beside_the_lanes_is_current() -> None:
    committed = (CONFIG / "profile.schema.json").read_text(encoding="utf-8")
    assert committed == profile_schema_text(), (
        "run: cartage files profiles schema --write include/config/profile.schema.json"
    )


@pytest.mark.parametrize("name", builtin_names())
def test_the_built_in_profiles_match_it(validator: Draft202012Validator, name: str) -> None:
    assert list(validator.iter_errors(_builtin(name))) == []


@pytest.mark.parametrize(
    "text",
    [
        "extends: plain",
        "{extends: plain, inventory: null}",
        "{extends: plain, confirmations: {columns: {reference: 3, sku: [a, b], carton: {heading: x}}}}",
        "{extends: plain, confirmations: {time_formats: '%Y%m%d', files: [a.csv, b.csv]}}",
    ],
)
def test_what_an_own_profile_may_say(validator: Draft202012Validator, text: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "description: neither extends nor orders",
        "{extends: plain, order: {}}",
        "{extends: plain, orders: {layout: rows}}",
        "{extends: plain, orders: {columns: []}}",
        "{extends: plain, orders: {columns: [{fields: reference}]}}",
        "{extends: plain, confirmations: {columns: {reference: 0}}}",
        "{extends: plain, confirmations: {columns: {referense: 1}}}",
        "{extends: Plain}",
    ],
)
def test_an_editor_can_see_the_mistake(validator: Draft202012Validator, text: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text)))
