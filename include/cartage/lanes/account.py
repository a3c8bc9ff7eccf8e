"""Which warehouse account a lane uses: lanes with the same connection and settings share what was learned of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.lanes.model import Lane


def account_of(lane: Lane) -> str:
    """The name of the account in the ledger's catalogue."""
    settings = json.dumps(lane.warehouse.settings, sort_keys=True, default=str)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    return f"{lane.warehouse.connector}/{lane.warehouse.connection}/{digest}"
