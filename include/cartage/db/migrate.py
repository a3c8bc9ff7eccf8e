"""Migrate the ledger's tables to the newest version, and report which version they have."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, text

from cartage.connections import ledger_url
from cartage.db.engine import ledger_engine

log = logging.getLogger(__name__)

# Not Alembic's default name: another application may use Alembic in the same database.
VERSION_TABLE = "ledger_version"
# An arbitrary number that nothing else in the database uses: "cartage" on a telephone keypad.
_LOCK = 2278243


@dataclass(frozen=True, slots=True)
class Status:
    """The version of the ledger: `current` is None if it is empty; `head` is the one that this Cartage needs."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """Whether this Cartage can use the ledger."""
        return self.current == self.head


def migrate_ledger(url: str | None = None) -> str:
    """Migrate the ledger at `url` (default: the deployment's) to the newest version, and return that version.

    All steps are one transaction. Safe to repeat, and to run in several processes at once.

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
    """Return the version of the ledger at `url` (default: the deployment's), and the newest one.

    Raises:
        SettingsError: if no address is given or configured.
    """
    with _connected(url) as connection:
        head = ScriptDirectory.from_config(config(connection)).get_current_head()
        return Status(_current(connection), str(head))


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for this package's migrations on `connection`, without an alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", "cartage.db:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


@contextmanager
def _connected(url: str | None) -> Iterator[Connection]:
    engine = ledger_engine(url or ledger_url(), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
