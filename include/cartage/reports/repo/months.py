"""A lane's days of a month in one row: long reports read these instead of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

COUNTED = (
    "placed", "sent", "shipped", "posted", "cancelled_before", "cancelled_after", "due", "kept", "partly", "split",
)  # fmt: skip
"""The counts of a day, in the order in which they are packed."""

_PACKED = " || ".join(f"int4send(coalesce(d.{name}, 0))" for name in COUNTED)

_DAYS = text(
    f"""
    SELECT w.lane, w.month, string_agg({_PACKED}, '' ORDER BY g.day) AS counts,
           coalesce(string_agg(d.times, ''), '') AS times
    FROM unnest(CAST(:lanes AS text[]), CAST(:months AS date[])) AS w(lane, month)
    CROSS JOIN LATERAL generate_series(
        CAST(w.month AS timestamp), w.month + interval '1 month' - interval '1 day', interval '1 day') AS g(day)
    LEFT JOIN report_day d ON d.lane = w.lane AND d.day = CAST(g.day AS date)
    GROUP BY w.lane, w.month
    """  # noqa: S608 - constants of this module
)

_STORE = text(
    """
    INSERT INTO report_month (lane, month, counts, times)
    SELECT * FROM unnest(
        CAST(:lanes AS text[]), CAST(:months AS date[]), CAST(:counts AS bytea[]), CAST(:times AS bytea[]))
    ON CONFLICT (lane, month) DO UPDATE SET counts = excluded.counts, times = excluded.times
    """
)

_READ = text(
    """
    SELECT month, lane, counts, times FROM report_month
    WHERE lane = ANY(:names) AND month BETWEEN :first AND :last ORDER BY month, lane
    """
)


def days_of_months(connection: Connection, months: Sequence[tuple[str, date]]) -> Sequence[Row[Any]]:
    """Return counts and histograms of the days of these lanes' months, each packed one after the other."""
    lanes, firsts = [lane for lane, _ in months], [month for _, month in months]
    return connection.execute(_DAYS, {"lanes": lanes, "months": firsts}).all()


def store_months(connection: Connection, packed: Sequence[tuple[str, date, bytes, bytes]]) -> None:
    """Store lane, month, counts and histogram of each of these months, in place of what there was."""
    values: Mapping[str, list[Any]] = {
        name: [row[place] for row in packed]
        for place, name in enumerate(("lanes", "months", "counts", "times"))
    }
    connection.execute(_STORE, values)


def months_of(connection: Connection, names: Sequence[str], first: date, last: date) -> Sequence[Row[Any]]:
    """Return these lanes' months from the one that begins on `first` to the one that begins on `last`."""
    return connection.execute(_READ, {"names": list(names), "first": first, "last": last}).all()
