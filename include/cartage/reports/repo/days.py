"""The totals of the days of each lane, and of each of its several warehouses, counted from the facts of orders."""

from __future__ import annotations

from sqlalchemy import Connection, text

from cartage.reports.histogram import BUCKET_SHIFT, CARRIER_SHIFT, GROWTH, SLOT_SHIFT, WEEKDAYS, Span
from cartage.reports.repo.months import Month

# For rows o (report_order) and d (report_dirty). An order that several warehouses ship counts once for the lane as a
# whole, and each of its parts for the warehouse of that part.
_OF_DAY = """o.lane = d.lane
    AND CASE WHEN d.warehouse = '' THEN o.of_lane ELSE o.of_warehouse AND o.warehouse = d.warehouse END"""

# A span's times count on the day on which it ended, by the weekday on which it began. The carrier is known once an
# order has shipped.
_SPANS = " UNION ALL ".join(
    f"""
    SELECT {span.value * WEEKDAYS} + extract(isodow FROM o.{began})::int - 1 AS slot, {carrier} AS carrier,
           floor(ln(greatest(o.{seconds}, 1)) / ln({GROWTH}))::int AS bucket
    FROM report_order o
    WHERE {_OF_DAY} AND o.{ended} = d.day AND o.{seconds} IS NOT NULL AND o.{began} IS NOT NULL
    """  # noqa: S608 - constants of this module
    for span, began, ended, seconds, carrier in (
        (Span.PLACED_TO_SENT, "placed_on", "sent_on", "placed_to_sent", "0"),
        (Span.SENT_TO_SHIPPED, "sent_on", "shipped_on", "sent_to_shipped", "o.carrier_id"),
        (Span.SHIPPED_TO_POSTED, "shipped_on", "posted_on", "shipped_to_posted", "o.carrier_id"),
    )
)

_COUNT = text(
    f"""
    WITH dirty AS (
        DELETE FROM report_dirty d USING (
            SELECT lane, day, warehouse FROM report_dirty ORDER BY lane, day, warehouse LIMIT :size) first
        WHERE d.lane = first.lane AND d.day = first.day AND d.warehouse = first.warehouse
        RETURNING d.lane, d.day, d.warehouse
    ), counted AS (
        INSERT INTO report_day (lane, day, warehouse, placed, sent, shipped, posted, cancelled_before, cancelled_after,
            due, kept, partly, split, times)
        SELECT d.lane, d.day, d.warehouse, placed.orders, sent.orders, shipped.orders, posted.orders, cancelled.before,
               cancelled.after, promised.due, promised.kept, shipped.partly, shipped.split, times.packed
        FROM dirty d
        CROSS JOIN LATERAL (
            SELECT count(*) AS orders FROM report_order o WHERE {_OF_DAY} AND o.placed_on = d.day) placed
        CROSS JOIN LATERAL (
            SELECT count(*) AS orders FROM report_order o WHERE {_OF_DAY} AND o.sent_on = d.day) sent
        CROSS JOIN LATERAL (
            SELECT count(*) AS orders, count(*) FILTER (WHERE o.partly) AS partly,
                   count(*) FILTER (WHERE o.packages > 1) AS split
            FROM report_order o WHERE {_OF_DAY} AND o.shipped_on = d.day) shipped
        CROSS JOIN LATERAL (
            SELECT count(*) AS orders FROM report_order o WHERE {_OF_DAY} AND o.posted_on = d.day) posted
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE o.sent_on IS NULL) AS before,
                   count(*) FILTER (WHERE o.sent_on IS NOT NULL) AS after
            FROM report_order o WHERE {_OF_DAY} AND o.cancelled_on = d.day) cancelled
        CROSS JOIN LATERAL (
            SELECT count(*) AS due, count(*) FILTER (WHERE o.kept) AS kept
            FROM report_order o WHERE {_OF_DAY} AND o.due_on = d.day) promised
        CROSS JOIN LATERAL (
            SELECT coalesce(string_agg(int8send(
                (t.slot::bigint << {SLOT_SHIFT}) | (t.carrier::bigint << {CARRIER_SHIFT})
                | (t.bucket::bigint << {BUCKET_SHIFT}) | t.orders), ''), '') AS packed
            FROM (
                SELECT slot, carrier, bucket, count(*)::int AS orders FROM ({_SPANS}) s
                GROUP BY slot, carrier, bucket ORDER BY slot, carrier, bucket) t
        ) times
        ON CONFLICT (lane, day, warehouse) DO UPDATE SET
            placed = excluded.placed, sent = excluded.sent, shipped = excluded.shipped, posted = excluded.posted,
            cancelled_before = excluded.cancelled_before, cancelled_after = excluded.cancelled_after,
            due = excluded.due, kept = excluded.kept, partly = excluded.partly, split = excluded.split,
            times = excluded.times
    )
    SELECT lane, CAST(date_trunc('month', day) AS date) AS month, warehouse, count(*) AS days
    FROM dirty GROUP BY 1, 2, 3
    """  # noqa: S608 - constants of this module
)


def count_days(connection: Connection, size: int) -> dict[Month, int]:
    """Count the totals of so many of the days that changed; return how many days of each month there were."""
    rows = connection.execute(_COUNT, {"size": size})
    return {(row.lane, row.month, row.warehouse): row.days for row in rows}
