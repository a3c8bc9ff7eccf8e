"""Stock, second half: tells the store how much of each thing it may sell, as far as the figures are to be believed.

What is pushed is computed from the warehouse's last figures and the store's present open orders. Once something was
written the open orders are read again: a sale that fell between reading and writing, which an absolute write undoes, is
put right at once instead of with the next run.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping

from cartage.errors import SettingsError
from cartage.inventory.breaker import Key, why_stopped
from cartage.inventory.open_orders import OpenUnits
from cartage.inventory.plan import PushPlan, is_same_question, plan_push
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo import pushes as stock_pushes
from cartage.inventory.repo import shared as stock_shared
from cartage.inventory.repo.paused_pushes import APPROVE, REFUSE
from cartage.inventory.survey import StockDifference
from cartage.inventory.writes import OrdersTooOld, StockWriter, WrittenStock
from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.kinds import duration_text
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

# Readings of the open orders after a write. In a shop that never stops selling there is always one more to make.
_CORRECTIONS = 3
_COUNTS = ("compared", "changed", "written", "refused", "unknown", "corrected", "calls", "stopped", "new")
_LISTED = 20
_TOO_SLOW = (
    "  limits.status_freshness {} is shorter than it takes to read the open orders: no stock could be written in time. "
    "Lengthen it, or shorten inventory.open_within."
)


def run(context: StageContext) -> dict[str, int]:
    """Push what differs; with `run.everything` also what does not. Nothing, if the breaker stops it.

    Returns counts: compared, changed, written, refused, unknown, corrected (written again, since something was sold
    meanwhile), calls, stopped (1 while a person's answer is awaited or was no), new (1 if that is asked for the first
    time), and how many entries were left out, by the reason; none where the lane has no `inventory`.

    Raises:
        LedgerError: if the warehouse's stock was never read.
        RemoteError: the system's fault that stopped it; what was written stays written.
    """
    lane, inventory = context.lane, context.lane.inventory
    if inventory is None:
        log.info("lane %s has no inventory in its settings: no stock is pushed", lane.name)
        return {}
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    with context.ledger.begin() as connection:
        stock_pushes.forget_pushes(connection, lane.name, lane.retention.payloads)
        push_id = stock_pushes.begin_push(
            connection, lane.name, context.by, lease=lane.limits.lease, everything=context.run.everything
        )
    if push_id is None:
        log.info("lane %s: another run is pushing its stock", lane.name)
        return dict(counts)
    try:
        _push(context, inventory, push_id, counts)
    finally:
        with context.ledger.begin() as connection:
            stock_pushes.finish_push(connection, push_id, compared=counts["compared"])
    return dict(counts)


def _push(context: StageContext, inventory: Inventory, push_id: int, counts: Counter[str]) -> None:
    found = plan_push(context, inventory)
    _keep_listed(context, found.open_units)
    counts["compared"] = len(found.differences)
    counts.update({reason.value: many for reason, many in found.unsaid.items()})
    if found.verdict.reasons:
        _ask(context, found, counts)
        return
    counts["changed"] = len(found.changes)
    writer = StockWriter(context, push_id, counts["compared"])
    try:
        _write(context, found, writer, counts)
    finally:
        done = writer.done
        counts.update(
            written=len(done.values), refused=len(done.refused), unknown=len(done.unknown), calls=done.calls
        )
        _say_refused(context.lane.name, done.refused)
    if not context.stop.is_set():
        _not_quarantined(context, found)


def _write(context: StageContext, found: PushPlan, writer: StockWriter, counts: Counter[str]) -> None:
    """Write what differs, as long as there is something; the open orders are read again after every round."""
    lane = context.lane
    due = list(found.differences) if context.run.everything else found.changes
    asked_at, rounds = found.open_units.asked_at, 0
    while due:
        calls = writer.done.calls
        try:
            writer.write(due, asked_at=asked_at)
            rounds += 1
        except OrdersTooOld:
            if writer.done.calls == calls:
                raise SettingsError(
                    f"lane {lane.name!r}", [_TOO_SLOW.format(duration_text(lane.limits.status_freshness))]
                ) from None
            log.info("lane %s: the open orders are read again before the rest is written", lane.name)
        if context.stop.is_set() or rounds > _CORRECTIONS:
            return
        open_units = found.survey.read_orders()
        _keep_listed(context, open_units)
        asked_at = open_units.asked_at
        rest = {one.entry.key for one in due} - writer.done.tried
        due = [
            one
            for one in map(writer.as_shown, found.survey.differences(open_units)[0])
            if _is_due(one, rest, writer.done)
        ]
        counts["corrected"] += sum(one.entry.key not in rest for one in due)


def _keep_listed(context: StageContext, open_units: OpenUnits) -> None:
    """Let lanes that sell from the same stock know what this lane's store has sold and nobody has imported yet."""
    if context.lanes_sharing_stock:
        with context.ledger.begin() as connection:
            stock_shared.keep_listed(connection, context.lane.name, open_units.listed)


def _is_due(one: StockDifference, rest: set[Key], done: WrittenStock) -> bool:
    """Whether it has not been tried yet, or what the store was told of it is not so (or not surely so) any more."""
    key = one.entry.key
    return key in rest or key in done.unknown or (key in done.values and one.changes)


def _ask(context: StageContext, found: PushPlan, counts: Counter[str]) -> None:
    """Push nothing, and ask a person, unless just this was asked already."""
    lane, verdict, suspects = context.lane.name, found.verdict, found.suspects
    anew = not is_same_question(found.stop, verdict, suspects)
    if anew or (found.stop is not None and found.stop.waits):
        with context.ledger.begin() as connection:
            paused_pushes.pause_push(connection, lane, verdict, suspects, context.by, anew=anew)
    counts.update(stopped=1, new=int(anew))
    log.warning("lane %s: no stock is pushed: %s", lane, why_stopped(verdict))
    for suspect in suspects[:_LISTED]:
        log.warning(
            "%s (CatalogID %d): %s in the store, would be %d",
            suspect.sku,
            suspect.catalog_id,
            suspect.before,
            suspect.after,
        )
    if len(suspects) > _LISTED:
        log.warning("... and %d more: cartage stock show --lane %s", len(suspects) - _LISTED, lane)
    if found.stop and not anew and found.stop.decision == REFUSE:
        log.warning("lane %s: %s refused this push", lane, found.stop.decided_by)
    else:
        log.warning(
            "What to do: look at it, then answer on the desk's Stock page, or with `cartage stock approve --lane %s "
            "--by NAME`, or refuse.",
            lane,
        )


def _not_quarantined(context: StageContext, found: PushPlan) -> None:
    approved = found.stop is not None and found.stop.decision == APPROVE
    with context.ledger.begin() as connection:
        paused_pushes.close_paused_push(
            connection, context.lane.name, "pushed" if approved else "over", context.by
        )


def _say_refused(lane: str, refused: Mapping[Key, str]) -> None:
    for (catalog_id, option), why in list(refused.items())[:_LISTED]:
        log.warning(
            "lane %s: the store refused the stock of CatalogID %d %s: %s", lane, catalog_id, option, why
        )
