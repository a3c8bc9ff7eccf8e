"""The one function that gives fulfillment orders to a warehouse of their lane.

An order keeps its warehouse once a request for it may have left: nothing proves that the other one would refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from cartage.lifecycle.transitions import By
from cartage.model.states import UNSENT, State

# For rows f (fulfillment_order): no request for it can have left, so that it may go to another warehouse.
NEVER_LEFT = """
    NOT EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL)
"""

_PLACE = text(
    f"""
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:placed AS jsonb)) AS w(
            id bigint, warehouse text, why text, detail jsonb)
    ), placed AS (
        UPDATE fulfillment_order f SET warehouse = w.warehouse, absent_at = NULL
        FROM wanted w
        WHERE f.id = w.id AND f.state = ANY(:unsent) AND f.warehouse <> w.warehouse
          AND (:found OR {NEVER_LEFT})
        RETURNING f.id, f.sales_order_id, f.lane, w.why, w.detail
    ), noted AS (
        INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why, detail)
        SELECT lane, sales_order_id, id, 'routed', :actor, :run_id, why, detail FROM placed ORDER BY id
    )
    SELECT id FROM placed
    """  # noqa: S608 - a constant of this module
)


@dataclass(frozen=True, slots=True)
class Placement:
    """The warehouse of one fulfillment order, and why it is that one: for people, and as data."""

    id: int
    warehouse: str
    why: str
    detail: dict[str, Any] | None = None


def place_orders(
    connection: Connection, placements: Sequence[Placement], by: By, *, found: bool = False
) -> set[int]:
    """Give orders that were not sent to these warehouses, with an event each; return the ids that changed.

    An order of which a request may have left stays where it is, unless it was `found` at the other warehouse.
    """
    if not placements:
        return set()
    rows = [
        {"id": each.id, "warehouse": each.warehouse, "why": each.why, "detail": each.detail}
        for each in placements
    ]
    values = {
        "placed": json.dumps(rows),
        "found": found,
        "unsent": sorted(state.value for state in (UNSENT | {State.CONFLICT} if found else UNSENT)),
        "actor": by.actor,
        "run_id": by.run_id,
    }
    return set(connection.execute(_PLACE, values).scalars())
