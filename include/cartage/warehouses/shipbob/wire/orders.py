"""ShipBob's orders and shipments as they come over the wire (version 2026-01): snake_case JSON with nulls.

Only what Cartage reads is here. Required is only what an element of a list says nothing without. `translate` says
what a value means.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from cartage.warehouses.api.values import Key, Numbers, Quantity, Record, Rows, Text
from cartage.warehouses.shipbob.wire.stamps import Instant


class OrderStatus(StrEnum):
    """The state of an order."""

    PROCESSING = "Processing"
    EXCEPTION = "Exception"
    PARTIALLY_FULFILLED = "PartiallyFulfilled"
    FULFILLED = "Fulfilled"
    CANCELLED = "Cancelled"
    IMPORT_REVIEW = "ImportReview"


class ShipmentStatus(StrEnum):
    """The state of one shipment of an order."""

    NONE = "None"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    EXCEPTION = "Exception"
    ON_HOLD = "OnHold"
    CANCELLED = "Cancelled"
    CLEAN_SWEEPED = "CleanSweeped"
    LABELED_CREATED = "LabeledCreated"
    IMPORT_REVIEW = "ImportReview"


class RecipientAddress(Record):
    """Where an order goes."""

    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    state: Text = ""
    zip_code: Text = ""
    country: Text = ""
    company_name: Text = ""


class Recipient(Record):
    """Who gets an order."""

    name: Text = ""
    email: Text = ""
    phone_number: Text = ""
    address: RecipientAddress = RecipientAddress()


class OrderedProduct(Record):
    """A line of an order: our SKU is its `reference_id`. Without a quantity it is not a line of nothing."""

    reference_id: Key = ""
    sku: Key = ""
    external_line_id: Key = ""
    quantity: Quantity

    @property
    def name(self) -> str:
        """The SKU as it was ordered."""
        return self.reference_id or self.sku


class InventoryItem(Record):
    """What was picked for a product: of a bundle, one of its components."""

    id: Key = Field(min_length=1)
    quantity: Quantity


class ShippedProduct(Record):
    """A product in a shipment. It has no quantity of its own."""

    reference_id: Key = ""
    sku: Key = ""
    inventory_items: Rows[InventoryItem] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What it may have been ordered as."""
        return tuple(filter(None, dict.fromkeys((self.reference_id, self.sku))))


class StatusDetail(Record):
    """Why a shipment has its status. One with an inventory item is about the stock of that item."""

    name: Text = ""
    description: Text = ""
    inventory_id: Key = ""


class Tracking(Record):
    """The carrier's number of a shipment, and who carries it."""

    tracking_number: Numbers = ""
    carrier: Text = ""
    carrier_service: Text = ""
    shipping_date: Instant = None


class ShipBobShipment(Record):
    """A part of an order that one fulfillment centre ships: one package, or at least one tracking number."""

    id: Key = Field(min_length=1)
    status: ShipmentStatus
    tracking: Tracking = Tracking()
    products: Rows[ShippedProduct] = ()
    status_details: Rows[StatusDetail] = ()
    is_tracking_uploaded: bool | None = None
    actual_fulfillment_date: Instant = None
    last_update_at: Instant = None
    last_tracking_update_at: Instant = None


class OrderChannel(Record):
    """The channel that an order came through."""

    id: Key = ""


class Order(Record):
    """An order with its shipments. It has no time of its last change; its shipments have."""

    id: Key = ""
    reference_id: Key = ""
    status: OrderStatus | None = None
    channel: OrderChannel = OrderChannel()
    shipping_method: Text = ""
    recipient: Recipient = Recipient()
    products: Rows[OrderedProduct] = ()
    shipments: Rows[ShipBobShipment] = ()


class Created(Record):
    """The response to a new order. Only the id is read, so that nothing else can make it unreadable."""

    id: Key = Field(min_length=1)


class CancelledShipment(Record):
    """The result for one shipment of a cancelled order."""

    shipment_id: Key = ""
    is_success: bool | None = None
    reason: Text = ""


class Cancellation(Record):
    """The response to a cancel: Success, Failure or PartialSuccess, and what became of each shipment."""

    status: Text = Field(min_length=1)
    canceled_shipment_results: Rows[CancelledShipment] = ()


class UploadResult(BaseModel):
    """The result for one shipment whose tracking was marked as synced; this response alone is in camelCase."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    is_success: bool = Field(default=True, alias="isSuccess")
    shipment_id: Key = Field(default="", alias="shipmentId")


class UploadResults(Record):
    """The response to marking shipments as synced."""

    results: Rows[UploadResult] = ()


class TokenGrant(Record):
    """The response of the token endpoint (RFC 6749, 5.1). A `refresh_token` in it replaces the one that was sent."""

    access_token: str = Field(min_length=1)
    expires_in: float | None = None
    refresh_token: str = ""
