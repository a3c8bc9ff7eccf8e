"""Search orders by what a person types: a number of the order or of a parcel, a SKU, a name, or part of an e-mail.

Each kind of number has an index of its own. Names and e-mail addresses are personal data: they are searched only in the
lanes for which the caller says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from cartage.db.schema.orders import INVOICE, INVOICE_DIGITS, LINE_SKU, PLACED
from cartage.db.schema.shipping import TRACKING

# More hits than anybody looks through; what was searched for is then too short.
MOST_FOUND = 1_000
_MOST_SKUS = 20
# Of so many of the newest orders every name is looked at, which says how frequent a text is before the index is read.
_LOOKED_AT = 2_000
_FREQUENT = 100
# Fewer characters than this say nothing about a name.
_SHORTEST_NAME = 2

_NUMBERS = f"""
    SELECT f.id FROM fulfillment_order f WHERE f.lane = ANY(:lanes) AND f.reference = upper(:text)
    UNION
    SELECT f.id FROM fulfillment_order f WHERE f.lane = ANY(:lanes) AND f.remote_id = :text
    UNION
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = ANY(:lanes) AND lower(f.adopted_as) = lower(:text) AND f.superseded_at IS NULL
    UNION
    SELECT f.id FROM fulfillment_order f
    WHERE f.store_id IN (SELECT l.store_id FROM lane_state l WHERE l.lane = ANY(:lanes)) AND f.order_id = :number
      AND f.lane = ANY(:lanes)
    UNION
    SELECT id FROM (
        SELECT f.id FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id
        WHERE s.lane = ANY(:lanes) AND {INVOICE} LIKE :prefix LIMIT :most) AS numbered
    UNION
    SELECT id FROM (
        SELECT f.id FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id
        WHERE s.lane = ANY(:lanes) AND {INVOICE_DIGITS} = :digits
          AND regexp_replace({INVOICE}, '[^a-z0-9]', '', 'g') LIKE :plain_end LIMIT :most) AS digits
    UNION
    SELECT f.id FROM package JOIN shipment h ON h.id = package.shipment_id
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
    WHERE f.lane = ANY(:lanes) AND package.tracking <> '' AND {TRACKING} = :plain
"""  # noqa: S608 - constants of this module

_SKUS = f"""
    UNION
    SELECT id FROM (
        WITH RECURSIVE skus(sku, place) AS (
            (SELECT {LINE_SKU}, 1 FROM fulfillment_line WHERE {LINE_SKU} LIKE :sku_prefix
             ORDER BY {LINE_SKU} USING ~<~ LIMIT 1)
            UNION ALL
            SELECT (SELECT {LINE_SKU} FROM fulfillment_line
                    WHERE {LINE_SKU} LIKE :sku_prefix AND {LINE_SKU} ~>~ skus.sku
                    ORDER BY {LINE_SKU} USING ~<~ LIMIT 1), place + 1
            FROM skus WHERE skus.sku IS NOT NULL AND place < :most_skus
        )
        SELECT f.id FROM skus CROSS JOIN LATERAL (
            SELECT fulfillment_order_id FROM fulfillment_line WHERE {LINE_SKU} = skus.sku
            ORDER BY fulfillment_order_id DESC LIMIT :most
        ) l JOIN fulfillment_order f ON f.id = l.fulfillment_order_id
        WHERE f.lane = ANY(:lanes) ORDER BY f.id DESC LIMIT :most
    ) AS bought
