"""Statements that go on without the ledger: a call whose intent is committed must not fail because of its pace."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.exc import InterfaceError, OperationalError

from cartage.db.engine import Ledger

log = logging.getLogger(__name__)

# After the ledger could not be reached, it is asked again after so many seconds: an attempt may take ten.
_ASK_AGAIN = 30.0


class LedgerAway(Exception):
    """The ledger cannot be reached now."""


class LedgerLine:
    """Runs statements, each in a transaction of its own. `purpose` says in the log what goes on without the ledger."""

    def __init__(self, ledger: Ledger, purpose: str) -> None:
        self._ledger = ledger
        self._purpose = purpose
        self._away_until: float | None = None

    def run(self, statement: Executable, parameters: Mapping[str, Any]) -> Any:
        """Run a statement and return its first row, with its columns as attributes; None if it returns none.

        It may run twice if the connection breaks: then a call is counted twice, which costs its time and no more.

        Raises:
            LedgerAway: if the ledger cannot be reached, or could not be reached shortly before.
        """
        if self._away_until is not None and time.monotonic() < self._away_until:
            raise LedgerAway
        try:
            row = self._ledger.alone(statement, parameters)
        except (OperationalError, InterfaceError) as failure:
            self._away_until = time.monotonic() + _ASK_AGAIN
            log.warning("the ledger cannot be reached, so %s: %s", self._purpose, failure)
            raise LedgerAway from failure
        self._away_until = None
        return row
