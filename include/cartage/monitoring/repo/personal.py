"""Personal data of orders: the values by which a person can be known, for keeping them out of what is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, text

# Shorter values are found in any text, and name nobody.
_SHORTEST = 4
# Not by themselves of a person.
_COMMON = frozenset({"state", "country"})

_ADDRESSES = text(
    """
    SELECT ship_to FROM fulfillment_order
    WHERE reference = ANY(:references) OR sales_order_id = ANY(:sales_order_ids)
    """
)


def names_in(
    connection: Connection, references: Collection[str], *, sales_order_ids: Collection[int] = ()
) -> set[str]:
    """The values of these orders' addresses: names, streets, places, numbers, mail addresses."""
    if not references and not sales_order_ids:
        return set()
    query = {"references": list(references), "sales_order_ids": list(sales_order_ids)}
    return {value for row in connection.execute(_ADDRESSES, query) for value in values_of(row.ship_to)}


def values_of(address: Mapping[str, Any]) -> set[str]:
    """The values of a stored address by which a person can be known; of a name also its parts."""
    texts = {
        value.strip() for name, value in address.items() if name not in _COMMON and isinstance(value, str)
    }
    texts |= set(str(address.get("name", "")).split())
    return {value for value in texts if len(value) >= _SHORTEST}
