"""Read the ship-to groups of an order: shipments, addresses and lines (3dcart-api.md, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from cartage.model.orders import Address, OrderLine, ShipGroup
from cartage.model.texts import label
from cartage.storefront.translation.lines import ReadLine, read_lines
from cartage.storefront.translation.reader import Reader
from cartage.storefront.wire import text

_ADD_SHIPMENT = "Open the order in 3dcart and give it a shipping address and method."
_ONE_SHIPMENT_EACH = "Open the order in 3dcart and assign each item to one of its shipments."


def read_groups(order: Reader, *, email: str, phone: str) -> tuple[ShipGroup, ...]:
    """Return the order's ship-to groups, in the store's sequence. A group may have no line.

    ShipmentID 0 is an id like any other. A line whose shipment does not exist belongs to the only shipment; if
    there are several, it is a problem. An order without shipments gets a group 0 without address, and a problem.
    `email` and `phone` (from billing) are used if a shipment has none.
    """
    lines = read_lines(order)
    shipments = _by_id(order)
    if not shipments:
        order.fault("ShipmentList", "a list with at least one shipment", _ADD_SHIPMENT)
        return (ShipGroup(0, Address(), "", tuple(read.line for read in lines)),)
    sorted_lines = _assigned(order, lines, list(shipments))
    return tuple(
        _group(shipment, shipment_id, sorted_lines[shipment_id], email, phone)
        for shipment_id, shipment in shipments.items()
    )


def _by_id(order: Reader) -> dict[int, Reader]:
    shipments: dict[int, Reader] = {}
    for shipment in order.rows("ShipmentList"):
        shipment_id = shipment.whole("ShipmentID", 0)
        if shipment_id is None or shipment_id < 0 or shipment_id in shipments:
            shipment.fault("ShipmentID", "a unique number", _ONE_SHIPMENT_EACH)
            continue
        shipments[shipment_id] = shipment
    return shipments


def _assigned(
    order: Reader, lines: Sequence[ReadLine], shipment_ids: Sequence[int]
) -> dict[int, tuple[OrderLine, ...]]:
    only = shipment_ids[0] if len(shipment_ids) == 1 else None
    groups: dict[int, list[OrderLine]] = {shipment_id: [] for shipment_id in shipment_ids}
    for read in lines:
        shipment_id = read.shipment_id if read.shipment_id in groups else only
        if shipment_id is None:
            order.fault("OrderItemList[].ItemShipmentID", "one of the order's shipments", _ONE_SHIPMENT_EACH)
        else:
            groups[shipment_id].append(read.line)
    return {shipment_id: tuple(found) for shipment_id, found in groups.items()}


def _group(
    shipment: Reader, shipment_id: int, lines: tuple[OrderLine, ...], email: str, phone: str
) -> ShipGroup:
    return ShipGroup(
        shipment_id=shipment_id,
        ship_to=_address(shipment, email, phone),
        ship_method=label(shipment.text("ShipmentMethodName")),
        lines=lines,
        tracking=text.text_code(shipment.text("ShipmentTrackingCode")),
    )


def _address(shipment: Reader, email: str, phone: str) -> Address:
    def field(name: str) -> str:
        return text.single_line(shipment.text(f"Shipment{name}"))

    country = field("Country").upper()
    return Address(
        name=f"{field('FirstName')} {field('LastName')}".strip(),
        company=field("Company"),
        address1=field("Address"),
        address2=field("Address2"),
        city=field("City"),
        state=_state(field("State"), country),
        zip_code=field("ZipCode"),
        country=country,
        phone=field("Phone") or phone,
        email=field("Email") or email,
    )


def _state(state: str, country: str) -> str:
    """Return the state without its country: some stores use ISO 3166-2, such as `US-CA`."""
    return state[len(country) + 1 :] if country and state.upper().startswith(f"{country}-") else state
