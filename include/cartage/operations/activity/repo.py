"""What happened, read from the tables that keep it: each source a few rows per lane along an index, then merged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from cartage.db.schema.causes import BY_PEOPLE
from cartage.mappings.documents import rule_from
from cartage.mappings.rules import rule_text
from cartage.plurals import counted

# The order of sources within one instant.
EVENT, MAPPING, DROPPED, JOB, FILE, OPENED, CLOSED = range(7)

# The rows of one source, lane by lane: `m` is the table, `m.at` its time. Of the rows of the very instant at which the
# page before ended, only those after its last row are left.
_SOURCE = """
    (SELECT {source} AS source, m.* FROM unnest(CAST(:lanes AS text[]), CAST(:since AS timestamptz[]),
            CAST(:until AS timestamptz[])) AS l(lane, since, until)
     CROSS JOIN LATERAL (
        SELECT t.id, t.lane, t.{at} AS at, {columns} FROM {table} t
        WHERE t.lane = l.lane AND t.{at} >= l.since AND t.{at} < l.until AND t.{at} <= :at
          AND (t.{at} < :at OR ({source}, t.id) < (:source, :id)) AND {condition}
        ORDER BY t.{at} DESC, t.id DESC LIMIT :size
     ) m ORDER BY m.at DESC, m.id DESC LIMIT :size)
