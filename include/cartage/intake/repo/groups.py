"""Replace ship groups that were not sent with the store's present copy, without losing a correction in silence."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

from cartage.intake.order_rows import NewGroup, line_rows
from cartage.lifecycle.transitions import By
from cartage.model.documents import address_document

_REPLACE_GROUP = text(
    """
    WITH kept AS (
        UPDATE fulfillment_order
        SET ship_method = CASE WHEN :kept THEN ship_method ELSE :ship_method END,
            ship_to = CASE WHEN :kept THEN ship_to ELSE CAST(:ship_to AS jsonb) END,
            likeness = CASE WHEN :kept THEN likeness ELSE :likeness END,
            corrected_by = CASE WHEN :kept THEN corrected_by END,
            correction_due_at = CASE WHEN :kept THEN correction_due_at END,
            written_corrections = CASE WHEN :kept THEN written_corrections ELSE '[]' END
        WHERE id = :id
    ), gone AS (
        DELETE FROM fulfillment_line WHERE fulfillment_order_id = :id
          AND position NOT IN (
              SELECT position FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(position int))
    )
    INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description, options)
    SELECT :id, l.position, l.line_id, l.sku, l.quantity, l.description, l.options
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(
        position int, line_id bigint, sku text, quantity numeric, description text, options jsonb)
    ON CONFLICT (fulfillment_order_id, position) DO UPDATE SET
        line_id = excluded.line_id, sku = excluded.sku, quantity = excluded.quantity,
        description = excluded.description, options = excluded.options
    """
)

# Somebody must look at it: the time after which it would go on by itself is only the longest that a hold can last.
_HOLD_OVERTAKEN = text(
    """
    INSERT INTO hold (lane, fulfillment_order_id, source, reason, owner, until, placed_by)
    SELECT lane, id, 'person', :reason, :owner, clock_timestamp() + interval '365 days', :actor
    FROM fulfillment_order WHERE id = :id
    """
)
CORRECTION_OVERTAKEN = (
    "corrected here, then changed in the store, whose copy counts now: look at it, then release it"
)
"""Why an order is held whose correction the store has overtaken."""


def replace_group(
    connection: Connection, group_id: int, group: NewGroup, *, keep_correction: bool = False
) -> None:
    """Replace the address, ship method and lines of an unsent fulfillment order with the store's present ones.

    With `keep_correction`, address and ship method stay as a person corrected them.
    """
    values = {
        "id": group_id,
        "ship_method": group.ship_method,
        "ship_to": json.dumps(address_document(group.ship_to)),
        "likeness": group.likeness,
        "lines": json.dumps(line_rows(group)),
        "kept": keep_correction,
    }
    connection.execute(_REPLACE_GROUP, values)


def hold_overtaken_correction(connection: Connection, group_id: int, person: str, by: By) -> None:
    """Hold an order for the person whose correction the store's present copy has replaced."""
    values = {"id": group_id, "owner": person, "actor": by.actor}
    connection.execute(_HOLD_OVERTAKEN, {**values, "reason": CORRECTION_OVERTAKEN})