"""  # noqa: S608 - constants of this module

_NEWEST_FIRST = " ORDER BY id DESC LIMIT :most"

# The text as it is searched for, and the trigrams by which the index finds it.
_NAME = text(
    """
    SELECT folded, search_grams(CASE WHEN length(folded) < 3 THEN ' ' || folded ELSE folded END) AS grams
    FROM (SELECT trim(search_text(jsonb_build_object('email', CAST(:text AS text)))) AS folded) AS wanted
    """
)

_NAMED_LATELY = text(
    f"""
    SELECT s.id FROM unnest(CAST(:lanes AS text[])) AS l(lane) CROSS JOIN LATERAL (
        SELECT id, document FROM sales_order WHERE lane = l.lane ORDER BY {PLACED} DESC, id DESC LIMIT :share
    ) s
    WHERE search_text(s.document) LIKE :pattern
    """  # noqa: S608 - constants of this module
)

_NAMED = text(
    """
    SELECT s.id FROM sales_order s
    WHERE s.lane = ANY(:lanes) AND search_grams(search_text(s.document)) @> CAST(:grams AS text[]) AND s.id > :above
      AND search_text(s.document) LIKE :pattern
    ORDER BY s.id DESC LIMIT :most
    """
)

_GROUPS = text(
    "SELECT id FROM fulfillment_order WHERE sales_order_id = ANY(:ids) ORDER BY id DESC LIMIT :most"
)
_NEWEST = text("SELECT coalesce(max(id), 0) FROM sales_order")


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of the fulfillment orders that a search found. `more`: there may be older ones, which were not looked at."""

    ids: tuple[int, ...]
    more: bool = False


def search_orders(
    connection: Connection,
    wanted: str,
    lanes: Sequence[str],
    personal: Collection[str],
    *,
    numbers_only: bool = False,
) -> Found:
    """Return the orders of these lanes that a text finds; names and e-mail addresses only in `personal` lanes.

    `numbers_only` leaves out what an order shares with others: SKUs, names and addresses.
    """
    wanted = " ".join(wanted.split())
    if not wanted:
        return Found(())
    numbered = _numbered(connection, wanted, lanes, skus=not numbers_only)
    named = _named(connection, wanted, [] if numbers_only else sorted(set(lanes) & set(personal)))
    ids = sorted({*numbered, *named.ids}, reverse=True)
    return Found(tuple(ids[:MOST_FOUND]), named.more or len(ids) >= MOST_FOUND)


def _numbered(connection: Connection, wanted: str, lanes: Sequence[str], *, skus: bool) -> list[int]:
    plain = re.sub(r"[^A-Za-z0-9]", "", wanted)
    digits = re.search(r"[0-9]+$", wanted)
    query: dict[str, Any] = {
        "lanes": list(lanes),
        "text": wanted,
        "number": int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else -1,
        "prefix": f"{_escaped(wanted.lstrip('#').lower())}%" if plain else None,
        "digits": digits[0] if digits else None,
        "plain": plain.upper() or None,
        "plain_end": f"%{plain.lower()}",
        "most": MOST_FOUND,
    }
    if skus:
        query |= {"sku_prefix": f"{_escaped(wanted.lower())}%", "most_skus": _MOST_SKUS}
    statement = _NUMBERS + (_SKUS if skus else "") + _NEWEST_FIRST
    return list(connection.execute(text(statement), query).scalars())


def _named(connection: Connection, wanted: str, lanes: Sequence[str]) -> Found:
    if not lanes:
        return Found(())
    folded, grams = connection.execute(_NAME, {"text": wanted}).one()
    if folded is None or len(folded) < _SHORTEST_NAME:
        return Found(())
    # A text of two characters is the beginning of a word.
    pattern = f"%{_escaped(folded)}%" if len(folded) > _SHORTEST_NAME else f"% {_escaped(folded)}%"
    query = {"lanes": list(lanes), "pattern": pattern, "grams": grams, "most": MOST_FOUND}
    share = max(10, _LOOKED_AT // len(lanes))
    lately = list(connection.execute(_NAMED_LATELY, query | {"share": share}).scalars())
    if len(lately) >= _FREQUENT:
        return Found(_groups(connection, lately), more=True)
    # So many of the newest orders have some thousand hits among them, if older ones are like those that were looked at.
    above = 0
    if len(lately) > 2:
        newest = connection.execute(_NEWEST).scalar_one()
        above = max(0, newest - MOST_FOUND * _LOOKED_AT // len(lately))
    found = list(connection.execute(_NAMED, query | {"above": above}).scalars())
    return Found(_groups(connection, found), more=above > 0 or len(found) >= MOST_FOUND)


def _groups(connection: Connection, sales_orders: Sequence[int]) -> tuple[int, ...]:
    query = {"ids": list(sales_orders), "most": MOST_FOUND}
    return tuple(connection.execute(_GROUPS, query).scalars())


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
