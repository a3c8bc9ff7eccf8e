"""The store's own description: order statuses and settings (sections 5, 7). Both are read-only, as in the real API."""

from __future__ import annotations

from cartage_sandbox.threedcart.api.paging import listed, page_of
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire.messages import ApiError, Call, Reply, array_of, encode
from cartage_sandbox.threedcart.wire.times import offset_hours


class ShopRoutes:
    """The handlers. Each is called under the state's lock."""

    def __init__(self, state: StoreState, secure_url: str) -> None:
        self._state, self._secure_url = state, secure_url

    def list_statuses(self, call: Call) -> Reply:
        """GET /OrderStatus."""
        statuses, rules = self._state.statuses, self._state.rules
        page = page_of(call.query, rules.integer("others_page_max"), rules)
        return listed(
            statuses.ids(), page, call.query, lambda ids: [statuses.body(each) for each in ids], "OrderStatus"
        )

    def get_status(self, call: Call) -> Reply:
        """GET /OrderStatus/{status_id}: an array with one status."""
        status_id = call.number("status_id")
        if status_id not in self._state.statuses:
            raise ApiError(404, "OrderStatusID not found")
        return Reply(200, array_of([self._state.statuses.body(status_id)]), "OrderStatus")

    def settings(self, call: Call) -> Reply:
        """GET /StoreSettings: the settings that orders need."""
        rules = self._state.rules
        settings = {
            "StoreInformation": {"StoreName": "Demo Outfitters", "StoreURL": self._secure_url},
            "MerchantInformation": {"MerchantEmail": "owner@example.test"},
            "StoreStandards": {
                "StoreTimeZone": offset_hours(rules.text("store_time_zone")),
                "CurrencySymbol": "$",
                "DecimalPlacesOnPrice": "2",
                "CurrencyCode": "USD",
            },
        }
        as_array = rules["store_settings_shape"] == "array"
        return Reply(200, encode([settings] if as_array else settings), "StoreSettings")
