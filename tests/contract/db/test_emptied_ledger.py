"""The ledger that tests share has no rows when the next one begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import QueuePool, text

from cartage.db.schema import metadata
from tests.contract.rows import Rows
from tests.emptied_ledger import EmptiedLedger, leave, opened_once

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres


@pytest.fixture
def emptied(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[EmptiedLedger]:
    made = EmptiedLedger(postgres, ledger_template, "emptied_ledger")
    yield made
    made.drop()


def filled(ledger: EmptiedLedger) -> dict[str, int]:
    """Return the number of rows of each table that has some."""
    counts = {}
    with opened_once(ledger.url).begin() as connection:
        for table in metadata.sorted_tables:
            counts[table.name] = connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one()
    assert counts
    return {table: count for table, count in counts.items() if count}


def test_rows_that_refer_to_one_another_go(emptied: EmptiedLedger) -> None:
    with opened_once(emptied.url).begin() as connection:
        Rows(connection).order("ready")
    assert set(filled(emptied)) == {"store", "sales_order", "fulfillment_order"}
    emptied.empty()
    assert filled(emptied) == {}


def test_a_test_that_leaves_a_session_in_use_takes_none_from_the_next_one(emptied: EmptiedLedger) -> None:
    ledger = opened_once(emptied.url)
    assert opened_once(emptied.url) is ledger
    with ledger.engine.connect():
        leave(ledger)
        assert isinstance(ledger.engine.pool, QueuePool)
        assert ledger.engine.pool.checkedout() == 0
