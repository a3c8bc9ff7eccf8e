"""Translate between Cartage's values and ShipBob's shapes. Pure: no call, no clock.

An order of ShipBob is one shipment of the contract: its shipments, each with a tracking number, are the packages. What
could not be read is not in the values here: who calls decides before whether that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cartage.addresses import written_with_territory
from cartage.model.orders import Address, FulfillmentRequest, Package, RequestLine, Shipment, ShipMethod
from cartage.model.packages import read_packages
from cartage.model.texts import strip_controls
from cartage.model.wildcards import matches
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.documents import RejectedOrder
from cartage.warehouses.listed import StockLevel
from cartage.warehouses.shipbob import wire
from cartage.warehouses.shipbob.contents import contents_of
from cartage.warehouses.shipbob.products import Composition
from cartage.warehouses.shipbob.settings import NotesField, ShipBobSettings, StockFigure

# The OpenAPI description: values of a tag, and numbers of lines.
TAG_LENGTH = 500
LARGEST_LINE = 2**31 - 1
_SHIPPED = frozenset({wire.ShipmentStatus.COMPLETED, wire.ShipmentStatus.LABELED_CREATED})
_ENDED = _SHIPPED | {wire.ShipmentStatus.CANCELLED}
_LONGEST_REASON = 300


def order_body(request: FulfillmentRequest, settings: ShipBobSettings) -> dict[str, Any]:
    """Return the body of POST /order (connectors.md section 2.2), without empty texts."""
    address = written_with_territory(request.ship_to, settings.territories)
    body = {
        "reference_id": request.reference,
        "order_number": request.display_number,
        "type": settings.order_type.value,
        "shipping_method": shipping_method(request),
        "location_id": settings.location_id or "",
        "purchase_date": request.ordered_at.isoformat() if request.ordered_at else "",
        "recipient": _filled(
            {
                "name": address.name or address.company,
                "email": address.email,
                "phone_number": address.phone,
                "address": _filled(
                    {
                        "company_name": address.company,
                        "address1": address.address1,
                        "address2": address.address2,
                        "city": address.city,
                        "state": address.state,
                        "zip_code": address.zip_code,
                        "country": address.country,
                    }
                ),
            }
        ),
        "products": [_product(line) for line in request.lines],
    }
    return _filled(body | _notes(request.notes, settings))


def shipping_method(request: FulfillmentRequest) -> str:
    """Return the name that the merchant's ship option mapping at ShipBob knows."""
    return request.ship_method.service or request.ship_method.carrier


def note_tags(notes: str) -> list[str]:
    """Return the notes in parts that each fit into the value of a tag."""
    return [notes[start : start + TAG_LENGTH] for start in range(0, len(notes), TAG_LENGTH)]


def _notes(notes: str, settings: ShipBobSettings) -> dict[str, Any]:
    if not notes:
        return {}
    if settings.notes_field is NotesField.GIFT_MESSAGE:
        return {"gift_message": notes}
    names = (
        settings.notes_tag if number == 1 else f"{settings.notes_tag} {number}" for number in range(1, 1000)
    )
    return {
        "tags": [{"name": name, "value": part} for name, part in zip(names, note_tags(notes), strict=False)]
    }


def _product(line: RequestLine) -> dict[str, Any]:
    # The name is used for a product that ShipBob does not know, which there must not be; it is required all the same.
    product: dict[str, Any] = {
        "reference_id": line.sku,
        "name": line.description or line.sku,
        "quantity": int(line.quantity),
    }
    if 0 < line.line_id <= LARGEST_LINE:
        product["external_line_id"] = line.line_id
    return product


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", {})}


def shipped_of(order: wire.Order) -> list[wire.ShipBobShipment]:
    """Return the shipments that have a label or have left, by their ids."""
    shipped = (shipment for shipment in order.shipments if shipment.status in _SHIPPED)
    return sorted(shipped, key=lambda shipment: (len(shipment.id), shipment.id))


def state_of(order: wire.Order) -> RemoteState:
    """Return the state of an order: that of its shipments, once it has any."""
    statuses = {shipment.status for shipment in order.shipments}
    if order.status is wire.OrderStatus.CANCELLED and not statuses & _SHIPPED:
        return RemoteState.CANCELLED
    if not statuses:
        return RemoteState.SHIPPED if order.status is wire.OrderStatus.FULFILLED else RemoteState.OPEN
    # Partially fulfilled although all that there is has left: another shipment is to come.
    more = (
        order.status is wire.OrderStatus.PARTIALLY_FULFILLED
        and wire.ShipmentStatus.LABELED_CREATED not in statuses
    )
    if more or statuses - _ENDED:
        return RemoteState.OPEN
    return RemoteState.SHIPPED if statuses & _SHIPPED else RemoteState.CANCELLED


def remote_order(order: wire.Order, compositions: Mapping[str, Composition] | None = None) -> RemoteOrder:
    """Return an order in the form of the contract."""
    return RemoteOrder(
        remote_id=order.id,
        reference=order.reference_id,
        state=state_of(order),
        lines=tuple((product.name, product.quantity) for product in order.products),
        ship_to=_address(order.recipient),
        modified_at=changed_at(order),
        packages=_shipment(order, compositions or {}).packages,
        ship_method=ShipMethod(service=order.shipping_method, carrier="") if order.shipping_method else None,
    )


def changed_at(order: wire.Order) -> datetime | None:
    """Return when something last changed in the order, as far as its shipments say so."""
    stamps = (
        stamp
        for shipment in order.shipments
        for stamp in (shipment.last_update_at, shipment.last_tracking_update_at)
    )
    return max(filter(None, stamps), default=None)


