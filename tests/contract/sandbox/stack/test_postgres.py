"""What everything on the embedded PostgreSQL relies on, tested on the real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from cartage_sandbox.stack.postgres import EmbeddedPostgres, PostgresDidNotStart
from cartage_sandbox.stack.processes import is_alive
from tests.event_loop import run_alone

START_AND_WAIT = """
import sys, time
from cartage_sandbox.stack.postgres import EmbeddedPostgres
server = EmbeddedPostgres(throw_away=True).start()
print(server.pid, server.socket_dir, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(throw_away=True) as server:
        yield server


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Not below pytest's own directory: every pytest that starts closes it to the owner of the data."""
    with tempfile.TemporaryDirectory(prefix="cartage-") as directory:
        yield Path(directory) / "data"


def scalar(server: EmbeddedPostgres, database: str, query: str) -> object:
    with server.connect(database) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def await_gone(pid: int, directory: Path) -> None:
    deadline = time.monotonic() + 30
    while is_alive(pid) or directory.exists():
        assert time.monotonic() < deadline, f"process {pid} or {directory} outlived its parent by 30 s"
        time.sleep(0.05)


def test_idle_transactions_end(postgres: EmbeddedPostgres) -> None:
    assert scalar(postgres, "postgres", "SHOW idle_in_transaction_session_timeout") == "1min"


def test_each_driver_reaches_the_database_by_its_url(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("drivers")
    for each in (url, postgres.url("drivers", "psycopg2")):
        engine = sqlalchemy.create_engine(each)
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("select current_database()")) == "drivers"
        engine.dispose()

    async def ask() -> object:
        async_engine = create_async_engine(postgres.url("drivers", "asyncpg"))
        async with async_engine.connect() as connection:
            response = await connection.scalar(sqlalchemy.text("select current_database()"))
        await async_engine.dispose()
        return response

    assert run_alone(ask()) == "drivers"


def test_databases_do_not_depend_on_the_machines_locale(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("locale")
    assert scalar(postgres, "locale", "select lower('É') = 'é' and 'Z' < 'a'") is True
    assert scalar(postgres, "locale", "show timezone") == "UTC"


def test_a_clone_has_the_rows_of_its_template_and_is_independent(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("template")
    with postgres.connect("template") as connection:
        connection.execute("create table orders as select 31882 as id")
    postgres.clone_database("template", "copy")
    with postgres.connect("copy") as connection:
        connection.execute("delete from orders")
    assert scalar(postgres, "template", "select id from orders") == 31882


def test_dropping_a_database_cuts_its_connections(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("dropped")
    with postgres.connect("dropped") as connection:
        postgres.drop_database("dropped")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert not postgres.has_database("dropped")


def test_no_port_is_opened_unless_requested(postgres: EmbeddedPostgres) -> None:
    assert scalar(postgres, "postgres", "show listen_addresses") == ""
    assert postgres.socket_dir.stat().st_mode & 0o077 == 0


def test_only_a_role_with_its_password_connects_over_tcp() -> None:
    with EmbeddedPostgres(throw_away=True, tcp=True) as server:
        server.create_role("airflow", "a made-up password")
        address = f"host=127.0.0.1 port={server.port} dbname=postgres"
        psycopg.connect(address, user="airflow", password="a made-up password").close()
        for user, password in (("airflow", "wrong"), ("postgres", "")):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(address, user=user, password=password)


def test_a_kept_data_directory_has_its_rows_after_a_restart_beside_another_server(
    data_dir: Path, postgres: EmbeddedPostgres
) -> None:
    with EmbeddedPostgres(data_dir) as first:
        first.create_database("ledger")
        assert scalar(first, "postgres", "show fsync") == "on"
    with EmbeddedPostgres(data_dir) as second:
        assert second.has_database("ledger")
        assert not postgres.has_database("ledger")


def test_a_second_server_on_the_same_data_is_refused_with_the_log(data_dir: Path) -> None:
    second = EmbeddedPostgres(data_dir)
    with (
        EmbeddedPostgres(data_dir, throw_away=True),
        pytest.raises(PostgresDidNotStart, match="lock file"),
        second,
    ):
        pytest.fail("two servers would have written the same files")


@pytest.mark.parametrize("death", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_a_killed_parent(death: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None and parent.stdout is not None
    with parent, parent.stdin, parent.stdout:
        pid, socket_dir = parent.stdout.readline().split()
        assert is_alive(int(pid))
        os.kill(parent.pid, death)
        await_gone(int(pid), Path(socket_dir).parent)
