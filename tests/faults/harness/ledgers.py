"""The ledgers of the trials: a PostgreSQL whose clock the harness can advance, and which it can make fail.

Leases, ages and waits all use the database's clock, so advancing it is as good as waiting, for all processes at once.
That is fair only while no request is in progress, and the harness does it only then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString, Self

import psutil
import psycopg

from cartage_sandbox.stack.postgres import SUPERUSER, EmbeddedPostgres

_TEMPLATE = "trial_template"
# `public` before `pg_catalog`: the ledger's own statements and column defaults then read this clock.
_CLOCK = f"""
    CREATE TABLE harness_clock (ahead interval NOT NULL);
    INSERT INTO harness_clock VALUES ('0');
    CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        'SELECT pg_catalog.clock_timestamp() + ahead FROM public.harness_clock';
    ALTER ROLE {SUPERUSER} SET search_path = public, pg_catalog
"""


class Ledgers:
    """A PostgreSQL with a fresh ledger for each trial. A context manager."""

    def __init__(self) -> None:
        self._postgres = EmbeddedPostgres(throw_away=True)
        self._number = 0
        self._ahead = 0.0
        self.database = ""

    def __enter__(self) -> Self:
        """Start the server, and create the migrated template of all ledgers."""
        from cartage.db.migrate import migrate_ledger

        self._postgres.start()
        url = self._postgres.create_database(_TEMPLATE)
        with self._postgres.connect(_TEMPLATE) as connection:
            connection.execute(_CLOCK)
        migrate_ledger(url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self._postgres.stop()

    @property
    def url(self) -> str:
        """The current ledger's URL."""
        return self._postgres.url(self.database)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of an empty ledger, and drop it at the end."""
        if not self.is_up():
            self._postgres.resume()
        self._number += 1
        self.database = f"trial_{self._number}"
        self._ahead = 0.0
        yield self._postgres.clone_database(_TEMPLATE, self.database)
        self._postgres.drop_database(self.database)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Query the current ledger."""
        with self._postgres.connect(self.database) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: LiteralString) -> None:
        """Change the current ledger directly."""
        with self._postgres.connect(self.database) as connection:
            connection.execute(statement)

    def skip(self, seconds: float) -> None:
        """Advance the database's clock."""
        self._ahead += seconds
        self._set_clock()

    def _set_clock(self) -> None:
        with self._postgres.connect(self.database) as connection:
            connection.execute("UPDATE harness_clock SET ahead = make_interval(secs => %s)", [self._ahead])

    def dump(self, file: Path) -> str:
        """Write a dump of the ledger. Return the ledger's time just before."""
        taken: str = self.rows("SELECT clock_timestamp()")[0][0].isoformat()
        self._run("pg_dump", "--format=custom", f"--file={file}", self._postgres.libpq_url(self.database))
        return taken

    def restore(self, file: Path) -> None:
        """Restore a dump over the ledger; its clock continues. No process may use the ledger meanwhile."""
        into = f"--dbname={self._postgres.libpq_url(self.database)}"
        self._run("pg_restore", "--clean", "--if-exists", "--single-transaction", into, str(file))
        self._set_clock()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([str(self._postgres.program(program)), *arguments], check=True, timeout=60)

    def crash(self, seconds: float) -> None:
        """Stop the server at once, like a power failure, and start it again after so many seconds."""
        self._postgres.crash()
        time.sleep(seconds)
        self._postgres.resume()

    def cut_off(self, seconds: float) -> None:
        """Cut every connection, and refuse new ones for so many seconds."""
        socket = self._postgres.socket_dir / f".s.PGSQL.{self._postgres.port}"
        aside = socket.with_name("aside")
        with self._postgres.connect() as connection:
            socket.rename(aside)
            try:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND backend_type = 'client backend'"
                )
                time.sleep(seconds)
            finally:
                aside.rename(socket)

    def hang(self, seconds: float) -> None:
        """Suspend the server for so many seconds, without cutting connections."""
        server = psutil.Process(self._postgres.pid)
        stopped = [server.pid, *(child.pid for child in server.children(recursive=True))]
        _signal(stopped, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            _signal(reversed(stopped), signal.SIGCONT)

    def is_up(self) -> bool:
        """Return whether the server responds."""
        with suppress(psycopg.OperationalError):
            self._postgres.connect().close()
            return True
        return False


def _signal(pids: Iterator[int] | list[int] | reversed[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
