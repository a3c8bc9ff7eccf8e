"""How `make test` deals tests out to pytest-xdist's workers. See docs/decisions/0026-one-airflow-for-each-site.md."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

# A real Airflow each, shared by all tests of the folder.
SITES = ("e2e", "browser")
# Longest first, but the last are many short ones, so that all workers end at the same time. Contract tests come before
# the remaining Airflows: while both sites run, the third worker does what needs no Airflow.
TURNS = (*SITES, "contract", "faults", "deploy", "fab", "dags", "architecture", "unit")


class BySite(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """By file, but for the folders with a site: all of their tests go to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


class Dealing:
    """A plugin: the order of tests, and who gets which."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put what takes longest first: a worker that comes to it last would work on alone."""
        items.sort(key=lambda item: _turn(item.nodeid))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> Scheduling | None:
        """Where tests are dealt out by file, deal those of a site out together."""
        return BySite(config, log) if config.getoption("dist") == "loadfile" else None


def group_of(nodeid: str) -> str:
    """The site's folder, elsewhere the file; of a node id relative to the project."""
    folder = _folder(nodeid)
    return folder if folder in SITES else nodeid.partition("::")[0]


def _turn(nodeid: str) -> int:
    folder = _folder(nodeid)
    return TURNS.index(folder) if folder in TURNS else len(TURNS)


def _folder(nodeid: str) -> str:
    return PurePosixPath(nodeid.partition("::")[0]).parts[1]
