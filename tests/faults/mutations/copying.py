"""Copies of the project's tree in which a mutation is made and tests are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.mutations.catalogue import Mutation

PROJECT = Path(__file__).parents[3]
_PARTS = ("include", "plugins", "dags", "tests", "docs", "pyproject.toml")
_LONGEST = 3600.0
_GOES_ON = 180.0  # seconds; tests that end at all need only a few
# A state machine may shrink what it found for minutes, and a dump of all threads meanwhile can crash Python 3.11.
_OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--tb=line", "-o", "faulthandler_timeout=0")
_PATHS = "200"  # of the state machine: enough to reach every removed protection
FAILED = 1  # pytest's exit status when tests ran, and some failed
HUNG = -1  # the tests were stopped, since without the protection they never end


class Inapplicable(RuntimeError):
    """The text that a mutation replaces is not in its file exactly once: update the catalogue."""


def changed(mutation: Mutation, root: Path = PROJECT) -> str:
    """Return the mutated text of the mutation's file.

    Raises:
        Inapplicable: if the text is not there exactly once.
    """
    text = (root / mutation.file).read_text()
    if text.count(mutation.old) != 1:
        raise Inapplicable(f"{mutation.name}: found {text.count(mutation.old)} times in {mutation.file}")
    return text.replace(mutation.old, mutation.new)


@contextmanager
def copy_of_the_tree(folder: Path) -> Iterator[Path]:
    """Copy what the tests need, and remove the copy at the end."""
    without = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for name in _PARTS:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=without)
        else:
            shutil.copy(source, folder / name)
    yield folder
    shutil.rmtree(folder)


def ending_of(folder: Path, tests: Sequence[str], *, goes_on: bool = False) -> tuple[int, str]:
    """Run tests on a copy. Return pytest's exit status (or HUNG, if that is expected and happens) and its output.

    Raises:
        RuntimeError: if the tests would not run on the copy's engine.
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder / "include"), str(folder / "plugins")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CARTAGE_PATHS": _PATHS,
    }
    where = _run([sys.executable, "-c", "import cartage; print(cartage.__file__)"], folder, environment)
    if not where.stdout.startswith(str(folder)):
        raise RuntimeError(f"the tests of {folder} would run on {where.stdout.strip()}")
    command = [sys.executable, "-m", "pytest", *_OPTIONS, *tests]
    try:
        ended = _run(command, folder, environment, _GOES_ON if goes_on else _LONGEST)
    except subprocess.TimeoutExpired:
        if goes_on:
            return HUNG, ""
        raise
    return ended.returncode, ended.stderr + ended.stdout


def _run(
    command: list[str], folder: Path, environment: dict[str, str], longest: float = _LONGEST
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=longest, check=False
    )
