"""The call budget of a store, for work outside a lane's stages: hooks, operators, the wizard.

Everything that uses the store takes its calls from the bucket in the ledger.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.lanes.settings.limits import Limits
    from cartage.pace import CallBudget

log = logging.getLogger(__name__)


@contextmanager
def open_budget(
    store: str, limits: Limits, resolver: Resolver, *, background: bool, longest_wait: float | None = None
) -> Iterator[CallBudget]:
    """Yield the budget of a store, by its identity (`StoreCredentials.identity`).

    Stages, lanes and hooks on the same store share one bucket in the ledger. Without a ledger, log a warning and yield
    a budget that only this process keeps. A call waits at most `longest_wait` seconds (default: half of the lane's
    `limits.task_timeout`).
    """
    from cartage.connections import ledger_url
    from cartage.db import open_ledger
    from cartage.db.call_budget import SharedBudget
    from cartage.db.waiting import Patience
    from cartage.pace import CallLimit, LocalBudget

    try:
        url = ledger_url(resolver)
    except SettingsError as missing:
        log.warning("the calls to %s are counted in this process only, without a ledger: %s", store, missing)
        yield LocalBudget(limits.burst, limits.calls_per_second)
        return
    ledger = open_ledger(url, pool_size=2)
    try:
        yield SharedBudget(
            ledger,
            store,
            CallLimit(limits.burst, limits.calls_per_second),
            background=background,
            background_share=limits.background_share,
            patience=Patience(store, longest_wait or limits.task_timeout.total_seconds() / 2),
        )
    finally:
        ledger.close()