"""
_NOTHING = "NULL::bigint AS sales_order_id, NULL::bigint AS fulfillment_order_id"

_EVENTS = _SOURCE.format(
    source=EVENT,
    at="at",
    table="event",
    columns="t.actor, t.kind, t.from_state, t.to_state, t.why, t.run_id, t.sales_order_id, t.fulfillment_order_id, "
    "NULL::jsonb AS document",
    condition="%s",
)
_ORDER_EVENTS = f"""
    (SELECT {EVENT} AS source, t.id, t.lane, t.at, t.actor, t.kind, t.from_state, t.to_state, t.why, t.run_id,
            t.sales_order_id, t.fulfillment_order_id, NULL::jsonb AS document
     FROM unnest(CAST(:lanes AS text[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
        AS l(lane, since, until)
     JOIN event t ON t.lane = l.lane AND t.at >= l.since AND t.at < l.until
     WHERE t.id IN (SELECT id FROM event WHERE fulfillment_order_id = ANY(:orders)
                    UNION SELECT id FROM event WHERE sales_order_id = ANY(:sales_orders))
       AND t.at <= :at AND (t.at < :at OR ({EVENT}, t.id) < (:source, :id)) AND %s
     ORDER BY t.at DESC, t.id DESC LIMIT :size)
"""  # noqa: S608 - constants of this module
# A stage has no index of its own: the newest events of each lane are looked at. Where a lane has more than so many, the
# page goes no further than the first of these ends, or the next page would be out of turn.
_LOOKED_AT = 20_000
_OF_STAGE = text(
    f"""
    WITH looked AS MATERIALIZED (
        SELECT m.* FROM unnest(CAST(:lanes AS text[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
            AS l(lane, since, until)
        CROSS JOIN LATERAL (
            SELECT t.id, t.at, t.actor, row_number() OVER (ORDER BY t.at DESC, t.id DESC) AS n FROM event t
            WHERE t.lane = l.lane AND t.at >= l.since AND t.at < l.until AND t.at <= :at
              AND (t.at < :at OR ({EVENT}, t.id) < (:source, :id))
            ORDER BY t.at DESC, t.id DESC LIMIT :look
        ) m
    ), edge AS MATERIALIZED (
        SELECT at, id FROM looked WHERE n = :look ORDER BY at DESC, id DESC LIMIT 1
    )
    SELECT true AS edge, at, id FROM edge
    UNION ALL (
        SELECT false, w.at, w.id FROM looked w
        WHERE w.actor = :stage AND NOT EXISTS (SELECT FROM edge e WHERE (w.at, w.id) < (e.at, e.id))
        ORDER BY w.at DESC, w.id DESC LIMIT :size
    )
    """  # noqa: S608 - a constant of this module
)
_CHOSEN_EVENTS = f"""
    (SELECT {EVENT} AS source, t.id, t.lane, t.at, t.actor, t.kind, t.from_state, t.to_state, t.why, t.run_id,
            t.sales_order_id, t.fulfillment_order_id, NULL::jsonb AS document
     FROM event t WHERE t.id = ANY(:events))
"""  # noqa: S608 - a constant of this module
# Rules that one person saved or dropped at one instant, as by a mapping file, are one row: that of the newest of them.
_RULES = f"""
    (SELECT {{source}} AS source, m.* FROM unnest(CAST(:lanes AS text[]), CAST(:since AS timestamptz[]),
            CAST(:until AS timestamptz[])) AS l(lane, since, until)
     CROSS JOIN LATERAL (
        SELECT g.id, t.lane, g.at, g.actor, t.kind, '' AS from_state, '' AS to_state, t.note AS why, '' AS run_id,
               {_NOTHING}, to_jsonb(t) || jsonb_build_object('others', g.rules - 1) AS document
        FROM (
            SELECT max(t.id) AS id, t.{{at}} AS at, t.{{by}} AS actor, count(*) AS rules FROM mapping_rule t
            WHERE t.lane = l.lane AND t.{{at}} >= l.since AND t.{{at}} < l.until AND t.{{at}} <= :at
              AND (CAST(:person AS text) IS NULL OR t.{{by}} = :person) AND {{condition}}
            GROUP BY t.{{at}}, t.{{by}} HAVING t.{{at}} < :at OR ({{source}}, max(t.id)) < (:source, :id)
            ORDER BY t.{{at}} DESC, max(t.id) DESC LIMIT :size
        ) g JOIN mapping_rule t ON t.id = g.id
     ) m ORDER BY m.at DESC, m.id DESC LIMIT :size)
"""  # noqa: S608 - constants of this module
_MAPPINGS = _RULES.format(source=MAPPING, at="made_at", by="author", condition="true")
# A rule that another version replaced is listed as that version.
_DROPPED = _RULES.format(
    source=DROPPED,
    at="ended_at",
    by="ended_by",
    condition="""NOT EXISTS (
        SELECT FROM mapping_rule n WHERE n.lane = t.lane AND n.kind = t.kind AND n.store = t.store AND n.id > t.id
          AND n.made_at BETWEEN t.ended_at AND t.ended_at + interval '5 seconds')""",
)
_JOBS = _SOURCE.format(
    source=JOB,
    at="requested_at",
    table="desk_job",
    columns=f"t.requested_by AS actor, t.kind, '' AS from_state, '' AS to_state, t.failure AS why, '' AS run_id, "
    f"{_NOTHING}, NULL::jsonb AS document",
    condition="(CAST(:person AS text) IS NULL OR t.requested_by = :person)",
)
_FILES = _SOURCE.format(
    source=FILE,
    at="decided_at",
    table="inbound_document",
    columns=f"t.decided_by AS actor, t.state AS kind, '' AS from_state, '' AS to_state, t.path AS why, '' AS run_id, "
    f"{_NOTHING}, NULL::jsonb AS document",
    condition="(CAST(:person AS text) IS NULL OR t.decided_by = :person)",
)
_ALERT = f"""'watchdog' AS actor, t.kind, '' AS from_state, '' AS to_state, t.title AS why, '' AS run_id, {_NOTHING},
    NULL::jsonb AS document"""
_OPENED = _SOURCE.format(source=OPENED, at="opened_at", table="alert", columns=_ALERT, condition="true")
_CLOSED = _SOURCE.format(source=CLOSED, at="closed_at", table="alert", columns=_ALERT, condition="true")

_MERGED = """
    SELECT m.*, f.id AS order, coalesce(f.reference, '') AS reference, coalesce(s.invoice, '') AS invoice,
           coalesce(s.order_id, 0) AS order_id
    FROM (SELECT * FROM (%s) every ORDER BY at DESC, source DESC, id DESC LIMIT :size) m
    LEFT JOIN sales_order s ON s.id = m.sales_order_id
    LEFT JOIN LATERAL (
        SELECT o.id, o.reference FROM fulfillment_order o
        WHERE o.id = m.fulfillment_order_id OR m.fulfillment_order_id IS NULL AND o.sales_order_id = m.sales_order_id
        ORDER BY o.id DESC LIMIT 1) f ON m.sales_order_id IS NOT NULL OR m.fulfillment_order_id IS NOT NULL
    ORDER BY m.at DESC, m.source DESC, m.id DESC
"""

# By our reference, by the store's number, or by the number that people see.
_ORDERS = text(
    """
    SELECT f.id, f.sales_order_id FROM fulfillment_order f WHERE f.lane = ANY(:lanes) AND f.reference = upper(:text)
    UNION
    SELECT f.id, f.sales_order_id FROM lane_state l
    JOIN fulfillment_order f ON f.store_id = l.store_id AND f.order_id = :number AND f.lane = l.lane
    WHERE l.lane = ANY(:lanes)
    UNION
    SELECT f.id, s.id FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id
    WHERE s.lane = ANY(:lanes) AND lower(left(s.invoice, 100)) = lower(left(:text, 100))
    LIMIT 100
    """
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list ended: the last row's time, source and id."""

    at: datetime
    source: int
    id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which activity: of these lanes, each since and until its own instants; by a stage, by people, about an order.

    `order` is one of the order's numbers as people write them.
    """

    lanes: Sequence[tuple[str, datetime, datetime]]
    stage: str = ""
    people: bool = False
    person: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    Attributes:
        what: The kind of an event, of an alert or of a job; what was decided about a file.
        why: The reason; the title of an alert, the path of a file, the rule of a mapping.
        order: The id of the fulfillment order; None if it is about none.
        others: How many more rules the same person saved or dropped at the same instant.
    """

    at: datetime
    source: int
    id: int
    lane: str
    actor: str
    what: str
    from_state: str
    to_state: str
    why: str
    run_id: str
    order: int | None
    reference: str
    number: str
    others: int = 0

    @property
    def place(self) -> Place:
        """Where a page continues that ends with this."""
        return Place(self.at, self.source, self.id)


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of what happened. `looked_to` is where it stopped looking before it was full; None: it did not."""

    happenings: list[Happening]
    looked_to: Place | None = None


def read_activity(
    connection: Connection, wanted: Wanted, *, before: Place | None = None, size: int
) -> Activity:
    """Return what happened, the newest first, after the place where the page before ended."""
    values: dict[str, Any] = {
        "lanes": [lane for lane, _, _ in wanted.lanes],
        "since": [since for _, since, _ in wanted.lanes],
        "until": [until for _, _, until in wanted.lanes],
        "at": before.at if before else max((until for _, _, until in wanted.lanes), default=None),
        "source": before.source if before else CLOSED + 1,
        "id": before.id if before else 0,
        "size": size,
        "person": wanted.person or None,
        "stage": wanted.stage or None,
    }
    sources, looked_to = _sources(wanted), None
    if wanted.order:
        values |= _numbers(connection, values["lanes"], wanted.order)
    elif wanted.stage and not (wanted.people or wanted.person):
        values["events"], looked_to = _of_stage(connection, values)
        sources = [_CHOSEN_EVENTS]
    rows = connection.execute(text(_MERGED % " UNION ALL ".join(sources)), values).mappings()
    return Activity([_happening(row) for row in rows], looked_to)


def _of_stage(connection: Connection, values: dict[str, Any]) -> tuple[list[int], Place | None]:
    """Return the next events of a stage, and where looking for them ended if it ended early."""
    size, lanes = values["size"], max(1, len(values["lanes"]))
    ids: list[int] = []
    edge: Place | None = None
    for look in (size, max(_LOOKED_AT // lanes, size)):
        rows = connection.execute(_OF_STAGE, {**values, "look": look}).all()
        ids = [row.id for row in rows if not row.edge]
        edge = next((Place(row.at, EVENT, row.id) for row in rows if row.edge), None)
        if len(ids) == size or edge is None:
            return ids, None
    return ids, edge


def _sources(wanted: Wanted) -> list[str]:
    """Return the tables that can have what is wanted: only events are about one order, or by a stage."""
    conditions = ["true"]
    if wanted.people or wanted.person:
        conditions.append(f"t.{BY_PEOPLE}")
    if wanted.person:
        conditions.append("t.actor = :person")
    if wanted.stage:
        conditions.append("t.actor = :stage")
    events = (_ORDER_EVENTS if wanted.order else _EVENTS) % " AND ".join(conditions)
    if wanted.order or wanted.stage:
        return [events]
    by_people = [events, _MAPPINGS, _DROPPED, _JOBS, _FILES]
    return by_people if wanted.people or wanted.person else [*by_people, _OPENED, _CLOSED]


def _numbers(connection: Connection, lanes: Collection[str], order: str) -> dict[str, list[int]]:
    words = order.strip()
    number = int(words) if words.isascii() and words.isdigit() and len(words) < 19 else -1
    rows = connection.execute(_ORDERS, {"lanes": list(lanes), "text": words, "number": number}).all()
    return {
        "orders": [row.id for row in rows],
        "sales_orders": sorted({row.sales_order_id for row in rows}),
    }


def _happening(row: RowMapping) -> Happening:
    why, others = row["why"], 0
    if row["document"]:
        others = row["document"]["others"]
        more = f" and {counted(others, 'other')}" if others else ""
        noted = f" ({row['why']})" if row["why"] else ""
        why = f"{rule_text(rule_from(row['document']))}{more}{noted}"
    return Happening(
        row["at"],
        row["source"],
        row["id"],
        row["lane"],
        row["actor"],
        row["kind"],
        row["from_state"] or "",
        row["to_state"] or "",
        why,
        row["run_id"],
        row["order"],
        row["reference"],
        row["invoice"] or (str(row["order_id"]) if row["order_id"] else ""),
        others,
    )
