"""Write to the store how much of each product it may sell, if the breaker lets the push through.

The figures are computed from the warehouse's last stock and the store's open orders. After each round of writes the
open orders are read again: an absolute write undoes a sale that fell between reading and writing, and this corrects it
at once instead of in the next run.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping

from cartage.errors import SettingsError
from cartage.inventory.breaker import Key, why_paused
from cartage.inventory.open_orders import OpenUnits
from cartage.inventory.plan import PushPlan, is_paused_already, plan_push
from cartage.inventory.repo.levels import last_reading
from cartage.inventory.repo.paused_pushes import APPROVE, REFUSE, close_paused_push, pause_push
from cartage.inventory.repo.pushes import begin_push, delete_pushes, finish_push
from cartage.inventory.repo.shared_stock import keep_listed
from cartage.inventory.survey import StockDifference
from cartage.inventory.writes import OrdersTooOld, StockWriter, WrittenStock
from cartage.lanes.kinds import duration_text
from cartage.lanes.settings.inventory import Inventory
from cartage.runtime.context import StageContext
from cartage.warehouses.document_contract import DocumentWarehouse

log = logging.getLogger(__name__)

# How often the open orders are read again after a write. A shop that never stops selling always has another correction.
_CORRECTIONS = 3
_COUNTS = ("compared", "changed", "written", "refused", "unknown", "corrected", "calls", "paused", "new")
_LISTED = 20
_TOO_SLOW = (
    "  limits.status_freshness {} is shorter than it takes to read the open orders: no stock could be written in time. "
    "Lengthen it, or shorten inventory.open_within."
)


def run(context: StageContext) -> dict[str, int]:
    """Push what differs; with `run.everything` also what does not. Push nothing if the breaker pauses it.

    Return counts: compared, changed, written, refused, unknown, corrected (written again because of a sale meanwhile),
    calls, paused (1 while the push needs an approval or was refused), new (1 if the pause is new or has changed), and
    how many entries were left out, by reason. Empty if the lane has no `inventory`.

    Raises:
        LedgerError: if the warehouse's stock was never read, and does not come in files.
        RemoteError: if the store fails; what was written stays written.
        SettingsError: if reading the open orders takes longer than the lane's `limits.status_freshness`.
    """
    lane, inventory = context.lane, context.lane.inventory
    if inventory is None:
        log.info("lane %s has no inventory in its settings: no stock is pushed", lane.name)
        return {}
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    if _waits_for_a_file(context):
        log.info("lane %s: the warehouse has sent no inventory file yet: nothing is pushed", lane.name)
        return dict(counts)
    with context.ledger.begin() as connection:
        delete_pushes(connection, lane.name, lane.retention.payloads)
        push_id = begin_push(
            connection, lane.name, context.by, lease=lane.limits.lease, everything=context.run.everything
        )
    if push_id is None:
        log.info("lane %s: another run is pushing its stock", lane.name)
        return dict(counts)
    try:
        _push(context, inventory, push_id, counts)
    finally:
        with context.ledger.begin() as connection:
            finish_push(connection, push_id, compared=counts["compared"])
    return dict(counts)


def _waits_for_a_file(context: StageContext) -> bool:
    """Return whether the warehouse sends files, and none with stock has come yet."""
    with context.ledger.begin() as connection:
        names = context.lane.warehouse_names()
        if any(last_reading(connection, context.lane.name, name) is not None for name in names):
            return False
    return all(isinstance(place.warehouse, DocumentWarehouse) for place in context.every_warehouse())


def _push(context: StageContext, inventory: Inventory, push_id: int, counts: Counter[str]) -> None:
    plan = plan_push(context, inventory)
    _keep_listed(context, plan.open_units)
    counts["compared"] = len(plan.differences)
    counts.update({reason.value: many for reason, many in plan.left_out.items()})
    if plan.verdict.reasons:
        _pause(context, plan, counts)
        return
    counts["changed"] = len(plan.changes)
    writer = StockWriter(context, push_id, counts["compared"])
    try:
        _write(context, plan, writer, counts)
    finally:
        done = writer.done
        counts.update(
            written=len(done.values), refused=len(done.refused), unknown=len(done.unknown), calls=done.calls
        )
        _log_refused(context.lane.name, done.refused)
    if not context.stop.is_set():
        _end_pause(context, plan)


def _write(context: StageContext, plan: PushPlan, writer: StockWriter, counts: Counter[str]) -> None:
    """Write what differs until nothing does; read the open orders again after each round."""
    lane = context.lane
    due = list(plan.differences) if context.run.everything else plan.changes
    read_at, rounds = plan.open_units.read_at, 0
    while due:
        calls = writer.done.calls
        try:
            writer.write(due, read_at=read_at)
            rounds += 1
        except OrdersTooOld:
            if writer.done.calls == calls:
                raise SettingsError(
                    f"lane {lane.name!r}", [_TOO_SLOW.format(duration_text(lane.limits.status_freshness))]
                ) from None
            log.info("lane %s: the open orders are read again before the rest is written", lane.name)
        if context.stop.is_set() or rounds > _CORRECTIONS:
            return
        open_units = plan.survey.read_orders()
        _keep_listed(context, open_units)
        read_at = open_units.read_at
        rest = {difference.entry.key for difference in due} - writer.done.tried
        due = [
            difference
            for difference in map(writer.as_shown, plan.survey.differences(open_units)[0])
            if _is_due(difference, rest, writer.done)
        ]
        counts["corrected"] += sum(difference.entry.key not in rest for difference in due)


def _keep_listed(context: StageContext, open_units: OpenUnits) -> None:
    """Let the lanes sharing stock know what this lane's store has sold and no run has imported yet."""
    if context.lanes_sharing_stock:
        with context.ledger.begin() as connection:
            keep_listed(connection, context.lane.name, open_units.listed)


def _is_due(difference: StockDifference, rest: set[Key], done: WrittenStock) -> bool:
    """Return whether the entry was not tried yet, or what the store shows of it is, or may be, wrong again."""
    key = difference.entry.key
    return key in rest or key in done.unknown or (key in done.values and difference.changes)


def _pause(context: StageContext, plan: PushPlan, counts: Counter[str]) -> None:
    """Push nothing, and record that the push needs an approval, unless it is recorded already."""
    lane, verdict, suspects, paused = context.lane.name, plan.verdict, plan.suspects, plan.paused
    revised = not is_paused_already(paused, verdict, suspects)
    if revised or (paused is not None and paused.waits):
        with context.ledger.begin() as connection:
            pause_push(connection, lane, verdict, suspects, context.by, revised=revised)
    counts.update(paused=1, new=int(revised))
    log.warning("lane %s: no stock is pushed: %s", lane, why_paused(verdict))
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
    if paused and not revised and paused.decision == REFUSE:
        log.warning("lane %s: %s refused this push", lane, paused.decided_by)
    else:
        log.warning(
            "What to do: look at the figures, then approve or refuse the push on the desk's Stock page, or with "
            "`cartage stock approve --lane %s --by NAME`.",
            lane,
        )


def _end_pause(context: StageContext, plan: PushPlan) -> None:
    approved = plan.paused is not None and plan.paused.decision == APPROVE
    with context.ledger.begin() as connection:
        close_paused_push(connection, context.lane.name, "pushed" if approved else "over", context.by)


def _log_refused(lane: str, refused: Mapping[Key, str]) -> None:
    for (catalog_id, option), why in list(refused.items())[:_LISTED]:
        log.warning(
            "lane %s: the store refused the stock of CatalogID %d %s: %s", lane, catalog_id, option, why
        )
