"""Delete what the ledger may no longer keep: personal data, payloads, causes, alerts, jobs. Identity and state stay.

Works in small batches, each in its own transaction: no run waits for it, and it can stop and continue at any time.
Rows that refer to others are deleted before them. A step that fails stops no other one.
Only finished orders lose data, since an open one needs its address. If the store changes an order later, the order is
read again with its personal data, whose retention then starts again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta

from sqlalchemy import TextClause, select, text, union
from sqlalchemy.exc import SQLAlchemyError

from cartage.db import finished_rows
from cartage.db.engine import Ledger
from cartage.db.schema import alert, cause, desk_job, desk_upload, lane_state
from cartage.errors import LedgerError

log = logging.getLogger(__name__)

_BATCH = 500
_FINAL = "('shipped', 'cancelled', 'skipped', 'rejected')"
# The warehouse has the order, or the order is finished: the request is no longer compared with anything.
_SETTLED = "('acknowledged', 'partially_shipped', 'shipped', 'cancelled', 'skipped', 'rejected')"

# SKUs and quantities in the warehouse's units, which late shipments and corrections are compared with.
_QUANTITIES = """
    CASE WHEN f.state IN ('acknowledged', 'partially_shipped', 'shipped') AND f.request IS NOT NULL
        THEN jsonb_build_object('lines', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'sku', l -> 'sku', 'quantity', l -> 'quantity', 'line_id', l -> 'line_id') ORDER BY place), '[]')
            FROM jsonb_array_elements(f.request -> 'lines') WITH ORDINALITY AS lines(l, place)))
    END
