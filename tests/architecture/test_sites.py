"""Tests that share an Airflow are kept in one process: `make test` would start it twice otherwise."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.conftest import pytest_collection_modifyitems
from tests.dags.airflow_home import ROOT

TESTS = ROOT / "tests"


class Item(SimpleNamespace):
    """As much of a collected test as grouping looks at."""

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.group = mark.args[0]


def grouped(*files: str) -> list[tuple[str, str]]:
    items: list[Any] = [Item(path=TESTS / file, file=file) for file in files]
    pytest_collection_modifyitems(cast("list[pytest.Item]", items))
    return [(item.file, item.group) for item in items]


def test_each_site_is_one_group_and_comes_before_the_rest() -> None:
    assert grouped(
        "browser/test_a.py",
        "dags/test_b.py",
        "e2e/test_c.py",
        "browser/test_d.py",
        "e2e/test_e.py",
        "faults/test_f.py",
    ) == [
        ("e2e/test_c.py", "e2e"),
        ("e2e/test_e.py", "e2e"),
        ("browser/test_a.py", "browser"),
        ("browser/test_d.py", "browser"),
        ("faults/test_f.py", "faults/test_f.py"),
        ("dags/test_b.py", "dags/test_b.py"),
    ]


def test_every_folder_with_an_airflow_of_its_own_is_a_group() -> None:
    sites = {
        path.parent.name for path in TESTS.glob("*/conftest.py") if "start_airflow()" in path.read_text()
    }
    assert sites == {"e2e", "browser"}
    assert {group for _, group in grouped(*(f"{site}/test_x.py" for site in sites))} == sites


def test_make_deals_the_slow_half_out_by_these_groups() -> None:
    [slow] = re.findall(r"-m pytest (.*--ignore.*) tests", (ROOT / "Makefile").read_text())
    assert "--dist loadgroup --no-loadscope-reorder" in slow
