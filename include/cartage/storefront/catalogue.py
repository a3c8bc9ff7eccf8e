"""Read the store's order statuses, products, option SKUs and settings. Lenient; makes no calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cartage.model.texts import strip_controls
from cartage.storefront.wire import orders as wire
from cartage.storefront.wire import text


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """One order status. `definition` is the system's name, `label` the merchant's (3dcart-api.md, section 5)."""

    id: int
    definition: str
    label: str
    visible: bool


@dataclass(frozen=True, slots=True)
class SkuInfo:
    """One product's SKU and stock. Stock may be negative. `written` is the SKU with the store's own padding."""

    catalog_id: int
    sku: str
    name: str
    stock: Decimal
    written: str = ""


@dataclass(frozen=True, slots=True)
class OptionSku:
    """One combination of options. Its `code` changes when options are rebuilt (section 7)."""

    code: str
    sku: str
    name: str
    stock: Decimal
    written: str = ""
    weight: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its option SKUs. `inventory_control` is the store's out-of-stock behaviour.

    `part_numbers` holds, for each option set, what each choice adds to the SKU ("" for nothing). The choices of a
    `bundle` stand for other products (section 7, OptionSetList); `components` lists them as (CatalogID, quantity).
    """

    info: SkuInfo
    inventory_control: int
    hidden: bool
    options: tuple[OptionSku, ...]
    weight: Decimal = Decimal(0)
    part_numbers: tuple[tuple[str, ...], ...] = ()
    components: tuple[tuple[int, Decimal], ...] = ()

    @property
    def bundle(self) -> bool:
        """Return whether its choices stand for other products."""
        return bool(self.components)


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """The store's settings. `time_zone` is the store's own text, usually whole hours from UTC."""

    name: str
    time_zone: str
    currency: str


def order_status(row: Mapping[str, Any]) -> OrderStatus | None:
    """Read one row of GET /OrderStatus. Return None if its id cannot be read."""
    status_id = wire.whole(row.get("OrderStatusID"))
    if status_id is None:
        return None
    return OrderStatus(
        status_id, _text(row, "StatusDefinition"), _text(row, "StatusText"), row.get("Visible") is not False
    )


def sku_info(row: Mapping[str, Any]) -> SkuInfo | None:
    """Read one row of GET /Products/skuinfo. Return None if its id cannot be read."""
    catalog_id = catalog_id_of(row)
    if catalog_id is None:
        return None
    written = strip_controls(_raw(row, "SKU"))
    return SkuInfo(catalog_id, text.text_code(written), _text(row, "Name"), _number(row, "Stock"), written)


def product(row: Mapping[str, Any]) -> Product | None:
    """Read one row of GET /Products. Return None if its id cannot be read."""
    info = sku_info(mapping(row.get("SKUInfo")))
    if info is None:
        return None
    sets = [_rows(chosen.get("OptionList")) for chosen in _rows(row.get("OptionSetList"))]
    return Product(
        info,
        wire.whole(row.get("InventoryControl")) or 0,
        row.get("Hide") is True,
        option_skus(row.get("AdvancedOptionList")),
        _number(row, "Weight"),
        tuple(
            tuple(text.text_code(_raw(choice, "OptionPartNumber")) for choice in choices) for choices in sets
        ),
        tuple(
            (catalog_id, _bundle_quantity(choice))
            for choices in sets
            for choice in choices
            if (catalog_id := wire.whole(choice.get("OptionBundleCatalogId")))
        ),
    )


def option_skus(rows: object) -> tuple[OptionSku, ...]:
    """Read the rows of GET /Products/{id}/AdvancedOptions."""
    return tuple(map(_option, _rows(rows)))


def store_info(value: object) -> StoreInfo:
    """Read the response of GET /StoreSettings: an object, or an array with one object (UNVERIFIED which)."""
    settings = mapping(value[0] if isinstance(value, list) and value else value)
    standards = mapping(settings.get("StoreStandards"))
    return StoreInfo(
        _text(mapping(settings.get("StoreInformation")), "StoreName"),
        _text(standards, "StoreTimeZone"),
        _text(standards, "CurrencyCode"),
    )


def catalog_id_of(row: object) -> int | None:
    """Return the CatalogID of a product or of its SKU information."""
    fields = mapping(row)
    return wire.whole((mapping(fields.get("SKUInfo")) or fields).get("CatalogID"))


def mapping(value: object) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty object."""
    return value if isinstance(value, Mapping) else {}


def _option(row: Mapping[str, Any]) -> OptionSku:
    # "Sufix" is the API's own spelling.
    written = strip_controls(_raw(row, "AdvancedOptionSufix"))
    return OptionSku(
        text.text_code(_raw(row, "AdvancedOptionCode")),
        text.text_code(written),
        _text(row, "AdvancedOptionName"),
        _number(row, "AdvancedOptionStock"),
        written,
        _number(row, "AdvancedOptionWeight"),
    )


def _bundle_quantity(choice: Mapping[str, Any]) -> Decimal:
    """Return how many of a component a kit has: 1 where the store does not say, 0 where it cannot be read."""
    value = choice.get("OptionBundleQuantity")
    return Decimal(1) if value in (None, "") else wire.quantity(value) or Decimal(0)


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [mapping(row) for row in value] if isinstance(value, list) else []


def _raw(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or isinstance(value, list | Mapping) else str(value)


def _text(row: Mapping[str, Any], name: str) -> str:
    return text.single_line(_raw(row, name))


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    return wire.decimal(row.get(name)) or Decimal(0)
