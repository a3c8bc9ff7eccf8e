"""Claim orders to send: which of the lane's ready orders a run may take, and for how long."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import Connection

from cartage.lanes.settings.limits import SendFirst
from cartage.runtime.context import StageContext
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import TransferIntent


class IntentSource:
    """Claims ready orders for one run, and records the intent to send each.

    Opening it may call store and warehouse, so no transaction may be open.
    """

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self._statuses = context.statuses
        self.owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
        self.longest = context.warehouse.capabilities.longest_request
        self.lease = max(context.lane.limits.lease, 2 * self.longest + timedelta(seconds=30))

    def claim(self, connection: Connection, size: int) -> list[TransferIntent]:
        """Claim up to `size` orders, in the order in which they are to leave."""
        limits = self._context.lane.limits
        return transfers.intend_transfers(
            connection,
            self._context.lane.name,
            self._context.by,
            owner=self.owner,
            lease=self.lease,
            freshness=limits.freshness,
            import_status=self._statuses.import_status,
            path=self._statuses.path,
            express=limits.express if limits.send_first is SendFirst.EXPRESS else (),
            size=size,
            warehouse=self._context.warehouse_name,
        )
