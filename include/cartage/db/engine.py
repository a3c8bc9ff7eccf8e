"""The ledger's connection pool and transactions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError

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
    engine = ledger_engine(
        url or ledger_url(),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 10, "application_name": "cartage"},
    )
    return Ledger(engine)


def ledger_engine(url: str, **options: Any) -> Engine:
    """Return an engine on the ledger whose errors quote no values: they go into logs, and rows hold personal data.

    Every engine on the ledger is made here.
    """
    engine = create_engine(url, hide_parameters=True, **options)
    event.listen(engine, "handle_error", _hide_values)
    return engine


def _hide_values(context: ExceptionContext) -> None:
    """Replace the texts of an error in place, so that a traceback shows no values either."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if not isinstance(wrapped, DBAPIError):
        return
    text = database_error_text(original)
    original.args = (text,)
    wrapped.args = (f"({type(original).__module__}.{type(original).__name__}) {text}",)


def database_error_text(error: BaseException) -> str:
    """Return what PostgreSQL says is wrong, without the lines and quotations that hold values of the row.

    `DETAIL` quotes the row, `CONTEXT` the statement and its values, and a message about a value that cannot be read
    (SQLSTATE class 22) quotes that value.
    """
    diagnosis = getattr(error, "diag", None)
    if diagnosis is None or diagnosis.message_primary is None:
        return _MORE_LINES.split(str(error), maxsplit=1)[0]
    primary: str = diagnosis.message_primary
    return _QUOTED.sub('"***"', primary) if (diagnosis.sqlstate or "").startswith("22") else primary


# Further lines of a message, as libpq writes them in any of its languages: a word in capitals and a colon.
_MORE_LINES = re.compile(r"\n\w+:\s", re.UNICODE)
_QUOTED = re.compile('".*"', re.DOTALL)
