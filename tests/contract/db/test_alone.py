"""A statement that runs alone is a whole transaction: with its limits, committed, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError

from cartage.db import Ledger, open_ledger
from tests.pooled_postgres import without_pooler

_LIMITS = text(
    "SELECT current_setting('statement_timeout') AS longest,"
    " current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('timezone') AS zone"
)
_COUNT = text("INSERT INTO counted (number) VALUES (:number) RETURNING number, note")


@pytest.fixture
def counting(ledger: Ledger) -> Ledger:
    """A ledger with a table that takes numbers."""
    with ledger.begin() as connection:
        connection.execute(text("CREATE TABLE counted (number int, note text DEFAULT '100 %')"))
    return ledger


def numbers(ledger: Ledger) -> list[int]:
    with ledger.begin() as connection:
        return list(connection.execute(text("SELECT number FROM counted ORDER BY number")).scalars())


def test_it_has_the_limits_of_every_transaction(ledger: Ledger) -> None:
    assert ledger.alone(_LIMITS) == ("1min", "1min", "UTC")


def test_it_is_committed_and_returns_its_first_row(counting: Ledger) -> None:
    row = counting.alone(_COUNT, {"number": 7, "more": "than it needs"})
    assert (row.number, row.note) == (7, "100 %")
    assert counting.alone(text("UPDATE counted SET number = number + 1")) is None
    assert counting.alone(text("SELECT number FROM counted WHERE number = :number"), {"number": 1}) is None
    assert numbers(counting) == [8]


def test_it_takes_one_round_trip(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.engine.connect() as connection:
        driver = connection.connection.driver_connection
    assert driver is not None

    def round_trips(work: Callable[[], object]) -> int:
        with (tmp_path / "trace").open("w+") as trace:
            driver.pgconn.trace(trace.fileno())
            work()
            driver.pgconn.untrace()
            return trace.seek(0) or trace.read().count("ReadyForQuery")

    def in_a_transaction() -> None:
        with ledger.begin() as connection:
            connection.execute(text("SELECT 1"))

    assert round_trips(ledger.now) == 1
    assert round_trips(in_a_transaction) == 3, "its beginning, its statement, its end"


def test_what_it_raises_quotes_no_value_and_leaves_the_pool_usable(counting: Ledger) -> None:
    with pytest.raises(DataError) as raised:
        counting.alone(
            text("INSERT INTO counted (number) SELECT CAST(:number AS int)"), {"number": "12 Elm Street"}
        )
    assert "Elm" not in str(raised.value)
    assert "Elm" not in str(raised.value.orig)
    with pytest.raises(DataError):
        counting.alone(
            text("WITH kept AS (INSERT INTO counted VALUES (1) RETURNING number) SELECT number / 0 FROM kept")
        )
    assert numbers(counting) == []
    assert counting.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_nothing_of_it_stays_in_the_session(ledger: Ledger) -> None:
    ledger.alone(text("SELECT set_config('work_mem', '1MB', true)"))
    left = text("SELECT count(*) AS settings FROM pg_settings WHERE source = 'session' AND name = 'work_mem'")
    assert ledger.alone(left).settings == 0


def test_the_ledgers_time_is_in_utc(ledger: Ledger) -> None:
    move = "format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database())"
    with ledger.begin() as connection:
        connection.execute(text(f"DO $$ BEGIN EXECUTE {move}; END $$"))
    ledger.close()
    assert ledger.now().tzinfo is UTC
    with ledger.begin() as connection:
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    assert timedelta(0) <= now - ledger.now() + timedelta(minutes=1) <= timedelta(minutes=2)


@without_pooler
def test_a_connection_that_was_closed_is_replaced(ledger: Ledger, ledger_url: str) -> None:
    first = ledger.alone(text("SELECT pg_backend_pid() AS session")).session
    other = open_ledger(ledger_url)
    other.alone(text("SELECT pg_terminate_backend(:session, 60000)"), {"session": first})
    other.close()
    assert ledger.alone(text("SELECT pg_backend_pid() AS session")).session != first


def test_a_ledger_that_is_away_says_so() -> None:
    away = open_ledger("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    with pytest.raises(OperationalError):
        away.now()
    away.close()
