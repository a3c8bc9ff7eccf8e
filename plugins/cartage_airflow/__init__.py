"""Cartage for Airflow: operators, hooks, a sensor, assets and DAG families for your own DAGs.

Everything in `__all__` is public and stays compatible within a major version. Names are imported when they are first
used, so that a DAG file pays only for what it needs. docs/airflow.md lists them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cartage_airflow import families
    from cartage_airflow.alarms import CartageNotifier
    from cartage_airflow.assets import (
        lane_asset,
        new_orders,
        new_shipments,
        orders_transferred,
        shipments_posted,
        stock_pushed,
    )
    from cartage_airflow.families import lane_dags
    from cartage_airflow.hooks.extensiv import ExtensivHook
    from cartage_airflow.hooks.mcf import McfHook
    from cartage_airflow.hooks.shipbob import ShipBobHook
    from cartage_airflow.hooks.threedcart import ThreeDCartHook
    from cartage_airflow.hooks.warehouse import WarehouseHook
    from cartage_airflow.operators.api.store_reads import (
        ThreeDCartGetOrderOperator,
        ThreeDCartListOrdersOperator,
        ThreeDCartListProductsOperator,
    )
    from cartage_airflow.operators.api.store_writes import (
        ThreeDCartPostTrackingOperator,
        ThreeDCartSetOrderStatusOperator,
    )
    from cartage_airflow.operators.api.warehouse import (
        WarehouseCancelOrderOperator,
        WarehouseFindOrderOperator,
        WarehouseGetOrderOperator,
        WarehouseStockOperator,
        WarehouseSubmitOrderOperator,
    )
    from cartage_airflow.operators.inventory import PollStockOperator, UpdateStockOperator
    from cartage_airflow.operators.orders import (
        BlockedOrdersOperator,
        ImportOrdersOperator,
        MarkProcessingOperator,
        SettleOutcomesOperator,
        TransferToWarehouseOperator,
        ValidateMappingsOperator,
    )
    from cartage_airflow.operators.preflight import PreflightOperator
    from cartage_airflow.operators.shipments import PollTrackingOperator, UpdateOrderStatusOperator
    from cartage_airflow.sensors.order_status import OrderStatusSensor
    from cartage_airflow.task_defaults import default_args, retry_policy

# Module -> public names in it.
_PUBLIC = {
    "alarms": ("CartageNotifier",),
    "assets": (
        "lane_asset",
        "new_orders",
        "new_shipments",
        "orders_transferred",
        "shipments_posted",
        "stock_pushed",
    ),
    "families": ("lane_dags",),
    "hooks.extensiv": ("ExtensivHook",),
    "hooks.mcf": ("McfHook",),
    "hooks.shipbob": ("ShipBobHook",),
    "hooks.threedcart": ("ThreeDCartHook",),
    "hooks.warehouse": ("WarehouseHook",),
    "operators.api.store_reads": (
        "ThreeDCartGetOrderOperator",
        "ThreeDCartListOrdersOperator",
        "ThreeDCartListProductsOperator",
    ),
    "operators.api.store_writes": ("ThreeDCartPostTrackingOperator", "ThreeDCartSetOrderStatusOperator"),
    "operators.api.warehouse": (
        "WarehouseCancelOrderOperator",
        "WarehouseFindOrderOperator",
        "WarehouseGetOrderOperator",
        "WarehouseStockOperator",
        "WarehouseSubmitOrderOperator",
    ),
    "operators.inventory": ("PollStockOperator", "UpdateStockOperator"),
    "operators.orders": (
        "BlockedOrdersOperator",
        "ImportOrdersOperator",
        "MarkProcessingOperator",
        "SettleOutcomesOperator",
        "TransferToWarehouseOperator",
        "ValidateMappingsOperator",
    ),
    "operators.preflight": ("PreflightOperator",),
    "operators.shipments": ("PollTrackingOperator", "UpdateOrderStatusOperator"),
    "sensors.order_status": ("OrderStatusSensor",),
    "task_defaults": ("default_args", "retry_policy"),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = [
    "BlockedOrdersOperator",
    "CartageNotifier",
    "ExtensivHook",
    "ImportOrdersOperator",
    "MarkProcessingOperator",
    "McfHook",
    "OrderStatusSensor",
    "PollStockOperator",
    "PollTrackingOperator",
    "PreflightOperator",
    "SettleOutcomesOperator",
    "ShipBobHook",
    "ThreeDCartGetOrderOperator",
    "ThreeDCartHook",
    "ThreeDCartListOrdersOperator",
    "ThreeDCartListProductsOperator",
    "ThreeDCartPostTrackingOperator",
    "ThreeDCartSetOrderStatusOperator",
    "TransferToWarehouseOperator",
    "UpdateOrderStatusOperator",
    "UpdateStockOperator",
    "ValidateMappingsOperator",
    "WarehouseCancelOrderOperator",
    "WarehouseFindOrderOperator",
    "WarehouseGetOrderOperator",
    "WarehouseHook",
    "WarehouseStockOperator",
    "WarehouseSubmitOrderOperator",
    "default_args",
    "families",
    "lane_asset",
    "lane_dags",
    "new_orders",
    "new_shipments",
    "orders_transferred",
    "retry_policy",
    "shipments_posted",
    "stock_pushed",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "families":
        return import_module(f"{__name__}.families")
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
