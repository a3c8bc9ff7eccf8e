"""One server and one ledger for all histories; each starts with an empty store and an empty ledger."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, create_engine, text
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage.db import Ledger, open_ledger
from cartage.db.call_budget import SharedBudget
from cartage.db.schema import metadata
from cartage.http import HttpSession
from cartage.runtime.known_lanes import ensure_lane
from cartage.storefront.repo.stores import ensure_store
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.threedcart import PRIVATE_KEY, SECURE_URL, TOKEN, create_store
from tests.contract.histories.judge import Judge
from tests.contract.histories.oracle import Oracle, Store
from tests.contract.histories.player import Player
from tests.contract.histories.story import History

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

# The ledger's statements use `clock_timestamp()`: in this database it returns the time of the history's clock.
_CLOCK = """
    CREATE SCHEMA history;
    CREATE TABLE history.clock (ahead interval NOT NULL);
    INSERT INTO history.clock VALUES ('0');
    CREATE FUNCTION history.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM history.clock';
    ALTER DATABASE histories_ledger SET search_path = history, public, pg_catalog;
    SET search_path = history, public, pg_catalog;
"""
_SHY = 10.0  # Seconds to wait after a 429 without Retry-After: 3dcart-api.md, section 3.3.


class _Switch:
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switch() -> Iterator[tuple[_Switch, str]]:
    switched = _Switch()
    with SandboxServer(switched) as server:
        yield switched, server.url


@pytest.fixture(scope="session")
def histories_ledger(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[Ledger]:
    url = postgres.clone_database(ledger_template, "histories_ledger")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(_CLOCK))
        for column in (column for table in metadata.tables.values() for column in table.columns):
            if "clock_timestamp" in str(getattr(column.server_default, "arg", "")):
                change = f'ALTER TABLE {column.table} ALTER "{column.name}" SET DEFAULT clock_timestamp()'
                connection.execute(text(change))
    ledger = open_ledger(url)
    yield ledger
    ledger.close()
    postgres.drop_database("histories_ledger")


@pytest.fixture
def open_player(
    switch: tuple[_Switch, str], histories_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> Callable[[History], Player]:
    """Make a player for a history. Waits move the store's clock instead of taking time."""

    def open_for(history: History) -> Player:
        random.seed(history.seed)  # The waits between two retries are random.
        clock = Clock(history.start - timedelta(hours=2), frozen=True)
        emulator = create_store(clock, random.Random(history.seed), history.rules)
        switch[0].app = emulator.app
        _let_waits_move(clock, monkeypatch)
        monkeypatch.setenv("AIRFLOW_CONN_THREEDCART_DEMO", _connection(switch[1]))
        with histories_ledger.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            # These histories have no warehouse, so nothing can be verified there: the quarantine has ended.
            ensure_lane(connection, "demo", ensure_store(connection, SECURE_URL).id)
            connection.execute(
                text(
                    "UPDATE lane_state SET surveyed_at = quarantined_at, quarantine_ended_at = quarantined_at"
                )
            )
        lag = timedelta(seconds=emulator.rules.number("lists_lag_seconds"))
        oracle = Oracle(Store(), history.zone, history.ready, lag, watched_to=clock.now())
        judge = Judge(emulator, histories_ledger, oracle)
        return Player(history, emulator, histories_ledger, oracle, judge)

    return open_for


def _let_waits_move(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = HttpSession.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "sleep", clock.advance)
    monkeypatch.setattr(
        SharedBudget, "penalise", lambda _, wait: clock.advance(_SHY if wait is None else wait)
    )


def _connection(url: str) -> str:
    extra = {"secure_url": SECURE_URL, "private_key": PRIVATE_KEY, "token": TOKEN}
    host, port = url.removeprefix("http://").split(":")
    return json.dumps(
        {"conn_type": "threedcart", "schema": "http", "host": host, "port": int(port), "extra": extra}
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the histories contained, for a run of many of them."""
    if "CARTAGE_HISTORIES" not in os.environ:
        return
    passed = [report for report in terminalreporter.stats.get("passed", []) if report.user_properties]
    held: Counter[str] = Counter()
    for report in passed:
        held.update({name: count for name, count in report.user_properties if isinstance(count, int)})
    failed = len(terminalreporter.stats.get("failed", []))
    terminalreporter.section("histories")
    terminalreporter.line(f"{len(passed)} histories passed, {failed} failed")
    for name, count in sorted(held.items()):
        terminalreporter.line(f"{count:8,} {name}")
