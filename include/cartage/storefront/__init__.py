"""The 3dcart store: its client, and the translation of its orders.

Names are imported on first use, so that a DAG file that needs `fields` does not load `requests`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cartage.storefront.client import StoreClient, open_store
    from cartage.storefront.query import OrderQuery
    from cartage.storefront.results import OrderPage, StoreCheck, WriteOutcome, WriteResult
    from cartage.storefront.settings import StoreCredentials
    from cartage.storefront.translation.content import content_hash
    from cartage.storefront.translation.orders import Unreadable, translate_order
    from cartage.storefront.wire.bodies import OrderWrite, ShipmentWrite
    from cartage.storefront.wire.orders import NotAnOrder, WireOrder

_HOMES = {
    "client": ("StoreClient", "open_store"),
    "wire.bodies": ("OrderWrite", "ShipmentWrite"),
    "translation.content": ("content_hash",),
    "query": ("OrderQuery",),
    "results": ("StoreCheck", "OrderPage", "WriteOutcome", "WriteResult"),
    "settings": ("StoreCredentials",),
    "translation.orders": ("Unreadable", "translate_order"),
    "wire.orders": ("NotAnOrder", "WireOrder"),
}

__all__ = [
    "NotAnOrder",
    "OrderPage",
    "OrderQuery",
    "OrderWrite",
    "ShipmentWrite",
    "StoreCheck",
    "StoreClient",
    "StoreCredentials",
    "Unreadable",
    "WireOrder",
    "WriteOutcome",
    "WriteResult",
    "content_hash",
    "open_store",
    "translate_order",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
