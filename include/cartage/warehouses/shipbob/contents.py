"""What each package of an order holds, by our lines. Pure.

A shipment names its products without quantities; quantities stand at the inventory items that were picked, which are
the components of a bundle (connectors.md section 2.3). They are turned back where the catalogue tells how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cartage.model.orders import PackageContent
from cartage.model.skus import folded
from cartage.warehouses.shipbob import wire
from cartage.warehouses.shipbob.products import Composition


@dataclass(slots=True)
class _Line:
    """A line of the order, and how much of it is not in a package yet."""

    sku: str
    line_id: int | None
    quantity: Decimal
    left: Decimal

    def content(self, quantity: Decimal) -> PackageContent:
        return PackageContent(self.sku, quantity, self.line_id)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in each shipment, by its id (empty if that is not known), and in all of them together."""

    by_shipment: Mapping[str, tuple[PackageContent, ...]]
    lines: tuple[PackageContent, ...]


def contents_of(
    order: wire.Order,
    shipped: Sequence[wire.ShipBobShipment],
    compositions: Mapping[str, Composition],
    *,
    is_all: bool,
) -> Contents:
    """Return the contents of the shipments that have shipped. `is_all`: nothing else was ordered, or will ship.

    Where one of them cannot be told, all of them together are known only if they are the whole order.
    """
    lines = [_line_of(product) for product in order.products]
    found = {shipment.id: _packed(shipment, lines, compositions) for shipment in shipped}
    if all(contents is not None for contents in found.values()):
        total = tuple(line.content(line.quantity - line.left) for line in lines if line.quantity != line.left)
    else:
        total = tuple(line.content(line.quantity) for line in lines) if is_all else ()
    return Contents({key: contents or () for key, contents in found.items()}, total)


def product_names(order: wire.Order, shipped: Sequence[wire.ShipBobShipment]) -> set[str]:
    """Return the SKUs of the order that these shipments name, as they were ordered."""
    named = {folded(name) for shipment in shipped for product in shipment.products for name in product.names}
    return {product.name for product in order.products if folded(product.name) in named}


def _line_of(product: wire.OrderedProduct) -> _Line:
    number = int(product.external_line_id) if product.external_line_id.isdecimal() else None
    return _Line(product.name, number, product.quantity, product.quantity)


def _packed(
    shipment: wire.ShipBobShipment, lines: Sequence[_Line], compositions: Mapping[str, Composition]
) -> tuple[PackageContent, ...] | None:
    """Return what a shipment holds, and take it from the lines; None if that cannot be told."""
    units: dict[str, Decimal] = {}
    for product in shipment.products:
        names = {folded(name) for name in product.names}
        sku = next((line.sku for line in lines if folded(line.sku) in names), "")
        composition = compositions.get(sku)
        picked: dict[str, Decimal] = {}
        for item in product.inventory_items:
            picked[item.id] = picked.get(item.id, Decimal(0)) + item.quantity
        number = composition.units(picked) if composition and picked else None
        if number is None:
            return None
        units[sku] = units.get(sku, Decimal(0)) + number
    if not units or any(number > _left(sku, lines) for sku, number in units.items()):
        return None
    return tuple(content for sku, number in units.items() for content in _taken(sku, number, lines))


def _left(sku: str, lines: Sequence[_Line]) -> Decimal:
    return sum((line.left for line in lines if line.sku == sku), Decimal(0))


def _taken(sku: str, number: Decimal, lines: Sequence[_Line]) -> list[PackageContent]:
    """Take so many units from the lines with this SKU, in their sequence."""
    contents = []
    for line in lines:
        taken = min(line.left, number) if line.sku == sku else Decimal(0)
        if taken:
            line.left, number = line.left - taken, number - taken
            contents.append(line.content(taken))
    return contents
