"""A lane's orders as a list: filtered, searched, a page at a time, the newest first.

Each page continues after the last row of the page before (keyset), and each filter walks along an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from cartage.model.bounded import BOUND, Bounded
from cartage.model.states import State

# How many orders a search returns. A search is for a number, so more hits would be of no use.
_MOST_FOUND = 500

_COLUMNS = """
    SELECT f.id, f.reference, f.order_id, f.shipment_id, f.state, f.state_since, f.reason, f.ship_method,
           f.remote_id, f.created_at, s.invoice, s.ordered_at, s.amount, f.ship_to ->> 'name' AS name,
           s.document ->> 'email' AS email, f.posted_tracking AS tracking
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
"""

# Without a state the rows are in order of import; with one in order of id, which follows it. Both match an index.
_ALL = text(
    f"""{_COLUMNS}
    WHERE f.lane = :lane AND f.created_at >= :since AND f.created_at < :until
      AND (CAST(:before AS bigint) IS NULL
           OR (f.created_at, f.id) < (SELECT b.created_at, b.id FROM fulfillment_order b WHERE b.id = :before))
    ORDER BY f.created_at DESC, f.id DESC LIMIT :size
    """  # noqa: S608 - a constant of this module
)

_IN_STATE = text(
    f"""{_COLUMNS}
    WHERE f.lane = :lane AND f.state = :state AND f.id < :before AND f.id >= :first
      AND f.created_at >= :since AND f.created_at < :until
    ORDER BY f.id DESC LIMIT :size
    """
)

_BY_CAUSE = text(
    f"""{_COLUMNS}
    WHERE f.lane = :lane AND f.state = 'blocked' AND f.cause_ids @> ARRAY[CAST(:cause AS bigint)]
      AND f.id < :before
    ORDER BY f.id DESC LIMIT :size
    """
)

_BY_IDS = text(
    _COLUMNS + "WHERE f.id = ANY(:ids) AND f.lane = :lane AND f.id < :before ORDER BY f.id DESC LIMIT :size"
)

_BOUNDS = text(
    """
    SELECT (SELECT f.id FROM fulfillment_order f WHERE f.lane = :lane AND f.created_at >= :since
            ORDER BY f.created_at, f.id LIMIT 1) AS first,
           (SELECT f.id FROM fulfillment_order f WHERE f.lane = :lane AND f.created_at < :until
            ORDER BY f.created_at DESC, f.id DESC LIMIT 1) AS last
    """
)

_COUNT = text(
    """
    SELECT count(*) FROM (
        SELECT FROM fulfillment_order f
        WHERE f.lane = :lane AND (CAST(:state AS text) IS NULL OR f.state = :state)
          AND f.created_at >= :since AND f.created_at < :until
        LIMIT :bound
    ) found
    """
)

_SEARCH = """
    SELECT f.id FROM fulfillment_order f WHERE f.lane = :lane AND f.reference = upper(:text)
    UNION
    SELECT f.id FROM fulfillment_order f WHERE f.lane = :lane AND f.remote_id = :text
    UNION
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = :lane AND lower(f.adopted_as) = lower(:text) AND f.superseded_at IS NULL
    UNION
    SELECT f.id FROM lane_state l JOIN fulfillment_order f ON f.store_id = l.store_id AND f.order_id = :number
    WHERE l.lane = :lane AND f.lane = :lane
    UNION
    SELECT id FROM (
        SELECT f.id FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id
        WHERE s.lane = :lane AND lower(left(s.invoice, 100)) LIKE :prefix LIMIT :most) numbered
    UNION
    SELECT f.id FROM package p JOIN shipment h ON h.id = p.shipment_id
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
    WHERE f.lane = :lane AND p.tracking IN (:text, upper(:text), lower(:text))
"""

_SEARCH_MAIL = """
    UNION
    SELECT id FROM (
        SELECT f.id FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id
        WHERE s.lane = :lane AND s.document ->> 'email' <> ''
          AND lower(left(s.document ->> 'email', 254)) = lower(left(:text, 254))
        ORDER BY s.id DESC LIMIT :most) mailed
