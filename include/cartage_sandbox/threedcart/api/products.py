"""Products, SKU rows and option SKUs: reads, and absolute stock writes (3dcart-api.md section 7).

The emulated API neither creates nor deletes products; the control API seeds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.api.paging import listed, page_of
from cartage_sandbox.threedcart.api.results import Results, attempt
from cartage_sandbox.threedcart.data.filters import updated_range
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire import fields
from cartage_sandbox.threedcart.wire.fields import FieldError
from cartage_sandbox.threedcart.wire.messages import ApiError, Call, Reply, array_of, encode
from cartage_sandbox.threedcart.wire.times import parse_stamp, stamp

# Numeric bounds: query parameter -> (field of SKUInfo, whether it is the upper bound).
_BOUNDS = {
    "stockfrom": ("Stock", False),
    "stockto": ("Stock", True),
    "pricefrom": ("Price", False),
    "priceto": ("Price", True),
    "costfrom": ("Cost", False),
    "costto": ("Cost", True),
}


class ProductRoutes:
    """The handlers. Each is called under the state's lock."""

    def __init__(self, state: StoreState, results: Results) -> None:
        self._state, self._results, self._rules = state, results, state.rules

    def list_products(self, call: Call) -> Reply:
        """GET /Products."""
        page = page_of(call.query, self._rules.integer("products_page_max"), self._rules)
        return listed(self._matching(call.query), page, call.query, self._state.goods.bodies, "Product")

    def get_product(self, call: Call) -> Reply:
        """GET /Products/{catalog_id}: an array with one product."""
        return Reply(200, array_of(self._state.goods.bodies([self._known(call)])), "Product")

    def list_skus(self, call: Call) -> Reply:
        """GET /Products/skuinfo."""
        page = page_of(call.query, self._rules.integer("others_page_max"), self._rules)
        return listed(self._matching(call.query), page, call.query, self._state.goods.sku_bodies, "SKUInfo")

    def get_sku(self, call: Call) -> Reply:
        """GET /Products/{catalog_id}/skuinfo: an array with one row."""
        return Reply(200, array_of(self._state.goods.sku_bodies([self._known(call)])), "SKUInfo")

    def list_options(self, call: Call) -> Reply:
        """GET /Products/{catalog_id}/AdvancedOptions."""
        page = page_of(call.query, self._rules.integer("others_page_max"), self._rules)
        return listed(
            self._state.goods.options(self._known(call)), page, call.query, _encoded, "AdvancedOption"
        )

    def update_products(self, call: Call) -> Reply:
        """PUT /Products: many partial updates, by CatalogID or by SKU."""
        rows = call.objects(self._rules.integer("bulk_products_max"))
        if not all(isinstance(each, dict) and isinstance(each.get("SKUInfo"), dict) for each in rows):
            raise ApiError(400, "Every element must be an object with SKUInfo")
        keyed = [(self._identified(each["SKUInfo"]), each) for each in rows]
        return self._results.bulk(
            [attempt("CatalogID", key, partial(self._write, key, each)) for key, each in keyed]
        )

    def update_product(self, call: Call) -> Reply:
        """PUT /Products/{catalog_id}: a partial update."""
        catalog_id, changes = call.number("catalog_id"), call.object()
        return self._results.single(
            attempt("CatalogID", catalog_id, lambda: self._write(catalog_id, changes))
        )

    def update_options(self, call: Call) -> Reply:
        """PUT /Products/{catalog_id}/AdvancedOptions: many, each with its AdvancedOptionCode."""
        catalog_id = self._known(call)
        rows = call.objects(self._rules.integer("others_page_max"))
        if not all(isinstance(each, dict) for each in rows):
            raise ApiError(400, "Every element must be an object")
        keyed = [(each.get("AdvancedOptionCode"), each) for each in rows]
        key = self._rules.text("option_results_key")
        return self._results.bulk(
            [
                attempt(
                    key,
                    catalog_id if key == "CatalogID" else code,
                    partial(self._write_option, catalog_id, code, each),
                )
                for code, each in keyed
            ]
        )

    def update_option(self, call: Call) -> Reply:
        """PUT /Products/{catalog_id}/AdvancedOptions/{code}: a single combination."""
        catalog_id, code, changes = self._known(call), call.arguments["code"], call.object()
        return self._results.single(
            attempt("AdvancedOptionCode", code, lambda: self._write_option(catalog_id, code, changes))
        )

    def _write(self, catalog_id: object, changes: Mapping[str, Any]) -> None:
        if not isinstance(catalog_id, int):
            raise FieldError("CatalogID is required")
        product = self._state.goods.get(catalog_id)
        info = changes.get("SKUInfo")
        kept = fields.checked(info if isinstance(info, dict) else {}, fields.SKU_INFO, self._rules)
        product.update(fields.checked(changes, fields.PRODUCT, self._rules))
        product["SKUInfo"].update(kept)
        self._saved(product)
        if "Stock" in kept:
            self._note(kept["Stock"], str(product["SKUInfo"]["SKU"]), catalog_id)

    def _write_option(self, catalog_id: int, code: object, changes: Mapping[str, Any]) -> None:
        found = [each for each in self._state.goods.options(catalog_id) if each["AdvancedOptionCode"] == code]
        if not found:
            raise KeyError(code)
        kept = fields.checked(changes, fields.ADVANCED_OPTION, self._rules)
        if "AdvancedOptionSufix" not in kept and self._rules["omitted_option_suffix"] == "blanked":
            kept["AdvancedOptionSufix"] = ""
        found[0].update(kept)
        self._saved(self._state.goods.get(catalog_id))
        if "AdvancedOptionStock" in kept:
            self._note(kept["AdvancedOptionStock"], str(found[0]["AdvancedOptionSufix"]), catalog_id)

    def _saved(self, product: Json) -> None:
        product["LastUpdate"] = stamp(self._state.now())
        self._state.goods.put(product)

    def _note(self, stock: float, sku: str, catalog_id: int) -> None:
        self._state.journal.record_effect("stock.set", sku, {"catalog_id": catalog_id, "stock": stock})

    def _identified(self, info: Json) -> object:
        catalog_id = info.get("CatalogID")
        return (
            catalog_id if catalog_id is not None else self._state.goods.with_sku(str(info.get("SKU") or ""))
        )

    def _known(self, call: Call) -> int:
        catalog_id = call.number("catalog_id")
        if catalog_id not in self._state.goods:
            raise ApiError(404, "CatalogID not found")
        return catalog_id

    def _matching(self, query: Mapping[str, str]) -> list[int]:
        goods, updated = self._state.goods, updated_range(query, self._rules)
        filters = {name for name in ("sku", "name", "catalogid", "hide", *_BOUNDS) if query.get(name)}
        if not filters and updated is None:
            return goods.ids()
        return [
            each
            for each in goods.ids()
            if _fits(goods.get(each), filters, query) and _within(goods.get(each).get("LastUpdate"), updated)
        ]


def _fits(product: Json, filters: set[str], query: Mapping[str, str]) -> bool:
    info = product["SKUInfo"]
    texts = {
        "sku": str(info["SKU"]).strip().lower(),
        "name": str(info["Name"]).lower(),
        "catalogid": str(info["CatalogID"]),
        "hide": "1" if product.get("Hide") else "0",
    }
    return all(
        texts[name] == query[name].strip().lower() if name in texts else _bounded(info, name, query[name])
        for name in filters
    )


def _bounded(info: Json, name: str, text: str) -> bool:
    field, upper = _BOUNDS[name]
    try:
        bound = float(text)
    except ValueError as error:
        raise ApiError(400, f"The value is not valid for {name}") from error
    value = float(info.get(field) or 0)
    return value <= bound if upper else value >= bound


def _within(updated: Any, bounds: tuple[Any, Any] | None) -> bool:
    moment = parse_stamp(updated)
    return bounds is None or (moment is not None and bounds[0] <= moment <= bounds[1])


def _encoded(rows: Sequence[Json]) -> list[bytes]:
    return [encode(each) for each in rows]
