"""Fill a ledger as after years of work: a million fulfillment orders of 200 lanes, made by set-based SQL.

The lane `demo` has half of them, and each merchant's lane some thousands.

No run has anything to do with them: every order is finished, at the warehouse, or waits for a person. Other runs cost
the same as in any other ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString, cast

import psycopg

from benchmarks.desk_besides import OF_LANES, OF_ORDERS, RULES
from benchmarks.progress import say

_BATCH = 100_000
# Far from the OrderIDs of the sandbox's store.
_FIRST_ORDER = 50_000_000
CAUSES = 20
MERCHANTS = 199

# The lane that keeps its mappings in the ledger.
LEDGER_LANE = "merchant_0000"
# Those of the tables that get rows for each order. Their indexes are built when all rows are there.
_FILLED = (
    "sales_order", "fulfillment_order", "fulfillment_line", "transfer", "shipment", "package", "event", "exception",
    "hold",
)  # fmt: skip

# Of ten thousand orders: 20 blocked, 30 skipped, 50 cancelled, 5 held, 5 in conflict, 400 acknowledged; the others
# shipped. The newest are from today.
_STATES = """
    CREATE TEMP TABLE made AS
    SELECT g AS n, %(first)s + g AS order_id, now() - (%(orders)s - g) * interval '1 minute' AS at,
           CASE WHEN g %% 2 = 0 THEN 'demo'
                ELSE 'merchant_' || lpad((g / 2 %% %(merchants)s)::text, 4, '0') END AS lane,
           CASE WHEN g %% 10000 BETWEEN 5100 AND 5104 THEN 'held' WHEN g %% 10000 BETWEEN 5200 AND 5204 THEN 'conflict'
                WHEN g %% 1000 < 2 THEN 'blocked' WHEN g %% 1000 < 5 THEN 'skipped'
                WHEN g %% 1000 < 10 THEN 'cancelled' WHEN g %% 1000 < 50 THEN 'acknowledged' ELSE 'shipped' END AS state
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) AS g
"""

_SALES_ORDERS = """
    INSERT INTO sales_order (store_id, order_id, lane, invoice, status_id, ordered_at, read_at, content_hash, amount,
        document, posted_status, posted_at, verified_at, created_at)
    SELECT l.store_id, m.order_id, m.lane, 'OLD-' || m.n, 4, m.at, m.at, md5(m.n::text), (m.n %% 500) + 0.95,
        jsonb_build_object('email', 'buyer' || (m.n %% 200000) || '@example.com', 'comments', 'Leave it at the door',
            'problems', '[]'::jsonb, 'groups', jsonb_build_array(jsonb_build_object('shipment_id', 0, 'ship_to',
                jsonb_build_object('name', 'Buyer ' || m.n, 'address1', '1 Elm St', 'city', 'Troy')))),
        CASE m.state WHEN 'shipped' THEN 4 WHEN 'acknowledged' THEN 2 WHEN 'cancelled' THEN 2 END,
        CASE WHEN m.state IN ('shipped', 'acknowledged', 'cancelled') THEN m.at END, m.at, m.at
    FROM made m JOIN lane_state l USING (lane) ORDER BY m.n
