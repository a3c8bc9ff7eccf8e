"""Packages and what was posted of them: orders to write, their packages, and what the store got or lost."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, TextClause, func, text, update

from cartage.db.schema import package
from cartage.lifecycle.claims import close_abandoned
from cartage.lifecycle.transitions import By

_NOW = func.clock_timestamp()

# A package is released once the carrier has it, or once the hold is over; without a hold at once.
_RELEASED = """
    (CAST(:hold AS interval) IS NULL OR p.carrier_at IS NOT NULL
     OR least(coalesce(h.shipped_at, h.first_seen_at), h.first_seen_at) + CAST(:hold AS interval) < clock_timestamp())
"""


def _with_released(statement: str) -> TextClause:
    return text(statement.replace("RELEASED", _RELEASED))


# For rows s (sales_order). Due: a package that the store does not have, a voided number that it may still have, or an
# order posted as Partial that is complete without a further package.
TRACKING_DUE = """
    s.id IN (
        SELECT f.sales_order_id FROM package p
        JOIN shipment h ON h.id = p.shipment_id
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
        WHERE p.posted_at IS NULL AND p.unfit_at IS NULL AND p.voided_at IS NULL AND f.lane = :lane
          AND f.state IN ('partially_shipped', 'shipped') AND RELEASED
        UNION
        SELECT f.sales_order_id FROM package p
        JOIN shipment h ON h.id = p.shipment_id
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
        WHERE p.intended_at IS NOT NULL AND p.voided_at IS NOT NULL AND f.lane = :lane
        UNION
        SELECT o.id FROM sales_order o
        WHERE o.lane = :lane AND o.posted_status = :partial AND o.person_status IS NULL
          AND EXISTS (SELECT FROM fulfillment_order f WHERE f.sales_order_id = o.id AND f.state = 'shipped'
                      AND f.superseded_at IS NULL)
          AND NOT EXISTS (
              SELECT FROM fulfillment_order f WHERE f.sales_order_id = o.id AND f.superseded_at IS NULL
                AND f.state NOT IN ('shipped', 'cancelled', 'skipped'))
          AND NOT EXISTS (
              SELECT FROM fulfillment_order f JOIN shipment h ON h.fulfillment_order_id = f.id
              JOIN package p ON p.shipment_id = h.id
              WHERE f.sales_order_id = o.id AND p.posted_at IS NULL AND p.voided_at IS NULL
                AND NOT RELEASED)
    )
    -- 0: the order is gone from the store.
    AND s.person_status IS DISTINCT FROM 0
    -- What the store refused is retried, but not in every run.
    AND NOT EXISTS (
        SELECT FROM post_back b WHERE b.sales_order_id = s.id AND b.kind IN ('tracking', 'shipment', 'comment')
          AND b.outcome = 'refused' AND b.finished_at > clock_timestamp() - interval '1 hour')
    AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
    """.replace("RELEASED", _RELEASED)

_CLAIM = text(
    f"""
    WITH picked AS (
        SELECT s.id FROM sales_order s WHERE {TRACKING_DUE}
        ORDER BY s.ordered_at NULLS LAST, s.id LIMIT :size
        FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE sales_order s SET lease_owner = :owner, lease_until = clock_timestamp() + CAST(:lease AS interval)
    FROM picked WHERE s.id = picked.id
    RETURNING s.id, s.order_id, s.ordered_at, s.posted_status,
              ARRAY(SELECT DISTINCT b.status_id FROM post_back b WHERE b.sales_order_id = s.id
                    AND b.status_id IS NOT NULL AND b.outcome IN ('written', 'unknown')) AS own_statuses,
              EXISTS (SELECT FROM exception x WHERE x.sales_order_id = s.id AND x.kind = 'put_back'
                      AND x.ended_at IS NULL) AS put_back
    """  # noqa: S608 - a constant of this module
)

# `unsettled`: numbers of shipments whose creation had an unknown outcome; within :longest its request may be under way.
# `under_way`: a write of the field itself had an unknown outcome, so recently that the store may still carry it out.
_GROUPS = _with_released(
    """
    SELECT f.id, f.sales_order_id, f.shipment_id, f.part, f.warehouse, f.state, f.ship_to,
           coalesce(jsonb_agg(jsonb_build_object(
               'id', p.id, 'tracking', p.tracking, 'former', p.former, 'carrier', p.carrier, 'service', p.service,
               'posted', p.posted_at IS NOT NULL, 'intended', p.intended_at IS NOT NULL,
               'voided', p.voided_at IS NOT NULL, 'posted_in', p.posted_in,
               'store_shipment_id', p.store_shipment_id, 'shipped_at', h.shipped_at,
               'visible', p.intended_at IS NOT NULL OR RELEASED, 'contents', p.contents, 'part', e.part
           ) ORDER BY h.shipped_at, h.id, p.position) FILTER (WHERE p.id IS NOT NULL), '[]') AS packages,
           ARRAY(
               SELECT b.tracking FROM post_back b
               WHERE b.sales_order_id = f.sales_order_id AND b.fulfillment_order_id = f.id AND b.kind = 'shipment'
                 AND b.outcome = 'unknown' AND b.intent_at > clock_timestamp() - CAST(:longest AS interval)
           ) AS unsettled,
           EXISTS (
               SELECT FROM post_back b
               WHERE b.sales_order_id = f.sales_order_id AND b.fulfillment_order_id = f.id AND b.kind = 'tracking'
                 AND b.outcome = 'unknown' AND b.finished_at > clock_timestamp() - CAST(:longest AS interval)
           ) AS under_way
    FROM fulfillment_order f
    -- The store has one field for everything that shipped of the group: of all its parts and earlier generations.
    JOIN fulfillment_order e ON e.sales_order_id = f.sales_order_id AND e.shipment_id = f.shipment_id
    LEFT JOIN shipment h ON h.fulfillment_order_id = e.id
    LEFT JOIN package p ON p.shipment_id = h.id
    WHERE f.sales_order_id = ANY(:ids) AND f.superseded_at IS NULL
    GROUP BY f.id ORDER BY f.sales_order_id, f.shipment_id, f.part
    """
)

_POSTED = text(
    """
    WITH posted AS (
        UPDATE package p SET posted_at = clock_timestamp(), posted_in = :posted_in, unfit_at = NULL,
            intended_at = coalesce(p.intended_at, clock_timestamp())
        WHERE p.id = ANY(:package_ids) AND (p.posted_at IS NULL OR p.posted_in IS DISTINCT FROM :posted_in)
    ), withdrawn AS (
        UPDATE package p SET posted_at = NULL, intended_at = NULL
        WHERE p.id = ANY(:withdrawn_ids) AND p.voided_at IS NOT NULL
    ), entered AS (
        UPDATE fulfillment_order f SET posted_tracking = t.tracking
        FROM jsonb_to_recordset(CAST(:groups AS jsonb)) AS t(id bigint, tracking text, kind text, why text)
        WHERE f.id = t.id
        RETURNING f.id, f.sales_order_id, f.lane, t.kind, t.why
    )
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why)
    SELECT lane, sales_order_id, id, kind, :actor, :run_id, why FROM entered WHERE kind <> ''
    """
)

_METHODS = text(
    """
    UPDATE fulfillment_order f SET posted_methods = f.posted_methods || m.method
    FROM jsonb_to_recordset(CAST(:methods AS jsonb)) AS m(id bigint, method text)
    WHERE f.id = m.id AND NOT m.method = ANY(f.posted_methods)
    """
)

_UNPOST = text(
    """
    UPDATE package p SET posted_at = NULL FROM shipment h
    WHERE h.id = p.shipment_id AND p.voided_at IS NULL AND p.posted_in = 'field'
      AND h.fulfillment_order_id IN (SELECT id FROM fulfillment_order WHERE sales_order_id = ANY(:ids))
    """
)

_LACKING = _with_released(
    """
    SELECT DISTINCT f.sales_order_id FROM fulfillment_order f
    JOIN shipment h ON h.fulfillment_order_id = f.id
    JOIN package p ON p.shipment_id = h.id
    WHERE f.sales_order_id = ANY(:ids) AND f.superseded_at IS NULL AND p.voided_at IS NULL
      AND p.tracking <> '' AND p.posted_at IS NULL AND f.posted_tracking = '' AND RELEASED
    """
)


@dataclass(frozen=True, slots=True)
class PostedText:
    """The tracking text that the store has of a ship group.

    `removes` says that numbers were voided and are no longer in it, `there_already` that nothing had to be written.
    """

    tracking: str
    removes: bool = False
    there_already: bool = False

    @property
    def event(self) -> str:
        """The kind of event that says what happened; empty if no number was named or removed."""
        if self.tracking:
            return "tracking_posted"
        return "tracking_removed" if self.removes else ""

    @property
    def why(self) -> str:
        """What the event says besides its kind."""
        if not self.there_already:
            return ""
        return "the store had it already" if self.tracking else "the store no longer had it"


def claim_shipped(
    connection: Connection,
    lane: str,
    *,
    owner: str,
    lease: timedelta,
    size: int,
    partial: int,
    hold: timedelta | None = None,
) -> Sequence[Row[Any]]:
    """Claim sales orders of which something is to be written to the store, those placed first before the others.

    Orders placed around the same time are claimed together, since the store's lists are read by time. `partial` is
    the `posted_status` of an order that was posted in part; `hold` is how long a package is held back.
    """
    query = {
        "lane": lane,
        "owner": owner,
        "lease": lease,
        "size": size,
        "hold": hold,
        "partial": partial,
    }
    rows = connection.execute(_CLAIM, query).all()
    close_abandoned(connection, [row.id for row in rows])
    return rows


def groups_of(
    connection: Connection,
    sales_order_ids: Sequence[int],
    *,
    hold: timedelta | None = None,
    longest: timedelta = timedelta(0),
) -> Sequence[Row[Any]]:
    """Return the current fulfillment orders of these sales orders, each with every package that its group ever had.

    A package says of which `part` of the group it is.

    `longest` is how long a write with an unknown outcome may still be under way: a creation after its intent, a write
    of the tracking field after its response was given up.
    """
    query = {"ids": list(sales_order_ids), "hold": hold, "longest": longest}
    return connection.execute(_GROUPS, query).all()


def intend_packages(connection: Connection, package_ids: Collection[int], posted_in: str = "field") -> None:
    """Record that a write is about to leave that names these packages: from now on the store may have them."""
    if package_ids:
        statement = update(package).where(package.c.id.in_(package_ids))
        connection.execute(
            statement.values(intended_at=func.coalesce(package.c.intended_at, _NOW), posted_in=posted_in)
        )


def note_packages_posted(
    connection: Connection,
    trackings: Mapping[int, PostedText],
    package_ids: Collection[int],
    by: By,
    *,
    withdrawn: Collection[int] = (),
    posted_in: str = "field",
) -> None:
    """Record each fulfillment order's tracking text, the packages that it names, and those that it no longer names.

    The timeline gets an event for each text that names a number, or from which one was removed.
    """
    if trackings or package_ids or withdrawn:
        groups = json.dumps(
            [
                {"id": group_id, "tracking": posted.tracking, "kind": posted.event, "why": posted.why}
                for group_id, posted in trackings.items()
            ]
        )
        query = {
            "groups": groups,
            "package_ids": list(package_ids),
            "withdrawn_ids": list(withdrawn),
            "posted_in": posted_in,
            "actor": by.actor,
            "run_id": by.run_id,
        }
        connection.execute(_POSTED, query)


def note_methods(connection: Connection, methods: Mapping[int, str]) -> None:
    """Record ship methods that the store may have from us from now on, by fulfillment order."""
    if methods:
        rows = json.dumps([{"id": group_id, "method": method} for group_id, method in methods.items()])
        connection.execute(_METHODS, {"methods": rows})


def forget_posted_packages(connection: Connection, sales_order_ids: Collection[int]) -> None:
    """Forget that the store has the numbers of these orders in their fields: it does not."""
    if sales_order_ids:
        connection.execute(_UNPOST, {"ids": list(sales_order_ids)})


def note_created_shipment(connection: Connection, package_id: int, store_shipment_id: int | None) -> None:
    """Record the store's shipment that was created for a package; None if it no longer exists."""
    statement = update(package).where(package.c.id == package_id)
    connection.execute(statement.values(store_shipment_id=store_shipment_id))


def mark_unfit(connection: Connection, package_ids: Sequence[int]) -> None:
    """Mark packages whose numbers the store's field has no room for; they are not tried again."""
    if package_ids:
        statement = update(package).where(package.c.id.in_(package_ids), package.c.unfit_at.is_(None))
        connection.execute(statement.values(unfit_at=_NOW))


def lacking_tracking(
    connection: Connection, sales_order_ids: Sequence[int], *, hold: timedelta | None = None
) -> set[int]:
    """Return the sales orders with a tracking number, not held back, of which the store has none yet."""
    query = {"ids": list(sales_order_ids), "hold": hold}
    return {row.sales_order_id for row in connection.execute(_LACKING, query)}
