"""Amazon's responses as they come over the wire. Only what Cartage reads is here.

Required is only what an element of a list says nothing without. `translate` says what a value means.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from cartage.warehouses.api.values import Key, Number, Quantity, Rows, Text
from cartage.warehouses.mcf.wire.values import AmazonRecord, OrderState, ShipmentState, Stamp


class DestinationAddress(AmazonRecord):
    """Where an order goes."""

    name: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    city: Text = ""
    state_or_region: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone: Text = ""


class OrderHead(AmazonRecord):
    """An order as the list shows it: without its items and shipments."""

    seller_fulfillment_order_id: Key = ""
    fulfillment_order_status: OrderState = None
    status_updated_date: Stamp = None
    destination_address: DestinationAddress | None = None


class OrderedItem(AmazonRecord):
    """What was ordered. What does not say how much of what it is about is not an item of nothing."""

    seller_sku: Key = Field(min_length=1)
    seller_fulfillment_order_item_id: Key = ""
    quantity: Quantity
    cancelled_quantity: Quantity = Decimal(0)
    unfulfillable_quantity: Quantity = Decimal(0)


class ShippedItem(AmazonRecord):
    """How many units of an item a shipment has, and in which package they are."""

    seller_sku: Key = Field(min_length=1)
    seller_fulfillment_order_item_id: Key = ""
    quantity: Quantity
    package_number: Key = ""


class ShippedPackage(AmazonRecord):
    """A package. Its number is a carrier's, or Amazon's own."""

    package_number: Key = ""
    carrier_code: Text = ""
    tracking_number: Key = ""
    amazon_fulfillment_tracking_number: Key = ""


class OutboundShipment(AmazonRecord):
    """A shipment from one fulfillment center."""

    amazon_shipment_id: Key = Field(min_length=1)
    fulfillment_shipment_status: ShipmentState
    shipping_date: Stamp = None
    fulfillment_shipment_item: Rows[ShippedItem] = ()
    fulfillment_shipment_package: Rows[ShippedPackage] = ()


class OutboundOrder(AmazonRecord):
    """An order with its items and shipments."""

    fulfillment_order: OrderHead = OrderHead()
    fulfillment_order_items: Rows[OrderedItem] = ()
    fulfillment_shipments: Rows[OutboundShipment] = ()


class OrderList(AmazonRecord):
    """A page of the list of orders: its rows, still unread."""

    fulfillment_orders: Rows[Any]


class ReservedUnits(AmazonRecord):
    """Units that are reserved, for whatever."""

    total_reserved_quantity: Number = Decimal(0)


class ResearchedUnits(AmazonRecord):
    """Units that Amazon looks for."""

    total_researching_quantity: Number = Decimal(0)


class DamagedUnits(AmazonRecord):
    """Units that cannot be sold."""

    total_unfulfillable_quantity: Number = Decimal(0)


class InventoryDetails(AmazonRecord):
    """The units of a SKU in Amazon's network by what can be done with them."""

    fulfillable_quantity: Number | None = None
    reserved_quantity: ReservedUnits = ReservedUnits()
    researching_quantity: ResearchedUnits = ResearchedUnits()
    unfulfillable_quantity: DamagedUnits = DamagedUnits()


class InventorySummary(AmazonRecord):
    """The stock of a SKU. A row that does not say what is fulfillable says nothing."""

    seller_sku: Key = ""
    fn_sku: Key = ""
    product_name: Text = ""
    inventory_details: InventoryDetails = InventoryDetails()


class SummaryList(AmazonRecord):
    """A page of the stock: its rows, still unread."""

    inventory_summaries: Rows[Any]


class DeliveryPreview(AmazonRecord):
    """Whether an order could be delivered at a speed."""

    shipping_speed_category: Key = ""
    is_fulfillable: bool | None = None
    order_unfulfillable_reasons: Rows[Text] = ()


class PreviewList(AmazonRecord):
    """The previews of an order."""

    fulfillment_previews: Rows[DeliveryPreview] = ()


class LoginToken(AmazonRecord):
    """The response of Login with Amazon, whose names are in snake case (RFC 6749, 5.1)."""

    access_token: str = Field(min_length=1, alias="access_token")
    expires_in: Any = Field(default=None, alias="expires_in")

    @property
    def life(self) -> float | None:
        """Return how many seconds the token lives; None if the response does not say so in a number."""
        is_number = isinstance(self.expires_in, int | float | Decimal) and not isinstance(
            self.expires_in, bool
        )
        return float(self.expires_in) if is_number and self.expires_in > 0 else None