"""

_FULFILLMENT_ORDERS = """
    INSERT INTO fulfillment_order (sales_order_id, store_id, order_id, shipment_id, lane, reference, state, state_since,
        reason, cause_ids, held_until, ship_method, ship_to, request, remote_id, posted_tracking, created_at)
    SELECT s.id, s.store_id, m.order_id, 0, m.lane, 'OLD_' || m.order_id || '_0', m.state, m.at,
        CASE m.state WHEN 'skipped' THEN 'status Unpaid' WHEN 'blocked' THEN 'the address is incomplete'
            WHEN 'held' THEN 'to be looked at' WHEN 'conflict' THEN 'the warehouse was not sure' ELSE '' END,
        CASE m.state WHEN 'blocked' THEN ARRAY[c.ids[1 + m.n / 1000 %% cardinality(c.ids)]] ELSE '{}' END,
        CASE m.state WHEN 'held' THEN now() + interval '1 year' END,
        CASE WHEN m.n %% 10000 = 8123 THEN 'White Glove'
            ELSE (ARRAY['UPS Ground', 'USPS Priority', 'FedEx 2Day', 'Standard'])[1 + m.n / 2 %% 4] END,
        jsonb_build_object('name', 'Buyer ' || m.n, 'address1', '1 Elm St', 'city', 'Troy', 'country',
            CASE WHEN m.n %% 20 = 0 THEN 'CA' WHEN m.n %% 5000 = 7 THEN 'NZ' ELSE 'US' END),
        '{}'::jsonb, CASE WHEN m.state NOT IN ('blocked', 'skipped', 'held') THEN 'W' || m.order_id END,
        CASE m.state WHEN 'shipped' THEN '1Z' || m.order_id ELSE '' END, m.at
    FROM made m JOIN sales_order s ON s.order_id = m.order_id JOIN (
        SELECT lane, array_agg(id ORDER BY id) AS ids FROM cause WHERE fingerprint LIKE 'bench-%%' GROUP BY lane
    ) c ON c.lane = m.lane
    ORDER BY m.n
"""

_PARTS = (
    """
    INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description)
    SELECT f.id, p, p, 'SKU-' || (m.n + p) % 3000, 1 + p, 'Something' FROM made m
    JOIN fulfillment_order f ON f.order_id = m.order_id, generate_series(0, 1) AS p
    """,
    """
    INSERT INTO transfer (fulfillment_order_id, attempt, intent_at, sent_at, settle_after, request, outcome,
        finished_at, remote_id, run_id)
    SELECT f.id, 1, m.at, m.at, m.at, '{}'::jsonb, 'created', m.at, f.remote_id,
           'orders__demo/old/transfer_to_warehouse/1'
    FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id WHERE f.remote_id IS NOT NULL
    """,
    """
    WITH shipped AS (
        INSERT INTO shipment (lane, key, fulfillment_order_id, remote_id, reference, shipped_at, voided, final)
        SELECT m.lane, 'S' || m.order_id, f.id, f.remote_id, f.reference, m.at, false, true
        FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id WHERE m.state = 'shipped'
        RETURNING id, key
    )
    INSERT INTO package (shipment_id, key, position, tracking, carrier, service, contents, posted_at)
    SELECT id, '1', 0, '1Z' || substr(key, 2), CASE WHEN id % 1000 = 0 THEN 'OnTrac' ELSE 'UPS' END, 'Ground',
        '[]'::jsonb, now() FROM shipped
    """,
    """
    INSERT INTO event (at, lane, sales_order_id, fulfillment_order_id, kind, from_state, to_state, actor, run_id, why)
    SELECT m.at, m.lane, f.sales_order_id, f.id, 'moved', e.from_state, e.to_state, e.actor,
           'orders__' || m.lane || '/run-' || m.n / 50 || '/' || e.actor || '/1', ''
    FROM made m JOIN fulfillment_order f ON f.order_id = m.order_id,
         (VALUES ('imported', 'ready', 'validate_mappings'), ('ready', 'sending', 'transfer_to_warehouse'),
                 ('sending', 'acknowledged', 'transfer_to_warehouse'), ('acknowledged', 'shipped', 'poll_tracking'))
             AS e(from_state, to_state, actor)
    WHERE m.state IN ('acknowledged', 'shipped') AND (m.state = 'shipped' OR e.to_state <> 'shipped')
    """,
)

_LANES = (
    """
    INSERT INTO store (code, secure_url)
    SELECT 'M' || upper(lpad(to_hex(g), 2, '0')), 'merchant-' || g || '.example'
    FROM generate_series(0, %(merchants)s::int - 1) AS g
    """,
    """
    INSERT INTO lane_state (lane, store_id, swept_at)
    SELECT 'merchant_' || lpad(g::text, 4, '0'), s.id, now()
    FROM generate_series(0, %(merchants)s::int - 1) AS g JOIN store s ON s.secure_url = 'merchant-' || g || '.example'
    """,
    # The lane that has run has its row already.
    "INSERT INTO warehouse_state (lane, shipments_polled_at) SELECT lane, now() FROM lane_state ON CONFLICT DO NOTHING",
    """
    INSERT INTO cause (lane, fingerprint, kind, subject, message, fix)
    SELECT l.lane, 'bench-' || g, 'address_incomplete', 'part ' || g, 'address part ' || g || ' is missing',
           'Complete the address in the store.'
    FROM lane_state l, generate_series(1, CASE l.lane WHEN 'demo' THEN %(causes)s::int ELSE 1 END) AS g
    """,
)


def lane_names() -> list[str]:
    """Return the names of the merchants' lanes."""
    return [f"merchant_{number:04}" for number in range(MERCHANTS)]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """An order in the middle of the ledger, its numbers and its places in lists, for pages and searches."""

    id: int
    reference: str
    invoice: str
    email: str
    tracking: str
    remote_id: str
    order_id: int
    day: str
    name: str
    imported: str
    in_state: str


