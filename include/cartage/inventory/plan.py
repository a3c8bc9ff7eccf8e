"""Plan a push of stock: what it would change, and whether the breaker lets it through. Writes nothing.

`cartage stock diff` shows the plan; `update_stock` carries it out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cartage.errors import LedgerError
from cartage.inventory.availability import LeftOut
from cartage.inventory.breaker import Bounds, BreakerVerdict, Compared, Key, check_push
from cartage.inventory.open_orders import OpenUnits
from cartage.inventory.repo.levels import StockReading, last_reading
from cartage.inventory.repo.paused_pushes import APPROVE, PausedPush, Suspect, paused_push_of
from cartage.inventory.survey import StockDifference, StockSurvey, survey_stock
from cartage.lanes.settings.inventory import Inventory
from cartage.model.stock import Reason
from cartage.runtime.context import StageContext


@dataclass(frozen=True, slots=True)
class PushPlan:
    """Every entry compared, the breaker's verdict, and the push that is paused already, if any."""

    survey: StockSurvey
    open_units: OpenUnits
    differences: tuple[StockDifference, ...]
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    verdict: BreakerVerdict = field(default_factory=BreakerVerdict)
    paused: PausedPush | None = None

    @property
    def changes(self) -> list[StockDifference]:
        """The entries for which the store shows another figure."""
        return [difference for difference in self.differences if difference.changes]

    @property
    def suspects(self) -> list[Suspect]:
        """The entries that the breaker finds suspicious."""
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
    """Read the store's stock and its open orders, compare, and ask the breaker. Write nothing.

    Raises:
        LedgerError: if the warehouse's stock was never read.
        RemoteError: if the store cannot be read.
    """
    lane = context.lane.name
    with context.ledger.begin() as connection:
        reading = last_reading(connection, lane)
        paused = paused_push_of(connection, lane)
    if reading is None:
        raise LedgerError(
            f"the stock of lane {lane!r} was never read: `cartage run poll_stock --lane {lane}`."
        )
    survey = survey_stock(context, inventory, reading)
    open_units = survey.read_orders()
    differences, left_out = survey.differences(open_units)
    verdict = check_push(
        (
            Compared(difference.entry.key, difference.entry.stock, difference.value)
            for difference in differences
        ),
        bounds_of(inventory),
        faults=response_faults(reading, inventory.max_age),
        waived=_waived(paused),
        believed=_believed(paused),
    )
    return PushPlan(survey, open_units, tuple(differences), left_out, verdict, paused)


def response_faults(reading: StockReading, max_age: timedelta) -> list[Reason]:
    """Return what is wrong with the warehouse's response itself, whatever its figures are."""
    read_long_ago = reading.now - reading.began_at > max_age
    made_long_ago = reading.as_of is not None and reading.now - reading.as_of > max_age
    found = [Reason.EMPTY] if not reading.skus else []
    return [*found, Reason.STALE] if read_long_ago or made_long_ago or reading.went_back else found


def bounds_of(inventory: Inventory) -> Bounds:
    """Return the breaker's bounds from the lane's settings."""
    breaker = inventory.breaker
    return Bounds(
        breaker.zero_share, breaker.swing_share, breaker.swing, breaker.swing_units, breaker.min_entries
    )


def is_paused_already(
    paused: PausedPush | None, verdict: BreakerVerdict, suspects: Sequence[Suspect]
) -> bool:
    """Return whether the open paused push covers these reasons and entries, without an approval."""
    if paused is None or paused.decision == APPROVE:
        return False
    known = {suspect.key for suspect in paused.suspects}
    return set(verdict.reasons) <= set(paused.reasons) and {suspect.key for suspect in suspects} <= known


def _waived(paused: PausedPush | None) -> list[Reason]:
    """Return the faults of the response that an approval waives."""
    approved = paused.reasons if paused and paused.decision == APPROVE else ()
    return [reason for reason in approved if reason in (Reason.EMPTY, Reason.STALE)]


def _believed(paused: PausedPush | None) -> set[Key]:
    approved = paused is not None and paused.decision == APPROVE
    return {suspect.key for suspect in paused.suspects} if paused and approved else set()
