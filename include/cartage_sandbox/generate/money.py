"""The money identity of an order (3dcart-api.md section 4.2), calculated in Decimal.

It rounds nothing: what the API sends with more than two decimals stays so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cartage_sandbox.generate.shapes import Json


def amount_of(order: Json) -> Decimal:
    """Return what OrderAmount must be (section 4.2). Rows that are not objects count as nothing."""
    lines = sum((_line_amount(line) for line in dicts(order.get("OrderItemList"))), Decimal(0))
    shipping = sum(
        (_money(each.get("ShipmentCost")) for each in dicts(order.get("ShipmentList"))), Decimal(0)
    )
    taxes = sum((_money(order.get(name)) for name in ("SalesTax", "SalesTax2", "SalesTax3")), Decimal(0))
    return lines + shipping + taxes - _money(order.get("OrderDiscount"))


def dicts(rows: Any) -> list[Json]:
    """Return the objects of a list; none if the value is not a list."""
    return [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []


def _line_amount(line: Json) -> Decimal:
    return _money(line.get("ItemQuantity")) * (
        _money(line.get("ItemUnitPrice")) + _money(line.get("ItemOptionPrice"))
    )


def _money(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return Decimal(0)
