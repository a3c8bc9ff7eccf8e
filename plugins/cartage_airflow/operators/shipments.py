"""Operators of the shipments DAG, from the warehouse's packages to Shipped in the store."""

from __future__ import annotations

from cartage.model.states import State
from cartage_airflow.operators.base import StageOperator


class PollTrackingOperator(StageOperator):
    """Read what the warehouse shipped, voided or cancelled since the last poll.

    The ledger keeps how far it has polled, so there is nothing to backfill.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters see `StageOperator`.

    XCom: the counts.

    Raises `RemoteError` if the warehouse cannot be read; the next run continues from the last page that was kept.
    """

    stage = "poll_tracking"
    desk_page = "orders"
    desk_states = (State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED)


class UpdateOrderStatusOperator(StageOperator):
    """Post tracking, carrier, ship date and the status Partial or Shipped to the store, and read them back.

    A status that a person set in the store is never overwritten. Updates the asset `shipments_posted(lane)` when it
    changed tracking or a status in the store.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters see `StageOperator`.

    XCom: the counts, among them `posted`, `shipped`, `partial`, `withdrawn`, `refused` and `unknown`.

    Raises `RemoteError` if the store fails as a whole. What concerns one order is in the counts and in the log.
    """

    stage = "update_order_status"
    desk_page = "orders"
    desk_states = (State.SHIPPED,)
    asset = "shipments_posted"
    moves = frozenset({"posted", "further", "withdrawn", "partial", "shipped"})
