"""How the orders that a warehouse has under a reference differ from what was sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from cartage.addresses import same_place
from cartage.model.orders import Address, FulfillmentRequest
from cartage.model.skus import folded
from cartage.warehouses.contract import RemoteOrder, RemoteState


def content_differences(request: FulfillmentRequest, found: Sequence[RemoteOrder]) -> list[str]:
    """Return how the orders found under a reference differ from the request; empty means the same content.

    Quantities are added up over split children. A cancelled order counts only if all are cancelled, because a
    split may cancel the original order. Of addresses, country, postal code and house number are compared: warehouses
    reformat the rest (`same_place`).
    """
    live = [order for order in found if order.state is not RemoteState.CANCELLED] or found
    wanted = _totals((line.sku, line.quantity) for line in request.lines)
    there = _totals(line for order in live for line in order.lines)
    differences = [
        f"SKU {sku}: {wanted.get(sku, Decimal(0))} ordered, {there.get(sku, Decimal(0))} at the warehouse"
        for sku in sorted(wanted.keys() | there.keys())
        if wanted.get(sku, Decimal(0)) != there.get(sku, Decimal(0))
    ]
    return differences + place_differences(request.ship_to, live)


def is_smaller(request: FulfillmentRequest, found: Sequence[RemoteOrder]) -> bool:
    """Return whether the orders found go to the request's place and have a part of its quantities, and nothing else."""
    wanted = _totals((line.sku, line.quantity) for line in request.lines)
    there = _totals(line for order in found for line in order.lines)
    fits = all(quantity <= wanted.get(sku, Decimal(0)) for sku, quantity in there.items())
    return bool(there) and fits and there != wanted and not place_differences(request.ship_to, found)


def place_differences(ship_to: Address, found: Sequence[RemoteOrder]) -> list[str]:
    """Return whether the orders found under a reference go somewhere else. No mapping can cause this difference."""
    live = [order for order in found if order.state is not RemoteState.CANCELLED] or found
    if all(same_place(order.ship_to, ship_to) for order in live):
        return []
    return ["ship-to address: a different country, postal code or house number"]


def _totals(lines: Iterator[tuple[str, Decimal]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for sku, quantity in lines:
        totals[folded(sku)] = totals.get(folded(sku), Decimal(0)) + quantity
    return totals