def fill_ledger(url: str, orders: int) -> Landmarks:
    """Create so many orders, and vacuum and analyse the tables, as autovacuum would in time."""
    with psycopg.connect(
        url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True
    ) as connection:
        # Memory that a server for that many rows has; only the inserts use it.
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET maintenance_work_mem = '512MB'")
        # Rows refer to rows by their making: no foreign key is checked ten million times.
        connection.execute("SET session_replication_role = replica")
        values = {"first": _FIRST_ORDER, "orders": orders, "causes": CAUSES, "merchants": MERCHANTS}
        for statement in _LANES:
            connection.execute(statement, values)
        with _indexes_last(cast("psycopg.Connection[tuple[LiteralString, ...]]", connection)):
            for start in range(1, orders + 1, _BATCH):
                batch = {**values, "from": start, "to": min(orders, start + _BATCH - 1)}
                connection.execute(_STATES, batch)
                connection.execute("CREATE INDEX ON made (order_id)")
                connection.execute("ANALYZE made")
                connection.execute(_SALES_ORDERS, batch)
                connection.execute(_FULFILLMENT_ORDERS, batch)
                for part in (*_PARTS, *OF_ORDERS):
                    connection.execute(part)
                connection.execute("DROP TABLE made")
                say(f"  {batch['to']:,} orders are in the ledger")
        for statement in OF_LANES:
            connection.execute(statement)
        connection.execute(RULES, {"lane": LEDGER_LANE})
        connection.execute("VACUUM ANALYZE")
        row = connection.execute(
            """
            SELECT f.id, f.reference, s.invoice, s.document ->> 'email', f.posted_tracking, f.remote_id, f.order_id,
                   f.created_at::date::text, f.ship_to ->> 'name',
                   to_char(f.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00~' || f.id,
                   f.id || '~' || f.id
            FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
            WHERE f.order_id >= %s AND f.state = 'shipped' AND f.lane = 'demo' ORDER BY f.order_id LIMIT 1
            """,
            (_FIRST_ORDER + orders // 2,),
        ).fetchone()
    if row is None:
        raise RuntimeError("the ledger has no shipped order in its middle")
    return Landmarks(*row)


@contextmanager
def _indexes_last(connection: psycopg.Connection[tuple[LiteralString, ...]]) -> Iterator[None]:
    """Drop the indexes of the tables that are filled, except those of keys, and build them again at the end."""
    found = connection.execute(
        """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
        WHERE i.indrelid = ANY(%s::text[]::regclass[]) AND NOT EXISTS (
            SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
        """,
        (list(_FILLED),),
    ).fetchall()
    for name, _ in found:
        connection.execute("DROP INDEX " + name)
    yield
    for _, definition in found:
        connection.execute(definition)
    say(f"  {len(found)} indexes are built")
