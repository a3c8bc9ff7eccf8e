"""Write a verdict about an order whose outcome was unknown: its move, its attempt's outcome, its exception."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.causes import open_causes
from cartage.lifecycle.exceptions import open_exception
from cartage.lifecycle.quarantine import note_absent
from cartage.lifecycle.transitions import move
from cartage.runtime.context import StageContext
from cartage.sending.kept_responses import orders_to_keep
from cartage.sending.repo import unknown
from cartage.sending.verdicts import SettlementVerdict
from cartage.warehouses.contract import RemoteOrder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settlement:
    """Writes verdicts for the run that claimed the orders as `owner`, and counts them.

    `asked_at` is the time on the database's clock when the warehouse was asked.
    """

    context: StageContext
    owner: str
    asked_at: datetime
    counts: Counter[str]

    def write(
        self,
        connection: Connection,
        row: Row[Any],
        verdict: SettlementVerdict,
        outcome: str,
        *,
        found: Sequence[RemoteOrder] = (),
        absent: bool = False,
    ) -> None:
        """Write one verdict, unless another run has claimed the order since, and settles it.

        `outcome` is the attempt's, `found` what the warehouse showed. `absent`: it is certainly not there.
        """
        context, target = self.context, verdict.move
        if verdict.problem:
            opened = open_causes(connection, context.lane.name, [verdict.problem])
            target = replace(target, cause_ids=tuple(opened.values()))
        if not move(connection, [target], verdict.to, context.by, held_lease=self.owner, strict=False):
            return
        shown = orders_to_keep(found, context.warehouse_secrets)
        unknown.note_settled(connection, row.id, outcome, target.remote_id, shown)
        if absent:
            note_absent(connection, [row.id], self.asked_at)
        if verdict.draft:
            open_exception(connection, context.lane.name, verdict.draft, context.by)
        self.counts["settled"] += 1
        self.counts["exceptions"] += verdict.draft is not None
        log.info("%s: the unknown outcome is settled: %s (%s)", row.reference, verdict.to.value, target.why)