def shipment(order: wire.Order, compositions: Mapping[str, Composition]) -> Shipment:
    """Return what has shipped of an order. It is final once nothing of the order is open."""
    return _shipment(order, compositions)


def _shipment(order: wire.Order, compositions: Mapping[str, Composition]) -> Shipment:
    shipped = shipped_of(order)
    final = state_of(order) is not RemoteState.OPEN
    is_all = final and len(shipped) == len(order.shipments)
    contents = contents_of(order, shipped, compositions, is_all=is_all)
    packages = [
        Package(
            key=part.id,
            tracking=part.tracking.tracking_number,
            carrier=part.tracking.carrier,
            service=part.tracking.carrier_service,
            contents=contents.by_shipment[part.id],
            carrier_at=_left_at(part) if part.status is wire.ShipmentStatus.COMPLETED else None,
        )
        for part in shipped
    ]
    return Shipment(
        key=order.id,
        remote_id=order.id,
        reference=order.reference_id,
        shipped_at=max(filter(None, map(_shipped_at, shipped)), default=None),
        packages=tuple(read_packages(packages)),
        final=final,
        modified_at=changed_at(order),
        lines=contents.lines,
    )


def _left_at(part: wire.ShipBobShipment) -> datetime | None:
    """Return when the carrier took a completed shipment over; Completed means that it has left ShipBob."""
    return part.actual_fulfillment_date or part.tracking.shipping_date or part.last_update_at


def _shipped_at(part: wire.ShipBobShipment) -> datetime | None:
    return part.tracking.shipping_date or part.actual_fulfillment_date or part.last_tracking_update_at


def _address(recipient: wire.Recipient) -> Address:
    address = recipient.address
    return Address(
        name=recipient.name,
        company=address.company_name,
        address1=address.address1,
        address2=address.address2,
        city=address.city,
        state=address.state,
        zip_code=address.zip_code,
        country=address.country,
        phone=recipient.phone_number,
        email=recipient.email,
    )


def rejection(order: wire.Order, settings: ShipBobSettings) -> RejectedOrder | None:
    """Return why ShipBob will not ship an open order unless a person does something; None if it will.

    Low stock is an exception that ends by itself when stock arrives (V); an exception without a reason may be that. Of
    an order with a part that has shipped, the rest may still ship: it is partly shipped, and not rejected.
    """
    if state_of(order) is not RemoteState.OPEN or shipped_of(order) or not order.reference_id:
        return None
    reasons = list(dict.fromkeys(_reasons(order, settings)))
    return RejectedOrder(order.reference_id, "; ".join(reasons), order.id) if reasons else None


def _reasons(order: wire.Order, settings: ShipBobSettings) -> Iterator[str]:
    if order.status is wire.OrderStatus.IMPORT_REVIEW:
        yield "ShipBob holds it for a review of its import"
    for part in order.shipments:
        match part.status:
            case wire.ShipmentStatus.IMPORT_REVIEW:
                yield "ShipBob holds it for a review of its import"
                yield from map(_named, part.status_details)
            case wire.ShipmentStatus.CLEAN_SWEEPED:
                yield "ShipBob swept it out of its open orders"
            case wire.ShipmentStatus.EXCEPTION:
                yield from (
                    _named(detail) for detail in part.status_details if not _ends_by_itself(detail, settings)
                )
            case _:
                continue


def _ends_by_itself(detail: wire.StatusDetail, settings: ShipBobSettings) -> bool:
    return bool(detail.inventory_id) or any(
        matches(pattern, text)
        for pattern in settings.waiting_reasons
        for text in (detail.name, detail.description)
        if text
    )


def _named(detail: wire.StatusDetail) -> str:
    text = ": ".join(filter(None, (detail.name, detail.description)))
    return strip_controls(text)[:_LONGEST_REASON] or "an exception without a name"


def stock_level(
    row: wire.InventoryLevel, settings: ShipBobSettings, before: StockLevel | None = None
) -> StockLevel:
    """Add a row to the stock of its SKU: several inventory items may have one."""
    fulfillable = row.total_fulfillable_quantity or Decimal(0)
    available = (
        row.total_sellable_quantity or Decimal(0)
        if settings.stock_figure is StockFigure.SELLABLE
        else _free(fulfillable, row.total_on_hand_quantity, row.total_committed_quantity)
    )
    return _added(before, row.sku, row.total_on_hand_quantity, available, row.total_committed_quantity)


def stock_level_at(
    row: wire.InventoryPlaces, places: Sequence[wire.LevelAtLocation], before: StockLevel | None = None
) -> StockLevel:
    """Add the stock of these locations to that of the SKU."""
    level = before
    for place in places:
        free = _free(place.fulfillable_quantity, place.on_hand_quantity, place.committed_quantity)
        level = _added(level, row.sku, place.on_hand_quantity, free, place.committed_quantity)
    return level or StockLevel(row.sku, Decimal(0), Decimal(0))


def _free(fulfillable: Decimal, on_hand: Decimal, committed: Decimal) -> Decimal:
    """Return what is free for new orders. UNVERIFIED: whether fulfillable includes what is committed; this does not."""
    return min(fulfillable, on_hand - committed)


def _added(
    before: StockLevel | None, sku: str, on_hand: Decimal, available: Decimal, allocated: Decimal
) -> StockLevel:
    known = before or StockLevel(sku, Decimal(0), Decimal(0))
    return StockLevel(sku, known.on_hand + on_hand, known.available + available, known.allocated + allocated)
