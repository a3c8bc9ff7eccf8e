"""The call budget of an account at a warehouse: one pace for all processes, lanes and hooks with its credentials."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cartage.db import Ledger, open_ledger
from cartage.db.account_pause import SharedPause
from cartage.db.call_budget import SharedBudget
from cartage.db.waiting import Patience
from cartage.errors import SettingsError
from cartage.lanes.account import counted_account
from cartage.lanes.connectors import call_limits
from cartage.pace import AccountBudget, Bucket, CallLimit, CallLimits, RemoteBudget, open_local

if TYPE_CHECKING:
    from cartage.connections import Connection, Resolver
    from cartage.lanes.settings.limits import Limits

log = logging.getLogger(__name__)

_FIX = (
    "It is tried again later. If it happens again, check what else calls with these credentials, and compare "
    "limits.warehouse_burst and limits.warehouse_calls_per_second of the lane with what the warehouse allows."
)


def limits_at(connector: str, limits: Limits) -> CallLimits:
    """Return how many calls the warehouse accepts: as the lane says, or else as its vendor documents."""
    return call_limits(connector).agreed(limits.warehouse_burst, limits.warehouse_calls_per_second)


def shared_budget(
    ledger: Ledger,
    connector: str,
    connection: Connection,
    limits: Limits,
    *,
    background: bool,
    longest_wait: float | None = None,
    stop: threading.Event | None = None,
) -> AccountBudget:
    """Return the budget of the connection's account. All its users share its buckets in the ledger.

    A call waits at most `longest_wait` seconds (default: half of the lane's `limits.task_timeout`), and not once `stop`
    is set. A background user leaves live ones their share.
    """
    account = counted_account(connector, connection)
    patience = Patience(
        f"{connector} ({connection.id})",
        longest_wait or limits.task_timeout.total_seconds() / 2,
        stop or threading.Event(),
        _FIX,
    )

    def open_bucket(bucket: str, limit: CallLimit | None) -> Bucket:
        name = f"{account}/{bucket}" if bucket else account
        if limit is None:
            return SharedPause(ledger, name, patience)
        return SharedBudget(
            ledger,
            name,
            limit,
            background=background,
            background_share=limits.background_share,
            patience=patience,
        )

    return AccountBudget(limits_at(connector, limits), open_bucket)


@contextmanager
def open_account_budget(
    connector: str,
    connection: Connection,
    limits: Limits,
    resolver: Resolver,
    *,
    background: bool,
    longest_wait: float | None = None,
) -> Iterator[RemoteBudget]:
    """Yield the budget of an account, for work outside a lane's stages: hooks and commands.

    Without a ledger, log a warning and yield a budget that only this process keeps.
    """
    from cartage.connections import ledger_url

    try:
        url = ledger_url(resolver)
    except SettingsError as missing:
        log.warning(
            "the calls to %s (%s) are counted in this process only, without a ledger: %s",
            connector,
            connection.id,
            missing,
        )
        yield AccountBudget(limits_at(connector, limits), open_local)
        return
    ledger = open_ledger(url, pool_size=2)
    try:
        yield shared_budget(
            ledger, connector, connection, limits, background=background, longest_wait=longest_wait
        )
    finally:
        ledger.close()
