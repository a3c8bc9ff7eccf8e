"""A shopper's checkout: it checks the stock, takes from it, and places the order (3dcart-api.md sections 4, 5 and 7).

What is not documented about it is a rule. An order takes its stock when it is placed, paid or not; Cancel returns it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.data.state import StoreState


class Control(IntEnum):
    """InventoryControl: what the store does when a product is out of stock."""

    DEFAULT = -1
    UNDEFINED = 0
    OUT_OF_STOCK = 1
    BACK_ORDER = 2
    WAITING_LIST = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """What a line takes: from the combination with this SKU if the product has one, else from the product."""

    catalog_id: int
    sku: str
    quantity: float


class OutOfStock(ValueError):
    """The store does not sell what a shopper wanted. The message names it."""


class Checkout:
    """Sells products. Called under the state's lock."""

    def __init__(self, state: StoreState) -> None:
        self._state, self._rules = state, state.rules

    def buy(self, lines: Sequence[Mapping[str, Any]], order: Mapping[str, Any] | None = None) -> int:
        """Place an order for `lines` of {"catalog_id", "sku", "quantity"}. Return its OrderID.

        `order` sets further keys, such as OrderStatusID 11 for an unpaid order.

        Raises OutOfStock, and takes nothing, if any line cannot be sold; KeyError for an unknown product.
        """
        items = list(self._items(lines))
        taken = list(self.taken_by(items))
        self._refuse_shortages(taken)
        order_id = self._state.place({**(order or {}), "OrderItemList": items})
        for item in taken:
            self._state.goods.add_stock(item.catalog_id, item.sku, -item.quantity)
            detail = {"order": order_id, "quantity": item.quantity}
            self._state.journal.record_effect("stock.sold", item.sku, detail)
        return order_id

    def taken_by(self, items: Sequence[Json]) -> Iterator[Taken]:
        """Return what an order's lines take from the stock that the store tracks."""
        with_components = {str(each.get("ItemAdditionalField3") or "") for each in items} - {""}
        for each in items:
            is_component = bool(each.get("ItemAdditionalField3"))
            is_kit = str(each.get("ItemIndexID")) in with_components
            spared = {"parent": is_component, "components": is_kit, "both": False}
            if spared[self._rules.text("kit_checkout_takes")]:
                continue
            sku, quantity, catalog_id = each.get("ItemID"), each.get("ItemQuantity"), each.get("CatalogID")
            # A hostile order may hold anything here; the store must survive it.
            if not (
                isinstance(sku, str) and isinstance(quantity, int | float) and isinstance(catalog_id, int)
            ):
                continue
            if catalog_id in self._state.goods and self._keeps_stock(catalog_id):
                yield Taken(catalog_id, sku, float(quantity))
                if self._is_option(catalog_id, sku) and self._rules.flag("option_checkout_takes_base"):
                    yield Taken(catalog_id, "", float(quantity))

    def _items(self, lines: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
        """Return the lines of the order, with a kit's components after it, as in section 4.2."""
        numbers = iter(range(self._state.orders.next_id() * 100 + 1, 2**53))
        for line in lines:
            product = self._state.goods.get(int(line["catalog_id"]))
            components = [
                each
                for chosen in dicts(product.get("OptionSetList"))
                for each in dicts(chosen.get("OptionList"))
                if each.get("OptionBundleCatalogId")
            ]
            number, quantity = next(numbers), float(line.get("quantity", 1))
            yield {
                "ItemIndexID": number,
                "CatalogID": product["SKUInfo"]["CatalogID"],
                "ItemID": str(line.get("sku") or product["SKUInfo"]["SKU"]),
                "ItemQuantity": quantity,
                "ItemDescription": str(product["SKUInfo"]["Name"] or "Good"),
                "ItemUnitPrice": float(product["SKUInfo"]["Price"] or 0) or 20.0,
                "ItemCatalogIDOptions": "".join(f",{each['OptionID']}" for each in components),
            }
            for each in components:
                part = self._state.goods.get(int(each["OptionBundleCatalogId"]))
                yield {
                    "ItemIndexID": next(numbers),
                    "CatalogID": part["SKUInfo"]["CatalogID"],
                    "ItemID": str(part["SKUInfo"]["SKU"]),
                    "ItemQuantity": quantity * float(each.get("OptionBundleQuantity") or 1),
                    "ItemDescription": f"Bundle Item: {part['SKUInfo']['Name']}",
                    "ItemUnitPrice": 0.0,
                    "ItemAdditionalField3": str(number),
                }

    def _refuse_shortages(self, taken: Sequence[Taken]) -> None:
        wanted: dict[tuple[int, str], float] = {}
        for item in taken:
            key = (item.catalog_id, item.sku if self._is_option(item.catalog_id, item.sku) else "")
            wanted[key] = wanted.get(key, 0.0) + item.quantity
        for (catalog_id, sku), quantity in wanted.items():
            there = self._state.goods.stock(catalog_id, sku)
            if quantity > there and self._refuses(catalog_id):
                name = sku or str(self._state.goods.get(catalog_id)["SKUInfo"]["SKU"])
                self._state.journal.record_effect(
                    "checkout.refused", name, {"wanted": quantity, "there": there}
                )
                raise OutOfStock(f"{name}: {quantity:g} wanted, {there:g} in stock")

    def _refuses(self, catalog_id: int) -> bool:
        control = self._control(catalog_id)
        if control in (Control.OUT_OF_STOCK, Control.WAITING_LIST):
            return True
        return control != Control.BACK_ORDER and self._rules["out_of_stock_default"] == "refuse"

    def _keeps_stock(self, catalog_id: int) -> bool:
        undefined = self._control(catalog_id) == Control.UNDEFINED
        return not (undefined and self._rules["inventory_control_undefined"] == "untracked")

    def _control(self, catalog_id: int) -> object:
        return self._state.goods.get(catalog_id).get("InventoryControl")

    def _is_option(self, catalog_id: int, sku: str) -> bool:
        return any(
            each["AdvancedOptionSufix"] == sku for each in self._state.goods.options(catalog_id) if sku
        )
