"""What becomes of an order that a lane imports, derived only from the store's fields and the manual.

3dcart-api.md section 4.2 says what the lines of an order are; docs/lanes.md what a lane does with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from fnmatch import fnmatch
from typing import Any
from zoneinfo import ZoneInfo

from tests.contract.histories.goods import Json
from tests.contract.histories.oracle import instants

OLD = "placed before the go-live day: left to the old system"
NO_LINE = "no shippable line"
EXCLUDED = "every line is left to another shipper"
ZERO = "amount 0"
GIFT = "paid only with gift certificates"


@dataclass(frozen=True, slots=True)
class Expected:
    """One fulfillment order: what it ships, or the reasons why it ships nothing."""

    shipment_id: int
    city: str
    lines: tuple[tuple[int, str, Decimal], ...]
    reasons: frozenset[str]


def expected(order: Json, settings: Json, zone: ZoneInfo) -> list[Expected]:
    """Return the fulfillment orders of an order that has the import status."""
    whole = _reasons(order, settings, zone)
    return [_of_shipment(shipment, order, settings, whole) for shipment in order["ShipmentList"]]


def _of_shipment(shipment: Json, order: Json, settings: Json, whole: set[str]) -> Expected:
    mine = [line for line in order["OrderItemList"] if line["ItemShipmentID"] == shipment["ShipmentID"]]
    goods = [line for line in mine if _is_shipped(line, order["OrderItemList"], settings)]
    kept = [line for line in goods if not _is_excluded(line, settings.get("exclude", {}))]
    reasons = whole if kept else whole | {EXCLUDED if goods else NO_LINE}
    lines = tuple(
        sorted((_number(line), line["ItemID"].strip(), Decimal(str(line["ItemQuantity"]))) for line in kept)
    )
    return Expected(shipment["ShipmentID"], shipment["ShipmentCity"], lines, frozenset(reasons))


def _reasons(order: Json, settings: Json, zone: ZoneInfo) -> set[str]:
    """Return the reasons why none of the order is shipped."""
    live = datetime.combine(settings["go_live"], time(), tzinfo=zone)
    paid = [payment["TransactionMethod"] for payment in order["TransactionList"]]
    found: dict[str, Any] = {
        OLD: all(instant < live for instant in instants(order["OrderDate"], zone)),
        ZERO: settings.get("zero_value") == "skip" and order["OrderAmount"] == 0,
        GIFT: settings.get("gift_certificate_only") == "skip" and set(paid) == {"Gift Certificate"},
    }
    return {reason for reason, holds in found.items() if holds}


def _is_shipped(line: Json, lines: list[Json], settings: Json) -> bool:
    """Return whether a line ships: it is no discount, no empty line, and not the half of a bundle that is left out."""
    if line["ItemQuantity"] == 0 or ("Discount" in line["ItemDescription"] and line["ItemUnitPrice"] == 0):
        return False
    parents = {line["ItemAdditionalField3"] for line in lines if line["ItemAdditionalField3"]}
    if str(_number(line)) in parents:
        return bool(settings["bundles"] == "parent")
    return not line["ItemAdditionalField3"] or settings["bundles"] == "components"


def _is_excluded(line: Json, exclude: Json) -> bool:
    return (
        any(fnmatch(line["ItemID"].lower(), pattern.lower()) for pattern in exclude.get("skus", ()))
        or (bool(exclude.get("weightless")) and line["ItemWeight"] == 0)
        or line["ItemWarehouseID"] in exclude.get("store_warehouses", ())
    )


def _number(line: Json) -> int:
    number: int = line["ItemIndexID"]
    return number
