"""Translate between Cartage's values and Extensiv's shapes. Pure: no call, no clock.

What could not be read is not in the values here: who calls decides before whether that matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cartage.addresses import written_with_territory
from cartage.model.orders import (
    Address,
    FulfillmentRequest,
    RequestLine,
    Shipment,
    ShipMethod,
)
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.packages import line_content, packages
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.extensiv.wire.stamps import utc_time
from cartage.warehouses.listed import CatalogueItem, StockLevel

_STATES = {0: RemoteState.OPEN, 1: RemoteState.SHIPPED, 2: RemoteState.CANCELLED}
# A 3PL may free the reference of a cancelled order by renaming it.
_RENAMED = re.compile(r"-cancell?ed-\d+$", re.IGNORECASE)


def order_body(request: FulfillmentRequest, settings: ExtensivSettings) -> dict[str, Any]:
    """Return the body of POST /orders (warehouse-apis.md section 2, "Create"), without empty texts."""
    return _filled(
        {
            "customerIdentifier": {"id": settings.customer_id},
            "facilityIdentifier": {"id": settings.facility_id},
            "referenceNum": request.reference,
            "poNum": request.display_number,
            "notes": request.notes,
            "billingCode": request.ship_method.billing or settings.billing_code,
            "routingInfo": _routing(request.ship_method),
            "shipTo": _contact(written_with_territory(request.ship_to, settings.territories)),
            "orderItems": [_line(line) for line in request.lines],
            "deferNotification": "" if settings.defer_notification is None else settings.defer_notification,
        }
    )


def _routing(method: ShipMethod) -> dict[str, str]:
    return _filled(
        {
            "carrier": method.carrier,
            "mode": method.service,
            "scacCode": method.scac,
            "account": method.account,
        }
    )


def _contact(address: Address) -> dict[str, str]:
    return _filled(
        {
            "companyName": address.company,
            "name": address.name,
            "address1": address.address1,
            "address2": address.address2,
            "city": address.city,
            "state": address.state,
            "zip": address.zip_code,
            "country": address.country,
            "phoneNumber": address.phone,
            "emailAddress": address.email,
        }
    )


def _line(line: RequestLine) -> dict[str, Any]:
    # A float keeps up to 15 digits of the Decimal exactly, and JSON has no other decimal type.
    return _filled(
        {
            "itemIdentifier": {"sku": line.sku},
            "qty": float(line.quantity),
            "externalId": str(line.line_id),
            "notes": line.notes,
        }
    )


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", {})}


def state_of(order: wire.Order) -> RemoteState:
    """Return the state of an order. Closed means confirmed, that is shipped."""
    read = order.read_only
    state = _STATES[read.status or 0]
    return RemoteState.SHIPPED if state is RemoteState.OPEN and read.is_closed else state


def reference_of(order: wire.Order) -> str:
    """Return the order's reference; of a cancelled order that was renamed, the one that it had."""
    if state_of(order) is RemoteState.CANCELLED:
        return _RENAMED.sub("", order.reference_num)
    return order.reference_num


def remote_order(order: wire.Order, zone: ZoneInfo, *, etag: str = "") -> RemoteOrder:
    """Return an order in the form of the contract."""
    return RemoteOrder(
        remote_id=order.read_only.order_id,
        reference=reference_of(order),
        state=state_of(order),
        lines=tuple((item.item_identifier.sku, item.qty) for item in order.items),
        ship_to=_address(order.ship_to or wire.Contact()),
        etag=etag,
        modified_at=utc_time(order.read_only.last_modified_date, zone),
        packages=packages(order),
        ship_method=_method(order.routing_info),
    )


def _method(routing: wire.Routing | None) -> ShipMethod | None:
    return (
        ShipMethod(routing.carrier, routing.mode) if routing and (routing.carrier or routing.mode) else None
    )


def _address(contact: wire.Contact) -> Address:
    return Address(
        name=contact.name,
        company=contact.company_name,
        address1=contact.address1,
        address2=contact.address2,
        city=contact.city,
        state=contact.state,
        zip_code=contact.zip,
        country=contact.country,
        phone=contact.phone_number,
        email=contact.email_address,
    )


def shipment(order: wire.Order, zone: ZoneInfo, *, final: bool, facility_zone: ZoneInfo) -> Shipment:
    """Return a closed order as a shipment, with its own reference: a split child has one of its own.

    What happens on the floor has the facility's time, everything else the server's.
    """
    read = order.read_only
    # Few warehouses record when the carrier took an order over.
    carrier_at = utc_time(read.load_out_done_date, facility_zone)
    return Shipment(
        key=read.order_id,
        remote_id=read.order_id,
        reference=order.reference_num,
        shipped_at=utc_time(read.process_date or read.ship_date, zone),
        packages=tuple(replace(package, carrier_at=carrier_at) for package in packages(order)),
        final=final,
        modified_at=utc_time(read.last_modified_date, zone),
        lines=tuple(line_content(line, line.qty) for line in order.items),
    )


def catalogue_item(item: wire.Item) -> CatalogueItem:
    """Return an item; it is active unless it is deactivated."""
    active = not item.read_only.deactivated
    return CatalogueItem(item.sku, item.item_id, item.description, active, item.written)


def stock_level(row: wire.StockSummary, before: StockLevel | None = None) -> StockLevel:
    """Add a row to the stock of its SKU. There is a row per qualifier and facility.

    A row that does not say what is on hand has what is available, allocated or on hold.
    """
    available = row.available or Decimal(0)
    on_hand = row.on_hand if row.on_hand is not None else available + row.allocated + row.on_hold
    known = before or StockLevel(row.item_identifier.sku, Decimal(0), Decimal(0))
    return StockLevel(
        sku=known.sku,
        on_hand=known.on_hand + on_hand,
        available=known.available + available,
        allocated=known.allocated + row.allocated,
        on_hold=known.on_hold + row.on_hold,
        ordered_not_allocated=known.ordered_not_allocated + row.ordered_not_allocated,
    )


def ship_methods(
    carrier: wire.CarrierEntry, defaults: Sequence[wire.ShipmentService] = ()
) -> Iterator[ShipMethod]:
    """Yield the services that orders may name at this carrier, by code; the carrier alone if there is no service.

    A carrier without services of its own has the default ones. What is deactivated, or not allowed on orders, is not
    offered.
    """
    if carrier.deactivated or carrier.disallow_on_order:
        return
    services = carrier.shipment_services or tuple(defaults)
    if not services:
        yield ShipMethod(carrier=carrier.name, scac=carrier.scac_code)
    for service in services:
        title = service.description or service.name
        if (service.code or title) and not service.deactivated:
            yield ShipMethod(
                carrier=carrier.name,
                service=service.code or title,
                scac=carrier.scac_code,
                title=title if service.code else "",
            )
