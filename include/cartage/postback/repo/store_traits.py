"""Traits of a store that its API's documentation leaves open: learned by trying, and learned again when they change."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, text


class Trait(StrEnum):
    """A behaviour that differs between stores (3dcart-api.md section 13)."""

    BULK_CARRIES_TRACKING = "bulk_carries_tracking"  # shipments inside PUT /Orders are carried out
    SHIPMENT_MOVES_ORDER = (
        "shipment_moves_order"  # the status of an order's only shipment becomes the order's
    )


# A store may change: what it did not do is tried again after this time.
_NO_AGES = timedelta(days=30)

_LEARNED = text(
    """
    SELECT trait, holds FROM store_trait
    WHERE store_id = :store_id AND (holds OR learned_at > clock_timestamp() - CAST(:age AS interval))
    """
)

_LEARN = text(
    """
    INSERT INTO store_trait (store_id, trait, holds, order_id) VALUES (:store_id, :trait, :holds, :order_id)
    ON CONFLICT (store_id, trait) DO UPDATE SET holds = excluded.holds, order_id = excluded.order_id,
        learned_at = clock_timestamp()
    """
)


def known_traits(connection: Connection, store_id: int) -> dict[Trait, bool]:
    """Return what is known of a store; a trait that is unknown, or was learned too long ago, is absent."""
    rows = connection.execute(_LEARNED, {"store_id": store_id, "age": _NO_AGES})
    return {Trait(row.trait): row.holds for row in rows}


def learn_trait(connection: Connection, store_id: int, trait: Trait, order_id: int, *, holds: bool) -> None:
    """Record what the store did with an order."""
    values = {"store_id": store_id, "trait": trait.value, "holds": holds, "order_id": order_id}
    connection.execute(_LEARN, values)
