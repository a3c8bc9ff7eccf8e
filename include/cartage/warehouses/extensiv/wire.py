"""Extensiv's responses as they come over the wire: camelCase HAL, with nulls and unknown keys.

Only what Cartage reads is here. `translate` says what a value means.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel


def _text(value: object) -> object:
    """Read null as empty and a number (an id, a SKU) as its digits. Drop padding."""
    if value is None:
        return ""
    return str(value).strip() if isinstance(value, str | int) else value


def _written(value: object) -> object:
    """Read as `_text`, but keep padding."""
    return _text(value) if not isinstance(value, str) else value


def _rows(value: object) -> object:
    return () if value is None else value


def _number(value: object) -> object:
    return 0 if value is None else value


T = TypeVar("T")
Text = Annotated[str, BeforeValidator(_text)]
Written = Annotated[str, BeforeValidator(_written)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Rows = Annotated[tuple[T, ...], BeforeValidator(_rows)]


def _also(*names: str) -> Any:
    return Field(default=(), validation_alias=AliasChoices(*names))


class Resource(BaseModel):
    """A HAL resource. What it embeds is read like its own fields, by the last part of the rel's URL."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _unembed(cls, data: object) -> object:
        if not isinstance(data, Mapping) or not isinstance(data.get("_embedded"), Mapping):
            return data
        embedded = {rel.rpartition("/")[2].lower(): rows for rel, rows in data["_embedded"].items()}
        return {**embedded, **data}


class Identifier(Resource):
    """The identifier of a customer, facility or item."""

    id: Text = ""
    sku: Text = ""


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

    order_item_id: Text = ""


class OrderItem(Resource):
    """A line."""

    item_identifier: Identifier = Identifier()
    qty: Number = Decimal(0)
    external_id: Text = ""
    read_only: OrderItemReadOnly = OrderItemReadOnly()


class PackageContentEntry(Resource):
    """How many units of a line a package holds."""

    order_item_id: Text = ""
    qty: Number = Decimal(0)


class PackageEntry(Resource):
    """A carton."""

    package_id: Text = ""
    tracking_number: Text = ""
    contents: Rows[PackageContentEntry] = _also("packageContents", "packageContent", "packagecontent")


class Routing(Resource):
    """Carrier and service, and a tracking number of the whole order."""

    carrier: Text = ""
    mode: Text = ""
    tracking_number: Text = ""


class ParcelResponse(Resource):
    """The result of the warehouse's small-parcel system."""

    tracking_numbers: Rows[Text] = ()


class OrderReadOnly(Resource):
    """The fields of an order that the server sets. Times are naive."""

    order_id: Text = Field(min_length=1)
    is_closed: bool | None = None
    status: int | None = None
    process_date: datetime | None = None
    load_out_done_date: datetime | None = None
    last_modified_date: datetime | None = None
    customer_identifier: Identifier | None = None
    packages: Rows[PackageEntry] = ()
    parcel_response: ParcelResponse | None = None


class Order(Resource):
    """An order."""

    reference_num: Text = ""
    ship_to: Contact | None = None
    items: Rows[OrderItem] = _also("orderItems", "item")
    embedded_packages: Rows[PackageEntry] = _also("packages", "package")
    routing_info: Routing | None = None
    parcel_response: ParcelResponse | None = None
    read_only: OrderReadOnly


class CreatedReadOnly(Resource):
    """The fields of a new order that the server sets."""

    order_id: Text = Field(min_length=1)


class Created(Resource):
    """The response to a new order. Only the id is read, so that nothing else can make it unreadable."""

    read_only: CreatedReadOnly


class StockSummary(Resource):
    """Stock of one item with one qualifier in one facility."""

    item_identifier: Identifier
    facility_id: Text = ""
    on_hand: Number = Decimal(0)
    available: Number = Decimal(0)
    allocated: Number = Decimal(0)
    on_hold: Number = Decimal(0)
    ordered_not_allocated: Number = Decimal(0)


class ItemReadOnly(Resource):
    """The fields of an item that the server sets."""

    deactivated: bool | None = None


class Item(Resource):
    """An item of a customer's catalogue."""

    item_id: Text = ""
    sku: Text = ""
    written: Written = Field(default="", validation_alias="sku")
    description: Text = ""
    read_only: ItemReadOnly = ItemReadOnly()


class ShipmentService(Resource):
    """A carrier's service. The names of its fields are UNVERIFIED; the first non-empty one counts."""

    description: Text = ""
    name: Text = ""
    code: Text = ""


class Facility(Resource):
    """A facility of the 3PL."""

    facility_id: Text = ""
    name: Text = ""


class CarrierEntry(Resource):
    """A carrier that the 3PL works with."""

    name: Text = Field(min_length=1)
    scac_code: Text = ""
    shipment_services: Rows[ShipmentService] = ()


class Token(BaseModel):
    """The response of the token endpoint, which is not HAL."""

    access_token: str = Field(min_length=1)
    expires_in: float | None = None


class Listing(Resource):
    """A page of a list: the total number of rows, and the rows of this page, still unparsed."""

    total_results: int
    rows: Rows[dict[str, Any]] = ()

    @model_validator(mode="before")
    @classmethod
    def _find_rows(cls, data: object) -> object:
        """Find the rows: the only list that the page embeds; for stocksummaries the plain list `summaries`."""
        if not isinstance(data, Mapping):
            return data
        embedded = data.get("_embedded")
        lists = list(embedded.values()) if isinstance(embedded, Mapping) else [data.get("summaries")]
        return {**data, "rows": next((rows for rows in lists if isinstance(rows, list)), None)}
