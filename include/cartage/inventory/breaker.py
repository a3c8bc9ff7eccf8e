"""When a push of stock is not believed: the circuit breaker's rules. Pure; a person's answer overrules them.

A warehouse that answers wrongly would take a shop off sale, or sell what is not there; a pause costs less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from cartage.model.stock import Reason

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may change in one push. Shares are of what is compared, 0 to 1.

    An entry swings if it changes by more than `swing` of the larger figure and by at least `swing_units`. Fewer than
    `at_least` entries stop nothing, unless they are all that there are and more than one.
    """

    zero_share: float
    swing_share: float
    swing: float
    swing_units: int
    at_least: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What the store shows of an entry now, and what it would be told."""

    key: Key
    before: Decimal
    after: int


@dataclass(frozen=True, slots=True)
class BreakerVerdict:
    """What the breaker found. `suspects` are the entries that would be zeroed or would swing; none: go on."""

    reasons: tuple[Reason, ...] = ()
    compared: int = 0
    zeroed: int = 0
    swung: int = 0
    suspects: frozenset[Key] = frozenset()


class PushStopped(Protocol):
    """What stopped a push: a verdict, or what the ledger keeps of one."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why."""
        ...

    @property
    def compared(self) -> int:
        """How many entries were compared."""
        ...

    @property
    def zeroed(self) -> int:
        """How many would go to 0."""
        ...

    @property
    def swung(self) -> int:
        """How many would swing."""
        ...


def why_stopped(one: PushStopped) -> str:
    """Why a push was stopped, in words."""
    words = {
        Reason.EMPTY: "the warehouse's answer names no SKU",
        Reason.STALE: "the warehouse's answer is old, or older than the one before",
        Reason.ZEROED: f"{one.zeroed} of {one.compared} stocks would go to 0",
        Reason.SWUNG: f"{one.swung} of {one.compared} stocks would change by much",
    }
    return "; ".join(words[reason] for reason in one.reasons)


def check_push(
    compared: Iterable[Compared],
    bounds: Bounds,
    *,
    decision: Collection[Reason] = (),
    waived: Collection[Reason] = (),
    believed: Collection[Key] = (),
) -> BreakerVerdict:
    """Whether a push is believed.

    `answer` is what is wrong with the warehouse's answer itself. A person has waived some reasons, and believes in what
    happens to some entries: neither counts.
    """
    all_of_them = list(compared)
    in_stock = [one for one in all_of_them if one.before > 0]
    doubtful = [one for one in all_of_them if one.key not in believed]
    zeroed = {one.key for one in doubtful if one.before > 0 and one.after == 0}
    swung = {one.key for one in doubtful if _swings(one, bounds)}
    reasons = {reason for reason in decision if reason not in waived}
    if _too_many(len(zeroed), len(in_stock), bounds.zero_share, bounds.at_least):
        reasons.add(Reason.ZEROED)
    if _too_many(len(swung), len(all_of_them), bounds.swing_share, bounds.at_least):
        reasons.add(Reason.SWUNG)
    if not reasons:
        return BreakerVerdict(compared=len(all_of_them))
    return BreakerVerdict(
        tuple(sorted(reasons)), len(all_of_them), len(zeroed), len(swung), frozenset(zeroed | swung)
    )


def _swings(one: Compared, bounds: Bounds) -> bool:
    change, larger = abs(one.before - one.after), max(abs(one.before), Decimal(one.after))
    return change >= bounds.swing_units and change > larger * Decimal(str(bounds.swing))


def _too_many(count: int, of: int, share: float, at_least: int) -> bool:
    return count > of * share and (count >= at_least or count == of > 1)
