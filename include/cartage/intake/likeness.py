"""The likeness of an order: equal for orders of one customer with the same lines to the same address. Pure.

It is stored with each fulfillment order, so that a possible duplicate is found by an index, however many orders a
customer has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal

from cartage.addresses import address_keys
from cartage.model.orders import Address, OrderLine


def likeness_of(email: str, ship_to: Address, lines: Sequence[OrderLine]) -> str:
    """Return a digest of customer, address (street, postal code, country), lines and options.

    It is empty without an e-mail address. Quantities of a SKU are added up, so that the order of the lines does not
    count.
    """
    if not email:
        return ""
    quantities: dict[str, Decimal] = {}
    for line in lines:
        quantities[line.sku] = quantities.get(line.sku, Decimal(0)) + line.quantity
    place = address_keys(ship_to)
    compared = [email.casefold(), place["address1"], place["zip_code"], place["country"]]
    content = [(sku, str(quantity.normalize())) for sku, quantity in sorted(quantities.items())]
    # Two engravings of one mug are two presents, not one order placed twice.
    options = sorted((line.sku, option.text) for line in lines for option in line.options)
    return hashlib.sha256(
        json.dumps([compared, content, *([options] if options else [])]).encode()
    ).hexdigest()[:32]