"""

# Texts that may quote the store or the warehouse are deleted together with the order's own. `purged_at` keeps an
# unchanged copy of the store from bringing the data back.
_PERSONAL = text(
    f"""
    WITH old AS (
        SELECT s.id FROM sales_order s
        WHERE s.lane = :lane AND s.purged_at IS NULL AND s.created_at < clock_timestamp() - CAST(:age AS interval)
          AND coalesce(s.posted_at, '-infinity') < clock_timestamp() - CAST(:age AS interval)
          AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
          AND NOT EXISTS (
              SELECT FROM fulfillment_order f WHERE f.sales_order_id = s.id AND (f.state NOT IN {_FINAL}
                AND f.superseded_at IS NULL OR f.state_since > clock_timestamp() - CAST(:age AS interval)))
          AND NOT EXISTS (SELECT FROM exception x WHERE x.sales_order_id = s.id AND x.closed_at IS NULL)
        ORDER BY s.created_at LIMIT :size
        FOR UPDATE OF s SKIP LOCKED
    ), orders AS (
        UPDATE sales_order s SET document = '{{}}', purged_at = clock_timestamp() FROM old WHERE s.id = old.id
    ), groups AS (
        UPDATE fulfillment_order f SET
            ship_to = '{{}}', likeness = '', written_corrections = '[]', request = {_QUANTITIES},
            reason = CASE state WHEN 'rejected' THEN 'the warehouse rejected it (its words are deleted)' ELSE reason END
        FROM old WHERE f.sales_order_id = old.id RETURNING f.id
    ), lines AS (
        UPDATE fulfillment_line l SET description = '', options = '[]' FROM groups
        WHERE l.fulfillment_order_id = groups.id
    ), sent AS (
        UPDATE transfer t SET request = '{{}}', error = '', response = NULL, found = NULL FROM groups
        WHERE t.fulfillment_order_id = groups.id
    ), documents AS (
        UPDATE outbound_document d SET content = NULL FROM transfer t, groups
        WHERE t.fulfillment_order_id = groups.id AND d.id = t.document_id AND d.content IS NOT NULL
    ), posts AS (
        UPDATE post_back p SET error = '' FROM old WHERE p.sales_order_id = old.id AND p.error <> ''
    ), exceptions AS (
        UPDATE exception x SET before = NULL, after = NULL, message = '' FROM old WHERE x.sales_order_id = old.id
    ), timeline AS (
        UPDATE event e SET why = '', detail = NULL FROM (
            SELECT e.id FROM event e JOIN groups g ON e.fulfillment_order_id = g.id
            UNION SELECT e.id FROM event e JOIN old ON e.sales_order_id = old.id
        ) old_event WHERE e.id = old_event.id AND (e.why <> '' OR e.detail IS NOT NULL)
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
        UPDATE fulfillment_order f SET request = {_QUANTITIES} FROM old WHERE f.id = old.fulfillment_order_id
    )
    SELECT count(*) FROM old
    """  # noqa: S608 - constants of this module
)

# A document that may still be published is kept: it is not settled for one of its orders, or waits to be sent again.
_DOCUMENTS = text(
    f"""
    WITH old AS (
        UPDATE outbound_document SET content = NULL WHERE id IN (
            SELECT d.id FROM outbound_document d
            WHERE d.lane = :lane AND d.content IS NOT NULL
              AND d.created_at < clock_timestamp() - CAST(:age AS interval)
              AND (d.kind = 'orders' OR d.published_at IS NOT NULL)
              AND NOT EXISTS (
                  SELECT FROM transfer t JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
                  WHERE t.document_id = d.id AND f.state NOT IN {_SETTLED})
            ORDER BY d.created_at LIMIT :size
            FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """  # noqa: S608 - constants of this module
)

# Files of the warehouse in quarantine. What nobody has decided about is kept as long as the personal data of an order.
# What they said of orders goes with them; their hashes stay, so that they are not taken in again.
_WAITING_FILES, _DECIDED_FILES = (
    text(
        f"""
        WITH old AS (
            UPDATE inbound_document SET content = NULL WHERE id IN (
                SELECT d.id FROM inbound_document d
                WHERE d.lane = :lane AND d.content IS NOT NULL AND {which}
                ORDER BY d.taken_at LIMIT :size
                FOR UPDATE SKIP LOCKED)
            RETURNING id
        ), said AS (
            DELETE FROM inbound_finding f USING old WHERE f.document_id = old.id
        )
        SELECT count(*) FROM old
        """  # noqa: S608 - constants of this module
    )
    for which in (
        "d.taken_at < clock_timestamp() - CAST(:age AS interval)",
        "d.decided_at < clock_timestamp() - CAST(:age AS interval)",
    )
)

# What in a file had no effect may quote it.
_FINDINGS = text(
    """
    WITH old AS (
        DELETE FROM inbound_finding WHERE id IN (
            SELECT f.id FROM inbound_finding f JOIN inbound_document d ON d.id = f.document_id
            WHERE d.lane = :lane AND d.content IS NULL AND d.taken_at < clock_timestamp() - CAST(:age AS interval)
            LIMIT :size FOR UPDATE OF f SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """
)

# The hash of the content stays, so that the same request is not shown again.
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

# The texts of a cause may quote the warehouse's words about an order. What refers to a cause goes first: the entries
# that it is about, and the required actions of its openings. A cause that opens again meanwhile is left alone.
_OLD_CAUSES = """
    SELECT c.id FROM cause c
    WHERE c.lane = :lane AND c.closed_at < clock_timestamp() - CAST(:age AS interval)
"""
_CAUSE_ENTRIES, _CAUSE_ROWS, _CAUSE_ACTIONS = (
    text(
        f"""
        WITH old AS (
            DELETE FROM {table} WHERE id IN (
                SELECT id FROM {table} WHERE cause_id IN ({_OLD_CAUSES}) LIMIT :size FOR UPDATE SKIP LOCKED)
            RETURNING id
        )
        SELECT count(*) FROM old
        """  # noqa: S608 - constants of this module
    )
    for table in ("unreadable_order", "unreadable_row", "required_action")
)
_CAUSES = text(
    f"""
    WITH old AS (
        DELETE FROM cause WHERE id IN (
            {_OLD_CAUSES}
              AND NOT EXISTS (SELECT FROM unreadable_order u WHERE u.cause_id = c.id)
              AND NOT EXISTS (SELECT FROM unreadable_row r WHERE r.cause_id = c.id)
              AND NOT EXISTS (SELECT FROM required_action a WHERE a.cause_id = c.id)
            LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """  # noqa: S608 - constants of this module
)

# A row of the warehouse that cannot be asked for by its number, and was not seen for so long.
_UNREADABLE_ROWS = text(
    """
    WITH old AS (
        DELETE FROM unreadable_row WHERE id IN (
            SELECT r.id FROM unreadable_row r
            WHERE r.lane = :lane AND r.remote_id = '' AND r.last_seen_at < clock_timestamp() - CAST(:age AS interval)
            LIMIT :size FOR UPDATE SKIP LOCKED)
        RETURNING id
    )
    SELECT count(*) FROM old
    """
)

# What is deleted in this order, with the name of its count, and the setting that says how long it is kept.
_STEPS = (
    ("orders", _PERSONAL, "personal_data"),
    ("payloads", _SENT_PAYLOADS, "payloads"),
    ("documents", _DOCUMENTS, "payloads"),
    ("documents", _DECIDED_FILES, "payloads"),
    ("documents", _WAITING_FILES, "personal_data"),
    ("findings", _FINDINGS, "payloads"),
    ("payloads", _SHOWN_PAYLOADS, "payloads"),
    ("unreadable entries", _CAUSE_ENTRIES, "personal_data"),
    ("unreadable entries", _CAUSE_ROWS, "personal_data"),
    ("unreadable entries", _UNREADABLE_ROWS, "payloads"),
    ("required actions", _CAUSE_ACTIONS, "personal_data"),
    ("causes", _CAUSES, "personal_data"),
    ("alerts", finished_rows.ALERTS, "payloads"),
    ("jobs", finished_rows.JOBS, "payloads"),
    ("uploads", finished_rows.UPLOADS, "payloads"),
    ("notes", finished_rows.NOTES, "personal_data"),
    ("differences", finished_rows.DIFFERENCES, "personal_data"),
    ("comparisons", finished_rows.COMPARISONS, "personal_data"),
)
KINDS = tuple(dict.fromkeys(name for name, _, _ in _STEPS))


class PurgeIncomplete(LedgerError):
    """Some old data could not be deleted. `purged` counts what was, by lane and kind."""

    def __init__(self, what: str, purged: Mapping[str, Mapping[str, int]]) -> None:
        super().__init__(what)
        self.purged = purged


def lanes_with_data(ledger: Ledger) -> list[str]:
    """Return the lanes with data in the ledger, including those that are no longer in the lanes file."""
    lanes = union(
        *(select(table.c.lane) for table in (lane_state, alert, cause, desk_job, desk_upload))
    ).order_by("lane")
    with ledger.begin() as connection:
        return list(connection.execute(lanes).scalars())


def purge_lane(
    ledger: Ledger, lane: str, *, personal_data: timedelta, payloads: timedelta, batch: int = _BATCH
) -> dict[str, int]:
    """Delete a lane's data that is older than these ages.

    Identity, references, states, times, hashes, tracking numbers and actors stay.

    Returns:
        How much was deleted of each of `KINDS`: orders that lost their personal data, payloads (sent, or shown in
        shadow), and rows that are gone.

    Raises:
        PurgeIncomplete: if a step failed, after all other steps.
    """
    ages = {"personal_data": personal_data, "payloads": payloads}
    counts, failed = dict.fromkeys(KINDS, 0), []
    for name, statement, kept_by in _STEPS:
        try:
            for deleted in _batches(ledger, statement, lane, ages[kept_by], batch):
                counts[name] += deleted
        except SQLAlchemyError as failure:
            log.exception("lane %s: old %s were not deleted", lane, name)
            failed.append(f"{name} ({_first_line(failure)})")
    if failed:
        raise PurgeIncomplete(f"lane {lane}: not deleted: {', '.join(failed)}", {lane: counts})
    return counts


def _first_line(failure: SQLAlchemyError) -> str:
    return (str(failure).splitlines() or [type(failure).__name__])[0]


def _batches(ledger: Ledger, statement: TextClause, lane: str, age: timedelta, size: int) -> Iterator[int]:
    """Run a statement until a batch is not full. Rows that another process has locked are left for the next time."""
    done = size
    while done == size:
        with ledger.begin() as connection:
            done = connection.execute(statement, {"lane": lane, "age": age, "size": size}).scalar_one()
        yield done
