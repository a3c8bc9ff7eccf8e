"""Extensiv's responses as they come over the wire: camelCase HAL, with nulls and unknown keys.

Only what Cartage reads is here. Required is only what an element of a list says nothing without. `translate` says
what a value means.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator

from cartage.warehouses.extensiv.wire.values import (
    Key,
    Number,
    Numbers,
    Quantity,
    Resource,
    Rows,
    Stamp,
    Status,
    Text,
    Written,
    also,
)


class CustomerIdentifier(Resource):
    """The identifier of a customer."""

    id: Key = ""


class ItemIdentifier(Resource):
    """The identifier of an item."""

    sku: Key = ""


class LineIdentifier(ItemIdentifier):
    """The identifier of a line's item. Without its SKU, nobody knows what was ordered or shipped."""

    sku: Key = Field(min_length=1)


class Contact(Resource):
    """An address."""

    name: Text = ""
    company_name: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country: Text = ""
    phone_number: Text = ""
    email_address: Text = ""


class OrderItemReadOnly(Resource):
    """The fields of a line that the server sets."""

    order_item_id: Key = ""


class OrderItem(Resource):
    """A line. What does not say how much of what it is about is not a line of nothing, but cannot be read."""

    item_identifier: LineIdentifier
    qty: Quantity
    external_id: Key = ""
    read_only: OrderItemReadOnly = OrderItemReadOnly()


class PackageContentEntry(Resource):
    """How many units of a line a package holds."""

    order_item_id: Key = Field(min_length=1)
    qty: Quantity


class PackageEntry(Resource):
    """A carton."""

    package_id: Key = ""
    tracking_number: Numbers = ""
    contents: Rows[PackageContentEntry] = also("packageContents", "packageContent", "packagecontent")


class Routing(Resource):
    """Carrier and service, and the tracking number or numbers of the whole order."""

    carrier: Text = ""
    mode: Text = ""
    tracking_number: Numbers = ""


class ParcelResponse(Resource):
    """The result of the warehouse's small-parcel system."""

    tracking_numbers: Rows[Numbers] = ()


class OrderReadOnly(Resource):
    """The fields of an order that the server sets."""

    order_id: Key = ""
    is_closed: bool | None = None
    status: Status | None = None
    defer_notification: bool | None = None
    creation_date: Stamp = None
    process_date: Stamp = None
    ship_date: Stamp = None
    pick_done_date: Stamp = None
    load_out_done_date: Stamp = None
    last_modified_date: Stamp = None
    customer_identifier: CustomerIdentifier | None = None
    packages: Rows[PackageEntry] = ()
    parcel_response: ParcelResponse | None = None


class Order(Resource):
    """An order."""

    reference_num: Key = ""
    ship_to: Contact | None = None
    items: Rows[OrderItem] = also("orderItems", "item")
    embedded_packages: Rows[PackageEntry] = also("packages", "package")
    routing_info: Routing | None = None
    parcel_response: ParcelResponse | None = None
    read_only: OrderReadOnly = OrderReadOnly()


class CreatedReadOnly(Resource):
    """The fields of a new order that the server sets."""

    order_id: Key = Field(min_length=1)


class Created(Resource):
    """The response to a new order. Only the id is read, so that nothing else can make it unreadable."""

    read_only: CreatedReadOnly


class StockSummary(Resource):
    """Stock of one item with one qualifier in one facility. A row that does not say what is available says nothing.

    `on_hand` is None if it is missing or cannot be read.
    """

    item_identifier: ItemIdentifier = ItemIdentifier()
    facility_id: Key = ""
    on_hand: Number | None = None
    available: Number | None = None
    allocated: Number = Decimal(0)
    on_hold: Number = Decimal(0)
    ordered_not_allocated: Number = Decimal(0)


class ItemReadOnly(Resource):
    """The fields of an item that the server sets."""

    deactivated: bool | None = None


class Item(Resource):
    """An item of a customer's catalogue."""

    item_id: Key = ""
    sku: Key = ""
    written: Written = Field(default="", validation_alias="sku")
    description: Text = ""
    read_only: ItemReadOnly = ItemReadOnly()


class ShipmentService(Resource):
    """A carrier's service. Orders name its code; `name` is UNVERIFIED."""

    code: Key = ""
    description: Text = ""
    name: Text = ""
    deactivated: bool | None = None


class Facility(Resource):
    """A facility of the 3PL. Its time zone has a name of Windows: `Pacific Standard Time`."""

    facility_id: Key = ""
    name: Text = ""
    time_zone_name: Text = ""


class CarrierEntry(Resource):
    """A carrier that the 3PL works with."""

    name: Key = ""
    scac_code: Text = ""
    deactivated: bool | None = None
    disallow_on_order: bool | None = None
    shipment_services: Rows[ShipmentService] = ()


class CarrierDefaults(Resource):
    """What stands beside the list of carriers: the services of carriers that list none of their own."""

    default_shipment_services: Rows[ShipmentService] = ()


class Token(BaseModel):
    """The response of the token endpoint, which is not HAL. An odd life of the token is as good as none."""

    access_token: str = Field(min_length=1)
    expires_in: float | None = None

    @field_validator("expires_in", mode="wrap")
    @classmethod
    def _life(cls, value: object, read: Any, _: ValidationInfo) -> float | None:
        try:
            seconds: float | None = read(value)
        except ValueError:
            return None
        return seconds if seconds is not None and seconds > 0 else None


class Listing(Resource):
    """A page of a list: its rows, still unread, and the total number of rows, if the list says it."""

    total_results: int | None = None
    rows: Rows[Any] = ()

    @model_validator(mode="before")
    @classmethod
    def _find_rows(cls, data: object) -> object:
        """Find the rows: the first list that the page embeds; for stocksummaries the plain list `summaries`.

        Raises:
            ValueError: if there is no list, and nothing says that it is empty.
        """
        if data and isinstance(data, list):
            return {"rows": data}
        if not isinstance(data, Mapping):
            return data
        total = _total(data.get("totalResults"))
        embedded = data.get("_embedded")
        lists = list(embedded.values()) if isinstance(embedded, Mapping) else [data.get("summaries")]
        rows = next((rows for rows in lists if isinstance(rows, list)), None)
        if rows is None and total is None:
            raise ValueError("there is no list")
        return {"totalResults": total, "rows": rows or []}


def _total(value: object) -> int | None:
    """Return the announced number of rows; None if it is none. Nothing but the end of a list depends on it."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None
