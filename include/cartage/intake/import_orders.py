"""The stage `import_orders`: import every eligible order of the window, and keep the others with their reason.

Each page is committed as it comes, so a killed run loses the work of at most one page. The window counts as covered
only in the transaction that commits its last page.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cartage.errors import CartageError
from cartage.intake.coverage.repo import extend_coverage, note_failed_window
from cartage.intake.long_list import LongList
from cartage.intake.page_reader import PageReader, imports_new
from cartage.intake.repo import sweeps
from cartage.intake.repo.orders import withdraw_unseen
from cartage.intake.sent_orders import WatchSent
from cartage.intake.watch_changes import watch_changes
from cartage.lanes.kinds import duration_text
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.runtime.run import Window
from cartage.storefront import OrderQuery
from cartage.storefront.wire.times import both_instants

log = logging.getLogger(__name__)

Survey = Callable[[StageContext, Counter[str]], None]

# A window ends by the scheduler's clock and is read by the database's clock, which may be this much behind.
_CLOCK_DIFFERENCE = timedelta(minutes=1)


def run(context: StageContext, *, survey: Survey, watch: WatchSent) -> dict[str, int]:
    """Import the window's orders. The lane's newest run also sweeps the import status and watches changes, when due.

    A sweep reads every order that has the import status now, those of the window included: it replaces the window's
    own reads. `survey` runs first, and looks for what a ledger that is not verified may lack. `watch` is given the
    orders that were sent already.

    Return counts: recovered (sent before the ledger was restored), pages, seen, imported, changed, unchanged, skipped,
    conflicts, unreadable, withdrawn (unsent orders that left the import status), listed (orders in other statuses,
    kept as skipped), swept, watched.

    Raises:
        CartageError: if there is neither a window nor a sweep to do, or if a page could not be read.
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
        is_sweep = _claim_sweep(context)
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
    """Return whether the order was placed or changed in the window; an ambiguous local time counts as both instants."""
    window, zone = context.window, context.lane.store.zone()
    if window is None:
        return False
    stamps = [stamp for stamp in (order.ordered_at, order.updated_at) if stamp is not None]
    # An order whose times cannot be read is imported, and blocked with that cause, so that it is not lost.
    if not stamps:
        return True
    return any(instant in window for stamp in stamps for instant in both_instants(stamp, zone))


def _claim_sweep(context: StageContext) -> bool:
    every = timedelta(0) if context.run.announced else context.lane.schedules.sweep_every
    if not context.run.may_sweep:
        return False
    reason = "schedules.sweep_every is never"
    if isinstance(every, timedelta):
        _ = context.store_row  # The lane must have its row in the ledger before it can claim a sweep.
        with context.ledger.begin() as connection:
            if sweeps.claim_sweep(connection, context.lane.name, every):
                return True
        reason = f"its last read is less than {duration_text(every)} ago (schedules.sweep_every)"
        if context.run.announced:
            reason = "another run reads it at the moment"
    if context.window is None:
        log.info(
            "lane %s: the import status was not read: %s. To read orders now, give a window.",
            context.lane.name,
            reason,
        )
    return False


def _sweep(context: StageContext, reader: PageReader, counts: Counter[str]) -> None:
    """Read the whole import status, and withdraw unsent orders that it no longer lists."""
    lane, status = context.lane.name, context.statuses.import_status
    query = OrderQuery(zone=context.lane.store.zone(), status=status)
    listed = reader.read(
        query,
        lambda _: True,
        name=f"sweep of status {status}",
        in_transaction=lambda connection: sweeps.extend_sweep_claim(connection, lane),
    )
    read_to, lists = listed.begun_at, [listed]
    if context.window and read_to + _CLOCK_DIFFERENCE < context.window.end:
        # This sweep continued one that was begun before the window ended, so it did not see all of the window.
        lists += _read_lists(context, context.window, reader)
        read_to = max(read_to, min(window_list.begun_at for window_list in lists[1:]))
    with context.ledger.begin() as connection:
        counts["withdrawn"] += withdraw_unseen(connection, lane, listed.begun_at, context.by)
        sweeps.end_sweep(connection, lane, listed.begun_at)
        sweeps.note_listed(connection, lane, status, listed.rows)
        _cover(connection, context, lists, read_to)
    counts["swept"] = 1


def _read_window(context: StageContext, window: Window, reader: PageReader) -> None:
    lists = _read_lists(context, window, reader)
    with context.ledger.begin() as connection:
        _cover(connection, context, lists, min(listed.begun_at for listed in lists))


def _read_lists(context: StageContext, window: Window, reader: PageReader) -> list[LongList]:
    """Read orders placed in the window and orders changed in it: an old order may have just become eligible."""
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
    """Count the window as covered up to `read_to`, the time at which the reading of its lists was begun.

    A draining lane covers nothing, since it does not import what it reads.
    """
    for listed in lists:
        listed.forget(connection)
    if context.window is None or not imports_new(context):
        return
    until = context.window.end if read_to + _CLOCK_DIFFERENCE >= context.window.end else read_to
    if until > context.window.start:
        extend_coverage(connection, context.lane.name, context.window.start, until)


def _note_failure(context: StageContext, *, is_sweep: bool) -> None:
    """Note the window as failed, and release the sweep. If that fails too, log it: the first failure is raised."""
    try:
        with context.ledger.begin() as connection:
            if is_sweep:
                sweeps.release_sweep(connection, context.lane.name)
            if context.window:
                note_failed_window(connection, context.lane.name, context.window.start, context.window.end)
    except SQLAlchemyError as error:
        log.warning(
            "lane %s: the failure of this run could not be noted in the ledger: %s", context.lane.name, error
        )
