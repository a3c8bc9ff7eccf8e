"""The resources around orders: customers, items, stock, facilities, carriers. All are read-only.

Stock lists have their own shapes (warehouse-apis.md section 2, "Inventory").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cartage_sandbox.extensiv import rql
from cartage_sandbox.extensiv.api.call import Call, guarded
from cartage_sandbox.extensiv.api.orders import parsed
from cartage_sandbox.extensiv.data.catalogue import BILLING_CODES
from cartage_sandbox.extensiv.data.model import Item
from cartage_sandbox.extensiv.data.stock import cache_headers, distorted, listed_stock
from cartage_sandbox.extensiv.parts import WarehouseParts
from cartage_sandbox.extensiv.query.pages import Page, Query, page_of
from cartage_sandbox.extensiv.query.properties import ITEMS, STOCK, ItemProperties
from cartage_sandbox.extensiv.wire.errors import Refusal, bad_query
from cartage_sandbox.extensiv.wire.rels import (
    CARRIER_REL,
    CUSTOMER_ITEM_REL,
    CUSTOMER_REL,
    FACILITY_REL,
    STOCK_REL,
)
from cartage_sandbox.extensiv.wire.resources import billing_codes_shown, carrier_shown, services_shown

_DEFAULT_ITEMS = 10
_DEFAULT_STOCK = 100


class CatalogueApi:
    """Handlers of everything except orders."""

    def __init__(self, parts: WarehouseParts) -> None:
        self._parts = parts
        self._state = parts.state
        self._catalogue = parts.state.catalogue

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            self._route("/customers", "CustomerView", self.customers),
            self._route("/customers/{customer_id}/items", "ItemView", self.items),
            self._route("/inventory/stocksummaries", "InventoryRead", self.stock_summaries),
            self._route("/inventory/stockdetails", "InventoryRead", self.stock_details),
            self._route("/properties/carriers", "ReadPropertiesThirdParty", self.carriers),
            self._route("/properties/facilities", "FacilityView", self.facilities),
        ]

    def customers(self, call: Call) -> Response:
        """GET /customers."""
        rows = [
            {"readOnly": {"customerId": party.id}, "externalId": party.external_id, "name": party.name}
            for party in self._catalogue.customers.values()
        ]
        return call.response({"totalResults": len(rows), "_embedded": {CUSTOMER_REL: rows}})

    def items(self, call: Call) -> Response:
        """GET /customers/{id}/items: rql, sort, pages of 10 to 100."""
        text = call.path["customer_id"]
        customer = self._catalogue.customers.get(int(text)) if text.isdecimal() else None
        if customer is None:
            raise Refusal(404)
        page = self._page(call, self._catalogue.items(customer.id), ITEMS, _DEFAULT_ITEMS, "max_page_items")
        rows = [self._parts.resources.customer_item(item, customer) for item in page.rows]
        return call.response(
            {
                "totalResults": page.total,
                "_embedded": {CUSTOMER_ITEM_REL: rows},
                "_links": call.page_links(page),
            }
        )

    def stock_summaries(self, call: Call) -> Response:
        """GET /inventory/stocksummaries: no `_embedded`, no customer on a row."""
        response_rule = self._state.rules.text("stock_response")
        items = listed_stock(
            self._catalogue.items(), response_rule, empty_rows=self._state.rules.flag("stock_empty_rows")
        )
        page = self._page(call, items, STOCK, _DEFAULT_STOCK, "max_page_stock")
        asked = call.params.get("orderednotallocated", "").lower() == "true"
        ordered = asked or not self._state.rules.flag("ordered_not_allocated_on_request")
        rows = [
            distorted(self._parts.resources.stock_summary(item, ordered=ordered), response_rule)
            for item in page.rows
        ]
        made = self._state.now() - timedelta(seconds=self._state.rules.number("stock_age_seconds"))
        headers = cache_headers(response_rule, made, self._state.now())
        return call.response({"totalResults": page.total, "summaries": rows}, headers=headers)

    def stock_details(self, call: Call) -> Response:
        """GET /inventory/stockdetails: customerid and facilityid are required."""
        for name in ("customerid", "facilityid"):
            if name not in call.params:
                raise bad_query(name, f"{name} is required.", "Required")
        facility = call.number("facilityid", 0)
        items = self._catalogue.items(call.number("customerid", 0))
        here = [item for item in items if item.facility_id == facility]
        page = self._page(call, here, STOCK, _DEFAULT_STOCK, "max_page_stock")
        rows = [self._parts.resources.stock_detail(item) for item in page.rows]
        return call.response({"totalResults": page.total, "_embedded": {STOCK_REL: rows}})

    def carriers(self, call: Call) -> Response:
        """GET /properties/carriers: all at once, without a total, beside the defaults of carriers that name none."""
        rows = [carrier_shown(carrier) for carrier in self._catalogue.carriers]
        return call.response(
            {
                "defaultBillingCodes": billing_codes_shown(BILLING_CODES),
                "defaultShipmentServices": services_shown(self._catalogue.default_services),
                "_embedded": {CARRIER_REL: rows},
            }
        )

    def facilities(self, call: Call) -> Response:
        """GET /properties/facilities."""
        zone = self._state.timestamps.facility_zone_name
        rows = [
            {"facilityId": party.id, "name": party.name, "deactivated": False, "timeZoneName": zone}
            for party in self._catalogue.facilities.values()
        ]
        return call.response({"totalResults": len(rows), "_embedded": {FACILITY_REL: rows}})

    def _route(self, path: str, role: str, handler: Callable[[Call], Response]) -> Route:
        return Route(path, guarded(self._parts, role, handler), methods=["GET"])

    def _page(
        self, call: Call, items: Iterable[Item], properties: ItemProperties, size: int, largest: str
    ) -> Page[Any]:
        rules = self._state.rules
        clamp = rules.text("oversized_page") == "clamp"
        size = call.page_size(size, rules.integer(largest), clamp=clamp)
        query = Query(properties, self._state.timestamps, case_sensitive=rules.flag("text_case_sensitive"))
        matches = parsed(call, "rql", lambda text: query.matcher(rql.parse(text)))
        sort = parsed(call, "sort", query.sorter)
        found = [item for item in items if matches is None or matches(item)]
        if sort:
            sort(found)
        return page_of(found, call.number("pgnum", 1), size)
