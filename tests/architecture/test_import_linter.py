"""The import rules in pyproject.toml bite: each is broken on purpose in a copy, and found by its name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.imports import ROOT

LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
Copy = Callable[[], Path]

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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("include", "plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(root / folder) for folder in ("include", "plugins"))
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_project_keeps_every_rule(copy: Path) -> None:
    answer = lint(copy)
    assert answer.returncode == 0, answer.stdout
    for name in CONTRACTS.values():
        assert f"{name} KEPT" in answer.stdout


@pytest.mark.parametrize(
    ("contract", "file", "line"), BREACHES, ids=lambda value: str(value).replace("/", ".")
)
def test_a_breach_is_found_and_its_rule_named(copy: Path, contract: str, file: str, line: str) -> None:
    with (copy / file).open("a") as source:
        source.write(f"\n{line}\n")
    answer = lint(copy)
    assert answer.returncode != 0
    assert f"{CONTRACTS[contract]} BROKEN" in answer.stdout


def test_every_rule_is_broken_on_purpose_here() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)
