"""A ledger for all runs of the machine, each in its own lane, with a clock that only the machine moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from cartage.db import Ledger, open_ledger

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

_DATABASE = "machine_ledger"
# The ledger's statements use `clock_timestamp()`. In this database only the machine moves that clock, so that a path
# is the same however long it takes.
_CLOCK = f"""
    CREATE SCHEMA machine;
    CREATE TABLE machine.clock (ahead interval NOT NULL);
    INSERT INTO machine.clock VALUES ('0');
    CREATE FUNCTION machine.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT timestamptz ''2026-03-01 00:00Z'' + ahead FROM machine.clock';
    ALTER DATABASE {_DATABASE} SET search_path = machine, public, pg_catalog;
"""


@pytest.fixture(scope="module")
def machine_ledger(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[Ledger]:
    url = postgres.clone_database(ledger_template, _DATABASE)
    with postgres.connect(_DATABASE) as connection:
        connection.execute(_CLOCK)
    ledger = open_ledger(url)
    yield ledger
    ledger.close()
    postgres.drop_database(_DATABASE)


@pytest.fixture(scope="module")
def store_id(machine_ledger: Ledger) -> int:
    with machine_ledger.begin() as connection:
        insert = "INSERT INTO store (code, secure_url) VALUES ('MDL', 'model.example.com') RETURNING id"
        row_id: int = connection.execute(text(insert)).scalar_one()
    return row_id


@pytest.fixture(scope="module")
def skip(machine_ledger: Ledger) -> Callable[[float], None]:
    def by(seconds: float) -> None:
        with machine_ledger.begin() as connection:
            query = text("UPDATE machine.clock SET ahead = ahead + make_interval(secs => :seconds)")
            connection.execute(query, {"seconds": seconds})

    return by
