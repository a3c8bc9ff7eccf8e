"""What a push of stock would do now, and whether it is believed: the dry run, and the first half of the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cartage.errors import LedgerError
from cartage.inventory.availability import Unsaid
from cartage.inventory.breaker import Bounds, BreakerVerdict, Compared, Key, check_push
from cartage.inventory.open_orders import OpenUnits
from cartage.inventory.repo import levels as stock_levels
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo.levels import StockReading
from cartage.inventory.repo.paused_pushes import APPROVE, PausedPush, Suspect
from cartage.inventory.survey import StockDifference, StockSurvey, survey_stock
from cartage.lanes.settings.inventory import Inventory
from cartage.model.stock import Reason
from cartage.runtime.context import StageContext


@dataclass(frozen=True, slots=True)
class PushPlan:
    """Every entry compared, the breaker's verdict, and the stop that was open before."""

    survey: StockSurvey
    open_units: OpenUnits
    differences: tuple[StockDifference, ...]
    unsaid: Counter[Unsaid] = field(default_factory=Counter)
    verdict: BreakerVerdict = field(default_factory=BreakerVerdict)
    stop: PausedPush | None = None

    @property
    def changes(self) -> list[StockDifference]:
        """What the store shows otherwise."""
        return [difference for difference in self.differences if difference.changes]

    @property
    def suspects(self) -> list[Suspect]:
        """The entries in doubt."""
        return [
            Suspect(
                difference.entry.catalog_id,
                difference.entry.key[1],
                difference.entry.sku,
                difference.entry.stock,
                difference.value,
            )
            for difference in self.differences
            if difference.entry.key in self.verdict.suspects
        ]


def plan_push(context: StageContext, inventory: Inventory) -> PushPlan:
    """Read the store's stock and its open orders, compare, and judge. Writes nothing, neither here nor there.

    Raises:
        LedgerError: if the warehouse's stock was never read.
        RemoteError: if the store cannot be read.
    """
    lane = context.lane.name
    with context.ledger.begin() as connection:
        reading = stock_levels.last_reading(connection, lane)
        stop = paused_pushes.paused_push_of(connection, lane)
    if reading is None:
        raise LedgerError(
            f"the stock of lane {lane!r} was never read: `cartage run poll_stock --lane {lane}`."
        )
    found = survey_stock(context, inventory, reading)
    open_units = found.read_orders()
    differences, unsaid = found.differences(open_units)
    verdict = check_push(
        (
            Compared(difference.entry.key, difference.entry.stock, difference.value)
            for difference in differences
        ),
        bounds_of(inventory),
        decision=doubts(reading, inventory.max_age),
        waived=_waived(stop),
        believed=_believed(stop),
    )
    return PushPlan(found, open_units, tuple(differences), unsaid, verdict, stop)


def doubts(reading: StockReading, max_age: timedelta) -> list[Reason]:
    """What is wrong with the warehouse's answer itself, whatever it says."""
    read_long_ago = reading.now - reading.began_at > max_age
    made_long_ago = reading.as_of is not None and reading.now - reading.as_of > max_age
    found = [Reason.EMPTY] if not reading.skus else []
    return [*found, Reason.STALE] if read_long_ago or made_long_ago or reading.went_back else found


def bounds_of(inventory: Inventory) -> Bounds:
    """The breaker's bounds in the lane's settings."""
    breaker = inventory.breaker
    return Bounds(
        breaker.zero_share, breaker.swing_share, breaker.swing, breaker.swing_units, breaker.min_entries
    )


def is_same_question(stop: PausedPush | None, verdict: BreakerVerdict, suspects: Sequence[Suspect]) -> bool:
    """Whether an open stop asks this already: for the same reasons, of no other entries."""
    if stop is None or stop.decision == APPROVE:
        return False
    known = {suspect.key for suspect in stop.suspects}
    return set(verdict.reasons) <= set(stop.reasons) and {suspect.key for suspect in suspects} <= known


def _waived(stop: PausedPush | None) -> list[Reason]:
    """The doubts about the answer itself that a person has waived."""
    approved = stop.reasons if stop and stop.decision == APPROVE else ()
    return [one for one in approved if one in (Reason.EMPTY, Reason.STALE)]


def _believed(stop: PausedPush | None) -> set[Key]:
    return {suspect.key for suspect in stop.suspects} if stop and stop.decision == APPROVE else set()
