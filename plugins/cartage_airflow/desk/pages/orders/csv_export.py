"""Orders as CSV, piece by piece. No cell can be taken for a formula; personal data is for those who may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from cartage.spreadsheets import harmless
from cartage_airflow.desk.access import Seat
from cartage_airflow.desk.pages import moment, personal

COLUMNS = (
    "reference",
    "order_id",
    "invoice",
    "state",
    "state_since",
    "reason",
    "name",
    "email",
    "ship_method",
    "amount",
    "ordered_at",
    "created_at",
    "remote_id",
    "tracking",
)
_PIECE = 500
_PERSONAL = frozenset({"name", "email"})


def csv_text(rows: Iterable[Mapping[str, object]], seat: Seat) -> Iterator[str]:
    """The heading, then the rows, some hundred in each piece: each costs the API server a change of threads."""
    yield _lines([COLUMNS])
    remaining = iter(rows)
    while piece := list(islice(remaining, _PIECE)):
        yield _lines([_cell(name, row[name], seat) for name in COLUMNS] for row in piece)


def _cell(name: str, value: object, seat: Seat) -> str:
    text = moment(value) if isinstance(value, datetime) else str(value if value is not None else "")
    return harmless(personal(text, seat) if name in _PERSONAL else text)


def _lines(rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
