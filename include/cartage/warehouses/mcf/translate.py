"""Translate between Cartage's values and Amazon's shapes. Pure: no call, no clock.

What could not be read is not in the values here: who calls decides before whether that matters.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from cartage.addresses import written_with_territory
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.listed import CatalogueItem, StockLevel
from cartage.warehouses.mcf import wire
from cartage.warehouses.mcf.items import item_ids
from cartage.warehouses.mcf.packages import packages
from cartage.warehouses.mcf.settings import SPEEDS, McfSettings, Speed
from cartage.warehouses.mcf.wire import AmazonOrderStatus

CARRIER = "Amazon"
# Amazon does not want a city in Japanese addresses (the description of Address).
_WITHOUT_CITY = "JP"
_STATES = {
    AmazonOrderStatus.CANCELLED: RemoteState.CANCELLED,
    # Nothing of these will ship, and their ids stay taken.
    AmazonOrderStatus.UNFULFILLABLE: RemoteState.CANCELLED,
    AmazonOrderStatus.INVALID: RemoteState.CANCELLED,
    AmazonOrderStatus.COMPLETE: RemoteState.SHIPPED,
    AmazonOrderStatus.COMPLETE_PARTIALLED: RemoteState.SHIPPED,
}


def order_body(request: FulfillmentRequest, settings: McfSettings, today: date) -> dict[str, Any]:
    """Return the body of createFulfillmentOrder. An order without a time is shown with the beginning of `today`."""
    ordered_at = request.ordered_at or datetime.combine(today, time(), UTC)
    body = {
        "marketplaceId": settings.place().id,
        "sellerFulfillmentOrderId": request.reference,
        "displayableOrderId": request.display_number,
        "displayableOrderDate": stamp(ordered_at),
        "displayableOrderComment": request.notes.strip() or settings.comment,
        "shippingSpeedCategory": speed_of(request.ship_method, settings) or "",
        "destinationAddress": address_document(request.ship_to, settings),
        "fulfillmentAction": "Ship",
        "fulfillmentPolicy": settings.policy,
        "items": [
            _item(line, item_id) for line, item_id in zip(request.lines, item_ids(request.lines), strict=True)
        ],
    }
    if settings.features:
        body["featureConstraints"] = [
            {"featureName": name, "featureFulfillmentPolicy": policy}
            for name, policy in sorted(settings.features.items())
        ]
    return body


def stamp(moment: datetime) -> str:
    """Return a time as the API reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def speed_of(method: ShipMethod, settings: McfSettings) -> Speed | None:
    """Return the delivery speed that a ship method names, or else the lane's; None if there is neither."""
    named = {method.service.strip().casefold(), method.title.strip().casefold()}
    return next((speed for speed in SPEEDS if speed.casefold() in named), settings.speed)


def address_document(address: Address, settings: McfSettings) -> dict[str, str]:
    """Return an address in Amazon's form, without empty texts. The company has a line of its own."""
    written = written_with_territory(address, settings.territories)
    country = written.country
    lines = address_lines(written)
    fields = {
        "name": written.name.strip() or written.company.strip(),
        **{f"addressLine{place}": line for place, line in enumerate(lines, 1)},
        "city": "" if country == _WITHOUT_CITY else written.city,
        "stateOrRegion": written.state,
        "postalCode": written.zip_code,
        "countryCode": country,
        "phone": written.phone,
    }
    return {name: value.strip() for name, value in fields.items() if value.strip()}


def address_lines(address: Address) -> list[str]:
    """Return the lines of an address: at most three."""
    first = address.address1.strip()
    if address.country == _WITHOUT_CITY and address.city.strip():
        first = f"{address.city.strip()} {first}"
    company = address.company.strip() if address.name.strip() else ""
    return [line for line in (first, address.address2.strip(), company) if line]


def _item(line: RequestLine, item_id: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "sellerSku": line.sku,
        "sellerFulfillmentOrderItemId": item_id,
        "quantity": int(line.quantity),
    }
    return {**item, "displayableComment": line.notes} if line.notes else item


def state_of(status: AmazonOrderStatus | None) -> RemoteState:
    """Return the state of an order. CompletePartialled is final: the rest was cancelled or is unfulfillable."""
    return _STATES.get(status, RemoteState.OPEN) if status else RemoteState.OPEN


def remote_order(order: wire.OutboundOrder) -> RemoteOrder:
    """Return an order in the form of the contract. Its number is the seller's own id: Amazon shows no other."""
    head = order.fulfillment_order
    return RemoteOrder(
        remote_id=head.seller_fulfillment_order_id,
        reference=head.seller_fulfillment_order_id,
        state=state_of(head.fulfillment_order_status),
        lines=tuple((item.seller_sku, item.quantity) for item in order.fulfillment_order_items),
        ship_to=_address(head.destination_address or wire.DestinationAddress()),
        modified_at=head.status_updated_date,
        packages=tuple(
            package
            for shipment in order.fulfillment_shipments
            if shipment.fulfillment_shipment_status is wire.AmazonShipmentStatus.SHIPPED
            for package in packages(shipment)
        ),
    )


def listed_order(head: wire.OrderHead) -> RemoteOrder:
    """Return an order of the list: its items and shipments are not there."""
    return RemoteOrder(
        remote_id=head.seller_fulfillment_order_id,
        reference=head.seller_fulfillment_order_id,
        state=state_of(head.fulfillment_order_status),
        lines=(),
        ship_to=_address(head.destination_address or wire.DestinationAddress()),
        modified_at=head.status_updated_date,
    )


def _address(shown: wire.DestinationAddress) -> Address:
    return Address(
        name=shown.name,
        company=shown.address_line3,
        address1=shown.address_line1,
        address2=shown.address_line2,
        city=shown.city,
        state=shown.state_or_region,
        zip_code=shown.postal_code,
        country=shown.country_code,
        phone=shown.phone,
    )


def ship_methods() -> tuple[ShipMethod, ...]:
    """Return the delivery speeds as ship methods."""
    return tuple(ShipMethod(carrier=CARRIER, service=speed) for speed in SPEEDS)


def catalogue_item(row: wire.InventorySummary) -> CatalogueItem:
    """Return an item. The inventory does not say whether an item is still sold."""
    return CatalogueItem(row.seller_sku, row.fn_sku, row.product_name)


def stock_level(row: wire.InventorySummary, before: StockLevel | None = None) -> StockLevel:
    """Add a row to the stock of its SKU: goods in several conditions have a row each.

    Units on their way to Amazon are no stock yet.
    """
    known = before or StockLevel(row.seller_sku, Decimal(0), Decimal(0))
    details = row.inventory_details
    fulfillable = details.fulfillable_quantity or Decimal(0)
    reserved = details.reserved_quantity.total_reserved_quantity
    on_hold = (
        details.researching_quantity.total_researching_quantity
        + details.unfulfillable_quantity.total_unfulfillable_quantity
    )
    return StockLevel(
        sku=known.sku,
        on_hand=known.on_hand + fulfillable + reserved + on_hold,
        available=known.available + fulfillable,
        allocated=known.allocated + reserved,
        on_hold=known.on_hold + on_hold,
    )