"""

_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(9999, 12, 30)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which orders of a lane. Days are those of import, in UTC, both included; `cause` selects the ones that it blocks.

    `text` is a number (the order's, the invoice's, ours, the warehouse's, a tracking number) or an e-mail address,
    which is searched for only if `by_mail`.
    """

    lane: str
    state: State | None = None
    cause: int | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""
    by_mail: bool = False

    def days(self) -> dict[str, datetime]:
        """Return the instants at which the days begin and end."""
        since, until = self.since or _FIRST_DAY, self.until or _LAST_DAY
        midnight = datetime.min.time()
        return {
            "since": datetime.fromisoformat(f"{datetime.combine(since, midnight)}+00:00"),
            "until": datetime.fromisoformat(f"{datetime.combine(until, midnight)}+00:00") + timedelta(days=1),
        }


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """A fulfillment order in a list. Personal data: `name` and `email`."""

    id: int
    reference: str
    order_id: int
    shipment_id: int
    state: State
    state_since: datetime
    reason: str
    ship_method: str
    remote_id: str
    created_at: datetime
    invoice: str
    ordered_at: datetime | None
    amount: Decimal
    name: str
    email: str
    tracking: str


def order_page(
    connection: Connection, wanted: Filter, *, before: int | None = None, size: int = 50
) -> list[ListedOrder]:
    """Return the next orders, newest first, after the order with the id `before`."""
    query: dict[str, Any] = {"lane": wanted.lane, "before": before or 2**63 - 1, "size": size}
    if wanted.text.strip():
        rows = connection.execute(_BY_IDS, query | {"ids": _found(connection, wanted)})
    elif wanted.cause is not None:
        rows = connection.execute(_BY_CAUSE, query | {"cause": wanted.cause})
    elif wanted.state is not None:
        rows = connection.execute(_IN_STATE, query | _in_state(connection, wanted, before))
    else:
        rows = connection.execute(_ALL, query | wanted.days() | {"before": before})
    listed = [_listed(row._asdict()) for row in rows]
    if wanted.text.strip() and wanted.state is not None:
        return [order for order in listed if order.state is wanted.state]
    return listed


def how_many(connection: Connection, wanted: Filter) -> Bounded:
    """Count the orders of the filter's state and days, up to the bound."""
    query = {"lane": wanted.lane, "state": wanted.state, "bound": BOUND + 1, **wanted.days()}
    return Bounded.of(connection.execute(_COUNT, query).scalar_one())


def _in_state(connection: Connection, wanted: Filter, before: int | None) -> dict[str, Any]:
    """Bound the ids by the days, so that a search for old days does not start from today."""
    query: dict[str, Any] = {"state": wanted.state, "first": 0, **wanted.days()}
    if wanted.since or wanted.until:
        bounds = connection.execute(_BOUNDS, {"lane": wanted.lane, **wanted.days()}).one()
        last = bounds.last or 0
        query |= {"first": bounds.first or 2**63 - 1, "before": min(before or 2**63 - 1, last + 1)}
    return query


def _found(connection: Connection, wanted: Filter) -> Sequence[int]:
    words = wanted.text.strip()
    number = int(words) if words.isascii() and words.isdigit() and len(words) < 19 else -1
    escaped = words.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = {"lane": wanted.lane, "text": words, "number": number, "prefix": f"{escaped}%"}
    statement = _SEARCH + (_SEARCH_MAIL if wanted.by_mail and "@" in words else "")
    rows = connection.execute(text(statement), query | {"most": _MOST_FOUND})
    return [row.id for row in rows]


def _listed(row: dict[str, Any]) -> ListedOrder:
    texts = {name: row[name] or "" for name in ("name", "email", "remote_id", "tracking")}
    return ListedOrder(**(row | texts | {"state": State(row["state"])}))
