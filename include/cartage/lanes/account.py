"""Which warehouse account a lane uses: lanes with the same connection and settings share what was learned of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cartage.lanes.connectors import settings_model, stock_settings

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane


def account_of(lane: Lane) -> str:
    """The name of the account in the ledger's catalogue."""
    settings = json.dumps(lane.warehouse.settings, sort_keys=True, default=str)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    return f"{lane.warehouse.connector}/{lane.warehouse.connection}/{digest}"


def stock_of(lane: Lane) -> tuple[object, ...]:
    """Whose goods at which place a lane sells: lanes with the same sell from one stock.

    Two connections of one account cannot be told from two accounts.
    """
    warehouse = lane.warehouse
    settings = settings_model(warehouse.connector).model_validate(warehouse.settings)
    names = stock_settings(warehouse.connector)
    return (warehouse.connector, warehouse.connection, *(getattr(settings, name) for name in names))
