"""The FBA Inventory API v1: summaries of the stock by seller SKU."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from cartage_sandbox.mcf.api.call import STOCK, Call, Gate, PageTokens
from cartage_sandbox.mcf.data.model import Goods, JsonObject
from cartage_sandbox.mcf.data.state import MARKETPLACE_ID
from cartage_sandbox.mcf.operations.tokens import INVENTORY
from cartage_sandbox.mcf.parts import SellerParts
from cartage_sandbox.mcf.wire.documents import summary
from cartage_sandbox.mcf.wire.refusals import invalid

SUMMARIES = "/fba/inventory/v1/summaries"
_MOST_SKUS = 50


class InventoryApi:
    """Handlers of the stock."""

    def __init__(self, parts: SellerParts, gate: Gate) -> None:
        self._state, self._gate = parts.state, gate
        self._tokens = PageTokens(parts.state, "stock_token_seconds")

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route(SUMMARIES, self._gate.endpoint(STOCK, INVENTORY, self.summaries), methods=["GET"])]

    def summaries(self, call: Call) -> JsonObject:
        """Show the stock of all SKUs, or of at most fifty by name: getInventorySummaries. Its page tokens soon die."""
        if call.params.get("granularityType") != "Marketplace":
            raise invalid("granularityType is required.")
        for name in ("granularityId", "marketplaceIds"):
            if call.params.get(name) != MARKETPLACE_ID:
                raise invalid(f"Value for parameter {name} is missing or invalid.")
        rules = self._state.rules
        found = sorted(self._asked(call.params.get("sellerSkus", "")), key=lambda goods: goods.fn_sku)
        token = call.params.get("nextToken")
        if token:
            last, _ = self._tokens.read(token)
            found = [goods for goods in found if goods.fn_sku > last]
        page = found[: rules.integer("stock_page_size")]
        details = call.params.get("details", "false").lower() == "true"
        listed: JsonObject = {
            "payload": {
                "granularity": {"granularityType": "Marketplace", "granularityId": MARKETPLACE_ID},
                "inventorySummaries": [summary(goods, details=details) for goods in page],
            }
        }
        if len(found) > len(page):
            listed["pagination"] = {"nextToken": self._tokens.issue(page[-1].fn_sku)}
        return listed

    def _asked(self, text: str) -> list[Goods]:
        every = list(self._state.goods.values())
        if not text:
            shown = self._state.rules.flag("summaries_without_stock")
            return [goods for goods in every if goods.total or shown]
        asked = text.split(",")
        if len(asked) > _MOST_SKUS:
            raise invalid(f"At most {_MOST_SKUS} sellerSkus are accepted.")
        if self._state.rules.flag("sku_letter_case_counts"):
            return [goods for goods in every if goods.sku in asked]
        folded = {sku.casefold() for sku in asked}
        return [goods for goods in every if goods.sku.casefold() in folded]
