"""Two requests for one order, made by different rules: what the warehouse would do otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cartage.model.orders import FulfillmentRequest, ShipMethod


def request_differences(before: FulfillmentRequest, after: FulfillmentRequest) -> list[str]:
    """What is shipped otherwise, in words without personal data; empty if the warehouse would be sent the same."""
    found = list(_line_differences(before, after))
    if before.ship_method != after.ship_method:
        found.insert(0, f"ship method {_method(before.ship_method)} -> {_method(after.ship_method)}")
    others = ("display_number", "ordered_at", "ship_to", "notes")
    found += [name.replace("_", " ") for name in others if getattr(before, name) != getattr(after, name)]
    return found


def _line_differences(before: FulfillmentRequest, after: FulfillmentRequest) -> Iterator[str]:
    old, new = _totals(before), _totals(after)
    other = [sku for sku in sorted(old.keys() | new.keys()) if old.get(sku) != new.get(sku)]
    for sku in other:
        yield f"SKU {sku}: {_number(old.get(sku))} -> {_number(new.get(sku))}"
    if not other and before.lines != after.lines:
        yield "how the lines are made up"


def _totals(request: FulfillmentRequest) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in request.lines:
        totals[line.sku] = totals.get(line.sku, Decimal(0)) + line.quantity
    return totals


def _number(quantity: Decimal | None) -> str:
    return format(quantity.normalize(), "f") if quantity is not None else "none"


def _method(method: ShipMethod) -> str:
    parts = (method.carrier, method.service, method.billing, method.account, method.scac)
    return " ".join(filter(None, parts))
