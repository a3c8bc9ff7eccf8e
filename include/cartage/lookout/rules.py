"""What is looked for, what counts as new, and when a run is asked for. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cartage.lanes.modes import Mode

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

# A run that was asked for and has not begun after this time is asked for again.
_PATIENCE = timedelta(minutes=2)
# Orders on a page of the store's list (3dcart-api.md, section 3.1), and the share of its calls for reading them again.
_PAGE = 300
_SHARE = 0.25
# How often a warehouse is polled that cannot be asked cheaply: after a tenth of the time since its last shipment.
_SHORTEST, _LONGEST, _TENTH = timedelta(minutes=1), timedelta(minutes=10), 10
_FEWER = "fewer"


class LookFor(StrEnum):
    """What is looked for."""

    ORDERS = "orders"
    SHIPMENTS = "shipments"


# A draining lane imports no order, and a lane in shadow has nothing at the warehouse.
_MODES = {
    LookFor.ORDERS: frozenset({Mode.LIVE, Mode.SHADOW}),
    LookFor.SHIPMENTS: frozenset({Mode.LIVE, Mode.DRAIN}),
}


@dataclass(frozen=True, slots=True)
class LookState:
    """What the ledger has of the looks at one store or warehouse for a lane.

    `seen` is what the last look found. `announced` is what a run was last asked for, at `announced_at`. `taken_at` is
    when a run last began to read what there is. All times are by the database's clock, and so is `now`.
    """

    now: datetime
    seen: str = ""
    announced: str = ""
    announced_at: datetime | None = None
    taken_at: datetime | None = None

    @property
    def is_taken(self) -> bool:
        """Whether a run has begun since the last one was asked for, or is not to be waited for any longer."""
        asked, taken = self.announced_at, self.taken_at
        return asked is None or (taken is not None and taken > asked) or self.now - asked >= _PATIENCE


def looks_of(lane: Lane) -> dict[LookFor, timedelta]:
    """Return what is looked for in a lane, and how often."""
    schedules = lane.schedules
    wanted = {
        LookFor.ORDERS: schedules.look_for_orders_every,
        LookFor.SHIPMENTS: schedules.look_for_shipments_every,
    }
    return {
        part: every
        for part, every in wanted.items()
        if isinstance(every, timedelta) and lane.mode in _MODES[part]
    }


def unmanned(lane: Lane, manned: Mapping[str, datetime], now: datetime) -> dict[LookFor, datetime | None]:
    """Return what nobody looks for although the lane says so, and since when; None if nobody ever did.

    `manned` is when somebody last had each part in mind.
    """
    last = {part: manned.get(part) for part in looks_of(lane)}
    limit = lane.alerts.limits.lookout
    return {part: at for part, at in last.items() if at is None or now - at > limit}


def difference(listed: int, known: int, besides: int) -> str:
    """Return how the number of orders that the store lists differs from what the last sweep explains; empty if not.

    `known` is how many of them the ledger has, `besides` how many more the last sweep listed than the ledger had.
    """
    more = listed - known - besides
    return f"{abs(more)} {'more' if more > 0 else _FEWER}" if more else ""


def announces_orders(found: str, state: LookState, listed: int, calls_per_second: float) -> bool:
    """Return whether to ask for a run of the orders DAG.

    Fewer orders than the ledger knows may be a write of our own that the ledger has not recorded yet, so they count if
    two looks in a row find them. A long list is not read again before reading it has cost a quarter of the calls.
    """
    if not found or not state.is_taken:
        return False
    if found.endswith(_FEWER) and not state.seen.endswith(_FEWER):
        return False
    pages = math.ceil(listed / _PAGE)
    rest = timedelta(seconds=pages / (calls_per_second * _SHARE))
    return state.taken_at is None or state.now - state.taken_at >= rest


def announces_shipments(found: str, state: LookState) -> bool:
    """Return whether to ask for a run of the shipments DAG: what was found is new since it was last asked for."""
    never_begun = state.announced_at is not None and (
        state.taken_at is None or state.taken_at <= state.announced_at
    )
    return bool(found) and state.is_taken and (found != state.announced or never_begun)


def turn_of(now: datetime, last_shipment: datetime | None) -> str:
    """Return the turn of polling a warehouse that cannot be asked cheaply: a text that changes when a poll is due."""
    quiet = _LONGEST if last_shipment is None else (now - last_shipment) / _TENTH
    pause = min(max(quiet, _SHORTEST), _LONGEST)
    # Whole minutes, so that the pause does not change from look to look.
    minutes = pause // timedelta(minutes=1)
    return f"turn {int(now.timestamp() // 60) // minutes} of {minutes} min"
