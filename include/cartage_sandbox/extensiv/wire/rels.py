"""The link relations under which hal+json embeds its lists (warehouse-apis.md section 2)."""

from __future__ import annotations

_RELS = "http://api.3plCentral.com/rels"
ORDER_REL = f"{_RELS}/orders/order"
ITEM_REL = f"{_RELS}/orders/item"
PACKAGE_REL = f"{_RELS}/orders/package"
CONTENT_REL = f"{_RELS}/orders/packagecontent"
CUSTOMER_REL = f"{_RELS}/customers/customer"
CUSTOMER_ITEM_REL = f"{_RELS}/customers/item"
FACILITY_REL = f"{_RELS}/properties/facility"
CARRIER_REL = f"{_RELS}/properties/carrier"
STOCK_REL = "item"
