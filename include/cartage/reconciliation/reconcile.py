"""Compare store, ledger and warehouse over the last days, look again at what differs, and keep it in the ledger.

Nothing is written to store or warehouse, and nothing in the ledger but the differences themselves.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage.lanes.modes import Mode
from cartage.model.differences.kinds import STORE, WAREHOUSE, DifferenceKind
from cartage.plurals import counted
from cartage.reconciliation.compare import compare_with_store, compare_with_warehouse
from cartage.reconciliation.extracts import Extracts
from cartage.reconciliation.judging import FoundDifference, Rules, order_id_of
from cartage.reconciliation.light_rows import LedgerRow, StoreRow, WarehouseRow, epoch
from cartage.reconciliation.look_again import Suspect, look_again, suspect_of, without_known_references
from cartage.reconciliation.repo import differences as repo
from cartage.reconciliation.repo.differences import Difference
from cartage.reconciliation.spool import Spool
from cartage.reconciliation.stock import StockNotCompared, compare_stock
from cartage.runtime.context import StageContext
from cartage.warehouses.contract import Capabilities, Reconcile
from cartage.warehouses.listed import ListedPart

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

# A store allows about one call a second to work in the background (3dcart-api.md, section 3.3): a quarter of an hour.
MOST_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class ReconciliationReport:
    """The result of a comparison: what differs now, the oldest first, and what was not compared and why."""

    lane: str
    since: datetime
    counts: dict[str, int]
    not_compared: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def heeded(self) -> tuple[Difference, ...]:
        """The differences that nobody ignores."""
        return tuple(each for each in self.differences if each.ignored_at is None)


@dataclass
class _Comparison:
    """What one comparison has found so far."""

    found: list[FoundDifference] = field(default_factory=list)
    looked_at: set[Suspect] = field(default_factory=set)
    in_flight: set[int] = field(default_factory=set)
    not_compared: list[str] = field(default_factory=list)
    stock_compared: bool = False


def reconcile(context: StageContext, *, days: int | None = None) -> ReconciliationReport:
    """Compare the orders that were placed in the last `days` (default: the lane's), and the stock.

    Raises:
        SettingsError: if the lane is off.
        RemoteError: if store or warehouse cannot be read; nothing is recorded then.
        CartageError: if the run is stopped.
    """
    lane = context.lane
    if lane.mode is Mode.OFF:
        raise SettingsError(
            f"lane {lane.name!r}", ["  It is off: nothing is compared. Set another mode first."]
        )
    began_at = context.ledger.now()
    since = max(began_at - timedelta(days=days or lane.reconciliation.days), lane.store.live_since())
    _ = context.store_row  # The lane must have its row in the ledger.
    with context.ledger.begin() as connection:
        run = repo.begin_run(connection, lane.name, context.run.id, since)
        known = repo.open_differences(connection, lane.name)
    rules = _rules(context, began_at)
    extracts = Extracts(context, secrets.token_bytes(16))
    compared = _Comparison(not_compared=list(_left_out(context)))
    suspects = _first_look(context, extracts, rules, since)
    _second_look(context, extracts, rules, suspects, known, compared)
    _compare_stock(context, compared, extracts)
    compared.not_compared += _unreadable(extracts)
    return _record(context, run, since, known, compared, extracts)


def _rules(context: StageContext, began_at: datetime) -> Rules:
    lane = context.lane
    return Rules(
        statuses=context.statuses,
        store_code=context.store_row.code,
        settled_before=epoch(began_at - lane.reconciliation.settle),
        imports=lane.mode in (Mode.LIVE, Mode.SHADOW),
        posts=lane.mode in (Mode.LIVE, Mode.DRAIN),
        absence_proves=all(can.reconcile is not Reconcile.EVIDENCE for can in _capabilities(context)),
    )


def _capabilities(context: StageContext) -> list[Capabilities]:
    """Return what each warehouse of the lane can do. What one of several cannot is not compared at any."""
    return [place.warehouse.capabilities for place in context.every_warehouse()]


def _have_lists(context: StageContext) -> bool:
    return all(can.listed is not None for can in _capabilities(context))


def _left_out(context: StageContext) -> Iterable[str]:
    """Yield what a lane's mode and its warehouse do not let us compare."""
    mode = context.lane.mode
    if mode is Mode.SHADOW:
        yield "Statuses, tracking numbers and the warehouse's orders: a lane in shadow sends and posts nothing."
        return
    if mode is Mode.DRAIN:
        yield "Orders that are ready in the store: a lane that drains imports none."
    for place in context.every_warehouse():
        can, title = place.warehouse.capabilities, place.warehouse.title
        if can.listed is None:
            yield f"Orders at the warehouse: {title} has no list of orders."
        elif missing := [part.value for part in ListedPart if part not in can.listed]:
            yield f"At the warehouse, {', '.join(missing)} of orders: the list of {title} does not show them."


def _first_look(
    context: StageContext, extracts: Extracts, rules: Rules, since: datetime
) -> list[FoundDifference]:
    """Compare the extracts, part by part, and return what differs at first sight."""
    listed = rules.posts and _have_lists(context)
    found: list[FoundDifference] = []
    with (
        TemporaryDirectory(prefix="cartage-") as name,
        Spool(Path(name), "store", StoreRow, "order_id") as store,
        Spool(Path(name), "ledger", LedgerRow, "order_id") as ledger,
        Spool(Path(name), "sent", LedgerRow, "ref") as sent,
        Spool(Path(name), "warehouse", WarehouseRow, "ref") as warehouse,
    ):
        for groups in extracts.store(since):
            store.write(groups)
        for orders in extracts.ledger(since):
            ledger.write(orders)
            sent.write(orders)
        if listed:
            for parts in extracts.warehouse(since):
                warehouse.write(parts)
        moving: set[int | str] = set()
        for of_store, of_ledger in zip(store.parts(), ledger.parts(), strict=True):
            judged = compare_with_store(of_store, of_ledger, rules)
            found += judged.found
            moving |= judged.in_flight
        if listed:
            for of_ledger, of_warehouse in zip(sent.parts(), warehouse.parts(), strict=True):
                judged = compare_with_warehouse(of_ledger, of_warehouse, rules)
                found += judged.found
                moving |= _orders_of(judged.in_flight, of_ledger)
    extracts.counts["in_flight"] = len(moving)
    log.info(
        "lane %s: at first sight %s: %s",
        context.lane.name,
        counted(len(found), "difference"),
        dict(extracts.counts),
    )
    return without_known_references(context, found)


def _orders_of(references: Collection[int | str], ledger: pd.DataFrame) -> set[int | str]:
    """Return the OrderIDs of references, so that an order that moves on both sides counts once.

    A reference that names no order stands for itself.
    """
    known = ledger[ledger["ref"].isin([*references])]
    ids = dict(zip(known["ref"], known["order_id"].astype(int), strict=True))
    return {ids.get(reference) or order_id_of(str(reference)) or reference for reference in references}


def _second_look(
    context: StageContext,
    extracts: Extracts,
    rules: Rules,
    first: Sequence[FoundDifference],
    known: Sequence[Difference],
    compared: _Comparison,
) -> None:
    """Look again at what differs, and at what differed before and has not ended. The known ones come first."""
    before = [_as_found(each) for each in known]
    suspects = list(dict.fromkeys(filter(None, map(suspect_of, [*before, *first]))))
    if not rules.posts or not _have_lists(context):
        suspects = [suspect for suspect in suspects if suspect.side == STORE]
    if len(suspects) > MOST_ORDERS:
        compared.not_compared.append(
            f"{len(suspects) - MOST_ORDERS} orders that differ at first sight: a comparison looks again at "
            f"{MOST_ORDERS} orders. If they are many, a setting may be wrong, such as store.time_zone."
        )
        suspects = suspects[:MOST_ORDERS]
    look = look_again(context, extracts, rules, suspects)
    compared.looked_at |= set(suspects)
    compared.in_flight |= look.in_flight
    compared.found += look.found
    extracts.counts["looked_at_again"] = len(suspects)


def _as_found(known: Difference) -> FoundDifference:
    return FoundDifference(
        known.side,
        known.kind,
        known.key,
        known.ours,
        known.theirs,
        known.order_id,
        known.fulfillment_order_id,
    )


def _compare_stock(context: StageContext, compared: _Comparison, extracts: Extracts) -> None:
    try:
        found, entries = compare_stock(context)
    except StockNotCompared as reason:
        compared.not_compared.append(f"Stock: {reason}.")
        return
    compared.stock_compared = True
    compared.found += found
    extracts.counts["stock_entries"] = entries


def _unreadable(extracts: Extracts) -> Iterable[str]:
    for name in (STORE, WAREHOUSE):
        if number := extracts.counts[f"{name}_unreadable"]:
            yield f"{counted(number, 'order')} of the {name} that cannot be read."


def _record(
    context: StageContext,
    run: int,
    since: datetime,
    known: Sequence[Difference],
    compared: _Comparison,
    extracts: Extracts,
) -> ReconciliationReport:
    lane = context.lane
    found = {each.identity: each for each in compared.found}
    gone = [each.id for each in known if each.identity not in found and _was_looked_for(each, compared)]
    with context.ledger.begin() as connection:
        repo.record_found(connection, lane.name, run, found.values(), owner=lane.reconciliation.owner)
        ended = repo.end_differences(connection, gone)
        still_open = repo.open_differences(connection, lane.name)
        before = {each.id for each in known}
        new = sum(each.id not in before for each in still_open)
        counts = {**extracts.counts, "differences": len(still_open), "new": new, "ended": ended}
        repo.finish_run(connection, run, counts, compared.not_compared)
    log.info("lane %s: compared: %s", lane.name, counts)
    return ReconciliationReport(lane.name, since, counts, tuple(compared.not_compared), tuple(still_open))


def _was_looked_for(known: Difference, compared: _Comparison) -> bool:
    """Return whether this comparison would have found a difference if it were still there."""
    if known.kind is DifferenceKind.STOCK:
        return compared.stock_compared
    suspect = suspect_of(_as_found(known))
    return suspect in compared.looked_at and known.order_id not in compared.in_flight
