"""The ledger's connection pool and transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, create_engine, func, select

from cartage.connections import ledger_url

# Statements are set-based and short. A longer one is a fault, and must not keep a claim alive.
_STATEMENT_TIMEOUT_MS = 60_000
# A process that dies in a transaction must not keep its locks.
_IDLE_TRANSACTION_TIMEOUT_MS = 60_000


class Ledger:
    """Opens transactions on the ledger. One instance per process; may be shared by threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction: committed at the end of the block, rolled back on an exception."""
        with self.engine.begin() as connection:
            yield connection

    def now(self) -> datetime:
        """Return the time by the database's clock, which all processes share."""
        with self.engine.connect() as connection:
            return database_time(connection)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def database_time(connection: Connection) -> datetime:
    """Return the time by the database's clock, which all processes share."""
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now


def open_ledger(url: str | None = None, *, pool_size: int = 4) -> Ledger:
    """Return the ledger at `url`, or at the deployment's address. Does not connect yet.

    Raises:
        SettingsError: if no address is given or configured.
    """
    options = f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC"
    options += f" -c idle_in_transaction_session_timeout={_IDLE_TRANSACTION_TIMEOUT_MS}"
    engine = create_engine(
        url or ledger_url(),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 10, "application_name": "cartage"},
    )
    return Ledger(engine)
