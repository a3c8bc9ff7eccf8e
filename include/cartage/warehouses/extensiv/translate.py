"""Translate between Cartage's values and Extensiv's shapes. Pure: no call, no clock.

An unknown status is an error that names the value, never a default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
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
from cartage.warehouses.contract import CatalogueItem, RemoteOrder, RemoteState, StockLevel
from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.packages import line_content, packages
from cartage.warehouses.extensiv.settings import ExtensivSettings

_STATES = {0: RemoteState.OPEN, 1: RemoteState.SHIPPED, 2: RemoteState.CANCELLED}


class UnknownStatus(ValueError):
    """An order has a status that the API's documentation does not name."""


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
    return {
        "itemIdentifier": {"sku": line.sku},
        "qty": float(line.quantity),
        "externalId": str(line.line_id),
    }


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", {})}


def utc_time(naive: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a naive stamp in UTC. An ambiguous local time is the earlier of its two instants."""
    if naive is None:
        return None
    return (naive if naive.tzinfo else naive.replace(tzinfo=zone)).astimezone(UTC)


def state_of(order: wire.Order) -> RemoteState:
    """Return the state of an order. Closed means confirmed, that is shipped.

    Raises:
        UnknownStatus: for a status other than 0, 1 and 2.
    """
    read = order.read_only
    if read.status is not None and read.status not in _STATES:
        raise UnknownStatus(f"an order has the unknown status {read.status}")
    state = _STATES[read.status or 0]
    return RemoteState.SHIPPED if state is RemoteState.OPEN and read.is_closed else state


def remote_order(order: wire.Order, zone: ZoneInfo, *, etag: str = "") -> RemoteOrder:
    """Return an order in the form of the contract."""
    return RemoteOrder(
        remote_id=order.read_only.order_id,
        reference=order.reference_num,
        state=state_of(order),
        lines=tuple((item.item_identifier.sku, item.qty) for item in order.items),
        ship_to=_address(order.ship_to or wire.Contact()),
        etag=etag,
        modified_at=utc_time(order.read_only.last_modified_date, zone),
        packages=packages(order),
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


def shipment(order: wire.Order, zone: ZoneInfo, *, final: bool) -> Shipment:
    """Return a closed order as a shipment, with its own reference: a split child has one of its own."""
    return Shipment(
        key=order.read_only.order_id,
        remote_id=order.read_only.order_id,
        reference=order.reference_num,
        shipped_at=utc_time(order.read_only.process_date, zone),
        packages=tuple(replace(package, carrier_at=_loaded(order, zone)) for package in packages(order)),
        final=final,
        modified_at=utc_time(order.read_only.last_modified_date, zone),
        lines=tuple(line_content(line, line.qty) for line in order.items),
    )


def _loaded(order: wire.Order, zone: ZoneInfo) -> datetime | None:
    """Return when the order was loaded out (handed to the carrier). Few warehouses record it."""
    return utc_time(order.read_only.load_out_done_date, zone)


def catalogue_item(item: wire.Item) -> CatalogueItem:
    """Return an item; it is active unless it is deactivated."""
    active = not item.read_only.deactivated
    return CatalogueItem(item.sku, item.item_id, item.description, active, item.written)


def stock_level(row: wire.StockSummary, before: StockLevel | None = None) -> StockLevel:
    """Add a row to the stock of its SKU. There is a row per qualifier and facility."""
    known = before or StockLevel(row.item_identifier.sku, Decimal(0), Decimal(0))
    return StockLevel(
        sku=known.sku,
        on_hand=known.on_hand + row.on_hand,
        available=known.available + row.available,
        allocated=known.allocated + row.allocated,
        on_hold=known.on_hold + row.on_hold,
        ordered_not_allocated=known.ordered_not_allocated + row.ordered_not_allocated,
    )


def ship_methods(carrier: wire.CarrierEntry) -> Iterator[ShipMethod]:
    """Yield a carrier's services, or the carrier alone if it lists none."""
    names = [service.description or service.name or service.code for service in carrier.shipment_services]
    for name in [name for name in names if name] or [""]:
        yield ShipMethod(carrier=carrier.name, service=name, scac=carrier.scac_code)
