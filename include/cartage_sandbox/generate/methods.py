"""The ship methods of generated orders, as the store's checkout names them (3dcart-api.md section 4.2).

What a warehouse calls them is up to the mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

DOMESTIC: Mapping[str, Decimal] = {
    "USPS - Priority Mail": Decimal("8.95"),
    "USPS - Ground Advantage": Decimal("5.50"),
    "UPS Ground": Decimal("9.75"),
    "UPS 2nd Day Air": Decimal("18.40"),
    "FedEx Home Delivery": Decimal("10.20"),
    "Free Shipping (USPS Priority 2-3 business days)": Decimal("0.00"),
}
FOREIGN: Mapping[str, Decimal] = {
    "USPS - Priority Mail International": Decimal("31.00"),
    "FedEx International Priority": Decimal("54.30"),
}
# What a lane must map for healthy orders to ship, and the one name that no lane of the sandbox maps.
SHIP_METHODS: tuple[str, ...] = (*DOMESTIC, *FOREIGN)
UNMAPPED_METHOD = "Ground (5-7 days)"
