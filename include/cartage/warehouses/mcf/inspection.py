"""Look up what a lane's settings name at Amazon: the account, the marketplace with its stock, and a delivery.

Reads only: a preview creates nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cartage.errors import AuthFailed, PermissionDenied, Refused
from cartage.warehouses.checks import Inspected
from cartage.warehouses.mcf import wire
from cartage.warehouses.mcf.client import Operation, SellingPartnerClient
from cartage.warehouses.mcf.orders import ROOT, OutboundOrders
from cartage.warehouses.mcf.settings import SPEEDS, McfSettings, PreviewAddress
from cartage.warehouses.mcf.stock import FbaInventory, Summaries

_PREVIEW = Operation("getFulfillmentPreview", "POST", f"{ROOT}/preview")
_ROLES = "Give the app the roles Amazon Fulfillment and Product Listing, and authorize it again."
_RIGHT_MARKETPLACE = "Set marketplace to the one in which the seller has FBA items."
# Offices of Amazon, as its websites name them.
_OFFICES = {
    "US": PreviewAddress(line="410 Terry Ave N", city="Seattle", state="WA", zip_code="98109", country="US"),
    "CA": PreviewAddress(
        line="40 King Street W", city="Toronto", state="ON", zip_code="M5H 3Y2", country="CA"
    ),
    "UK": PreviewAddress(
        line="1 Principal Place, Worship Street", city="London", zip_code="EC2A 2FA", country="GB"
    ),
    "DE": PreviewAddress(line="Marcel-Breuer-Str. 12", city="Muenchen", zip_code="80807", country="DE"),
}


def inspect(
    client: SellingPartnerClient, orders: OutboundOrders, inventory: FbaInventory, settings: McfSettings
) -> Iterator[Inspected]:
    """Sign in, and look up the orders, the marketplace and a delivery. Stop if the sign-in fails.

    Raises:
        RemoteError: if Amazon could not be reached.
    """
    try:
        orders.changed(datetime.now(UTC))
    except AuthFailed as failure:
        yield Inspected("sign-in", ok=False, text=failure.what, fix=failure.fix)
        return
    except PermissionDenied as failure:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected("orders", ok=False, text=failure.what, fix=_ROLES)
    else:
        yield Inspected("sign-in", ok=True, text="Signed in, with access to fulfillment orders.")
    marketplace = f"marketplace {settings.place().country}"
    try:
        page = inventory.first()
    except PermissionDenied as failure:
        yield Inspected(marketplace, ok=False, text=failure.what, fix=_ROLES)
        return
    except Refused as refusal:
        yield Inspected(marketplace, ok=False, text=refusal.what, fix=_RIGHT_MARKETPLACE)
        return
    yield Inspected(marketplace, ok=True, text=f"The seller has {_many(page)} in its FBA inventory.")
    yield from _delivery(client, settings, page)


def _delivery(client: SellingPartnerClient, settings: McfSettings, page: Summaries) -> Iterator[Inspected]:
    """Say at which speeds Amazon would deliver a unit of the first SKU with stock."""
    thing = "delivery"
    address = settings.preview_address or _OFFICES.get(settings.place().country)
    if address is None:
        text = "not previewed: no address in the marketplace's country is known"
        yield Inspected(
            thing, ok=None, text=text, fix="Set preview_address in the lane's warehouse settings."
        )
        return
    sku = next((row.value.seller_sku for row in page.rows if _has_stock(row.value)), "")
    if not sku:
        text = "no SKU of the first page of the inventory has sellable stock"
        yield Inspected(thing, ok=True, text=text, fix="Send stock to Amazon before orders.", warns=True)
        return
    try:
        response = client.read(_PREVIEW, body=_request(settings, address, sku))
    except (PermissionDenied, Refused) as failure:
        yield Inspected(thing, ok=None, text=f"the preview was refused ({failure.what})", fix=_ROLES)
        return
    previews = client.validated(wire.PreviewList, response.payload, _PREVIEW.at(_PREVIEW.path))
    yield _judged(
        thing, sku, settings, {each.shipping_speed_category: each for each in previews.fulfillment_previews}
    )


def _judged(
    thing: str, sku: str, settings: McfSettings, previews: dict[str, wire.DeliveryPreview]
) -> Inspected:
    possible = [speed for speed in SPEEDS if speed in previews and previews[speed].is_fulfillable]
    refused = [
        f"{speed} ({', '.join(previews[speed].order_unfulfillable_reasons) or 'no reason given'})"
        for speed in SPEEDS
        if speed in previews and speed not in possible
    ]
    text = f"Amazon would deliver {sku} by {', '.join(possible) or 'no speed'}"
    text += f"; not by {', '.join(refused)}." if refused else "."
    fix = "Map no ship method to a speed that Amazon does not offer."
    wrong = not possible or (settings.speed is not None and settings.speed not in possible)
    return Inspected(
        thing, ok=not wrong, text=text, fix=fix if refused or wrong else "", warns=bool(refused) and not wrong
    )


def _request(settings: McfSettings, address: PreviewAddress, sku: str) -> dict[str, Any]:
    fields = {
        "name": "Preview",
        "addressLine1": address.line,
        "city": address.city,
        "stateOrRegion": address.state,
        "postalCode": address.zip_code,
        "countryCode": address.country,
    }
    return {
        "marketplaceId": settings.place().id,
        "address": {name: value for name, value in fields.items() if value},
        "items": [{"sellerSku": sku, "quantity": 1, "sellerFulfillmentOrderItemId": "1"}],
        "shippingSpeedCategories": list(SPEEDS),
    }


def _has_stock(summary: wire.InventorySummary) -> bool:
    return bool(summary.seller_sku) and (summary.inventory_details.fulfillable_quantity or 0) > 0


def _many(page: Summaries) -> str:
    count = len(page.rows)
    return f"{count} SKUs or more" if count else "no SKU"
