"""Airflow assets that Cartage's tasks update, for scheduling your own DAGs on them.

Each lane has its own assets, such as `shipments_posted__demo`. A task adds an event only when it moved something: the
asset is one of its outlets, and leaves them at the end of a run that moved nothing (operators/base.py).
"""

from __future__ import annotations

from airflow.sdk import Asset


def orders_transferred(lane: str) -> Asset:
    """Return the asset that `transfer_to_warehouse` updates when the warehouse acknowledged orders."""
    return lane_asset("orders_transferred", lane)


def shipments_posted(lane: str) -> Asset:
    """Return the asset that `update_order_status` updates when it changed tracking or a status in the store."""
    return lane_asset("shipments_posted", lane)


def stock_pushed(lane: str) -> Asset:
    """Return the asset that `update_stock` updates when it wrote stock to the store."""
    return lane_asset("stock_pushed", lane)


def new_orders(lane: str) -> Asset:
    """Return the asset that the lookout updates when the store has new orders, if the lane looks for them."""
    return lane_asset("new_orders", lane)


def new_shipments(lane: str) -> Asset:
    """Return the asset that the lookout updates when the warehouse has shipped, if the lane looks for that."""
    return lane_asset("new_shipments", lane)


def lane_asset(name: str, lane: str) -> Asset:
    """Return the asset `<name>__<lane>`."""
    return Asset(name=f"{name}__{lane}", uri=f"x-cartage://{lane}/{name}", group="cartage")
