"""Plan a push of stock: what it would change, and whether the breaker lets it through. Writes nothing.

`cartage stock diff` shows the plan; `update_stock` carries it out.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from cartage.errors import LedgerError
from cartage.inventory.availability import LeftOut
from cartage.inventory.breaker import Bounds, BreakerVerdict, Compared, Key, check_push
from cartage.inventory.open_orders import OpenUnits
from cartage.inventory.repo.levels import StockReading, last_reading
from cartage.inventory.repo.paused_pushes import APPROVE, PausedPush, Suspect, paused_push_of
from cartage.inventory.survey import StockDifference, StockSurvey, survey_stock
from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.lane import Lane
from cartage.model.stock import Reason
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)


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
        readings = usable_readings(connection, context.lane, inventory)
        paused = paused_push_of(connection, lane)
    if not readings:
        raise LedgerError(
            f"the stock of lane {lane!r} was never read: `cartage run poll_stock --lane {lane}`."
        )
    survey = survey_stock(context, inventory, readings)
    open_units = survey.read_orders()
    differences, left_out = survey.differences(open_units)
    verdict = check_push(
        (
            Compared(difference.entry.key, difference.entry.stock, difference.value)
            for difference in differences
        ),
        bounds_of(inventory),
        faults=sorted(
            {fault for faults in faults_of(readings, context.lane, inventory).values() for fault in faults}
        ),
        waived=_waived(paused),
        believed=_believed(paused),
    )
    return PushPlan(survey, open_units, tuple(differences), left_out, verdict, paused)


def usable_readings(connection: Connection, lane: Lane, inventory: Inventory) -> dict[str, StockReading]:
    """Return the last reading of each warehouse whose figures count.

    Of several warehouses, one whose figures are too old, or empty, is left out, until none is left: then all count, and
    the breaker decides.
    """
    names = lane.warehouse_names()
    found = {name: reading for name in names if (reading := last_reading(connection, lane.name, name))}
    faults = faults_of(found, lane, inventory)
    sound = {name: reading for name, reading in found.items() if not faults[name]}
    if sound and len(sound) < len(names):
        log.warning(
            "lane %s: the stock of %s is not counted: %s",
            lane.name,
            ", ".join(name for name in names if name not in sound),
            "it was never read, is empty, or is older than inventory.max_age",
        )
    return sound or found


def faults_of(
    readings: Mapping[str, StockReading], lane: Lane, inventory: Inventory
) -> dict[str, list[Reason]]:
    """Return what is wrong with each warehouse's response."""
    return {
        name: response_faults(reading, (lane.at(name).inventory or inventory).max_age)
        for name, reading in readings.items()
    }


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
