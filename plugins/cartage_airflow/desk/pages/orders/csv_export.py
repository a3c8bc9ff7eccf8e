"""Orders as CSV, written in pieces. No cell can be read as a formula; personal data only for users who may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from cartage.spreadsheets import escape_cell
from cartage_airflow.desk.access import LaneAccess
from cartage_airflow.desk.rendering import moment, personal

ORDER_COLUMNS = (
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
# Each piece costs the api-server a change of threads.
_ROWS_PER_PIECE = 500
_PERSONAL = frozenset({"name", "email"})


def csv_text(rows: Iterable[Mapping[str, object]], access: LaneAccess) -> Iterator[str]:
    """Yield the heading, then the rows, some hundred in each piece."""
    yield _lines([ORDER_COLUMNS])
    remaining = iter(rows)
    while piece := list(islice(remaining, _ROWS_PER_PIECE)):
        yield _lines([_cell(name, row[name], access) for name in ORDER_COLUMNS] for row in piece)


def _cell(name: str, value: object, access: LaneAccess) -> str:
    text = moment(value) if isinstance(value, datetime) else str(value if value is not None else "")
    return escape_cell(personal(text, access) if name in _PERSONAL else text)


def _lines(rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
