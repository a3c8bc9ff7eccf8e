"""Keep what a warehouse reported and nobody can read, and open the causes under which people see it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cartage.errors.problems import Problem, ProblemKind
from cartage.lifecycle.causes import open_causes
from cartage.plurals import counted
from cartage.warehouses.repo.unreadable_rows import drop_read_orders, keep_rows
from cartage.warehouses.unreadable import RowKind, UnreadableRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

# What the warehouse reported, and what follows for the lane.
_ABOUT = {
    RowKind.ORDER: ("an order", "what has shipped of it is not known"),
    RowKind.ITEM: ("an item of the catalogue", "what was read of it before stays in use"),
    RowKind.STOCK: ("the stock of an item", "its figure in the store stays as it is"),
    RowKind.CARRIER: ("a carrier", "what cannot be read of it is not offered"),
}
_FIX = (
    "Ask the warehouse to correct it, if the field is odd there, or else report the field as a fault of Cartage. It is "
    "read again by itself. `cartage shipments unreadable` lists what it is about."
)


def keep_unreadable(context: StageContext, connection: Connection, rows: Sequence[UnreadableRow]) -> int:
    """Keep rows that could not be read, in the caller's transaction; return how many."""
    if not rows:
        return 0
    lane = context.lane.name
    problems = {row.subject: _problem(row) for row in rows}
    ids = open_causes(connection, lane, problems.values())
    causes = {subject: ids[problem.fingerprint] for subject, problem in problems.items()}
    keep_rows(connection, lane, rows, causes, context.run.id, context.warehouse_name)
    for subject, many in Counter(row.subject for row in rows).items():
        log.warning("lane %s: %s of the warehouse cannot be read: %s", lane, counted(many, "row"), subject)
    return len(rows)


def note_searched(
    context: StageContext, asked: Collection[str], settled: Collection[str], since: datetime
) -> None:
    """Keep the references that a search left out: the warehouse has a row that may be their order and cannot be read.

    Those that it settled are dropped, if they were kept before `since`.
    """
    if not asked:
        return
    left_out = [reference for reference in asked if reference not in settled]
    rows = [UnreadableRow(RowKind.ORDER, "a search result", reference, reference) for reference in left_out]
    with context.ledger.begin() as connection:
        keep_unreadable(context, connection, rows)
        drop_read_orders(connection, context.lane.name, (), since, settled, context.warehouse_name)


def _problem(row: UnreadableRow) -> Problem:
    about, effect = _ABOUT[row.kind]
    return Problem(
        ProblemKind.UNREADABLE_AT_WAREHOUSE,
        row.subject,
        f"the warehouse reports {about} in a way that cannot be read ({row.subject}): {effect}",
        _FIX,
    )
