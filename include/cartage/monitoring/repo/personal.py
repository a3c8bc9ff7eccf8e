"""Personal data of orders: the values that identify a person, so that messages can be redacted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, or_, select

from cartage.db.schema import fulfillment_order

# Shorter values occur in any text and identify nobody.
_SHORTEST = 4
# These do not identify a person.
_COMMON = frozenset({"state", "country"})


def names_in(
    connection: Connection, references: Collection[str], *, sales_order_ids: Collection[int] = ()
) -> set[str]:
    """Return the values of these orders' addresses: names, streets, towns, telephone numbers, e-mail addresses."""
    if not references and not sales_order_ids:
        return set()
    query = select(fulfillment_order.c.ship_to).where(
        or_(
            fulfillment_order.c.reference.in_(references),
            fulfillment_order.c.sales_order_id.in_(sales_order_ids),
        )
    )
    return {value for row in connection.execute(query) for value in values_of(row.ship_to)}


def values_of(address: Mapping[str, Any]) -> set[str]:
    """Return the values of a stored address that identify a person; a name also contributes its parts."""
    texts = {
        value.strip() for name, value in address.items() if name not in _COMMON and isinstance(value, str)
    }
    texts |= set(str(address.get("name", "")).split())
    return {value for value in texts if len(value) >= _SHORTEST}
