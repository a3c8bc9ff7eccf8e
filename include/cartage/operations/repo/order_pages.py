"""Pages of orders over many lanes, filtered and sorted, in a time that does not depend on how many orders there are.

Two ways lead to a page. If one of the filters leaves few orders (`order_sources`), these are read and sorted. Else the
orders are walked through in their order, along an index of each lane, and at most so many are looked at: a page that
has not found enough by then says how far it looked, and the next one goes on from there. A lane is walked as far as its
share of all orders says: of equally many orders of each lane, those of small lanes would be too old for the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import Connection, text

from cartage.db.schema.orders import COUNTRY, LINE_SKU, METHOD, PLACED
from cartage.db.schema.shipping import CARRIER

# So many orders a page looks at, at most; fewer if a filter reads other tables for each of them.
_LOOKED_AT = 20_000
_LOOKED_AT_CLOSELY = 4_000
# For each order of a page so many are looked at, at first: orders are met soon if the filters are not narrow.
_SOON = (4, 40)
# A small lane may have more of the newest orders than its share.
_SPARE = 4


@dataclass(frozen=True, slots=True)
class Walk:
    """A way along an index: the `rows` of a lane `l.lane`, in the order of `key` (of this type), then of `tie`.

    `tie` is the id of the row that the index is on; the fulfillment order's id comes last.
    """

    key: str
    type: str
    rows: str
    tie: str = "f.id"

    def ordered(self, way: str) -> str:
        """Return the list that sorts the rows."""
        return f"{self.key} {way}, {self.tie} {way}, f.id {way}"

    def beyond(self, further: str) -> str:
        """Return the condition that rows come after the place of `:key` and `:after`."""
        if self is IN_STATES:
            return f"f.id {further} :after"
        after = f"CAST(:key AS {self.type})"
        if self.tie == "f.id":
            return f"({self.key}, f.id) {further} ({after}, :after)"
        sale = "(SELECT b.sales_order_id FROM fulfillment_order b WHERE b.id = :after)"
        return f"({self.key}, {self.tie}, f.id) {further} ({after}, {sale}, :after)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the key by which the orders are sorted, as text, and the order's id."""

    key: str
    id: int


@dataclass(frozen=True, slots=True)
class PageOfIds:
    """A page of orders: their ids in order, where the next page begins (None: there is none).

    `complete` is False if the page stopped looking before it was full.
    """

    ids: tuple[int, ...]
    then: Place | None
    complete: bool = True


_ORDERS = "fulfillment_order f WHERE f.lane = l.lane"
_SALES = " JOIN sales_order s ON s.id = f.sales_order_id"

IMPORTED = Walk("f.created_at", "timestamptz", _ORDERS)
PLACED_AT = Walk(
    PLACED.replace("ordered_at", "s.ordered_at").replace("created_at", "s.created_at"),
    "timestamptz",
    "sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id WHERE s.lane = l.lane",
    "s.id",
)
AMOUNT = Walk(
    "s.amount",
    "numeric",
    "sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id WHERE s.lane = l.lane",
    "s.id",
)
STATE = Walk("f.state", "text", _ORDERS)
# In the order of import, which ids follow; an index has the orders of each state in that order.
IN_STATES = Walk("f.id", "bigint", f"{_ORDERS} AND f.state = st.state")

