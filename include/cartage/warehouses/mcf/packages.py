"""The shipments and packages of an order. Pure.

A shipment is Amazon's own, by its id: what a fulfillment center gives up is replaced under another id. A package is
known by its shipment and its number in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from cartage.model.orders import Package, PackageContent, Shipment
from cartage.model.packages import read_packages
from cartage.warehouses.mcf import wire
from cartage.warehouses.mcf.items import line_id_of
from cartage.warehouses.mcf.wire import AmazonOrderStatus, AmazonShipmentStatus

_OVER = frozenset(
    {
        AmazonOrderStatus.COMPLETE,
        AmazonOrderStatus.COMPLETE_PARTIALLED,
        AmazonOrderStatus.CANCELLED,
        AmazonOrderStatus.UNFULFILLABLE,
        AmazonOrderStatus.INVALID,
    }
)


def shipments(order: wire.OutboundOrder) -> list[Shipment]:
    """Return what has left of an order. It is final if the order is over: nothing more of it will follow."""
    head = order.fulfillment_order
    final = head.fulfillment_order_status in _OVER
    return [
        Shipment(
            key=shipment.amazon_shipment_id,
            remote_id=head.seller_fulfillment_order_id,
            reference=head.seller_fulfillment_order_id,
            shipped_at=shipment.shipping_date,
            packages=tuple(packages(shipment)),
            final=final,
            modified_at=head.status_updated_date,
            lines=tuple(_contents(shipment.fulfillment_shipment_item)),
        )
        for shipment in order.fulfillment_shipments
        if shipment.fulfillment_shipment_status is AmazonShipmentStatus.SHIPPED
    ]


def unshipped(order: wire.OutboundOrder) -> list[str]:
    """Return the ids of the shipments that have not left, and of the order if none has."""
    waiting = [
        shipment.amazon_shipment_id
        for shipment in order.fulfillment_shipments
        if shipment.fulfillment_shipment_status is not AmazonShipmentStatus.SHIPPED
    ]
    if len(waiting) < len(order.fulfillment_shipments):
        return waiting
    return [*waiting, order.fulfillment_order.seller_fulfillment_order_id]


def packages(shipment: wire.OutboundShipment) -> list[Package]:
    """Return the packages of a shipment, each once. One that names no package has left in one without a number."""
    items = shipment.fulfillment_shipment_item
    named = shipment.fulfillment_shipment_package
    if not named:
        return [Package(f"{shipment.amazon_shipment_id}/1", "", contents=tuple(_contents(items)))]
    found = []
    for place, package in enumerate(named, 1):
        number = package.package_number or str(place)
        inside = [item for item in items if item.package_number == number]
        if len(named) == 1 and not any(item.package_number for item in items):
            inside = list(items)
        found.append(
            Package(
                key=f"{shipment.amazon_shipment_id}/{number}",
                tracking=package.tracking_number or package.amazon_fulfillment_tracking_number,
                carrier=package.carrier_code,
                contents=tuple(_contents(inside)),
            )
        )
    return read_packages(found)


def _contents(items: Iterable[wire.ShippedItem]) -> list[PackageContent]:
    """Return how many units of each line there are; the entries of one line are added up."""
    units: dict[tuple[str, int | None], Decimal] = {}
    for item in items:
        line = (item.seller_sku, line_id_of(item.seller_fulfillment_order_item_id))
        units[line] = units.get(line, Decimal(0)) + item.quantity
    return [PackageContent(sku, quantity, line_id) for (sku, line_id), quantity in units.items()]
