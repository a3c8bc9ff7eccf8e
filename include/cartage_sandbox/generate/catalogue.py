"""A seeded catalogue: plain products, option SKUs, part-number SKUs and bundles (3dcart-api.md section 7).

It knows what a warehouse would stock, but not what the warehouse calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, product
from random import Random

from cartage_sandbox.generate import shapes
from cartage_sandbox.generate.shapes import Json

_ADJECTIVES = (
    "Trail",
    "Summit",
    "River",
    "Cedar",
    "Harbor",
    "Canyon",
    "Alpine",
    "Prairie",
    "Granite",
    "Willow",
)
_NOUNS = ("Pack", "Tent", "Lantern", "Bottle", "Jacket", "Stove", "Blanket", "Compass", "Mug", "Hammock")
_COLORS = (("Green", "GRN"), ("Blue", "BLU"), ("Khaki", "KHK"), ("Red", "RED"))
_SIZES = (("Small", "S"), ("Medium", "M"), ("Large", "L"))
_PARTS = (("Black", "K"), ("White", "W"), ("Olive", "V"))
_LARGE_SURCHARGE = Decimal("5.00")
# Of every ten products: five plain, three with option SKUs, one with part numbers, one bundle.
_KINDS = ("plain", "options", "plain", "parts", "plain", "options", "plain", "bundle", "plain", "options")


@dataclass(frozen=True, slots=True)
class Good:
    """Something that can be put into a cart: a product, a combination of options, or a bundle."""

    catalog_id: int
    sku: str
    description: str
    price: Decimal
    weight: Decimal
    option_price: Decimal = Decimal(0)
    options: str = ""
    components: tuple[Good, ...] = ()


@dataclass
class Catalogue:
    """Products as the store's API shows them, and what a cart can hold of them, by kind of product."""

    products: list[Json] = field(default_factory=list)
    goods: dict[str, list[Good]] = field(default_factory=lambda: {kind: [] for kind in dict.fromkeys(_KINDS)})

    def warehouse_items(self, *, bundles: bool = False) -> list[tuple[str, str]]:
        """Return (SKU, description) of everything on the shelves; with `bundles` also the SKUs of their parents."""
        kinds = [kind for kind in self.goods if bundles or kind != "bundle"]
        return [(good.sku, _plain_text(good.description)) for kind in kinds for good in self.goods[kind]]


def generate_catalogue(rng: Random, products: int = 60) -> Catalogue:
    """Return a catalogue with this many products (at least ten, so that each kind occurs)."""
    catalogue, option_ids = Catalogue(), count(61)
    for catalog_id in range(1, max(products, len(_KINDS)) + 1):
        make = _MAKERS[_KINDS[(catalog_id - 1) % len(_KINDS)]]
        make(_Maker(rng, catalogue, catalog_id, option_ids))
    return catalogue


