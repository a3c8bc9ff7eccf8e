"""What a ledger of years has beside its orders: what needs a person, what people did, differences, files, stock.

Nothing of it gives a run something to do: exceptions are not decided, holds end in a year, no file waits for a run.
"""

from __future__ import annotations

# Of ten thousand orders: 5 held by a person or one of two rules.
HOLDS = """
    INSERT INTO hold (lane, fulfillment_order_id, source, rule, reason, owner, until, placed_by, placed_at)
    SELECT f.lane, f.id, CASE f.id % 3 WHEN 0 THEN 'person' ELSE 'rule' END,
           CASE f.id % 3 WHEN 0 THEN '' WHEN 1 THEN 'over 400' ELSE 'new customers' END, f.reason, 'ann', f.held_until,
           CASE f.id % 3 WHEN 0 THEN 'ann' ELSE 'validate_mappings' END, f.created_at
    FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id WHERE f.state = 'held'
"""

# Of ten thousand orders 5 in conflict, 5 edited after they were sent, and 20 exceptions that were decided long ago.
EXCEPTIONS = """
    INSERT INTO exception (lane, sales_order_id, fulfillment_order_id, kind, message, choices, opened_at, run_id,
        decision, decided_by, decided_at, closed_at, close_reason, ended_at)
    SELECT f.lane, f.sales_order_id, f.id, x.kind, x.message, x.choices, m.at, 'orders__' || f.lane || '/old/watch/1',
           x.decision, CASE WHEN x.decision IS NOT NULL THEN 'ann' END, CASE WHEN x.decision IS NOT NULL THEN m.at END,
           CASE WHEN x.decision IS NOT NULL THEN m.at END, '', CASE WHEN x.decision IS NOT NULL THEN m.at END
    FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id CROSS JOIN LATERAL (
        SELECT 'sent_or_not' AS kind, 'the warehouse was not sure' AS message,
               ARRAY['send', 'accept', 'drop'] AS choices, NULL AS decision WHERE m.state = 'conflict'
        UNION ALL SELECT 'edited_after_transfer', 'the store has another address now',
               ARRAY['resend', 'handled', 'ignore'], NULL
               WHERE m.state = 'shipped' AND m.n % 10000 BETWEEN 6000 AND 6004
        UNION ALL SELECT 'edited_after_transfer', 'the store has another line now',
               ARRAY['resend', 'handled', 'ignore'], CASE m.n % 2 WHEN 0 THEN 'handled' ELSE 'ignore' END
               WHERE m.state = 'shipped' AND m.n % 500 = 400
    ) x
"""

# What people did: one order of two hundred was skipped, held, retried or had a note.
PEOPLE = """
    INSERT INTO event (at, lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why)
    SELECT m.at + interval '1 second', f.lane, f.sales_order_id, f.id, 'note',
           CASE m.n % 3 WHEN 0 THEN 'ann' WHEN 1 THEN 'ben' ELSE 'cleo' END, 'desk/old', 'the customer called'
    FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id WHERE m.n % 200 = 60
"""

# Blocked orders, and one of fifty that was blocked for some hours before it went on.
BLOCKS = """
    INSERT INTO event (at, lane, sales_order_id, fulfillment_order_id, kind, from_state, to_state, actor, run_id, why,
        cause_ids)
    SELECT m.at - e.earlier, f.lane, f.sales_order_id, f.id, 'moved', e.from_state, e.to_state, 'validate_mappings',
           'orders__' || m.lane || '/run-' || m.n / 50 || '/validate_mappings/1', '', c.ids[1:1]
    FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id JOIN (
        SELECT lane, array_agg(id ORDER BY id) AS ids FROM cause WHERE fingerprint LIKE 'bench-%' GROUP BY lane
    ) c ON c.lane = m.lane,
        (VALUES ('imported', 'blocked', interval '5 hours'), ('blocked', 'imported', interval '1 hour'))
        AS e(from_state, to_state, earlier)
    WHERE m.state = 'blocked' AND e.to_state = 'blocked' OR m.state = 'shipped' AND m.n % 50 = 25
"""

OF_ORDERS = (HOLDS, EXCEPTIONS, PEOPLE, BLOCKS)

_ALERTS = (
    # Open: late orders in every third lane, a failing task in every eighth.
    """
    INSERT INTO alert (lane, kind, key, stage, title, meaning, fix, orders, opened_at, seen_at)
    SELECT lane, kind, 'bench', 'update_order_status', 'Something waits in ' || lane, 'It waits.', 'Look at it.', 7,
           now() - interval '3 hours', now()
    FROM (SELECT lane, row_number() OVER (ORDER BY lane) AS n FROM lane_state) l,
         (VALUES ('not_shipped', 3), ('failed_task', 8), ('cause', 2)) AS k(kind, every) WHERE l.n % k.every = 0
    """,
    """
    INSERT INTO alert (lane, kind, key, stage, title, meaning, fix, orders, opened_at, seen_at, cleared_at, closed_at)
    SELECT lane, 'not_shipped', 'old-' || g, 'update_order_status', 'Something waited', 'It waited.', 'Look at it.', 3,
           now() - g * interval '3 hours', now() - g * interval '2 hours', now() - g * interval '2 hours',
           now() - g * interval '2 hours'
    FROM lane_state, generate_series(1, 300) AS g
    """,
    # Notes: owners of some causes, some of them snoozed for a week.
    """
    INSERT INTO attention (lane, kind, key, owner, note, snoozed_until, changed_by)
    SELECT lane, 'cause', id::text, CASE id % 2 WHEN 0 THEN 'ann' ELSE 'ben' END, 'asked the customer',
           CASE WHEN id % 6 = 0 THEN now() + interval '7 days' END, 'ann'
    FROM cause WHERE id % 3 = 0
    """,
)

