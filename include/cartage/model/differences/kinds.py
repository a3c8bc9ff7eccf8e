"""The kinds of differences between store, ledger and warehouse, and between whom they are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class DifferenceKind(StrEnum):
    """What differs."""

    NOT_IMPORTED = "not_imported"  # eligible in the store and not in the ledger
    GONE_FROM_STORE = "gone_from_store"  # in the ledger, and the store says 404 to its id
    UNKNOWN_TO_WAREHOUSE = "unknown_to_warehouse"  # acknowledged and not at the warehouse
    NOT_IN_LEDGER = "not_in_ledger"  # ours at the warehouse and not in the ledger
    STATUS = "status"
    LINES = "lines"
    QUANTITIES = "quantities"
    ADDRESS = "address"
    SHIP_METHOD = "ship_method"
    CARRIER = "carrier"
    TRACKING = "tracking"
    VOIDED = "voided"  # a number that one of the two no longer has
    NOT_POSTED = "not_posted"  # shipped, and the store does not show it
    NOT_SHIPPED = "not_shipped"  # the store shows it as shipped, and it has not shipped
    STOCK = "stock"


MEANINGS: Mapping[DifferenceKind, str] = {
    DifferenceKind.NOT_IMPORTED: "ready in the store, and not in the ledger",
    DifferenceKind.GONE_FROM_STORE: "in the ledger, and no longer in the store",
    DifferenceKind.UNKNOWN_TO_WAREHOUSE: "accepted by the warehouse, which does not have it",
    DifferenceKind.NOT_IN_LEDGER: "at the warehouse under a reference of ours that the ledger does not have",
    DifferenceKind.STATUS: "the status differs",
    DifferenceKind.LINES: "the SKUs differ",
    DifferenceKind.QUANTITIES: "the quantities differ",
    DifferenceKind.ADDRESS: "the address differs",
    DifferenceKind.SHIP_METHOD: "the ship method differs",
    DifferenceKind.CARRIER: "the carrier differs",
    DifferenceKind.TRACKING: "the tracking numbers differ",
    DifferenceKind.VOIDED: "a tracking number was withdrawn on one side only",
    DifferenceKind.NOT_POSTED: "shipped, and the store does not show it",
    DifferenceKind.NOT_SHIPPED: "the store shows it as shipped, and it has not shipped",
    DifferenceKind.STOCK: "the store shows another stock than the warehouse has for it",
}

# The side of a difference between store and ledger. Any other side is the name of a warehouse.
STORE = "store"
# The name of the warehouse of a lane that has one.
WAREHOUSE = "warehouse"
