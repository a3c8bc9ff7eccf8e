"""pyproject.toml declares what the packages import, in ranges that hold the tested versions."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PRODUCT = ("include/cartage", "plugins")
SANDBOX = ("include/cartage_sandbox",)
# Needed without an import: the driver in the ledger's address, FastAPI's reader of forms, the time zones of zoneinfo.
NOT_IMPORTED = {"psycopg", "python-multipart", "tzdata"}
DISTRIBUTIONS = packages_distributions()


def declared(requirements: Iterable[str]) -> dict[str, Requirement]:
    return {canonicalize_name(found.name): found for found in map(Requirement, requirements)}


def modules(*folders: str) -> Iterator[str]:
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def imported(*folders: str) -> set[str]:
    """The distributions of all modules that files in these folders import, lazily or not."""
    found = set()
    for module in modules(*folders):
        first, *rest = module.split(".")
        if first in sys.stdlib_module_names or first.startswith("cartage"):
            continue
        if first == "airflow":
            provider = rest[1] if rest[:1] == ["providers"] else ""
            found.add(f"apache-airflow-providers-{provider}" if provider else "apache-airflow")
        else:
            [distribution] = set(DISTRIBUTIONS[first])
            found.add(canonicalize_name(distribution))
    return found


def pinned(file: str) -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)(?:\[[^]]+\])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def test_the_dependencies_are_what_the_product_imports() -> None:
    assert set(declared(PROJECT["dependencies"])) == imported(*PRODUCT) | NOT_IMPORTED


def test_the_extra_demo_is_what_only_the_sandbox_imports() -> None:
    extra = set(declared(PROJECT["optional-dependencies"]["demo"]))
    assert extra == imported(*SANDBOX) - set(declared(PROJECT["dependencies"]))


@pytest.mark.parametrize("extra", ["", *PROJECT["optional-dependencies"]])
def test_every_range_has_the_version_that_is_tested(extra: str) -> None:
    requirements = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    versions = pinned("requirements-dev.txt")
    outside = {
        name: versions.get(name)
        for name, requirement in declared(requirements).items()
        if name not in versions or not requirement.specifier.contains(versions[name])
    }
    assert outside == {}


def test_production_pins_every_dependency() -> None:
    assert set(declared(PROJECT["dependencies"])) <= set(pinned("requirements.txt"))
