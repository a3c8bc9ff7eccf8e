"""Layouts of CSV files as data: which columns there are, and what each holds.

DSFX orders: connectors.md section 7.1 and warehouse-apis.md section 8.1. The columns of DSFX shipment and inventory
files are beyond what is public (UNVERIFIED): they are columns of our choice here, and an account may have others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

Columns = tuple[tuple[str, str], ...]

# Header and what the column holds, for each kind of file that the warehouse writes. The plain layout is the one that
# Cartage documents as its own.
_SHIPMENTS: Columns = (
    ("order", "reference"),
    ("line", "line"),
    ("sku", "sku"),
    ("quantity", "quantity"),
    ("shipment", "shipment"),
    ("tracking", "tracking"),
    ("carrier", "carrier"),
    ("service", "service"),
    ("shipped_at", "date"),
    ("complete", "complete"),
)
_INVENTORY: Columns = (("sku", "sku"), ("available", "available"), ("on_hand", "on_hand"))
_ACKNOWLEDGEMENTS: Columns = (
    ("order", "reference"),
    ("warehouse_order", "number"),
    ("status", "status"),
    ("reason", "message"),
)
# Headers by which the plain layout knows what an order file holds.
_PLAIN_ORDERS: Mapping[str, str] = {
    "order": "reference",
    "order_number": "po_number",
    "name": "name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "state": "state",
    "postal_code": "zip",
    "country": "country",
    "phone": "phone",
    "email": "email",
    "carrier": "carrier",
    "service": "service",
    "notes": "notes",
    "line": "line",
    "sku": "sku",
    "quantity": "quantity",
}
# The fields of a PH record after its type. Versions differ in their number of fields.
_DSFX_BASE = (
    "reference",
    "po_number",
    "name",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "country",
    "attention",
    "phone",
    "bill_name",
    "bill_address1",
    "bill_address2",
    "bill_city",
    "bill_state",
    "bill_zip",
    "bill_country",
    "ship_method",
    "payment",
    "bill_account",
    "ship_date",
    "channel",
    "instructions",
)
_DSFX_WITH_EMAIL = (*_DSFX_BASE[:2], "email", *_DSFX_BASE[2:], "notes")
DSFX_HEADS: Mapping[int, tuple[str, ...]] = {
    len(names): names for names in (_DSFX_BASE, _DSFX_WITH_EMAIL, (*_DSFX_WITH_EMAIL, "facility"))
}


@dataclass(frozen=True)
class CsvLayout:
    """How an account's CSV files look. `orders` is dsfx or a map from header to meaning."""

    orders: str | Mapping[str, str] = field(default_factory=lambda: _PLAIN_ORDERS)
    shipments: Columns = _SHIPMENTS
    inventory: Columns = _INVENTORY
    acknowledgements: Columns = _ACKNOWLEDGEMENTS
    prefixes: tuple[str, str, str] = ("shipments", "inventory", "acknowledgements")
    """How the names of those three kinds of files begin."""
    header: bool = True
    delimiter: str = ","
    encoding: str = "utf-8"
    date_format: str = "%Y-%m-%dT%H:%M:%SZ"
    tracking_separator: str = ""
    """Empty: a row for each package; otherwise one row for each line, with all its tracking numbers in a cell."""
    trailer: str = ""
    """A last line after the rows, such as `TRL,{count}`."""

    def changed(self, changes: Mapping[str, Any]) -> CsvLayout:
        """Return the layout with these fields. Raises KeyError for a field that there is not."""
        unknown = set(changes) - {each.name for each in fields(self)}
        if unknown:
            raise KeyError(f"a layout has no {', '.join(sorted(unknown))}")
        values = dict(changes)
        for name in ("shipments", "inventory", "acknowledgements"):
            if name in values:
                values[name] = tuple((str(header), str(holds)) for header, holds in values[name])
        if "prefixes" in values:
            shipments, inventory, acknowledgements = map(str, values["prefixes"])
            values["prefixes"] = (shipments, inventory, acknowledgements)
        return replace(self, **values)


PLAIN = CsvLayout()
DSFX = CsvLayout(
    orders="dsfx",
    prefixes=("shp", "inv", "ack"),
    shipments=(
        ("Order Number", "reference"),
        ("Shipment Number", "shipment"),
        ("Ship Date", "date"),
        ("Carrier", "carrier"),
        ("Service", "service"),
        ("Tracking Number", "tracking"),
        ("SKU", "sku"),
        ("Quantity", "quantity"),
    ),
    inventory=(("SKU", "sku"), ("Quantity Available", "available"), ("Quantity On Hand", "on_hand")),
    acknowledgements=(
        ("Order Number", "reference"),
        ("Status", "status"),
        ("Message", "message"),
        ("Warehouse Order", "number"),
    ),
)
