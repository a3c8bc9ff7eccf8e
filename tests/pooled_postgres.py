"""The embedded PostgreSQL with a PgBouncer before it, for a run of the contract tests through one.

`CARTAGE_THROUGH_PGBOUNCER=1` lets the fixture `postgres` be one: `make pgbouncer` does that.
"""

from __future__ import annotations

import os
from typing import Self

import pytest

from cartage_sandbox.stack.postgres import Driver, EmbeddedPostgres
from cartage_sandbox.stack.servers.pgbouncer import PgBouncer

THROUGH_PGBOUNCER = "CARTAGE_THROUGH_PGBOUNCER"


def is_wanted() -> bool:
    return os.environ.get(THROUGH_PGBOUNCER) == "1"


without_pooler = pytest.mark.skipif(
    is_wanted(), reason="it counts or ends a client's sessions, which a pooler has instead of the client"
)


class PooledPostgres(EmbeddedPostgres):
    """Addresses for psycopg, the ledger's driver, lead through the pooler; the superuser's own connections do not."""

    def __init__(self) -> None:
        super().__init__(throw_away=True)
        self._pooler = PgBouncer(self)

    def start(self) -> Self:
        super().start()
        self._pooler.__enter__()
        return self

    def stop(self) -> None:
        self._pooler.__exit__(None, None, None)
        super().stop()

    def url(self, database: str, driver: Driver = "psycopg") -> str:
        return self._pooler.url(database) if driver == "psycopg" else super().url(database, driver)

    def libpq_url(self, database: str) -> str:
        return super().url(database).replace("+psycopg", "", 1)

    def clone_database(self, template: str, name: str) -> str:
        self._end_sessions(template)
        return super().clone_database(template, name)

    def rename_database(self, old: str, new: str) -> None:
        self._end_sessions(old)
        super().rename_database(old, new)

    def _end_sessions(self, database: str) -> None:
        """End what the pooler keeps open: PostgreSQL copies no database that is in use."""
        with self.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database]
            )
