"""Import: brings every eligible order of the window into the ledger, with its reason where it is not to ship.

A page is committed as it comes, so that a killed run loses at most one page of work and nothing of the truth. The
window counts as covered only in the transaction that commits the last page.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cartage.errors import CartageError
from cartage.intake.coverage import repo as coverage_repo
from cartage.intake.long_list import LongList
from cartage.intake.page_reader import PageReader, imports_new
from cartage.intake.repo import sweeps
from cartage.intake.repo.orders import withdraw_unseen
from cartage.intake.sent_orders import WatchSent
from cartage.intake.watch_changes import watch_changes
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.runtime.run import Window
from cartage.storefront import OrderQuery
from cartage.storefront.wire.times import both_instants

log = logging.getLogger(__name__)

Survey = Callable[[StageContext, Counter[str]], None]

# A window ends by the scheduler's clock, and is read by the database's, which may be this much behind.
_CLOCKS_DIFFER = timedelta(minutes=1)


def run(context: StageContext, *, survey: Survey, watch: WatchSent) -> dict[str, int]:
    """Import the window's orders; the newest run of a lane also sweeps the import status, and watches, when due.

    A sweep reads every order that now has the import status, hence also those of the window: it replaces the
    window's own reads. Returns counts: recovered (sent before the ledger was restored), pages, seen, imported,
    changed, unchanged, skipped, conflicts, unreadable, withdrawn (unsent orders that left the import status), listed
    (orders in other statuses, kept as skipped), swept, watched.

    `survey` looks first for what a ledger that is not verified may have forgotten; `watch` is given the orders that
    were sent already.

    Raises:
        CartageError: if there is neither a window nor a sweep to do, or a page could not be read.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    if context.window is None and not context.run.may_sweep:
        raise CartageError(
            "import_orders has no window: give window_start and window_end, or start it with a data interval."
        )
    is_sweep = False
    try:
        survey(context, counts)
        reader = PageReader(context, counts, watch)
        is_sweep = _sweep_is_due(context)
        if is_sweep:
            _sweep(context, reader, counts)
        elif context.window:
            _read_window(context, context.window, reader)
    except Exception:
        _note_failure(context, is_sweep=is_sweep)
        raise
    watch_changes(context, counts, watch, reader.seen_ids)
    return dict(counts)


_COUNTS = (
    "recovered",
    "pages",
    "seen",
    "imported",
    "changed",
    "unchanged",
    "skipped",
    "conflicts",
    "unreadable",
    "withdrawn",
    "listed",
    "swept",
    "watched",
)


def in_window(order: SalesOrder, context: StageContext) -> bool:
    """Whether the order was placed or changed in the window; both instants of an ambiguous local time count."""
    window, zone = context.window, context.lane.store.zone()
    if window is None:
        return False
    stamps = [stamp for stamp in (order.ordered_at, order.updated_at) if stamp is not None]
    # An order whose times cannot be read is taken in, and blocked with that cause, rather than lost.
    if not stamps:
        return True
    return any(instant in window for stamp in stamps for instant in both_instants(stamp, zone))


def _sweep_is_due(context: StageContext) -> bool:
    every = context.lane.schedules.sweep_every
    if not context.run.may_sweep or not isinstance(every, timedelta):
        return False
    _ = context.store_row  # The lane must be in the ledger before it can remember its sweep.
    with context.ledger.begin() as connection:
        return sweeps.claim_sweep(connection, context.lane.name, every)


def _sweep(context: StageContext, reader: PageReader, counts: Counter[str]) -> None:
    """Read the whole import status; what was not found in it has left it."""
    lane, status = context.lane.name, context.statuses.import_status
    query = OrderQuery(zone=context.lane.store.zone(), status=status)
    listed = reader.read(
        query,
        lambda _: True,
        name=f"sweep of status {status}",
        beside=lambda connection: sweeps.extend_sweep_claim(connection, lane),
    )
    read_to, lists = listed.begun_at, [listed]
    if context.window and read_to + _CLOCKS_DIFFER < context.window.end:
        # It went on behind one that died before the window ended, and so did not see all of the window.
        lists += _read_lists(context, context.window, reader)
        read_to = max(read_to, min(one.begun_at for one in lists[1:]))
    with context.ledger.begin() as connection:
        counts["withdrawn"] += withdraw_unseen(connection, lane, listed.begun_at, context.by)
        sweeps.end_sweep(connection, lane, listed.begun_at)
        _cover(connection, context, lists, read_to)
    counts["swept"] = 1


def _read_window(context: StageContext, window: Window, reader: PageReader) -> None:
    lists = _read_lists(context, window, reader)
    with context.ledger.begin() as connection:
        _cover(connection, context, lists, min(one.begun_at for one in lists))


def _read_lists(context: StageContext, window: Window, reader: PageReader) -> list[LongList]:
    """Orders placed in the window, and orders changed in it: an old order may have become eligible just now."""
    zone, status = context.lane.store.zone(), context.statuses.import_status
    span = f"from {window.start.isoformat()} to {window.end.isoformat()} in status {status}"
    placed = OrderQuery(zone=zone, status=status, ordered_from=window.start, ordered_to=window.end)
    changed = OrderQuery(zone=zone, status=status, updated_from=window.start, updated_to=window.end)
    return [
        reader.read(query, lambda order: in_window(order, context), name=f"orders {what} {span}")
        for query, what in ((placed, "placed"), (changed, "changed"))
    ]


def _cover(
    connection: Connection, context: StageContext, lists: Sequence[LongList], read_to: datetime
) -> None:
    """Count the window as covered as far as it had passed at `read_to`, when its lists were begun.

    A lane that drains covers nothing: what it saw, it did not take in.
    """
    for listed in lists:
        listed.forget(connection)
    if context.window is None or not imports_new(context):
        return
    until = context.window.end if read_to + _CLOCKS_DIFFER >= context.window.end else read_to
    if until > context.window.start:
        coverage_repo.extend_coverage(connection, context.lane.name, context.window.start, until)


def _note_failure(context: StageContext, *, is_sweep: bool) -> None:
    """Note that the window was tried in vain, and let the sweep be repeated; never instead of the failure itself."""
    try:
        with context.ledger.begin() as connection:
            if is_sweep:
                sweeps.release_sweep(connection, context.lane.name)
            if context.window:
                coverage_repo.note_failed_window(
                    connection, context.lane.name, context.window.start, context.window.end
                )
    except SQLAlchemyError as error:
        log.warning(
            "lane %s: that this run failed could not be noted in the ledger: %s", context.lane.name, error
        )
