"""One transaction on the deployment's ledger, for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def ledger_transaction() -> Iterator[Connection]:
    """Committed at the end of the block, rolled back on any exception; the ledger is closed in either case."""
    from cartage.db import open_ledger

    ledger = open_ledger()
    try:
        with ledger.begin() as connection:
            yield connection
    finally:
        ledger.close()
