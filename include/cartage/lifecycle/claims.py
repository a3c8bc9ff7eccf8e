"""Claims on sales orders: two runs never work on one order at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from cartage.errors import LeaseLost

_ABANDON = text(
    """
    UPDATE post_back p SET outcome = 'unknown', finished_at = clock_timestamp(), error = 'the run ended'
    WHERE p.outcome IS NULL AND p.sales_order_id = ANY(:ids)
    """
)


_CHECK_LEASE = text(
    """
    SELECT count(*) FROM sales_order
    WHERE id = ANY(:ids) AND lease_owner = :owner AND lease_until > clock_timestamp() + CAST(:longest AS interval)
    """
)


def abandon(connection: Connection, sales_order_ids: Sequence[int]) -> None:
    """What a dead run left open is closed as unknown: the new holder of the claim reads the store before it writes."""
    if sales_order_ids:
        connection.execute(_ABANDON, {"ids": list(sales_order_ids)})


def check_lease(
    connection: Connection, sales_order_ids: Sequence[int], *, owner: str, longest: timedelta
) -> None:
    """Make sure that the claim on all of these is ours for as long as one request can live.

    Raises:
        LeaseLost: if it is not; then nothing may be written.
    """
    query = {"ids": list(sales_order_ids), "owner": owner, "longest": longest}
    held = connection.execute(_CHECK_LEASE, query).scalar_one()
    if held != len(sales_order_ids):
        raise LeaseLost(
            f"{len(sales_order_ids) - held} of {len(sales_order_ids)} claims ran out; nothing was written."
        )


def renew_claims(connection: Connection, *, owner: str, lease: timedelta) -> None:
    """Lengthen every claim that is still this owner's."""
    connection.execute(
        text(
            "UPDATE sales_order SET lease_until = clock_timestamp() + CAST(:lease AS interval)"
            " WHERE lease_owner = :owner AND lease_until > clock_timestamp()"
        ),
        {"owner": owner, "lease": lease},
    )


def release_claims(connection: Connection, *, owner: str) -> None:
    """End every claim of this owner."""
    connection.execute(
        text("UPDATE sales_order SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = :owner"),
        {"owner": owner},
    )


def claim_orders(
    connection: Connection,
    sales_order_ids: Sequence[int],
    *,
    owner: str,
    lease: timedelta,
    read_at: datetime | None = None,
) -> set[int]:
    """Claim those of the sales orders that no other run has claimed.

    `read_at`: only those of which no run has told the store anything since they were read then.
    """
    query = text(
        "UPDATE sales_order s SET lease_owner = :owner, lease_until = clock_timestamp() + CAST(:lease AS interval)"
        " WHERE s.id = ANY(:ids)"
        " AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp() OR s.lease_owner = :owner)"
        " AND NOT EXISTS (SELECT FROM post_back p WHERE p.sales_order_id = s.id"
        " AND p.intent_at > CAST(:read_at AS timestamptz)) RETURNING s.id"
    )
    values = {"ids": list(sales_order_ids), "owner": owner, "lease": lease, "read_at": read_at}
    rows = connection.execute(query, values).all()
    abandon(connection, [row.id for row in rows])
    return {row.id for row in rows}
