"""An order as it comes over the wire: which fields are kept, and how numbers are read.

Only listed fields are kept, so card data, IP addresses and anything that a later version of the platform adds
never get past this module (3dcart-api.md, sections 4.2 and 11, items 9 and 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

SHIPMENT_FIELDS = frozenset(
    {
        "ShipmentID",
        "ShipmentAddress",
        "ShipmentAddress2",
        "ShipmentCity",
        "ShipmentCompany",
        "ShipmentCountry",
        "ShipmentEmail",
        "ShipmentFirstName",
        "ShipmentLastName",
        "ShipmentMethodName",
        "ShipmentPhone",
        "ShipmentState",
        "ShipmentZipCode",
        "ShipmentTrackingCode",
        "ShipmentOrderStatus",
    }
)
ITEM_FIELDS = frozenset(
    {
        "CatalogID",
        "ItemIndexID",
        "ItemID",
        "ItemShipmentID",
        "ItemQuantity",
        "ItemDescription",
        "ItemUnitPrice",
        "ItemOptionPrice",
        "ItemAdditionalField3",
        "ItemCatalogIDOptions",
        "ItemOptions",
        "ItemWeight",
        "ItemWarehouseID",
    }
)
QUESTION_FIELDS = frozenset({"QuestionTitle", "QuestionAnswer"})
# How an order was paid, and nothing else about a payment.
TRANSACTION_FIELDS = frozenset({"TransactionMethod"})
ORDER_FIELDS = frozenset(
    {
        "InvoiceNumberPrefix",
        "InvoiceNumber",
        "OrderID",
        "OrderDate",
        "OrderStatusID",
        "LastUpdate",
        "BillingPhoneNumber",
        "BillingEmail",
        "OrderAmount",
        "CustomerComments",
        "InternalComments",
        "ExternalComments",
    }
)
_LISTS = {
    "ShipmentList": SHIPMENT_FIELDS,
    "OrderItemList": ITEM_FIELDS,
    "QuestionList": QUESTION_FIELDS,
    "TransactionList": TRANSACTION_FIELDS,
}

# A number beyond these limits cannot be valid, and PostgreSQL's bigint or a shipping label would refuse it.
_LARGEST_WHOLE = 2**63 - 1
_LARGEST_NUMBER = Decimal(10) ** 12
_SMALLEST_STEP = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class NotAnOrder:
    """An entry in a list of orders that is not an object. Only its kind is kept, never its content."""

    what: str


# An order's fields by their names on the wire, with nested lists of fields; nothing is converted.
WireOrder = Mapping[str, Any] | NotAnOrder


def allowed_fields(entry: object) -> WireOrder:
    """Return an entry with only the fields that may be kept."""
    if not isinstance(entry, Mapping):
        return NotAnOrder(kind_of(entry))
    order = {name: _plain(value) for name, value in entry.items() if name in ORDER_FIELDS}
    for name, fields in _LISTS.items():
        if name in entry:
            order[name] = _rows(entry[name], fields)
    return order


def order_id_of(entry: object) -> int | None:
    """Return the OrderID of an entry, or None if it has no readable one."""
    if not isinstance(entry, Mapping):
        return None
    number = whole(entry.get("OrderID"))
    return number if number is not None and number > 0 else None


def whole(value: object) -> int | None:
    """Return a whole number given as a number or text, or None if the value is not one."""
    if type(value) is int:
        return value if abs(value) <= _LARGEST_WHOLE else None
    number = decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def decimal(value: object) -> Decimal | None:
    """Return the exact number given as a number or text, or None if the value is not one or is absurdly large."""
    number = _exact(value)
    if number is None:
        return None
    # A double that was converted to text may have up to 17 digits of noise after the point.
    exponent = number.as_tuple().exponent
    return number.quantize(_SMALLEST_STEP) if isinstance(exponent, int) and exponent < -12 else number


def quantity(value: object) -> Decimal | None:
    """Return a quantity of 0 or more, or None for anything else, null and empty text included.

    Only a true zero is 0: a fraction too small to keep is no quantity.
    """
    exact, number = _exact(value), decimal(value)
    if exact is None or number is None or exact < 0 or (exact and not number):
        return None
    return abs(number)


def _exact(value: object) -> Decimal | None:
    if isinstance(value, float):
        value = repr(value)  # The shortest text for it, not its binary expansion.
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    # Python reads underscores as separators of digits; nobody else does.
    if isinstance(value, str) and "_" in value:
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= _LARGEST_NUMBER else None


def _rows(value: object, fields: frozenset[str]) -> object:
    if not isinstance(value, list):
        return None if value is None else NotAnOrder(kind_of(value))
    return [
        {name: _plain(value) for name, value in row.items() if name in fields}
        if isinstance(row, Mapping)
        else NotAnOrder(kind_of(row))
        for row in value
    ]


def _plain(value: object) -> object:
    """Return a scalar as it is. A list or object in its place could hold anything, so keep only its kind."""
    return NotAnOrder(kind_of(value)) if isinstance(value, (list, dict)) else value


def kind_of(value: object) -> str:
    """Return the kind of a JSON value, in words."""
    kinds = {str: "a text", bool: "a truth value", list: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(value), "a number")
