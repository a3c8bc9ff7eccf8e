"""The Helm values set only what the official chart has, with values that Airflow reads.

The chart itself cannot be installed like a package. Names and types of its schema are kept in
`helm_values.schema.json`, in our own words, for the settings that the file uses; what becomes airflow.cfg is checked by
the Airflow that is installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import AirflowConfigParser, conf
from croniter import croniter
from jsonschema import Draft202012Validator

from tests.deploy import compose

SCHEMA = json.loads(Path(__file__).with_name("helm_values.schema.json").read_text())
VALUES: dict[str, Any] = yaml.safe_load((compose.ROOT / "deploy/helm-values.yaml").read_text())
CONFIG = [
    (section, key, value) for section, options in VALUES["config"].items() for key, value in options.items()
]
NUMBERS = {"integer": int, "float": float}
CAMEL_CASE = re.compile(r"`([a-z]+(?:[A-Z][a-z]+)+)`")


def names_in(values: Any) -> Iterator[str]:
    """Yield every key of the values, at any depth."""
    if isinstance(values, dict):
        for key, value in values.items():
            yield key
            yield from names_in(value)


def named_in_docs() -> set[str]:
    """Return the settings of the chart that paragraphs about Helm or pods name."""
    paragraphs = [
        paragraph
        for page in (compose.ROOT / "docs").rglob("*.md")
        for paragraph in page.read_text().split("\n\n")
        if re.search(r"\bHelm\b|helm-values|\bpods?\b|stop_grace_period", paragraph)
    ]
    return {name for paragraph in paragraphs for name in CAMEL_CASE.findall(paragraph)}


def test_every_setting_is_one_of_the_charts_and_of_its_type() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    mistakes = [mistake.message for mistake in Draft202012Validator(SCHEMA).iter_errors(VALUES)]
    assert mistakes == []


def test_a_setting_that_the_chart_does_not_have_is_noticed() -> None:
    wrong = {**VALUES, "workers": {**VALUES["workers"], "terminationGracePeriod": 150}}
    assert not Draft202012Validator(SCHEMA).is_valid(wrong)


@pytest.mark.parametrize(("section", "key", "value"), CONFIG, ids=str)
def test_what_becomes_airflow_cfg_is_a_setting_of_airflow_and_of_its_type(
    section: str, key: str, value: Any
) -> None:
    option = conf.configuration_description[section]["options"][key]
    rendered = AirflowConfigParser()
    rendered.read_string(f"[{section}]\n{key} = {value}\n")
    read = NUMBERS.get(option["type"], str)(rendered.get(section, key))
    assert str(read) == str(NUMBERS.get(option["type"], str)(value))


def test_the_docs_name_only_settings_that_the_file_has() -> None:
    named = named_in_docs()
    assert {"databaseCleanup", "logGroomerSidecar", "terminationGracePeriodSeconds"} <= named
    assert named - set(names_in(VALUES)) - set(names_in(SCHEMA)) == set()


def test_the_cleaning_has_a_valid_schedule() -> None:
    assert croniter.is_valid(VALUES["databaseCleanup"]["schedule"])
