"""What tests of every area share: a PostgreSQL with migrated ledgers, and a browser, started when asked for."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from cartage.db import Ledger
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

_LEDGER_TEMPLATE = "ledger_template"
_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Deal tests out by site, where that is possible."""
    if config.pluginmanager.hasplugin("xdist"):
        from tests.dealing import Dealing

        config.pluginmanager.register(Dealing())
    gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Turn garbage collection on again, without the collected tests: they stay until the end.

    Full collections took 5 of the 22 s in which pytest finds the tests, and each walks 760,000 objects.
    """
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test process; pytest-xdist's workers have one each.

    `make pgbouncer` puts a pooler before it.
    """
    from cartage_sandbox.stack.postgres import EmbeddedPostgres
    from tests.pooled_postgres import PooledPostgres, is_wanted

    with PooledPostgres() if is_wanted() else EmbeddedPostgres(throw_away=True) as server:
        yield server


@pytest.fixture(scope="session")
def ledger_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated, empty ledger, for cloning; nothing may connect to it."""
    from cartage.db.migrate import migrate_ledger

    migrate_ledger(postgres.create_database(_LEDGER_TEMPLATE))
    return _LEDGER_TEMPLATE


@pytest.fixture
def own_ledger_url(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[str]:
    """The address of an empty ledger of this test's own, of which it may change all."""
    name = f"ledger_{next(_numbers)}"
    yield postgres.clone_database(ledger_template, name)
    postgres.drop_database(name)


@pytest.fixture
def ledger_url(own_ledger_url: str) -> str:
    """The address of an empty ledger. Folders whose tests change rows only use one ledger for all of them."""
    return own_ledger_url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger, open."""
    from cartage.db import open_ledger

    opened = open_ledger(ledger_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """This machine's Chromium, without a window; one for a process, since Playwright runs only once in a thread.

    Without Chromium the tests are skipped with one message; in CI they fail.
    """
    from cartage_sandbox.stack.chromium import MISSING, chromium, find_chromium

    program = find_chromium()
    if program is None and os.environ.get("CI"):
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)
    with chromium(program) as launched:
        yield launched
