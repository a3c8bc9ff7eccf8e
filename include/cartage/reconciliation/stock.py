"""Compare the stock that the store shows with what it should show, beyond what is explained.

Explained is what no push has written yet, and a push that is paused. What customers have ordered since is counted, as a
push does.
"""

from __future__ import annotations

from cartage.inventory.plan import usable_readings
from cartage.inventory.repo.paused_pushes import paused_push_of
from cartage.inventory.repo.pushes import last_pushes
from cartage.inventory.survey import StockDifference, survey_stock
from cartage.lanes.modes import Mode
from cartage.lanes.settings.inventory import Inventory
from cartage.model.differences.kinds import STORE, DifferenceKind
from cartage.reconciliation.judging import FoundDifference
from cartage.runtime.context import StageContext


class StockNotCompared(Exception):
    """The stock cannot be compared now; the text says why."""


def compare_stock(context: StageContext) -> tuple[list[FoundDifference], int]:
    """Return the entries of the store that show another stock, and how many entries were compared.

    The store is read a second time if there are any: an entry that was sold meanwhile is none.

    Raises:
        StockNotCompared: if there is nothing to compare with.
        RemoteError: if the store cannot be read.
    """
    inventory = context.lane.inventory
    if inventory is None:
        raise StockNotCompared("the lane pushes no stock")
    if context.lane.mode not in (Mode.LIVE, Mode.DRAIN):
        raise StockNotCompared("a lane in shadow writes no stock")
    first, compared = _read(context, inventory)
    if not first:
        return [], compared
    again, _ = _read(context, inventory)
    return [_found(difference) for key, difference in again.items() if key in first], compared


def _read(context: StageContext, inventory: Inventory) -> tuple[dict[tuple[int, str], StockDifference], int]:
    lane = context.lane.name
    with context.ledger.begin() as connection:
        readings = usable_readings(connection, context.lane, inventory)
        paused = paused_push_of(connection, lane)
        pushes = last_pushes(connection, lane)
    if not readings:
        raise StockNotCompared("the warehouse's stock was never read")
    if paused is not None:
        raise StockNotCompared("a push of stock is paused")
    # A push that began before the figures were complete wrote the ones before them.
    newest = max(reading.began_at for reading in readings.values())
    if not any(push.finished_at and push.began_at >= newest for push in pushes):
        raise StockNotCompared("no push has written the warehouse's last figures yet")
    survey = survey_stock(context, inventory, readings)
    compared, _ = survey.differences(survey.read_orders())
    return {each.entry.key: each for each in compared if each.changes}, len(compared)


def _found(difference: StockDifference) -> FoundDifference:
    entry = difference.entry
    place = f"{entry.catalog_id}:{entry.key[1]}" if entry.key[1] else str(entry.catalog_id)
    key = f"{entry.sku} ({place})"
    return FoundDifference(STORE, DifferenceKind.STOCK, key, str(difference.value), f"{entry.stock:f}")