# Each reads what belongs to the one order, whatever other indexes promise for the text.
_HAS_SKU = f"(SELECT bool_or({LINE_SKU} LIKE :sku) FROM fulfillment_line WHERE fulfillment_order_id = f.id)"  # noqa: S608
_HAS_CARRIER = (
    f"(SELECT bool_or(strpos({CARRIER}, lower(:carrier)) > 0) FROM shipment h"  # noqa: S608
    " JOIN package ON package.shipment_id = h.id WHERE h.fulfillment_order_id = f.id)"
)
# Filters, by the name of their value. Those of the second group read other tables.
FILTERS: Mapping[str, str] = {
    "states": "f.state = ANY(:states)",
    "cause": "f.state = 'blocked' AND f.cause_ids @> ARRAY[CAST(:cause AS bigint)]",
    "since": "f.created_at >= :since",
    "until": "f.created_at < :until",
    "older_than": "f.state_since <= clock_timestamp() - CAST(:older_than AS interval)",
    "ship_method": f"strpos({METHOD}, lower(:ship_method)) > 0",
    "country": f"{COUNTRY} = upper(:country)",
    "places": "f.lane || '/' || f.warehouse = ANY(CAST(:places AS text[]))",
    "least": "s.amount >= :least",
    "most": "s.amount <= :most",
    "sku": _HAS_SKU,
    "carrier": _HAS_CARRIER,
}
_CLOSE = frozenset({"sku", "carrier"})
_OF_SALES = frozenset({"least", "most"})
# Where a walk in the order of import begins and ends. No order is in its state since before it came.
_BOUNDS: Mapping[str, str] = {
    "since": FILTERS["since"],
    "until": FILTERS["until"],
    "older_than": "f.created_at <= clock_timestamp() - CAST(:older_than AS interval) + interval '1 minute'",
}


def page_among(
    connection: Connection,
    ids: Sequence[int],
    walk: Walk,
    values: Mapping[str, Any],
    *,
    after: Place | None,
    up: bool,
    size: int,
) -> tuple[PageOfIds, int]:
    """Return the next page of these orders, and how many of them pass the filters from the page's beginning on."""
    way, further = ("ASC", ">") if up else ("DESC", "<")
    query = f"SELECT {walk.key} AS key, f.id, count(*) OVER () AS orders {_AMONG} AND {_conditions(values)}"
    if after:
        query += f" AND {walk.beyond(further)}"
    query += f" ORDER BY {walk.ordered(way)} LIMIT :size"
    rows = connection.execute(
        text(query), {**values, **_place(after), "ids": list(ids), "size": size + 1}
    ).all()
    page = _page([Place(_as_text(row.key), row.id) for row in rows], size, edge=None)
    return page, rows[0].orders if rows else 0


def walked_page(
    connection: Connection,
    walk: Walk,
    values: Mapping[str, Any],
    *,
    after: Place | None,
    up: bool,
    size: int,
) -> PageOfIds:
    """Return the next page of the orders of `lanes` that pass the filters, and say if it stopped looking early."""
    if not values["lanes"]:  # No lane that this person sees has the warehouse that was asked for.
        return PageOfIds((), None)
    statement = text(_walk_statement(walk, values, after=after, up=up))
    query = {**values, **_place(after), "size": size + 1}
    most = _LOOKED_AT_CLOSELY if values.keys() & _CLOSE else _LOOKED_AT
    shares = _shares(connection, values["lanes"])
    parts = len(values["states"]) if walk is IN_STATES else 1
    page = PageOfIds((), None)
    connection.execute(_ALONG_INDEXES)
    for looked_at in (*(soon * (size + 1) for soon in _SOON if soon * (size + 1) < most), most):
        budgets = [ceil(looked_at * share / parts) + _SPARE for share in shares]
        rows = connection.execute(statement, {**query, "budgets": budgets}).all()
        edge = next((Place(_as_text(row.key), row.id) for row in rows if row.edge), None)
        page = _page([Place(_as_text(row.key), row.id) for row in rows if not row.edge], size, edge)
        if page.complete:
            break
    return page


# What PostgreSQL counted when it last analysed the table: the frequent lanes, and how many others share the rest.
_COUNTED_LANES = text(
    """
    SELECT most_common_vals::text::text[] AS lanes, most_common_freqs AS shares
    FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'fulfillment_order' AND attname = 'lane'
    """
)


