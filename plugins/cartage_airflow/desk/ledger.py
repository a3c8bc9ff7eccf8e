"""The desk's own connections to the ledger: a read-only pool and one for actions, both with short time limits.

A page that is slow or requested too often must not take a connection from a stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Connection, Engine

from cartage.connections import ledger_url
from cartage.db.engine import ledger_engine

_ACTIONS = {
    "statement_timeout": "2s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
}
_PAGES = {
    **_ACTIONS,
    "transaction_read_only": "on",
    # A page reads few rows by many indexes. By the default, which is that of disks with a moving head, PostgreSQL would
    # often rather read a whole table; and a page should not take more than one core.
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
}


@contextmanager
def reading() -> Iterator[Connection]:
    """Yield a connection that cannot change anything; each statement sees the ledger as it is at that moment."""
    with reading_engine().connect() as connection:
        yield connection


@contextmanager
def writing() -> Iterator[Connection]:
    """Yield a connection in a transaction: committed at the end of the block, rolled back on any exception."""
    with writing_engine().begin() as connection:
        yield connection


@cache
def reading_engine() -> Engine:
    """Return the pool of the pages."""
    return _engine(_PAGES, pool_size=2)


@cache
def writing_engine() -> Engine:
    """Return the pool of the actions."""
    return _engine(_ACTIONS, pool_size=1)


def _engine(settings: Mapping[str, str], *, pool_size: int) -> Engine:
    return ledger_engine(
        ledger_url(),
        application_name="cartage desk",
        connect_timeout=2,
        transaction_settings=settings,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2,
    )
