"""The properties that RQL knows, per resource.

The REL pages name few of them. The others follow the paths of the models, as clients in production spell them.
"""

from __future__ import annotations

from cartage_sandbox.extensiv.data.model import Item, Order, Status
from cartage_sandbox.extensiv.query.pages import Kind, Property

OrderProperties = dict[str, Property[Order]]
ItemProperties = dict[str, Property[Item]]


def _order_text(*path: str) -> Property[Order]:
    def read(order: Order) -> object:
        value: object = order.document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return Property(Kind.TEXT, read)


def order_properties(*, status_reliable: bool, process_date: bool) -> OrderProperties:
    """Return the properties that queries of /orders can name.

    `status_reliable`: whether `status` distinguishes open from closed; it is reliable for Canceled only (warehouse-
    apis.md section 2). `process_date`: whether `readonly.processDate` is a known name.
    """

    def status(order: Order) -> int:
        if status_reliable or order.status is Status.CANCELED:
            return int(order.status)
        return int(Status.OPEN)

    known = dict(_ORDERS)
    known["readonly.status"] = known["status"] = Property(Kind.NUMBER, status)
    if process_date:
        known["readonly.processdate"] = Property(Kind.DATE, lambda order: order.processed_at)
    return known


_CUSTOMER = Property[Order](Kind.NUMBER, lambda order: order.customer.id)
_FACILITY = Property[Order](Kind.NUMBER, lambda order: order.facility.id)

_ORDERS: OrderProperties = {
    "referencenum": Property(Kind.TEXT, lambda order: order.reference),
    "ponum": _order_text("poNum"),
    "externalid": _order_text("externalId"),
    "shipto.name": _order_text("shipTo", "name"),
    "shipto.companyname": _order_text("shipTo", "companyName"),
    "shipto.zip": _order_text("shipTo", "zip"),
    "routinginfo.carrier": _order_text("routingInfo", "carrier"),
    "routinginfo.mode": _order_text("routingInfo", "mode"),
    "customeridentifier.id": _CUSTOMER,
    "readonly.customeridentifier.id": _CUSTOMER,
    "readonly.customeridentifier.name": Property(Kind.TEXT, lambda order: order.customer.name),
    "facilityidentifier.id": _FACILITY,
    "readonly.facilityidentifier.id": _FACILITY,
    "readonly.orderid": Property(Kind.NUMBER, lambda order: order.order_id),
    "readonly.isclosed": Property(Kind.FLAG, lambda order: order.is_closed),
    "readonly.fullyallocated": Property(Kind.FLAG, lambda order: order.fully_allocated),
    "readonly.creationdate": Property(Kind.DATE, lambda order: order.created_at),
    "readonly.lastmodifieddate": Property(Kind.DATE, lambda order: order.modified_at),
}

ITEMS: ItemProperties = {
    "sku": Property(Kind.TEXT, lambda item: item.sku),
    "upc": Property(Kind.TEXT, lambda item: item.upc),
    "description": Property(Kind.TEXT, lambda item: item.description),
    "itemid": Property(Kind.NUMBER, lambda item: item.item_id),
    "readonly.itemid": Property(Kind.NUMBER, lambda item: item.item_id),
    "readonly.deactivated": Property(Kind.FLAG, lambda item: item.deactivated),
    "readonly.creationdate": Property(Kind.DATE, lambda item: item.created_at),
    "readonly.lastmodifieddate": Property(Kind.DATE, lambda item: item.modified_at),
}

STOCK: ItemProperties = {
    "itemidentifier.sku": Property(Kind.TEXT, lambda item: item.sku),
    "itemidentifier.id": Property(Kind.NUMBER, lambda item: item.item_id),
    "customeridentifier.id": Property(Kind.NUMBER, lambda item: item.customer_id),
    "facilityid": Property(Kind.NUMBER, lambda item: item.facility_id),
}
