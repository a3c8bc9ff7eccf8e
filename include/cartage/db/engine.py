"""The ledger's connection pool and transactions.

Nothing is kept in a session, so that a pooler may give each transaction another one (PgBouncer's transaction mode): a
transaction sets what it needs for itself, locks end with it, and no statement is prepared for the next one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    ClauseElement,
    Compiled,
    Connection,
    Engine,
    ExceptionContext,
    Executable,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from cartage.connections import ledger_url

_TRANSACTION_SETTINGS = {
    # Statements are set-based and short. A longer one is a fault, and must not keep a claim alive.
    "statement_timeout": "60s",
    # A process that dies in a transaction must not keep its locks.
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}


_NOW = select(func.clock_timestamp().label("now"))


class _Alone:
    """A statement that is a transaction of its own, and the first row that it returned."""

    def __init__(self, statement: Executable, parameters: Mapping[str, Any]) -> None:
        compiled = _compiled(statement)
        self._text, self._parameters = str(compiled), compiled.construct_params(parameters)
        self.row: Any = None

    def run(self, driver: psycopg.Connection[Any], settings: str) -> None:
        """Run it with these settings, all in one message: PostgreSQL makes a transaction of what is in one."""
        with psycopg.ClientCursor(driver, row_factory=namedtuple_row) as cursor:
            cursor.execute(f"{settings}; {self._text}", self._parameters)
            while cursor.nextset():
                pass
            self.row = cursor.fetchone() if cursor.description else None


# What this thread runs alone, if it does: it is run when a connection leaves the pool.
_ALONE = threading.local()


@lru_cache(maxsize=64)
def _compiled(statement: Executable) -> Compiled:
    return cast("ClauseElement", statement).compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]


class Ledger:
    """Opens transactions on the ledger. One instance per process; may be shared by threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction: committed at the end of the block, rolled back on an exception."""
        with self.engine.begin() as connection:
            yield connection

    def alone(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """Run one statement as a transaction of its own, in one round trip: `begin` takes three.

        Return its first row, with its columns as attributes and its times in any zone; None if it returns no row. If
        the connection breaks, the statement is repeated with a new one, and may thus have been carried out twice.
        """
        _ALONE.statement = alone = _Alone(statement, parameters or {})
        try:
            # Taking the connection from the pool runs it.
            with self.engine.connect():
                return alone.row
        finally:
            _ALONE.statement = None

    def now(self) -> datetime:
        """Return the time by the database's clock, which all processes share."""
        now: datetime = self.alone(_NOW).now
        return now.astimezone(UTC)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def database_time(connection: Connection) -> datetime:
    """Return the time by the database's clock, which all processes share."""
    now: datetime = connection.execute(_NOW).scalar_one()
    return now


def open_ledger(url: str | None = None, *, pool_size: int = 4) -> Ledger:
    """Return the ledger at `url`, or at the deployment's address. Does not connect yet.

    It opens at most `pool_size` connections, and never more than one for each thread that uses it at once.

    Raises:
        SettingsError: if no address is given or configured.
    """
    engine = ledger_engine(
        url or ledger_url(),
        transaction_settings=_TRANSACTION_SETTINGS,
        pool_size=pool_size,
        max_overflow=0,
    )
    return Ledger(engine)


def ledger_engine(
    url: str,
    *,
    application_name: str = "cartage",
    connect_timeout: int = 10,
    transaction_settings: Mapping[str, str] | None = None,
    **options: Any,
) -> Engine:
    """Return an engine on the ledger whose errors quote no values: they go into logs, and rows hold personal data.

    Every engine on the ledger is made here. `connect_timeout` is in seconds. `transaction_settings` are settings of
    PostgreSQL that every transaction begins with; `options` are those of `sqlalchemy.create_engine`. With
    `transaction_settings`, a pooled connection that the server has closed is replaced when it is taken from the pool.
    """
    arguments: dict[str, Any] = {
        "application_name": application_name,
        "connect_timeout": connect_timeout,
        # A prepared statement belongs to a session. Poolers know of them only since PgBouncer 1.21.
        "prepare_threshold": None,
    }
    if transaction_settings:
        # The driver begins no transaction by itself: ours begin with their settings.
        arguments["autocommit"] = True
    engine = create_engine(url, hide_parameters=True, connect_args=arguments, **options)
    event.listen(engine, "handle_error", _hide_values)
    event.listen(engine, "before_cursor_execute", _choose_format)
    if transaction_settings:
        _begin_with(engine, transaction_settings)
    return engine


def _begin_with(engine: Engine, settings: Mapping[str, str]) -> None:
    """Begin every transaction with these settings, in one round trip that also shows whether the connection lives."""
    limits = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())
    beginning = f"BEGIN; {limits}".encode()

    def on_checkout(driver: psycopg.Connection[Any], _record: object, _fairy: object) -> None:
        alone: _Alone | None = getattr(_ALONE, "statement", None)
        try:
            if alone is not None:
                alone.run(driver, limits)
            else:
                driver.execute(beginning)
        except psycopg.Error as failure:
            # Nothing of a transaction has run, and what runs alone may run twice: repeat it with a new connection.
            if driver.closed or driver.broken:
                raise InvalidatePoolError from failure
            raise

    def on_begin(connection: Connection) -> None:
        # A connection that is kept has several transactions; the first began when it left the pool.
        driver = connection.connection.driver_connection
        if driver is not None and driver.info.transaction_status == TransactionStatus.IDLE:
            driver.execute(beginning)

    event.listen(engine, "checkout", on_checkout)
    event.listen(engine, "begin", on_begin)


def _choose_format(
    _connection: Connection,
    cursor: Any,
    _statement: str,
    _parameters: Any,
    context: ExecutionContext,
    _many: bool,
) -> None:
    """Have PostgreSQL send the rows of a statement with the option `binary_rows` as they are.

    As text, megabytes of `bytea` are twice as long, and decoding them costs more than reading them.
    """
    if context.execution_options.get("binary_rows"):
        cursor.format = Format.BINARY


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
