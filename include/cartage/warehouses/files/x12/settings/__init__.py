"""What X12 partners differ in, as settings. docs/x12-questionnaire.md asks a 3PL for exactly these."""

from cartage.warehouses.files.x12.settings.envelope import (
    Accents,
    AckPolicy,
    ForeignSets,
    LineEnd,
    PartySettings,
)
from cartage.warehouses.files.x12.settings.orders import LongState, OrderSettings, OrderValue, Routing
from cartage.warehouses.files.x12.settings.shipments import ItemSettings, ShipmentKey, ShipmentSettings
from cartage.warehouses.files.x12.settings.stock import Snapshot, StockSettings
from cartage.warehouses.files.x12.settings.x12 import Lenient, X12Settings

__all__ = [
    "Accents",
    "AckPolicy",
    "ForeignSets",
    "ItemSettings",
    "Lenient",
    "LineEnd",
    "LongState",
    "OrderSettings",
    "OrderValue",
    "PartySettings",
    "Routing",
    "ShipmentKey",
    "ShipmentSettings",
    "Snapshot",
    "StockSettings",
    "X12Settings",
]
