"""Brings the ledger's tables to the newest form, and says which form they have. Touches nothing in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

from cartage.connections import ledger_url

log = logging.getLogger(__name__)

# Its own name: a ledger that shares a database with something else that Alembic migrates keeps its own count.
VERSION_TABLE = "ledger_version"
# Any number, as long as nothing else in this database uses it: "cartage" in letters of a telephone.
_LOCK = 2278243


@dataclass(frozen=True, slots=True)
class Status:
    """The ledger's form: `current` is None while it is empty; `head` is what this Cartage needs."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """Whether this version of Cartage can work with it."""
        return self.current == self.head


def migrate_ledger(url: str | None = None) -> str:
    """Bring the ledger at `url` (default: the deployment's own) to the newest form; returns its revision.

    All steps are one transaction. Done twice, or by two processes at once, it changes nothing more.

    Raises:
        SettingsError: if no address is given or configured.
    """
    with _connected(url) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _current(connection)
        command.upgrade(config(connection), "head")
        after = _current(connection)
    log.info("ledger: migrated from %s to %s", before or "nothing", after)
    return str(after)


def ledger_status(url: str | None = None) -> Status:
    """Which form the ledger at `url` (default: the deployment's own) has, and which one is the newest.

    Raises:
        SettingsError: if no address is given or configured.
    """
    with _connected(url) as connection:
        head = ScriptDirectory.from_config(config(connection)).get_current_head()
        return Status(_current(connection), str(head))


def config(connection: Connection) -> Config:
    """Alembic's configuration, without an alembic.ini: this package's migrations, run on `connection`."""
    made = Config()
    made.set_main_option("script_location", "cartage.db:migrations")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


@contextmanager
def _connected(url: str | None) -> Iterator[Connection]:
    engine = create_engine(url or ledger_url(), poolclass=NullPool, connect_args={"connect_timeout": 10})
    with engine.begin() as connection:
        yield connection
