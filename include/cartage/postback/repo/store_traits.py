"""Traits of a store that its API's documentation leaves open: learned by trying, and learned again when they change."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import store_trait


class Trait(StrEnum):
    """A behaviour that differs between stores (3dcart-api.md section 13)."""

    BULK_CARRIES_TRACKING = "bulk_carries_tracking"  # shipments inside PUT /Orders are carried out
    SHIPMENT_MOVES_ORDER = (
        "shipment_moves_order"  # the status of an order's only shipment becomes the order's
    )


# A store may change: what it did not do is tried again after this time.
_NO_AGES = timedelta(days=30)

_NOW = func.clock_timestamp()


def known_traits(connection: Connection, store_id: int) -> dict[Trait, bool]:
    """Return what is known of a store; a trait that is unknown, or was learned too long ago, is absent."""
    trait = store_trait.c
    query = select(trait.trait, trait.holds).where(
        trait.store_id == store_id, or_(trait.holds, trait.learned_at > _NOW - _NO_AGES)
    )
    return {Trait(row.trait): row.holds for row in connection.execute(query)}


def learn_trait(connection: Connection, store_id: int, trait: Trait, order_id: int, *, holds: bool) -> None:
    """Record what the store did with an order."""
    seen = {"holds": holds, "order_id": order_id}
    statement = insert(store_trait).values(store_id=store_id, trait=trait.value, **seen)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["store_id", "trait"], set_={**seen, "learned_at": _NOW}
        )
    )
