"""What a lane must know after each run, told from the store's own state and the rules of the manual alone.

It shares nothing with the engine: neither its constants nor its reading of times, lines or filters. Where an order
changed while a run read, more than one outcome is right; else exactly one is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.contract.histories.goods import Json
from tests.contract.histories.story import CART, Run

# What the ledger may say of an order: nothing; taken in; taken in and by the lane's policy skipped; taken in and
# withdrawn; noted in a status.
Standing = tuple[str, int]
Range = tuple[datetime, datetime]
ABSENT: Standing = ("absent", 0)
TAKEN: Standing = ("taken", 0)
SKIPPED: Standing = ("skipped", 0)
WITHDRAWN: Standing = ("withdrawn", 0)


def noted(status: int) -> Standing:
    """Known in a status that is not the import status, and never taken in."""
    return ("noted", status)


def instants(stamp: str, zone: ZoneInfo) -> set[datetime]:
    """Every instant at which the store's clock shows this."""
    naive = datetime.fromisoformat(stamp)
    read = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    shown = {one for one in read if one.astimezone(zone).replace(tzinfo=None) == naive}
    return shown or read


@dataclass(frozen=True, slots=True)
class Version:
    """An order as it was from an instant on; no order at all, before it was placed."""

    since: datetime
    order: Json | None


@dataclass
class Store:
    """Everything that the store ever showed, by OrderID."""

    versions: dict[int, list[Version]] = field(default_factory=dict)

    def observe(self, orders: Iterable[Json], at: datetime) -> None:
        """Note what has changed."""
        for order in orders:
            known = self.versions.setdefault(
                order["OrderID"], [Version(datetime.min.replace(tzinfo=UTC), None)]
            )
            if known[-1].order != order:
                known.append(Version(at, order))

    def shown(self, order_id: int, since: datetime) -> list[Json | None]:
        """The versions that lists may have shown from `since` on."""
        known = self.versions[order_id]
        later = [one for one in known if one.since > since]
        earlier = [one for one in known if one.since <= since]
        return [one.order for one in (*earlier[-1:], *later)]

    def present(self, order_id: int) -> Json:
        """The order as it is."""
        order = self.versions[order_id][-1].order
        assert order is not None
        return order


@dataclass
class Oracle:
    """Judges the lane: `standings` is what the ledger was found to say, and to say rightly, after the last run.

    `unfinished` knows since when a list is being read whose reading failed: the next run may go on in its middle.
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
        """The lists that a run reads, each with the instant at which its reading began."""
        self.tried.append((run.start, run.end))
        return {read: self.unfinished.get(_named(read, run), at) for read in _reads(run)}

    def ended(self, run: Run, began: Mapping[str, datetime], *, done: bool) -> None:
        """Remember what a run read to its end, and what not."""
        for read, at in began.items():
            if done:
                self.unfinished.pop(_named(read, run), None)
            else:
                self.unfinished.setdefault(_named(read, run), at)
        if done:
            self.covered.append((run.start, run.end))
            self.watched_to = began.get("watch", self.watched_to)

    def stood_still(self, order_id: int, since: datetime) -> bool:
        """Whether lists showed one version of the order alone."""
        return len(self.store.shown(order_id, since - self.lag)) == 1

    def allowed(self, order_id: int, run: Run, began: Mapping[str, datetime], *, done: bool) -> set[Standing]:
        """Every standing that is right after a run."""
        shown = {read: self.store.shown(order_id, at - self.lag) for read, at in began.items()}
        right: set[Standing] = set()
        for reads in itertools.permutations(began):  # They may come in any order.
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
        """What one read makes of an order: it may have shown any version that may match, or passed it by."""
        if not done or not all(order is not None and self._must(read, order, run) for order in shown):
            yield WITHDRAWN if read == "sweep" and before == TAKEN else before
            if not done:
                yield before
        for order in shown:
            if order is not None and (read == "watch" or self._must(read, order, run)):
                yield from self._seen(before, order["OrderStatusID"])

    def _must(self, read: str, order: Json, run: Run) -> bool:
        """Whether the read has to find this version. The store's filter on changes knows days: more may come."""
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
            yield from (TAKEN, SKIPPED)  # Which of the two, the order's content says.
        elif before in (TAKEN, SKIPPED, WITHDRAWN):
            yield before if before == SKIPPED else WITHDRAWN
        else:
            yield before if status == CART else noted(status)


def _reads(run: Run) -> list[str]:
    """A sweep replaces the window's own reading; both reads beyond the window are the newest run's alone."""
    first = "sweep" if run.newest and run.sweep else "window"
    return [first, "watch"] if run.newest and run.watch else [first]


def _named(read: str, run: Run) -> str:
    return f"{read} {run.start} {run.end}" if read == "window" else read


def union(ranges: Iterable[Range]) -> list[Range]:
    """The ranges joined where they touch or overlap, oldest first."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def within(ranges: Iterable[Range], wider: Iterable[Range]) -> bool:
    """Whether each range lies in one of the wider ones, those joined."""
    joined = union(wider)
    return all(any(first <= start and end <= last for first, last in joined) for start, end in ranges)
