"""Open the deployment's ledger for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.db import Ledger


@contextmanager
def opened_ledger() -> Iterator[Ledger]:
    """Open the ledger for this block, and close it at the end."""
    from cartage.db import open_ledger

    ledger = open_ledger()
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def ledger_transaction() -> Iterator[Connection]:
    """Open one transaction on the ledger: committed at the end of the block, rolled back on an exception."""
    with opened_ledger() as ledger, ledger.begin() as connection:
        yield connection
