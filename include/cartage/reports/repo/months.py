"""The days of a month in one row, of a lane or of one of its warehouses: long reports read these, not each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.reports.repo.places import PLACES, Places

Month = tuple[str, date, str]
"""A lane, the first day of a month, and one of the lane's several warehouses; empty: the whole lane."""

COUNTED = (
    "placed", "sent", "shipped", "posted", "cancelled_before", "cancelled_after", "due", "kept", "partly", "split",
)  # fmt: skip
"""The counts of a day, in the order in which they are packed."""

_PACKED = " || ".join(f"int4send(coalesce(d.{name}, 0))" for name in COUNTED)

_DAYS = text(
    f"""
    SELECT w.lane, w.month, w.warehouse, string_agg({_PACKED}, '' ORDER BY g.day) AS counts,
           coalesce(string_agg(d.times, ''), '') AS times
    FROM unnest(CAST(:lanes AS text[]), CAST(:months AS date[]), CAST(:warehouses AS text[]))
        AS w(lane, month, warehouse)
    CROSS JOIN LATERAL generate_series(
        CAST(w.month AS timestamp), w.month + interval '1 month' - interval '1 day', interval '1 day') AS g(day)
    LEFT JOIN report_day d ON d.lane = w.lane AND d.day = CAST(g.day AS date) AND d.warehouse = w.warehouse
    GROUP BY w.lane, w.month, w.warehouse
    """  # noqa: S608 - constants of this module
)

_STORE = text(
    """
    INSERT INTO report_month (lane, month, warehouse, counts, times)
    SELECT * FROM unnest(CAST(:lanes AS text[]), CAST(:months AS date[]), CAST(:warehouses AS text[]),
        CAST(:counts AS bytea[]), CAST(:times AS bytea[]))
    ON CONFLICT (lane, month, warehouse) DO UPDATE SET counts = excluded.counts, times = excluded.times
    """
)

_READ = text(
    f"""
    SELECT m.month, m.lane, m.warehouse, m.counts, m.times
    FROM {PLACES} JOIN report_month m ON m.lane = l.lane AND m.month BETWEEN :first AND :last
        AND (l.warehouse IS NULL OR m.warehouse = l.warehouse)
    ORDER BY m.month, m.lane, m.warehouse
    """  # noqa: S608 - a constant of this module
).execution_options(binary_rows=True)


def days_of_months(connection: Connection, months: Sequence[Month]) -> Sequence[Row[Any]]:
    """Return counts and histograms of the days of these months, each packed one after the other."""
    return connection.execute(_DAYS, _columns(months, "lanes", "months", "warehouses")).all()


def store_months(connection: Connection, packed: Sequence[tuple[str, date, str, bytes, bytes]]) -> None:
    """Store month, counts and histogram of each of these months, in place of what there was."""
    connection.execute(_STORE, _columns(packed, "lanes", "months", "warehouses", "counts", "times"))


def months_of(
    connection: Connection, places: Places, first: date, last: date
) -> Sequence[Row[date, str, str, bytes, bytes]]:
    """Return month, lane, warehouse, counts and histogram of these places' months, the earliest first.

    `first` and `last` are the first days of the first and the last month.
    """
    return connection.execute(_READ, {**places.parameter, "first": first, "last": last}).all()


def _columns(rows: Sequence[tuple[Any, ...]], *names: str) -> Mapping[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
