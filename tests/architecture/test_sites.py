"""Tests that share an Airflow are kept in one process: `make test` would start it twice otherwise."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.airflow_home import ROOT
from tests.dealing import SITES, TURNS, BySite, Dealing, group_of

TESTS = ROOT / "tests"


def test_the_sites_come_first_then_what_takes_long_and_many_short_files_last() -> None:
    files = (
        "unit/test_g.py", "browser/test_a.py", "dags/test_b.py", "deploy/test_f.py", "contract/test_h.py",
        "e2e/test_c.py", "browser/test_d.py", "faults/test_e.py",
    )  # fmt: skip
    items: list[Any] = [SimpleNamespace(nodeid=f"tests/{file}::test_x[a/b]") for file in files]
    Dealing().pytest_collection_modifyitems(items)
    order = [item.nodeid.split("/", 1)[1].partition("::")[0] for item in items]
    assert order == [
        "e2e/test_c.py",
        "browser/test_a.py",
        "browser/test_d.py",
        "contract/test_h.py",
        "faults/test_e.py",
        "deploy/test_f.py",
        "dags/test_b.py",
        "unit/test_g.py",
    ]


def test_every_folder_of_tests_has_its_turn() -> None:
    folders = {path.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}
    assert folders == set(TURNS)


def test_all_tests_of_a_site_belong_together_and_others_by_file() -> None:
    assert group_of("tests/e2e/test_a.py::test_x") == group_of("tests/e2e/test_b.py::test_y[1]") == "e2e"
    assert group_of("tests/dags/test_a.py::test_x[e2e/1]") == "tests/dags/test_a.py"


def test_every_folder_with_an_airflow_of_its_own_is_a_site() -> None:
    starting = {
        path.parent.name for path in TESTS.glob("*/conftest.py") if "start_airflow()" in path.read_text()
    }
    assert starting == set(SITES)


def test_make_deals_them_out_so(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    [options] = re.findall(r'-m pytest (.*-m "not nightly".*) tests\n', (ROOT / "Makefile").read_text())
    assert "--dist loadfile --no-loadscope-reorder" in options
    monkeypatch.setattr(pytestconfig.option, "dist", "loadfile")
    monkeypatch.setattr(pytestconfig.option, "tx", ["2*popen"])
    scheduler: Any = pytestconfig.hook.pytest_xdist_make_scheduler(config=pytestconfig, log=None)
    assert isinstance(scheduler, BySite)
