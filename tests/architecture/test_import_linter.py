"""The import rules in pyproject.toml bite: each is broken on purpose in a copy, and found by its name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.architecture.imports import ROOT

# What `lint-imports` does, once for each breach in one process: reading the whole project takes most of the time, and
# what has not changed since the last time is read from a cache.
LINT = """
import contextlib, json, os, sys
from pathlib import Path
from importlinter import configuration
from importlinter.application.use_cases import lint_imports
configuration.configure()
ids, breaches = json.load(sys.stdin)
def keeps(contract):
    with contextlib.redirect_stdout(sys.stderr):
        return lint_imports(
            limit_to_contracts=(contract,), cache_dir="cache", is_debug_mode=True, no_logo=True
        )
found = {"without": [contract for contract in ids if not keeps(contract)], "with": []}
for number, (contract, file, line) in enumerate(breaches, start=10):
    source = Path(file)
    text, times = source.read_bytes(), source.stat()
    source.write_bytes(text + f"\\n{line}\\n".encode())
    # The cache goes by this time, which may be in whole seconds.
    os.utime(source, (times.st_atime, times.st_mtime + number))
    found["with"].append(keeps(contract))
    source.write_bytes(text)
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
print(json.dumps(found))
"""
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
BREACHES = [
    ("engine", "include/cartage/model/__init__.py", "import airflow"),
    ("engine", "include/cartage/dispatch.py", "from cartage_airflow import hooks"),
    ("engine", "include/cartage/errors/__init__.py", "import cartage_sandbox.stack"),
    ("sandbox", "include/cartage_sandbox/kernel/clock.py", "import cartage.errors"),
    ("sandbox", "include/cartage_sandbox/kernel/app.py", "import airflow"),
    ("sandbox", "include/cartage_sandbox/stack/ports.py", "import cartage_airflow"),
    ("face", "plugins/cartage_airflow/__init__.py", "import cartage_sandbox"),
    ("rooms", "include/cartage/errors/__init__.py", "import cartage.connections"),
    ("rooms", "include/cartage/model/__init__.py", "import cartage.lanes"),
    ("rooms", "include/cartage/db/__init__.py", "import cartage.lifecycle.transitions"),
    ("rooms", "include/cartage/lifecycle/__init__.py", "import cartage.warehouses"),
    ("rooms", "include/cartage/warehouses/__init__.py", "import cartage.storefront"),
    ("rooms", "include/cartage/runtime/__init__.py", "import cartage.intake"),
    ("rooms", "include/cartage/intake/__init__.py", "import cartage.changes"),
    ("rooms", "include/cartage/sending/__init__.py", "import cartage.postback"),
    ("rooms", "include/cartage/changes/__init__.py", "import cartage.recovery"),
    ("rooms", "include/cartage/recovery/__init__.py", "import cartage.monitoring"),
    ("rooms", "include/cartage/monitoring/__init__.py", "import cartage.dispatch"),
    ("rooms", "include/cartage/dispatch.py", "import cartage.operations"),
    ("rooms", "include/cartage/operations/__init__.py", "import cartage.cli"),
    ("circles", "include/cartage/intake/rules.py", "import cartage.intake.import_orders"),
    ("circles", "include/cartage/lanes/kinds.py", "from cartage.lanes.settings import lane"),
    ("circles", "include/cartage_sandbox/extensiv/parts.py", "from cartage_sandbox.extensiv import emulator"),
    ("circles", "plugins/cartage_airflow/hooks/base.py", "from cartage_airflow.hooks import threedcart"),
    ("outside", "include/cartage/storefront/__init__.py", "import cartage.warehouses"),
]


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The rules that a copy of the project breaks; and for each breach alone, whether its rule is kept."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("include", "plugins"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    done = subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(copy / name) for name in ("include", "plugins"))},
        input=json.dumps([list(CONTRACTS), BREACHES]),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_project_keeps_every_rule(linted: dict[str, Any]) -> None:
    assert len(CONTRACTS) > 5
    assert linted["without"] == []


@pytest.mark.parametrize(
    "number",
    range(len(BREACHES)),
    ids=[f"{contract}-{file}-{line}".replace("/", ".") for contract, file, line in BREACHES],
)
def test_a_breach_is_found(linted: dict[str, Any], number: int) -> None:
    assert len(linted["with"]) == len(BREACHES)
    assert linted["with"][number] is False


def test_every_rule_is_broken_on_purpose_here() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)
