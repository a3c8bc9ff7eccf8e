"""Read the lines of an order: items, discounts in the form of items, bundles (3dcart-api.md, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from cartage.model.orders import LineKind, OrderLine
from cartage.storefront.translation.options import read_description, unnamed_options
from cartage.storefront.translation.reader import Reader
from cartage.storefront.wire import orders as wire
from cartage.storefront.wire import text

_COMPONENT_PREFIXES = ("bundle item:", "kit item:")
_NAME_BUNDLE = "Open the order in 3dcart and enter the bundle's items again, so that each names its bundle."


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line and the shipment that it names."""

    line: OrderLine
    shipment_id: int


@dataclass(frozen=True, slots=True)
class _Raw:
    line: OrderLine
    shipment_id: int
    names_parent: int | None
    offers_options: bool
    is_free: bool
    called_component: bool


def read_lines(order: Reader) -> list[ReadLine]:
    """Return the order's lines in the store's sequence, each with its kind, including discounts and zero quantities.

    A component's parent is the line that its ItemAdditionalField3 names; if it names none (`KIT ITEM:`), the
    last line before it that has options. A component without a parent, or inside another bundle, is a problem: it
    might ship twice or never.
    """
    raws = [raw for item in order.rows("OrderItemList") if (raw := _raw(item)) is not None]
    if len({raw.line.line_id for raw in raws}) < len(raws):
        order.fault("OrderItemList[].ItemIndexID", "a unique line number", _NAME_BUNDLE)
    parents = _parents(raws)
    return [ReadLine(_with_kind(order, raw, parents), raw.shipment_id) for raw in raws]


def _raw(item: Reader) -> _Raw | None:
    line_id = item.whole("ItemIndexID")
    if line_id is None:
        item.fault("ItemIndexID", "a line number")
        return None
    unit_price, option_price = item.number("ItemUnitPrice"), item.number("ItemOptionPrice")
    description, options = read_description(item.text("ItemDescription"))
    numbers = item.text("ItemOptions").strip(" ,")
    offers_options = bool(item.text("ItemCatalogIDOptions").strip(" ,"))
    # The numbers of a bundle's parent are those of its components, which are lines of their own.
    if numbers and not options and not offers_options:
        description, options = unnamed_options(description, numbers)
    sku = text.text_code(item.text("ItemID"))
    is_discount = (
        unit_price == 0
        and "discount" in description.lower()
        # A positive surcharge on a real SKU is a product with "discount" in its name, and must ship.
        and (option_price < 0 or (option_price > 0 and not sku))
    )
    # A discount does not ship: its quantity is not needed, so it is no problem.
    quantity = (
        wire.quantity(item.fields.get("ItemQuantity")) or Decimal(0)
        if is_discount
        else item.quantity("ItemQuantity")
    )
    return _Raw(
        line=OrderLine(
            line_id=line_id,
            sku=sku,
            quantity=Decimal(0) if quantity is None else quantity,
            has_quantity=quantity is not None,
            description=description,
            unit_price=unit_price + option_price,
            kind=LineKind.DISCOUNT if is_discount else LineKind.ITEM,
            # A missing weight is unknown, not zero.
            weight=item.number("ItemWeight") if item.fields.get("ItemWeight") not in (None, "") else None,
            store_warehouse_id=item.whole("ItemWarehouseID", 0) or 0,
            options=options,
        ),
        shipment_id=item.whole("ItemShipmentID", 0) or 0,
        names_parent=wire.whole(item.fields.get("ItemAdditionalField3")),
        offers_options=offers_options,
        is_free=unit_price == 0,
        called_component=description.lower().startswith(_COMPONENT_PREFIXES),
    )


def _parents(raws: Sequence[_Raw]) -> dict[int, int | None]:
    """Return the parent of each line that is a component; None if the parent is not known."""
    by_id = {raw.line.line_id: raw for raw in raws}
    parents: dict[int, int | None] = {}
    last_offering: int | None = None
    for raw in raws:
        line_id = raw.line.line_id
        named = by_id.get(raw.names_parent) if raw.names_parent is not None else None
        if named and named is not raw and raw.is_free and (raw.called_component or named.offers_options):
            parents[line_id] = named.line.line_id
        elif raw.called_component and raw.is_free:
            parents[line_id] = last_offering
        elif raw.offers_options:
            last_offering = line_id
    return parents


def _with_kind(order: Reader, raw: _Raw, parents: dict[int, int | None]) -> OrderLine:
    line_id = raw.line.line_id
    if line_id in parents:
        parent = parents[line_id]
        if parent is None or parent in parents:
            order.fault("OrderItemList[].ItemAdditionalField3", "the line of its bundle", _NAME_BUNDLE)
        return replace(raw.line, kind=LineKind.BUNDLE_COMPONENT, parent_line_id=parent)
    if line_id in parents.values():
        return replace(raw.line, kind=LineKind.BUNDLE_PARENT)
    return raw.line
