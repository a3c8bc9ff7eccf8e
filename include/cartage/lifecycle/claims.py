"""Claims and locks: two runs never work on one order at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from cartage.db.schema import fulfillment_order, post_back, sales_order
from cartage.errors import LeaseLost

_NOW = func.clock_timestamp()


def claim_orders(
    connection: Connection,
    sales_order_ids: Sequence[int],
    *,
    owner: str,
    lease: timedelta,
    read_at: datetime | None = None,
) -> set[int]:
    """Claim those of the sales orders that no other run has claimed; return their ids.

    With `read_at`, leave out those to which a run has posted anything since they were read then.
    """
    order = sales_order.c
    wanted = update(sales_order).where(
        order.id.in_(list(sales_order_ids)),
        or_(order.lease_until.is_(None), order.lease_until < _NOW, order.lease_owner == owner),
    )
    if read_at is not None:
        posted_since = (post_back.c.sales_order_id == order.id) & (post_back.c.intent_at > read_at)
        wanted = wanted.where(~select(post_back.c.id).where(posted_since).exists())
    claimed = wanted.values(lease_owner=owner, lease_until=_NOW + lease).returning(order.id)
    ids = set(connection.execute(claimed).scalars())
    close_abandoned(connection, ids)
    return ids


def close_abandoned(connection: Connection, sales_order_ids: Collection[int]) -> None:
    """Close posts that a run left open as unknown: the claim's next holder reads the store before it writes."""
    if not sales_order_ids:
        return
    post = post_back.c
    left_open = update(post_back).where(
        post.sales_order_id.in_(sorted(sales_order_ids)), post.outcome.is_(None)
    )
    connection.execute(left_open.values(outcome="unknown", finished_at=_NOW, error="the run ended"))


def check_lease(
    connection: Connection,
    sales_order_ids: Sequence[int],
    *,
    owner: str,
    lease: timedelta,
    longest: timedelta,
) -> None:
    """Check that this owner's claim on all of these lasts for the longest life of one request.

    A claim that has passed half of its time is renewed. One that has run out is not: another run may have it by now.

    Raises:
        LeaseLost: if one has run out, or does not last; then nothing may be written.
    """
    order = sales_order.c
    # Each update of a sales order also writes its indexes: a claim that lasts long enough stays as it is.
    long = select(func.count()).where(
        order.id.in_(list(sales_order_ids)),
        order.lease_owner == owner,
        order.lease_until > _NOW + max(longest, lease / 2),
    )
    if connection.execute(long).scalar_one() == len(sales_order_ids):
        return
    held = update(sales_order).where(
        order.id.in_(list(sales_order_ids)), order.lease_owner == owner, order.lease_until > _NOW
    )
    renewed = held.values(lease_until=func.greatest(order.lease_until, _NOW + lease))
    lasting = connection.execute(renewed.returning(order.lease_until > _NOW + longest)).scalars()
    lost = len(sales_order_ids) - sum(lasting)
    if lost:
        raise LeaseLost(f"{lost} of {len(sales_order_ids)} claims ran out; nothing was written.")


def renew_claims(connection: Connection, *, owner: str, lease: timedelta) -> None:
    """Lengthen every claim that is still this owner's and has passed half of its time."""
    order = sales_order.c
    held = update(sales_order).where(
        order.lease_owner == owner, order.lease_until > _NOW, order.lease_until < _NOW + lease / 2
    )
    connection.execute(held.values(lease_until=_NOW + lease))


def release_claims(connection: Connection, *, owner: str) -> None:
    """End every claim of this owner. What it left open when it failed has an unknown outcome from now on."""
    held = update(sales_order).where(sales_order.c.lease_owner == owner)
    released = held.values(lease_owner=None, lease_until=None).returning(sales_order.c.id)
    close_abandoned(connection, set(connection.execute(released).scalars()))


def lock_sales_orders(connection: Connection, ids: Collection[int], *, wait: bool = True) -> set[int]:
    """Lock sales orders against imports, which lock them before their fulfillment orders; return their ids.

    Do it before fulfillment orders are locked. Without `wait`, leave out what another run has locked.
    """
    order = sales_order.c
    wanted = select(order.id).where(order.id.in_(sorted(ids))).order_by(order.id)
    return set(connection.execute(wanted.with_for_update(skip_locked=not wait)).scalars())


def lock_orders(connection: Connection, ids: Collection[int], states: Collection[str]) -> set[int]:
    """Lock those of the fulfillment orders that are in one of these states; return their ids.

    Leave out what another run has locked.
    """
    order = fulfillment_order.c
    wanted = select(order.id).where(
        order.id.in_(sorted(ids)), order.state.in_([str(state) for state in sorted(states)])
    )
    return set(connection.execute(wanted.order_by(order.id).with_for_update(skip_locked=True)).scalars())