class _Maker:
    """Builds a product."""

    def __init__(self, rng: Random, catalogue: Catalogue, catalog_id: int, option_ids: count[int]) -> None:
        self._rng, self._catalogue, self._id, self._option_ids = rng, catalogue, catalog_id, option_ids
        self._adjective, self._noun = rng.choice(_ADJECTIVES), rng.choice(_NOUNS)
        self._price = Decimal(rng.randint(500, 12_000)) / 100
        self._weight = Decimal(rng.randint(2, 80)) / 10

    def plain(self) -> None:
        sku = f"{self._adjective[:2]}{self._noun[:2]}-{self._id:04d}".upper()
        self._add("plain", self._product(sku), [self._good(sku)])

    def options(self) -> None:
        base = f"{self._noun[:4]}{self._id:03d}".upper()
        colors = [(next(self._option_ids), *each) for each in self._rng.sample(_COLORS, 2)]
        sizes = [(next(self._option_ids), *each) for each in _SIZES]
        row = self._product(base)
        row["OptionSetList"] = [_option_set(20, "Color", colors), _option_set(21, "Size", sizes)]
        goods = []
        for (color_id, color, c), (size_id, size, s) in product(colors, sizes):
            extra = _LARGE_SURCHARGE if s == "L" else Decimal(0)
            sku = f"{base}-{c}-{s}"
            row["AdvancedOptionList"].append(
                shapes.advanced_option()
                | {
                    "AdvancedOptionCode": f"{color_id}-{size_id}",
                    "AdvancedOptionSufix": sku,
                    "AdvancedOptionName": f"{color} {size}",
                    "AdvancedOptionStock": self._rng.randint(-5, 400),
                    "AdvancedOptionPrice": float(self._price + extra),
                }
            )
            goods.append(self._good(sku, [("Color", color), ("Size", size)], extra, f",{color_id},{size_id}"))
        self._add("options", row, goods)

    def parts(self) -> None:
        base = str(1000 + self._id)
        parts = [(next(self._option_ids), *each) for each in _PARTS]
        row = self._product(base)
        row["OptionSetList"] = [_option_set(22, "Finish", parts, part_numbers=True)]
        goods = [
            self._good(f"{base}{part}", [("Finish", name)], Decimal(0), f",{number}")
            for number, name, part in parts
        ]
        self._add("parts", row, goods)

    def bundle(self) -> None:
        components = tuple(
            self._rng.sample([*self._catalogue.goods["plain"], *self._catalogue.goods["options"]], 2)
        )
        numbers = [next(self._option_ids) for _ in components]
        sku = f"KIT-{self._id:03d}"
        row = self._product(sku)
        row["OptionSetList"] = [shapes.option_set() | {"OptionSetID": 23, "OptionSetName": "Includes"}]
        row["OptionSetList"][0]["OptionList"] = [
            shapes.option()
            | {"OptionID": number, "OptionName": each.sku, "OptionBundleCatalogId": each.catalog_id}
            for number, each in zip(numbers, components, strict=True)
        ]
        chosen = "".join(f",{number}" for number in numbers)
        parent = Good(
            self._id, sku, f"{self._name} Kit", self._price, Decimal(0), Decimal(0), chosen, components
        )
        self._add("bundle", row, [parent])

    @property
    def _name(self) -> str:
        return f"{self._adjective} {self._noun}"

    def _add(self, kind: str, row: Json, goods: Sequence[Good]) -> None:
        self._catalogue.products.append(row)
        self._catalogue.goods[kind].extend(goods)

    def _product(self, sku: str) -> Json:
        info = {"CatalogID": self._id, "SKU": sku, "Name": self._name, "Price": float(self._price)}
        info |= {"Cost": float(self._price / 2), "Stock": float(self._rng.randint(-6, 900))}
        return shapes.product() | {
            "SKUInfo": shapes.sku_info() | info,
            "LastUpdate": "2026-03-01T05:46:19",
            "Weight": float(self._weight),
            "WarehouseBin": f"B-{self._rng.randint(1, 40):02d}",
        }

    def _good(
        self,
        sku: str,
        chosen: Sequence[tuple[str, str]] = (),
        extra: Decimal = Decimal(0),
        options: str = "",
    ) -> Good:
        shown = "".join(f"<br><b>{name}:</b>&nbsp;{value}" for name, value in chosen)
        surcharge = f" - ${extra}" if extra else ""
        return Good(
            self._id, sku, f"{self._name}{shown}{surcharge}", self._price, self._weight, extra, options
        )


_MAKERS = {"plain": _Maker.plain, "options": _Maker.options, "parts": _Maker.parts, "bundle": _Maker.bundle}


def _option_set(
    number: int, name: str, options: Sequence[tuple[int, str, str]], *, part_numbers: bool = False
) -> Json:
    rows = [
        shapes.option()
        | {"OptionID": each, "OptionName": value, "OptionPartNumber": part if part_numbers else ""}
        for each, value, part in options
    ]
    return shapes.option_set() | {"OptionSetID": number, "OptionSetName": name, "OptionList": rows}


def _plain_text(description: str) -> str:
    return description.replace("<br><b>", ", ").replace("</b>&nbsp;", " ").replace(":", "")
