"""What a lane must know after each run, derived only from the store's own state and the rules of the manual.

It shares nothing with the engine: neither its constants nor its reading of times, lines or filters. Where an order
changed while a run read, several outcomes are right; otherwise exactly one is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.contract.histories.goods import Json
from tests.contract.histories.story import CART, Run

# What the ledger may say about an order: nothing; imported; imported and skipped by the lane's policy; imported and
# withdrawn; noted with a status.
Standing = tuple[str, int]
Range = tuple[datetime, datetime]
ABSENT: Standing = ("absent", 0)
IMPORTED: Standing = ("taken", 0)
SKIPPED: Standing = ("skipped", 0)
WITHDRAWN: Standing = ("withdrawn", 0)


def noted(status: int) -> Standing:
    """Return the standing of an order that is known with another status and was never imported."""
    return ("noted", status)


def instants(stamp: str, zone: ZoneInfo) -> set[datetime]:
    """Return every instant at which the store's clock shows this time."""
    naive = datetime.fromisoformat(stamp)
    read = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = {instant for instant in read if instant.astimezone(zone).replace(tzinfo=None) == naive}
    return shown or read


@dataclass(frozen=True, slots=True)
class Version:
    """An order as it was from an instant on; None before it was placed."""

    since: datetime
    order: Json | None


@dataclass
class Store:
    """Everything that the store ever showed, by OrderID."""

    versions: dict[int, list[Version]] = field(default_factory=dict)

    def observe(self, orders: Iterable[Json], at: datetime) -> None:
        """Add a version of each order that has changed."""
        for order in orders:
            known = self.versions.setdefault(
                order["OrderID"], [Version(datetime.min.replace(tzinfo=UTC), None)]
            )
            if known[-1].order != order:
                known.append(Version(at, order))

    def shown(self, order_id: int, since: datetime) -> list[Json | None]:
        """Return the versions that lists may have shown from `since` on."""
        known = self.versions[order_id]
        later = [version for version in known if version.since > since]
        earlier = [version for version in known if version.since <= since]
        return [version.order for version in (*earlier[-1:], *later)]

    def present(self, order_id: int) -> Json:
        """Return the order as it is now."""
        order = self.versions[order_id][-1].order
        assert order is not None
        return order


@dataclass
class Oracle:
    """Knows which standings are allowed; `standings` is what the ledger rightly said after the last run.

    `unfinished` is when the reading of a list that failed began: the next run may continue in its middle.
    """

    store: Store
    zone: ZoneInfo
    ready: int
    lag: timedelta
    watched_to: datetime
    standings: dict[int, Standing] = field(default_factory=dict)
    unfinished: dict[str, datetime] = field(default_factory=dict)
    covered: list[Range] = field(default_factory=list)
    tried: list[Range] = field(default_factory=list)

    def began(self, run: Run, at: datetime) -> dict[str, datetime]:
        """Return the lists that a run reads, each with the time at which its reading began."""
        self.tried.append((run.start, run.end))
        return {read: self.unfinished.get(_named(read, run), at) for read in _reads(run)}

    def ended(self, run: Run, began: Mapping[str, datetime], *, done: bool) -> None:
        """Note which lists a run read to the end."""
        for read, at in began.items():
            if done:
                self.unfinished.pop(_named(read, run), None)
            else:
                self.unfinished.setdefault(_named(read, run), at)
        if done:
            self.covered.append((run.start, run.end))
            self.watched_to = began.get("watch", self.watched_to)

    def stood_still(self, order_id: int, since: datetime) -> bool:
        """Return whether lists showed only one version of the order."""
        return len(self.store.shown(order_id, since - self.lag)) == 1

    def allowed(self, order_id: int, run: Run, began: Mapping[str, datetime], *, done: bool) -> set[Standing]:
        """Return every standing that is allowed after a run."""
        shown = {read: self.store.shown(order_id, at - self.lag) for read, at in began.items()}
        right: set[Standing] = set()
        for reads in itertools.permutations(began):  # They may be read in any order.
            befores = {self.standings.get(order_id, ABSENT)}
            for read in reads:
                befores = {
                    after
                    for before in befores
                    for after in self._after(before, read, run, shown[read], done=done)
                }
            right |= befores
        return right

    def _after(
        self, before: Standing, read: str, run: Run, shown: Sequence[Json | None], *, done: bool
    ) -> Iterator[Standing]:
        """Yield what one list makes of an order: it may have shown any version that can match, or none."""
        if not done or not all(order is not None and self._must(read, order, run) for order in shown):
            yield WITHDRAWN if read == "sweep" and before == IMPORTED else before
            if not done:
                yield before
        for order in shown:
            if order is not None and (read == "watch" or self._must(read, order, run)):
                yield from self._seen(before, order["OrderStatusID"])

    def _must(self, read: str, order: Json, run: Run) -> bool:
        """Return whether the list must show this version. The store filters changes by day, so it may show more."""
        if read == "watch":
            return any(instant >= self.watched_to for instant in instants(order["LastUpdate"], self.zone))
        if order["OrderStatusID"] != self.ready:
            return False
        stamps = (order["OrderDate"], order["LastUpdate"])
        return read == "sweep" or any(
            run.start <= instant < run.end for stamp in stamps for instant in instants(stamp, self.zone)
        )

    def _seen(self, before: Standing, status: int) -> Iterator[Standing]:
        if status == self.ready:
            yield from (IMPORTED, SKIPPED)  # The order's content decides which of the two.
        elif before in (IMPORTED, SKIPPED, WITHDRAWN):
            yield before if before == SKIPPED else WITHDRAWN
        else:
            yield before if status == CART else noted(status)


def _reads(run: Run) -> list[str]:
    """Return the lists of a run. A sweep replaces the window's list; only the newest run sweeps or watches."""
    first = "sweep" if run.newest and run.sweep else "window"
    return [first, "watch"] if run.newest and run.watch else [first]


def _named(read: str, run: Run) -> str:
    return f"{read} {run.start} {run.end}" if read == "window" else read


def union(ranges: Iterable[Range]) -> list[Range]:
    """Join ranges that touch or overlap; return them, oldest first."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def within(ranges: Iterable[Range], wider: Iterable[Range]) -> bool:
    """Return whether each range lies within one of the wider ones, after joining those."""
    joined = union(wider)
    return all(any(first <= start and end <= last for first, last in joined) for start, end in ranges)
