"""The sandbox shops whose warehouse has an API, by the name of the connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from cartage_sandbox.stack.storefront import ApiShop

API_SHOPS: Mapping[str, type[ApiShop[Any]]] = {
    shop.connector: shop for shop in (Shop, ShipBobShop, SellerShop)
}
