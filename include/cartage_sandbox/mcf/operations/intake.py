"""Read a submitted order: what is required, what must exist, what is too long or too many. Pure.

The limits are those of Amazon's description. All faults of an order are reported together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from cartage_sandbox.mcf.data.model import JsonObject, Line

LONGEST_ID = 40
_LONGEST_COMMENT = 750
_LONGEST_SKU = _LONGEST_ITEM_ID = 50
_LONGEST_ITEM_COMMENT, _LONGEST_GIFT_MESSAGE = 250, 512
_MOST_LINES, _MOST_UNITS = 100, 250
_SPEEDS = ("Standard", "Expedited", "Priority", "ScheduledDelivery")
_ADDRESS_REQUIRED = ("name", "addressLine1", "postalCode", "countryCode")
_CITY_UNUSED = "JP"
_LINE_FIELDS = ("sellerSku", "sellerFulfillmentOrderItemId", "quantity")


def order_faults(posted: Any, skus: Collection[str], marketplace: str) -> list[str]:
    """Return the messages about everything that is wrong with an order."""
    if not isinstance(posted, dict):
        return ["The request is not an object."]
    return [
        *_texts(posted),
        *_choices(posted, marketplace),
        *address_faults(posted.get("destinationAddress"), "destinationAddress"),
        *line_faults(posted.get("items"), skus),
    ]


def lines_of(posted: JsonObject) -> list[Line]:
    """Return the lines of an order without faults."""
    return [
        Line(
            given["sellerSku"],
            given["sellerFulfillmentOrderItemId"],
            given["quantity"],
            {name: value for name, value in given.items() if name not in _LINE_FIELDS},
        )
        for given in posted["items"]
    ]


def line_faults(items: Any, skus: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the lines of an order or of a preview."""
    if not isinstance(items, list) or not items:
        yield "items is required."
        return
    if len(items) > _MOST_LINES:
        yield f"An order has at most {_MOST_LINES} items."
    units = 0
    ids: set[str] = set()
    for item in items:
        given = item if isinstance(item, dict) else {}
        item_id, quantity = given.get("sellerFulfillmentOrderItemId"), given.get("quantity")
        yield from _text("sellerFulfillmentOrderItemId", item_id, _LONGEST_ITEM_ID)
        yield from _text(
            "displayableComment", given.get("displayableComment"), _LONGEST_ITEM_COMMENT, needed=False
        )
        yield from _text("giftMessage", given.get("giftMessage"), _LONGEST_GIFT_MESSAGE, needed=False)
        if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
            yield f"The quantity for Item Id: {item_id} is invalid."
        else:
            units += quantity
        if item_id in ids:
            yield f"The Item Id: {item_id} is not unique."
        ids.add(str(item_id))
        sku = given.get("sellerSku")
        # In these words, with the id of the line (issues 2979 and 2407).
        if not isinstance(sku, str) or len(sku) > _LONGEST_SKU or sku not in skus:
            yield f"the SellerSKU for Item Id: {item_id} is invalid."
    if units > _MOST_UNITS:
        yield f"An order has at most {_MOST_UNITS} units."


def address_faults(address: Any, name: str) -> Iterator[str]:
    """Yield what is wrong with an address."""
    if not isinstance(address, dict):
        yield f"{name} is required."
        return
    wanted = list(_ADDRESS_REQUIRED)
    if address.get("countryCode") != _CITY_UNUSED:
        wanted.append("city")
    for field in wanted:
        if not str(address.get(field) or "").strip():
            yield f"Value for parameter {name}.{field} is required."
    country = address.get("countryCode")
    if country and not (isinstance(country, str) and len(country) == 2 and country.isupper()):
        yield f"Value for parameter {name}.countryCode is invalid."


def _texts(posted: JsonObject) -> Iterator[str]:
    yield from _text("sellerFulfillmentOrderId", posted.get("sellerFulfillmentOrderId"), LONGEST_ID)
    yield from _text("displayableOrderComment", posted.get("displayableOrderComment"), _LONGEST_COMMENT)
    shown = posted.get("displayableOrderId")
    yield from _text("displayableOrderId", shown, LONGEST_ID)
    if isinstance(shown, str) and ("  " in shown or any(ord(sign) > 255 for sign in shown)):
        yield "Value for parameter displayableOrderId is invalid."


def _choices(posted: JsonObject, marketplace: str) -> Iterator[str]:
    if not _is_time(posted.get("displayableOrderDate")):
        yield "Value for parameter displayableOrderDate is invalid."
    if posted.get("shippingSpeedCategory") not in _SPEEDS:
        yield "Value for parameter shippingSpeedCategory is invalid."
    if posted.get("fulfillmentAction", "Ship") not in ("Ship", "Hold"):
        yield "Value for parameter fulfillmentAction is invalid."
    if posted.get("fulfillmentPolicy", "FillOrKill") not in ("FillOrKill", "FillAll", "FillAllAvailable"):
        yield "Value for parameter fulfillmentPolicy is invalid."
    if posted.get("marketplaceId", marketplace) != marketplace:
        yield "Value for parameter marketplaceId is invalid."


def _text(name: str, value: Any, most: int, *, needed: bool = True) -> Iterator[str]:
    if value is None and not needed:
        return
    if not isinstance(value, str) or (needed and not value.strip()):
        yield f"Value for parameter {name} is required."
    elif len(value) > most:
        yield f"Value for parameter {name} is longer than {most} characters."


def _is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False
