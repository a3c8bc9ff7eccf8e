"""What a warehouse offers for orders, kept as it was last read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import ship_method_offer
from cartage.db.schema.base import TIME
from cartage.model.orders import ShipMethod

# After this time the warehouse may offer more.
_FRESH_FOR = timedelta(days=1)
_NOW = func.clock_timestamp(type_=TIME)


def offered_ship_methods(
    connection: Connection, account: str, *, fresh: bool = False
) -> list[ShipMethod] | None:
    """Return the warehouse's ship methods as last read; None if never read, or with `fresh` not in the last day."""
    offered = select(ship_method_offer.c.methods).where(ship_method_offer.c.account == account)
    if fresh:
        offered = offered.where(ship_method_offer.c.read_at > _NOW - _FRESH_FOR)
    methods = connection.execute(offered).scalar_one_or_none()
    return None if methods is None else [ShipMethod(**method) for method in methods]


def keep_offered_ship_methods(connection: Connection, account: str, methods: Sequence[ShipMethod]) -> None:
    """Keep the warehouse's ship methods."""
    new = insert(ship_method_offer).values(account=account, methods=[asdict(method) for method in methods])
    replaced = {"methods": new.excluded.methods, "read_at": _NOW}
    connection.execute(new.on_conflict_do_update(index_elements=["account"], set_=replaced))
