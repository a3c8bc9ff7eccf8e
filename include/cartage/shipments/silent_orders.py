"""Orders to whose files the warehouse has not responded although it must: a person decides whether each is sent again.

What the warehouse says later ends the exception by itself (`settle_by_evidence`).
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from cartage.lanes.connectors import ResponsePolicy, response_policy
from cartage.lanes.settings.warehouse import USUAL_RESPONSE
from cartage.lifecycle.exceptions import ExceptionDraft, open_exception
from cartage.lifecycle.transitions import Move, move
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.shipments.repo.notices import silent_orders

log = logging.getLogger(__name__)


def ask_about_silent_orders(
    context: StageContext, connection: Connection, counts: Counter[str], *, now: datetime
) -> None:
    """Open an exception for each order in a file to which the response is overdue, where the settings require one."""
    settings = context.lane.warehouse
    if response_policy(settings.connector, settings.settings) is not ResponsePolicy.REQUIRE:
        return
    within: timedelta | Literal["never"] = settings.respond_within or USUAL_RESPONSE
    if within == "never":
        return
    lane = context.lane.name
    for row in silent_orders(connection, lane, now - within, context.warehouse_name):
        message = (
            f"{row.reference} was sent in {row.document}, and the warehouse has not responded to that file: "
            "is it to be sent again?"
        )
        moved = move(connection, [Move(row.id, why=message)], State.CONFLICT, context.by, strict=False)
        if row.id not in moved:
            continue
        draft = ExceptionDraft(
            row.sales_order_id, ExceptionKind.SENT_OR_NOT, message, "", fulfillment_order_id=row.id
        )
        open_exception(connection, lane, draft, context.by)
        counts["exceptions"] += 1
        log.warning("lane %s: %s", lane, message)
