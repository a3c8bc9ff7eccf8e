"""The few orders that one filter of a list leaves, by an index of that filter: whatever else the list filters by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from cartage.db.schema.orders import COUNTRY, LINE_SKU, METHOD
from cartage.db.schema.shipping import CARRIER

# So many orders are few: they are read and sorted at once.
FEW = 5_000
# Texts of which there are more are looked for order by order.
_MOST_TEXTS = 1_000

_Values = Mapping[str, Any]
_Source = Callable[[Connection, _Values], Sequence[int] | None]


def few_orders(connection: Connection, values: _Values) -> list[int] | None:
    """Return the ids that a filter with an index leaves, before the other filters; None if no filter leaves few."""
    for names, source in _SOURCES:
        if names & values.keys():
            ids = source(connection, values)
            if ids is not None and len(ids) <= FEW:
                return sorted(set(ids))
    return None


def _by(condition: str) -> _Source:
    """Return the source of the orders of the lanes that meet a condition with an index."""
    statement = text(f"SELECT f.id FROM fulfillment_order f WHERE {condition} LIMIT :few")  # noqa: S608 - of this module

    def ids(connection: Connection, values: _Values) -> Sequence[int]:
        return connection.execute(statement, {**values, "few": FEW + 1}).scalars().all()

    return ids


def _of_days(connection: Connection, values: _Values) -> Sequence[int]:
    """Return the orders that were imported on the days, which may have no beginning or no end."""
    bounds = {"since": "f.created_at >= :since", "until": "f.created_at < :until"}
    conditions = [condition for name, condition in bounds.items() if name in values]
    return _by(" AND ".join(["f.lane = ANY(:lanes)", *conditions]))(connection, values) or ()


_BOUGHT = text(
    f"SELECT fulfillment_order_id FROM fulfillment_line WHERE {LINE_SKU} LIKE :sku LIMIT :few"  # noqa: S608
)


def _of_sku(connection: Connection, values: _Values) -> Sequence[int] | None:
    if values["sku"].startswith(("%", "_")):
        return None
    return connection.execute(_BOUGHT, {**values, "few": FEW + 1}).scalars().all()


_PAID = text(
    """
    SELECT s.id FROM sales_order s
    WHERE s.lane = ANY(:lanes) AND s.amount >= coalesce(CAST(:least AS numeric), '-infinity')
      AND s.amount <= coalesce(CAST(:most AS numeric), 'infinity')
    LIMIT :few
    """
)
_OF_SALES_ORDERS = text("SELECT id FROM fulfillment_order WHERE sales_order_id = ANY(:ids) LIMIT :few")


def _of_amount(connection: Connection, values: _Values) -> Sequence[int] | None:
    query = {"least": None, "most": None, **values, "few": FEW + 1}
    ids = connection.execute(_PAID, query).scalars().all()
    if len(ids) > FEW:
        return None
    return connection.execute(_OF_SALES_ORDERS, {"ids": ids, "few": FEW + 1}).scalars().all()


def _texts_of(table: str, expression: str) -> Callable[[Connection, str], list[str] | None]:
    """Return what finds the different texts of an indexed expression that contain another text, if there are few texts.

    Usually very many rows have few texts: the index is descended once for each.
    """
    statement = text(
        f"""
        WITH RECURSIVE texts(found, place) AS (
            (SELECT {expression}, 1 FROM {table} ORDER BY {expression} LIMIT 1)
            UNION ALL
            SELECT (SELECT {expression} FROM {table} WHERE {expression} > texts.found ORDER BY {expression} LIMIT 1),
                   place + 1
            FROM texts WHERE texts.found IS NOT NULL AND place <= :most
        )
        SELECT found, place FROM texts WHERE found IS NOT NULL AND (strpos(found, lower(:wanted)) > 0 OR place > :most)
        """  # noqa: S608 - constants of this module
    )

    def texts(connection: Connection, wanted: str) -> list[str] | None:
        rows = connection.execute(statement, {"wanted": wanted, "most": _MOST_TEXTS}).all()
        return None if any(row.place > _MOST_TEXTS for row in rows) else [row.found for row in rows]

    return texts


_methods = _texts_of("fulfillment_order", METHOD)
_carriers = _texts_of("package", CARRIER)
_by_methods = _by(f"f.lane = ANY(:lanes) AND {METHOD} = ANY(:texts)")
_PARCELS = text(f"SELECT shipment_id FROM package WHERE {CARRIER} = ANY(:texts) LIMIT :few")  # noqa: S608
_OF_SHIPMENTS = text(
    "SELECT fulfillment_order_id FROM shipment WHERE id = ANY(:ids) AND fulfillment_order_id > 0"
)


def _of_method(connection: Connection, values: _Values) -> Sequence[int] | None:
    texts = _methods(connection, values["ship_method"])
    return None if texts is None else _by_methods(connection, {**values, "texts": texts})


def _of_carrier(connection: Connection, values: _Values) -> Sequence[int] | None:
    texts = _carriers(connection, values["carrier"])
    if texts is None:
        return None
    ids = connection.execute(_PARCELS, {"texts": texts, "few": FEW + 1}).scalars().all()
    return None if len(ids) > FEW else connection.execute(_OF_SHIPMENTS, {"ids": ids}).scalars().all()


# The cheapest first.
_SOURCES: tuple[tuple[frozenset[str], _Source], ...] = (
    (frozenset({"cause"}), _by("f.state = 'blocked' AND f.cause_ids @> ARRAY[CAST(:cause AS bigint)]")),
    (frozenset({"since", "until"}), _of_days),
    (frozenset({"country"}), _by(f"f.lane = ANY(:lanes) AND {COUNTRY} = upper(:country)")),
    (frozenset({"states"}), _by("f.lane = ANY(:lanes) AND f.state = ANY(:states)")),
    (frozenset({"ship_method"}), _of_method),
    (frozenset({"sku"}), _of_sku),
    (frozenset({"least", "most"}), _of_amount),
    (frozenset({"carrier"}), _of_carrier),
)
