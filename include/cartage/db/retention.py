"""What leaves the ledger when its time is over: personal data, payloads, alerts. Identity and state stay for ever.

In small batches, each a transaction of its own: no run waits for it, it may end at any moment, and it goes on where it
ended. Only what is finished goes; an order that still moves needs its address. What the store changes later is read
anew, with its personal data, whose time then begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import TextClause, text

from cartage.db.engine import Ledger

_BATCH = 500
_FINAL = "('shipped', 'cancelled', 'skipped', 'rejected')"
# The warehouse has it, or it is over: what was sent is no longer compared with anything.
_SETTLED = "('acknowledged', 'partially_shipped', 'shipped', 'cancelled', 'skipped', 'rejected')"

# SKUs and quantities, in the warehouse's units: what a shipment that comes or is corrected late is held against.
_ASKED = """
    CASE WHEN f.state IN ('acknowledged', 'partially_shipped', 'shipped') AND f.request IS NOT NULL
        THEN jsonb_build_object('lines', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'sku', l -> 'sku', 'quantity', l -> 'quantity', 'line_id', l -> 'line_id') ORDER BY place), '[]')
            FROM jsonb_array_elements(f.request -> 'lines') WITH ORDINALITY AS lines(l, place)))
    END
"""

_LANES = text(
    "SELECT lane FROM lane_state UNION SELECT lane FROM alert UNION SELECT lane FROM cause ORDER BY lane"
)

# Texts in which a store's or a warehouse's words may be quoted go with the order's own. An empty hash of the rules by
# which it was taken in makes the import take a changed copy in anew.
_PERSONAL = text(
    f"""
    WITH old AS (
        SELECT s.id FROM sales_order s
        WHERE s.lane = :lane AND s.document <> '{{}}' AND s.created_at < clock_timestamp() - CAST(:age AS interval)
          AND coalesce(s.posted_at, '-infinity') < clock_timestamp() - CAST(:age AS interval)
          AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
          AND NOT EXISTS (
              SELECT FROM fulfillment_order f WHERE f.sales_order_id = s.id AND (f.state NOT IN {_FINAL}
                AND f.superseded_at IS NULL OR f.state_since > clock_timestamp() - CAST(:age AS interval)))
          AND NOT EXISTS (SELECT FROM exception x WHERE x.sales_order_id = s.id AND x.closed_at IS NULL)
        ORDER BY s.created_at LIMIT :size
        FOR UPDATE OF s SKIP LOCKED
    ), orders AS (
        UPDATE sales_order s SET document = '{{}}', intake_hash = '' FROM old WHERE s.id = old.id
    ), groups AS (
        UPDATE fulfillment_order f SET ship_to = '{{}}', request = {_ASKED},
            reason = CASE state WHEN 'rejected' THEN 'the warehouse rejected it (its words are deleted)' ELSE reason END
        FROM old WHERE f.sales_order_id = old.id
        RETURNING f.id
    ), lines AS (
        UPDATE fulfillment_line l SET description = '' FROM groups WHERE l.fulfillment_order_id = groups.id
    ), sent AS (
        UPDATE transfer t SET request = '{{}}', error = '', response = NULL, found = NULL FROM groups
        WHERE t.fulfillment_order_id = groups.id
    ), told AS (
        UPDATE post_back p SET error = '' FROM old WHERE p.sales_order_id = old.id AND p.error <> ''
    ), asked AS (
        UPDATE exception x SET before = NULL, after = NULL, message = '' FROM old WHERE x.sales_order_id = old.id
    ), timeline AS (
        UPDATE event e SET why = '', detail = NULL FROM (
            SELECT e.id FROM event e JOIN groups g ON e.fulfillment_order_id = g.id
            UNION SELECT e.id FROM event e JOIN old ON e.sales_order_id = old.id
        ) one WHERE e.id = one.id AND (e.why <> '' OR e.detail IS NOT NULL)
    )
    SELECT count(*) FROM old
    """  # noqa: S608 - constants of this module
)

_SENT_PAYLOADS = text(
    f"""
    WITH old AS (
        SELECT t.id, t.fulfillment_order_id FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
        WHERE f.lane = :lane AND t.request <> '{{}}' AND t.finished_at < clock_timestamp() - CAST(:age AS interval)
          AND f.state IN {_SETTLED}
        ORDER BY t.finished_at LIMIT :size
        FOR UPDATE OF t, f SKIP LOCKED
    ), sent AS (
        UPDATE transfer t SET request = '{{}}', error = '', response = NULL, found = NULL FROM old WHERE t.id = old.id
    ), kept AS (
        UPDATE fulfillment_order f SET request = {_ASKED} FROM old WHERE f.id = old.fulfillment_order_id
    )
    SELECT count(*) FROM old
    """  # noqa: S608 - constants of this module
)

# The hash of the content stays, so that the same is not shown again.
_SHOWN_PAYLOADS = text(
    """
    WITH old AS (
        SELECT id FROM event
        WHERE kind = 'shadow_payload' AND detail ? 'payload' AND lane = :lane
          AND at < clock_timestamp() - CAST(:age AS interval)
        ORDER BY at LIMIT :size
        FOR UPDATE SKIP LOCKED
    ), shown AS (
        UPDATE event e SET detail = jsonb_build_object('content', e.detail -> 'content') FROM old WHERE e.id = old.id
    )
    SELECT count(*) FROM old
    """
)

# The texts of a cause may quote what a warehouse said of an order.
_CAUSES = text(
    """
    WITH old AS (
        DELETE FROM cause c WHERE c.id IN (
            SELECT o.id FROM cause o
            WHERE o.lane = :lane AND o.closed_at < clock_timestamp() - CAST(:age AS interval)
              AND NOT EXISTS (SELECT FROM unreadable_order u WHERE u.cause_id = o.id)
            LIMIT :size)
        RETURNING c.id
    )
    SELECT count(*) FROM old
    """
)

_ALERTS = text(
    """
    WITH old AS (
        DELETE FROM alert a WHERE a.id IN (
            SELECT o.id FROM alert o
            WHERE o.lane = :lane AND o.closed_at < clock_timestamp() - CAST(:age AS interval) LIMIT :size)
        RETURNING a.id
    )
    SELECT count(*) FROM old
    """
)


def lanes_with_data(ledger: Ledger) -> list[str]:
    """The lanes that the ledger knows, those that left the lanes file included."""
    with ledger.begin() as connection:
        return [row.lane for row in connection.execute(_LANES)]


def purge_lane(
    ledger: Ledger, lane: str, *, personal_data: timedelta, payloads: timedelta, batch: int = _BATCH
) -> dict[str, int]:
    """Delete what is older than it may be kept; doing it again deletes nothing more.

    Returns counts: orders whose personal data went, payloads (sent, or shown in shadow), causes and alerts that were
    over. Identity, references, states, times, hashes, tracking numbers and who did what stay.
    """
    steps = (
        ("orders", _PERSONAL, personal_data),
        ("payloads", _SENT_PAYLOADS, payloads),
        ("payloads", _SHOWN_PAYLOADS, payloads),
        ("causes", _CAUSES, personal_data),
        ("alerts", _ALERTS, payloads),
    )
    counts = dict.fromkeys(("orders", "payloads", "causes", "alerts"), 0)
    for name, statement, age in steps:
        counts[name] += sum(_batches(ledger, statement, lane, age, batch))
    return counts


def _batches(ledger: Ledger, statement: TextClause, lane: str, age: timedelta, size: int) -> Iterator[int]:
    """Run a statement until a batch is not full; what another process holds is left to the next time."""
    done = size
    while done == size:
        with ledger.begin() as connection:
            done = connection.execute(statement, {"lane": lane, "age": age, "size": size}).scalar_one()
        yield done
