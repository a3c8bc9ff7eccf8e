"""The circuit breaker for stock: when a push looks wrong and needs a person's approval. Pure.

A wrong response of the warehouse would take a shop off sale, or sell what is not there. A pause costs less.
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
    """How much may change in one push. Shares are of the entries compared, 0 to 1.

    An entry swings if it changes by more than `swing` of the larger figure and by at least `swing_units` units. Fewer
    than `min_entries` entries never pause a push, unless they are all of several.
    """

    zero_share: float
    swing_share: float
    swing: float
    swing_units: int
    min_entries: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What the store shows of an entry now, and what the push would write."""

    key: Key
    before: Decimal
    after: int


@dataclass(frozen=True, slots=True)
class BreakerVerdict:
    """What the breaker found. No reasons mean that the push may go on; `suspects` would be zeroed or would swing."""

    reasons: tuple[Reason, ...] = ()
    compared: int = 0
    zeroed: int = 0
    swung: int = 0
    suspects: frozenset[Key] = frozenset()


class PauseFigures(Protocol):
    """The reasons and figures of a pause: a verdict, or what the ledger keeps of one."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the push is paused."""
        ...

    @property
    def compared(self) -> int:
        """How many entries were compared."""
        ...

    @property
    def zeroed(self) -> int:
        """How many entries would go to 0."""
        ...

    @property
    def swung(self) -> int:
        """How many entries would swing."""
        ...


def why_paused(push: PauseFigures) -> str:
    """Return why a push is paused, in words."""
    words = {
        Reason.EMPTY: "the warehouse's response names no SKU",
        Reason.STALE: "the warehouse's figures are old, or older than the ones before",
        Reason.ZEROED: f"{push.zeroed} of {push.compared} stocks would go to 0",
        Reason.SWUNG: f"{push.swung} of {push.compared} stocks would change by much",
    }
    return "; ".join(words[reason] for reason in push.reasons)


def check_push(
    compared: Iterable[Compared],
    bounds: Bounds,
    *,
    faults: Collection[Reason] = (),
    waived: Collection[Reason] = (),
    believed: Collection[Key] = (),
) -> BreakerVerdict:
    """Judge a push by how much it would change, and by the `faults` of the warehouse's response itself.

    A person's approval has `waived` some faults and vouched for some entries (`believed`): neither counts.
    """
    entries = list(compared)
    in_stock = [entry for entry in entries if entry.before > 0]
    unconfirmed = [entry for entry in entries if entry.key not in believed]
    zeroed = {entry.key for entry in unconfirmed if entry.before > 0 and entry.after == 0}
    swung = {entry.key for entry in unconfirmed if _swings(entry, bounds)}
    reasons = {reason for reason in faults if reason not in waived}
    if _too_many(len(zeroed), len(in_stock), bounds.zero_share, bounds.min_entries):
        reasons.add(Reason.ZEROED)
    if _too_many(len(swung), len(entries), bounds.swing_share, bounds.min_entries):
        reasons.add(Reason.SWUNG)
    if not reasons:
        return BreakerVerdict(compared=len(entries))
    return BreakerVerdict(
        tuple(sorted(reasons)), len(entries), len(zeroed), len(swung), frozenset(zeroed | swung)
    )


def _swings(entry: Compared, bounds: Bounds) -> bool:
    change, larger = abs(entry.before - entry.after), max(abs(entry.before), Decimal(entry.after))
    return change >= bounds.swing_units and change > larger * Decimal(str(bounds.swing))


def _too_many(count: int, of: int, share: float, min_entries: int) -> bool:
    return count > of * share and (count >= min_entries or count == of > 1)
