"""What tests of every area share: an embedded PostgreSQL and migrated ledgers, started when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cartage.ledger import Ledger
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

_LEDGER_TEMPLATE = "ledger_template"
_numbers = count(1)
_TESTS = Path(__file__).parent
# A real Airflow each, shared by all tests of the folder.
_SITES = ("e2e", "browser")
_LONGEST_FIRST = (*_SITES, "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell pytest-xdist (`--dist loadgroup`) what belongs in one process, so that no site is started twice.

    See docs/decisions/0026-one-airflow-for-each-site.md.
    """
    for item in items:
        path = item.path.relative_to(_TESTS)
        item.add_marker(
            pytest.mark.xdist_group(path.parts[0] if path.parts[0] in _SITES else path.as_posix())
        )
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(_TESTS).parts[0]
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test process; pytest-xdist's workers have one each."""
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

    with EmbeddedPostgres(throw_away=True) as server:
        yield server


@pytest.fixture(scope="session")
def ledger_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated, empty ledger, for cloning; nothing may connect to it."""
    from cartage.ledger.migrate import migrate

    migrate(postgres.create_database(_LEDGER_TEMPLATE))
    return _LEDGER_TEMPLATE


@pytest.fixture
def ledger_url(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[str]:
    """The address of an empty ledger of this test's own."""
    name = f"ledger_{next(_numbers)}"
    yield postgres.clone_database(ledger_template, name)
    postgres.drop_database(name)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger of this test's own."""
    from cartage.ledger import open_ledger

    opened = open_ledger(ledger_url)
    yield opened
    opened.close()