RULES = """
    INSERT INTO mapping_rule (lane, kind, store, target, author, note, made_at, ended_at, ended_by)
    SELECT %(lane)s, 'sku', 'OLD-' || g,
           jsonb_build_array(jsonb_build_object('sku', 'SKU-' || g, 'quantity', 1)), 'ann', 'as they call it',
           now() - (8000 - g) * interval '1 hour', CASE WHEN g <= 5000 THEN now() - (7990 - g) * interval '1 hour' END,
           CASE WHEN g <= 5000 THEN 'ann' END
    FROM generate_series(1, 8000) AS g
"""

_JOBS = """
    INSERT INTO desk_job (lane, kind, requested_by, requested_at, input, finished_at, outcome)
    SELECT lane, 'release', 'ann', now() - g * interval '7 hours', '{}', now(), '{}'
    FROM lane_state, generate_series(1, 100) AS g
"""

_DIFFERENCES = (
    """
    INSERT INTO reconciliation (lane, run_id, since, began_at, finished_at, counts)
    SELECT lane, 'reconciliation__' || lane || '/old', now() - interval '30 days', now() - g * interval '1 day',
           now() - g * interval '1 day', '{"orders": 4000}'
    FROM lane_state, generate_series(1, 365) AS g
    """,
    # Ended and open ones: thousands in the lane demo, dozens in the others.
    """
    INSERT INTO difference (lane, side, kind, key, order_id, fulfillment_order_id, ours, theirs, first_seen_at,
        last_seen_at, ended_at, ignored_at, ignored_by, ignore_reason, reconciliation_id)
    SELECT f.lane, 'store', (ARRAY['tracking', 'status', 'address', 'not_posted'])[1 + f.id % 4], f.reference,
           f.order_id, f.id, 'one', 'another', now() - (f.id % 400) * interval '4 hours', now(),
           CASE WHEN f.id % 5 > 0 THEN now() - (f.id % 400) * interval '1 hour' END,
           CASE WHEN f.id % 35 = 0 THEN now() END, CASE WHEN f.id % 35 = 0 THEN 'ann' END,
           CASE WHEN f.id % 35 = 0 THEN 'agreed with the store' END, 1
    FROM fulfillment_order f WHERE f.id % 20 = 10
    """,
)

_FILES = """
    INSERT INTO inbound_document (account, lane, sha256, part, path, version, size, taken_at, run_id, acknowledged_at,
        state)
    SELECT 'files/' || lane, lane, md5(lane || g), 'orders', '/out/confirmation-' || g || '.csv', 1, 4000,
           now() - g * interval '5 minutes', 'shipments__' || lane || '/old', now(),
           CASE WHEN g % 100 = 0 THEN 'quarantined' ELSE 'taken' END
    FROM lane_state, generate_series(1, 100) AS g
"""

_STOCK = (
    """
    INSERT INTO stock_reading (lane, number, began_at, went_back, skus)
    SELECT lane, 7, now(), false, 1000 FROM lane_state ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO stock_push (lane, run_id, everything, compared, began_at, lease_until, finished_at)
    SELECT lane, 'inventory__' || lane || '/run-' || g || '/update_stock/1', false, 1000, now() - g * interval '1 hour',
           now(), now() FROM lane_state, generate_series(1, 200) AS g
    """,
    """
    INSERT INTO stock_change (push_id, catalog_id, code, sku, before, value, outcome, finished_at)
    SELECT p.id, g, '', 'SKU-' || g, 5, 4, 'written', now() FROM stock_push p, generate_series(1, 5) AS g
    """,
    # One push of five waits for an approval, of two hundred stocks.
    """
    INSERT INTO paused_push (lane, reasons, compared, zeroed, swung, suspects, run_id)
    SELECT lane, ARRAY['zeroed'], 1000, 200, 0, (
        SELECT jsonb_agg(jsonb_build_object('catalog_id', g, 'option', '', 'sku', 'SKU-' || g, 'before', 5, 'after', 0))
        FROM generate_series(1, 200) AS g), 'inventory__' || lane || '/old'
    FROM (SELECT lane, row_number() OVER (ORDER BY lane) AS n FROM lane_state) l WHERE n % 5 = 0
    """,
)

# A year covered, with a gap of an hour in each week.
_COVERAGE = """
    INSERT INTO coverage (lane, ranges)
    SELECT lane, (SELECT range_agg(tstzrange(now() - g * interval '7 days',
                                             now() - g * interval '7 days' + interval '167 hours'))
                  FROM generate_series(0, 52) AS g)
    FROM lane_state ON CONFLICT (lane) DO UPDATE SET ranges = excluded.ranges
"""

_TASKS = """
    INSERT INTO task_run (lane, task, started_at, succeeded_at)
    SELECT lane, task, now(), now() FROM lane_state, unnest(ARRAY['import_orders', 'validate_mappings',
        'transfer_to_warehouse', 'mark_processing', 'poll_tracking', 'update_order_status', 'poll_stock']) AS task
    ON CONFLICT DO NOTHING
"""

_VIEWS = """
    INSERT INTO saved_view (owner, name, shared, query)
    SELECT 'user-' || g % 20, 'view ' || g, g % 4 = 0, '{"state": ["blocked"]}' FROM generate_series(1, 60) AS g
"""

OF_LANES = (*_ALERTS, _JOBS, *_DIFFERENCES, _FILES, *_STOCK, _COVERAGE, _TASKS, _VIEWS)
