"""Holds that a routing rule places: validation then holds the order as it does for any other rule."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, text

from cartage.routing.decision import RuleHold

# The rule's name in the list of holds.
RULE = "routing "
# As long as a rule of `holds` holds an order that does not say so.
_LASTS = "7 days"

_PLACE = text(
    """
    INSERT INTO hold (lane, fulfillment_order_id, source, rule, reason, owner, until, placed_by)
    SELECT :lane, h.id, 'rule', h.rule, h.reason, '', clock_timestamp() + CAST(:lasts AS interval), :actor
    FROM jsonb_to_recordset(CAST(:holds AS jsonb)) AS h(id bigint, rule text, reason text)
    ORDER BY h.id
    ON CONFLICT (fulfillment_order_id, source, rule) WHERE source <> 'person' DO NOTHING
    RETURNING fulfillment_order_id
    """
)


def place_routing_holds(
    connection: Connection, lane: str, holds: Mapping[int, RuleHold], actor: str
) -> set[int]:
    """Place the holds of these fulfillment orders; return the orders that are held now and were not.

    One that a person has released stays released.
    """
    rows = [
        {"id": order_id, "rule": f"{RULE}{hold.rule}", "reason": hold.reason}
        for order_id, hold in holds.items()
    ]
    if not rows:
        return set()
    values = {"lane": lane, "holds": json.dumps(rows), "lasts": _LASTS, "actor": actor}
    return set(connection.execute(_PLACE, values).scalars())
