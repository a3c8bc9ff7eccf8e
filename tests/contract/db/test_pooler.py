"""Nothing of Cartage's is kept in a session of PostgreSQL, so a pooler may give each transaction another one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from cartage.db import Ledger, open_ledger
from cartage.db.call_budget import SharedBudget
from cartage.db.migrate import ledger_status, migrate_ledger
from cartage.pace import CallLimit
from cartage_sandbox.stack.servers.pgbouncer import MISSING, PgBouncer, pgbouncer_program

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

_SESSION = text(
    "SELECT pg_backend_pid() AS session, current_setting('statement_timeout') AS statement_timeout,"
    " current_setting('idle_in_transaction_session_timeout') AS idle_timeout, current_setting('timezone') AS timezone"
)
_LEFT_IN_SESSION = """
    SELECT (SELECT count(*) FROM pg_prepared_statements),
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
        (SELECT array_agg(name) FROM pg_settings WHERE source = 'session'
            AND name NOT IN ('application_name', 'client_encoding'))
"""


@pytest.fixture
def sessions(ledger: Ledger) -> Ledger:
    """A ledger with one session, in which a statement has run so often that psycopg would prepare it."""
    for _ in range(20):
        with ledger.begin() as connection:
            connection.execute(text("SELECT :number + 1"), {"number": 1})
    return ledger


def test_each_transaction_sets_its_own_limits(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        found = connection.execute(_SESSION).one()
    assert (found.statement_timeout, found.idle_timeout, found.timezone) == ("1min", "1min", "UTC")


def test_a_later_transaction_of_a_kept_connection_has_them_too(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        for _ in range(2):
            found = connection.execute(_SESSION).one()
            assert (found.statement_timeout, found.idle_timeout, found.timezone) == ("1min", "1min", "UTC")
            connection.commit()


def test_what_raises_is_rolled_back(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number int)"))
    with pytest.raises(ProgrammingError, match="no_such_table"), ledger.begin() as connection:
        connection.execute(text("INSERT INTO kept VALUES (1); INSERT INTO no_such_table VALUES (1)"))
    with ledger.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0
        connection.execute(text("DROP TABLE kept"))


def test_a_session_keeps_no_setting_no_lock_and_no_prepared_statement(sessions: Ledger) -> None:
    SharedBudget(sessions, "wms", CallLimit(50, 100.0)).acquire()
    raw = sessions.engine.raw_connection()
    try:
        # A connection that was taken from the pool is in a transaction already.
        raw.rollback()
        cursor = raw.cursor()
        cursor.execute(_LEFT_IN_SESSION)
        assert cursor.fetchone() == (0, 0, None)
    finally:
        raw.close()


@pytest.mark.skipif(pgbouncer_program() is None, reason=MISSING)
class TestThroughPgBouncer:
    @pytest.fixture
    def pooled(self, postgres: EmbeddedPostgres) -> Iterator[str]:
        """The address of an empty, migrated ledger through a pooler with two sessions."""
        name = "ledger_behind_a_pooler"
        postgres.create_database(name)
        with PgBouncer(postgres, pool_size=2) as pooler:
            migrate_ledger(pooler.url(name))
            yield pooler.url(name)
        postgres.drop_database(name)

    def test_the_ledger_is_migrated(self, pooled: str) -> None:
        assert ledger_status(pooled).up_to_date

    def test_more_threads_than_sessions_work_side_by_side(self, pooled: str) -> None:
        ledger = open_ledger(pooled, pool_size=8)

        def reserve(number: int) -> tuple[int, str]:
            SharedBudget(ledger, f"bucket {number % 3}", CallLimit(1000, 1000.0)).acquire()
            with ledger.begin() as connection:
                found = connection.execute(_SESSION).one()
            return found.session, found.statement_timeout

        with ThreadPoolExecutor(8) as threads:
            seen = list(threads.map(reserve, range(200)))
        ledger.close()
        assert len({session for session, _ in seen}) == 2
        assert {timeout for _, timeout in seen} == {"1min"}
