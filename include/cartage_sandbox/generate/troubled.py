"""The kinds of orders with a fault or an oddity: each a function of (maker, slot).

The table of kinds says what should happen to them.
"""

from __future__ import annotations

import string
from typing import Any

from cartage_sandbox.generate.healthy import multi_line, single
from cartage_sandbox.generate.making import Maker, Slot, reckon
from cartage_sandbox.generate.methods import UNMAPPED_METHOD
from cartage_sandbox.generate.shapes import Json

UNKNOWN_SKUS = ("GONE-404", "OLD-CATALOG-7", "MISC")
# Characters of a field that is far longer than any index, cell or screen.
HUGE = 70_000
_SIGNS = string.ascii_letters + string.digits
_NON_ORDERS: tuple[Any, ...] = ("[object Object]", 42, None, [], True)
_NEWER_FIELDS = (
    "AlternateOrderID", "OrderType", "PaymentTokenID", "PromotionList", "OrderDiscountCoupon",
    "OrderDiscountPromotion",
)  # fmt: skip


def unmapped_method(maker: Maker, slot: Slot) -> Json:
    """A ship method that no lane maps."""
    order = single(maker, slot)
    order["ShipmentList"][0]["ShipmentMethodName"] = UNMAPPED_METHOD
    return order


def unknown_sku(maker: Maker, slot: Slot) -> Json:
    """A line with an SKU that the warehouse does not know."""
    order = multi_line(maker, slot)
    order["OrderItemList"][-1]["ItemID"] = maker.rng.choice(UNKNOWN_SKUS)
    return order


def missing_address(maker: Maker, slot: Slot) -> Json:
    """No street."""
    order = single(maker, slot)
    order["ShipmentList"][0]["ShipmentAddress"] = ""
    return order


def huge_comment(maker: Maker, slot: Slot) -> Json:
    """A comment of 60 kB."""
    return single(maker, slot) | {"CustomerComments": "Please read all of this. " * 2458}


def huge_sku(maker: Maker, slot: Slot) -> Json:
    """An SKU of 70,000 characters."""
    order = single(maker, slot)
    order["OrderItemList"][0]["ItemID"] = _huge(maker)
    return order


def huge_method(maker: Maker, slot: Slot) -> Json:
    """A ship method of 70,000 characters."""
    order = single(maker, slot)
    order["ShipmentList"][0]["ShipmentMethodName"] = _huge(maker)
    return order


def huge_invoice_prefix(maker: Maker, slot: Slot) -> Json:
    """An invoice number with a prefix of 70,000 characters."""
    return single(maker, slot) | {"InvoiceNumberPrefix": _huge(maker)}


def _huge(maker: Maker) -> str:
    """Return a text that no compression shortens until it fits into an index."""
    return "".join(maker.rng.choices(_SIGNS, k=HUGE))


def null_items(maker: Maker, slot: Slot) -> Json:
    """Null instead of a list of lines."""
    return single(maker, slot) | {"OrderItemList": None}


def no_object(maker: Maker, _slot: Slot) -> Any:
    """No order at all in place of one."""
    return maker.rng.choice(_NON_ORDERS)


def null_shipments(maker: Maker, slot: Slot) -> Json:
    """Null instead of a list of shipments."""
    return single(maker, slot) | {"ShipmentList": None, "QuestionList": None}


def no_items(maker: Maker, slot: Slot) -> Json:
    """An empty list of lines."""
    return single(maker, slot) | {"OrderItemList": []}


def no_shipment(maker: Maker, slot: Slot) -> Json:
    """An empty list of shipments."""
    return single(maker, slot) | {"ShipmentList": []}


def zero_quantity(maker: Maker, slot: Slot) -> Json:
    """A line with quantity zero beside others."""
    order = multi_line(maker, slot)
    order["OrderItemList"][-1]["ItemQuantity"] = 0.0
    reckon(order)
    return order


def fractional_quantity(maker: Maker, slot: Slot) -> Json:
    """One and a half of an item."""
    order = single(maker, slot)
    order["OrderItemList"][0]["ItemQuantity"] = 1.5
    reckon(order)
    return order


def precise_price(maker: Maker, slot: Slot) -> Json:
    """A price with more than two decimals."""
    order = single(maker, slot)
    order["OrderItemList"][0]["ItemUnitPrice"] = 12.3456
    reckon(order)
    return order


def empty_sku(maker: Maker, slot: Slot) -> Json:
    """A line without an SKU."""
    order = single(maker, slot)
    order["OrderItemList"][0]["ItemID"] = ""
    return order


def wrong_case_sku(maker: Maker, slot: Slot) -> Json:
    """An SKU in lower case."""
    order = single(maker, slot)
    order["OrderItemList"][0]["ItemID"] = order["OrderItemList"][0]["ItemID"].lower()
    return order


def invoice_zero(maker: Maker, slot: Slot) -> Json:
    """Neither invoice number nor prefix."""
    return single(maker, slot) | {"InvoiceNumber": 0, "InvoiceNumberPrefix": ""}


def duplicate_invoice(maker: Maker, slot: Slot) -> Json:
    """An invoice number that other orders have too, with a different prefix."""
    return single(maker, slot) | {"InvoiceNumber": 20417, "InvoiceNumberPrefix": f"C{slot.order_id % 10}-"}


def mojibake(maker: Maker, slot: Slot) -> Json:
    """UTF-8 that was read as Windows-1252 somewhere."""
    order = single(maker, slot) | {"CustomerComments": "It\u00e2\u20ac\u2122s a gift"}
    order["ShipmentList"][0]["ShipmentMethodName"] = "2nd Day Air\u00c2\u00ae"
    return order


def control_characters(maker: Maker, slot: Slot) -> Json:
    """C0 control characters in texts."""
    order = single(maker, slot) | {
        "CustomerComments": "bell\x07 null\x00 tab\t vertical\x0b form\x0c escape\x1b"
    }
    order["ShipmentList"][0]["ShipmentCity"] += "\x01\x1f"
    return order


def older_platform(maker: Maker, slot: Slot) -> Json:
    """Without the keys that later versions added."""
    order = single(maker, slot)
    return {name: value for name, value in order.items() if name not in _NEWER_FIELDS}


def newer_platform(maker: Maker, slot: Slot) -> Json:
    """Keys that nobody knows yet."""
    order = single(maker, slot) | {"LoyaltyTier": {"Name": "Gold", "Points": [1, 2]}, "IsSubscription": None}
    order["OrderItemList"][0]["ItemCarbonGrams"] = 120
    return order


def null_fields(maker: Maker, slot: Slot) -> Json:
    """Null in every place where a text or number may be missing."""
    order = single(maker, slot) | {"BillingCompany": None, "CustomerComments": None, "RewardPoints": None}
    order |= {"CustomerID": None, "QuestionList": None, "PromotionList": None, "BillingPaymentMethodID": "0"}
    order["ShipmentList"][0] |= {
        "ShipmentAddress2": None,
        "ShipmentPhone": None,
        "ShipmentTrackingCode": None,
    }
    return order
