"""Orders of one lane or many as a list: searched, filtered, sorted, a page at a time, for desk and CLI.

Each page continues after the last row of the page before (keyset).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from cartage.model.bounded import BOUND, Bounded
from cartage.model.states import State
from cartage.operations.repo.order_pages import (
    AMOUNT,
    IMPORTED,
    IN_STATES,
    PLACED_AT,
    STATE,
    PageOfIds,
    Place,
    Walk,
    page_among,
    walked_page,
)
from cartage.operations.repo.order_search import search_orders
from cartage.operations.repo.order_sources import few_orders

_COLUMNS = text(
    """
    SELECT f.id, f.lane, f.reference, f.order_id, f.shipment_id, f.state, f.state_since, f.reason, f.ship_method,
           f.warehouse, f.remote_id, f.created_at, s.invoice, s.ordered_at, s.amount, f.ship_to ->> 'name' AS name,
           f.ship_to ->> 'country' AS country, s.document ->> 'email' AS email, f.posted_tracking AS tracking
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS listed(id, place)
    JOIN fulfillment_order f ON f.id = listed.id JOIN sales_order s ON s.id = f.sales_order_id
    ORDER BY listed.place
    """
)

_COUNT = text(
    """
    SELECT count(*) FROM (
        SELECT FROM fulfillment_order f
        WHERE f.lane = ANY(:lanes) AND (CAST(:states AS text[]) IS NULL OR f.state = ANY(CAST(:states AS text[])))
          AND f.created_at >= :since AND f.created_at < :until
        LIMIT :bound
    ) found
    """
)

_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(9999, 12, 30)
# What a bounded count of all orders can do without an index of its own.
_COUNTED = frozenset({"lanes", "states", "since", "until"})
# Rows that one statement of a long list reads, so that each ends well within the desk's statement timeout.
_BATCH = 1_000


class Sort(StrEnum):
    """What a list is sorted by, then by id."""

    IMPORTED = "imported"
    PLACED = "placed"
    AMOUNT = "amount"
    STATE = "state"


_ID = re.compile("[0-9]{1,18}")
# The keys of a page's end, by their type.
_KEYS = {
    "timestamptz": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}\+00:00"),
    "numeric": re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?"),
    "bigint": _ID,
    "text": re.compile("|".join(State)),
}
_WALKS = {Sort.IMPORTED: IMPORTED, Sort.PLACED: PLACED_AT, Sort.AMOUNT: AMOUNT, Sort.STATE: STATE}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders of these lanes, and in which order. What is empty or None filters nothing.

    Days are those of import, in UTC, both included. `cause` selects the orders that it blocks, `older_than` those that
    are in their state for at least that long. `places` are lanes and warehouses, of which an order has one of several:
    `demo/west`. `sku` may end with `*`. `text` is a number (the order's, the invoice's,
    ours, the warehouse's, a tracking number), a SKU, a name or part of an e-mail address; names and addresses are
    searched for only in the lanes of `personal`, and with `numbers_only` nothing but a number finds an order. `up` is
    the smallest first.
    """

    lanes: tuple[str, ...]
    text: str = ""
    personal: frozenset[str] = frozenset()
    numbers_only: bool = False
    states: tuple[State, ...] = ()
    cause: int | None = None
    since: date | None = None
    until: date | None = None
    older_than: timedelta | None = None
    ship_method: str = ""
    country: str = ""
    sku: str = ""
    carrier: str = ""
    places: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    sort: Sort = Sort.IMPORTED
    up: bool = False

    def days(self) -> dict[str, datetime]:
        """Return the instants at which the days begin and end."""
        since, until = self.since or _FIRST_DAY, self.until or _LAST_DAY
        midnight = datetime.min.time()
        return {
            "since": datetime.fromisoformat(f"{datetime.combine(since, midnight)}+00:00"),
            "until": datetime.fromisoformat(f"{datetime.combine(until, midnight)}+00:00") + timedelta(days=1),
        }

    def values(self) -> dict[str, Any]:
        """Return the lanes, and what each filter that is set compares with."""
        days = self.days()
        wanted: Mapping[str, Any] = {
            "states": [state.value for state in self.states],
            "cause": self.cause,
            "since": days["since"] if self.since else None,
            "until": days["until"] if self.until else None,
            "older_than": self.older_than,
            "ship_method": self.ship_method.strip(),
            "country": self.country.strip(),
            "sku": _sku_pattern(self.sku),
            "carrier": self.carrier.strip(),
            "places": list(self.places),
            "least": self.least,
            "most": self.most,
        }
        given = {name: value for name, value in wanted.items() if value not in (None, "", [])}
        return {"lanes": list(self.lanes), **given}

    @property
    def walk(self) -> Walk:
        """The index along which the list is read."""
        bounded = self.since or self.until or self.older_than
        if self.sort is Sort.IMPORTED and self.states and not bounded:
            return IN_STATES
        return _WALKS[self.sort]


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """A fulfillment order in a list. Personal data: `name` and `email`."""

    id: int
    lane: str
    reference: str
    order_id: int
    shipment_id: int
    state: State
    state_since: datetime
    reason: str
    ship_method: str
    warehouse: str
    remote_id: str
    created_at: datetime
    invoice: str
    ordered_at: datetime | None
    amount: Decimal
    name: str
    country: str
    email: str
    tracking: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of a list.

    `then` is where the next page begins, None at the end. `count` is how many orders match, if that is known cheaply.
    `complete` is False if the page stopped looking before it was full; `searched_all` if a search left older hits out.
    """

    orders: tuple[ListedOrder, ...] = field(default=())
    then: str | None = None
    count: Bounded | None = None
    complete: bool = True
    searched_all: bool = True


def order_page(
    connection: Connection, wanted: Filter, *, after: str | None = None, size: int = 50
) -> OrderPage:
    """Return the page that begins `after` the end of the page before."""
    page, count, searched_all = _page_of_ids(
        connection, wanted, after=_place(wanted, after), size=size, counted=after is None
    )
    return OrderPage(
        _listed(connection, page.ids),
        _then(page),
        count,
        page.complete,
        searched_all,
    )


def order_ids(connection: Connection, wanted: Filter, *, most: int) -> tuple[int, ...]:
    """Return the ids of the orders that match, in the order of the list; no more than `most`."""
    ids: list[int] = []
    after: str | None = None
    while len(ids) < most:
        batch, after = id_batch(connection, wanted, after=after)
        ids += batch
        if after is None:
            break
    return tuple(ids[:most])


def id_batch(
    connection: Connection, wanted: Filter, *, after: str | None
) -> tuple[tuple[int, ...], str | None]:
    """Return the ids of the next orders of a long list, and where the batch after them begins; None at the end.

    A batch may be empty and not be the last one.
    """
    page, _, _ = _page_of_ids(connection, wanted, after=_place(wanted, after), size=_BATCH, counted=False)
    return page.ids, _then(page)


def orders_by_id(connection: Connection, ids: Sequence[int], lanes: Sequence[str]) -> list[ListedOrder]:
    """Return those of these orders that belong to the lanes, in the order given."""
    return [order for order in _listed(connection, ids) if order.lane in set(lanes)]


def how_many(connection: Connection, wanted: Filter) -> Bounded | None:
    """Count the orders of the filter up to the bound; None if a filter has no index by which to count."""
    values = wanted.values()
    if wanted.text.strip() or not values.keys() <= _COUNTED:
        return None
    query = {"states": None, "bound": BOUND + 1, **values, **wanted.days()}
    return Bounded.of(connection.execute(_COUNT, query).scalar_one())


def _page_of_ids(
    connection: Connection, wanted: Filter, *, after: Place | None, size: int, counted: bool
) -> tuple[PageOfIds, Bounded | None, bool]:
    """Return a page, how many orders match if that is cheap to say, and whether the search looked at all orders."""
    values, searched_all = wanted.values(), True
    if wanted.text.strip():
        found = search_orders(
            connection, wanted.text, wanted.lanes, wanted.personal, numbers_only=wanted.numbers_only
        )
        ids: Sequence[int] | None = found.ids
        searched_all = not found.more
    else:
        ids = few_orders(connection, values)
    if ids is None:
        page = walked_page(connection, wanted.walk, values, after=after, up=wanted.up, size=size)
        return page, how_many(connection, wanted) if counted else None, True
    page, count = page_among(connection, ids, wanted.walk, values, after=after, up=wanted.up, size=size)
    return page, Bounded.of(count) if counted else None, searched_all


def _then(page: PageOfIds) -> str | None:
    return None if page.then is None else f"{page.then.key}~{page.then.id}"


def _listed(connection: Connection, ids: Sequence[int]) -> tuple[ListedOrder, ...]:
    rows = connection.execute(_COLUMNS, {"ids": list(ids)}) if ids else ()
    return tuple(_order(row._asdict()) for row in rows)


def _order(row: dict[str, Any]) -> ListedOrder:
    texts = {name: row[name] or "" for name in ("name", "country", "email", "remote_id", "tracking")}
    return ListedOrder(**(row | texts | {"state": State(row["state"])}))


def _place(wanted: Filter, after: str | None) -> Place | None:
    """Return the place that a page's `then` names; None for a text that names none."""
    key, _, number = (after or "").rpartition("~")
    if not (_KEYS[wanted.walk.type].fullmatch(key) and _ID.fullmatch(number)):
        return None
    try:
        return Place(datetime.fromisoformat(key).isoformat() if "T" in key else key, int(number))
    except ValueError:
        return None


def _sku_pattern(sku: str) -> str:
    wanted = sku.strip().lower()[:100]
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped[:-1]}%" if escaped.endswith("*") else escaped