def _shares(connection: Connection, lanes: Sequence[str]) -> list[float]:
    """Return about which share of the orders of all these lanes each of them has. Together they are 1."""
    row = connection.execute(_COUNTED_LANES).one_or_none()
    known = dict(zip(row.lanes, row.shares, strict=True)) if row and row.lanes else {}
    others = [lane for lane in lanes if lane not in known]
    # Lanes that are not among the frequent ones share what these leave, and have no more than the least of them.
    rest = max(1 - sum(known.values()), 0) / max(len(others), 1)
    rest = min(rest, *known.values()) if known else 1.0
    found = [known.get(lane, rest) for lane in lanes]
    total = sum(found)
    return [share / total if total else 1 / len(found) for share in found]


# PostgreSQL cannot know how soon a walk ends, and would rather read a whole table for its thousands of orders.
_ALONG_INDEXES = text(
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan'])"
    " AS planner(name)"
)

_AMONG = """
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.id = ANY(:ids) AND f.lane = ANY(:lanes)
"""


def _walk_statement(walk: Walk, values: Mapping[str, Any], *, after: Place | None, up: bool) -> str:
    """Return the statement: each lane's next orders, as far as all lanes were looked at, those that pass the filters.

    A lane with more orders than its budget ends where the budget ends; the page then goes no further than the first
    of these ends, the edge, or orders of other lanes would come out of turn. The walk reads indexes; the filters read
    one order after the other, until the page is full.
    """
    way, further = ("ASC", ">") if up else ("DESC", "<")
    begin = f"AND {walk.beyond(further)}" if after else ""
    bounds = [bound for name, bound in _BOUNDS.items() if name in values and walk is IMPORTED]
    order = walk.ordered(way)
    states = "CROSS JOIN unnest(CAST(:states AS text[])) AS st(state)" if walk is IN_STATES else ""
    return f"""
        WITH walked AS MATERIALIZED (
            SELECT w.* FROM unnest(CAST(:lanes AS text[]), CAST(:budgets AS int[])) AS l(lane, budget) {states}
            CROSS JOIN LATERAL (
                SELECT f.id, {walk.key} AS key, {walk.tie} AS tie, l.budget, row_number() OVER (ORDER BY {order}) AS n
                FROM {walk.rows} {"".join(f" AND {bound}" for bound in bounds)} {begin}
                ORDER BY {order} LIMIT l.budget
            ) w
        ), edge AS MATERIALIZED (
            SELECT key, tie, id FROM walked WHERE n = budget
            ORDER BY key {way}, tie {way}, id {way} LIMIT 1
        ), looked_at AS MATERIALIZED (
            SELECT w.key, w.tie, w.id FROM walked w
            WHERE NOT EXISTS (SELECT FROM edge e WHERE (w.key, w.tie, w.id) {further} (e.key, e.tie, e.id))
            ORDER BY w.key {way}, w.tie {way}, w.id {way}
        ), hits AS (
            SELECT w.key, w.tie, w.id
            FROM looked_at w JOIN fulfillment_order f ON f.id = w.id{_SALES if values.keys() & _OF_SALES else ""}
            WHERE {_conditions(values)}
            ORDER BY w.key {way}, w.tie {way}, w.id {way} LIMIT :size
        )
        SELECT true AS edge, key, tie, id FROM edge UNION ALL (SELECT false, key, tie, id FROM hits)
        ORDER BY key {way}, tie {way}, id {way}
    """  # noqa: S608 - constants of this module


def _conditions(values: Mapping[str, Any]) -> str:
    return " AND ".join([condition for name, condition in FILTERS.items() if name in values] or ["true"])


def _page(hits: Sequence[Place], size: int, edge: Place | None) -> PageOfIds:
    shown = hits[:size]
    ids = tuple(place.id for place in shown)
    if len(hits) > size:
        return PageOfIds(ids, shown[-1])
    return PageOfIds(ids, edge, complete=edge is None)


def _place(after: Place | None) -> dict[str, Any]:
    return {"key": after.key, "after": after.id} if after else {}


def _as_text(key: Any) -> str:
    return key.isoformat() if hasattr(key, "isoformat") else str(key)
