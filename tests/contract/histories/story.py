"""A history as data: what happens in a store over two days and when its lane runs, all derived from one seed.

It does nothing itself and does not know the engine. Times are aware; the days lie around a clock change of the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from cartage_sandbox.kernel.faults import Fault
from tests.contract.histories.goods import DROP_WAREHOUSE, Goods, Json

NEW, PROCESSING, SHIPPED, CANCEL, HOLD, CART, CUSTOM, UNPAID = 1, 2, 4, 5, 6, 7, 8, 11
HOUR = timedelta(hours=1)
_LABELS = {NEW: "New", CUSTOM: "Ready for Warehouse"}
LISTS = r"GET .*/Orders$"
# Zones with a clock change: with an hour that occurs twice, with an hour that does not occur, by half an hour in the
# southern autumn; and a day without one.
_CHANGES = (
    ("America/New_York", datetime(2025, 11, 2, 6, tzinfo=UTC)),
    ("America/New_York", datetime(2025, 3, 9, 7, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2025, 10, 26, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2025, 3, 30, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2025, 4, 5, 15, tzinfo=UTC)),
    ("America/New_York", datetime(2025, 6, 17, 3, tzinfo=UTC)),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A cart was opened, or an order placed."""

    at: datetime
    order: Json


@dataclass(frozen=True, slots=True)
class Edited:
    """A person, or a shopper who returned to the cart, changed an order; `now` fields get the time of the change."""

    at: datetime
    order_id: int
    changes: Json
    now: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneEdited:
    """The owner changed the lane's store settings."""

    at: datetime
    settings: Json


@dataclass(frozen=True, slots=True)
class Run:
    """The lane ran its window. A scheduled run is `newest`, a backfilled one never is."""

    at: datetime
    start: datetime
    end: datetime
    newest: bool = True
    sweep: bool = False
    watch: bool = False
    faults: tuple[Fault, ...] = ()
    meanwhile: tuple[Mapping[str, Any], ...] = ()


Step = Placed | Edited | LaneEdited | Run


@dataclass
class History:
    """All steps in order of time. After the last step every window must be covered."""

    seed: int
    zone: ZoneInfo
    start: datetime
    end: datetime
    ready: int
    rules: dict[str, Any]
    settings: Json
    steps: list[Step] = field(default_factory=list)
    windows: list[tuple[datetime, datetime]] = field(default_factory=list)


def history(seed: int) -> History:
    """Return the history of a seed; the same seed gives the same history."""
    return _Author(seed).write()


class _Author:
    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.goods = Goods(self.rng)
        zone, change = self.rng.choice(_CHANGES)
        self.change = change
        start = change - self.rng.randint(10, 20) * HOUR
        end = change + self.rng.randint(10, 20) * HOUR
        self.ready = self.rng.choice((NEW, NEW, CUSTOM))
        rules, settings = self._rules(zone), self._settings(start, zone)
        self.history = History(seed, ZoneInfo(zone), start, end, self.ready, rules, settings)
        self.next_id, self.low_id = 30_001, 20_000
        self.contents: dict[int, Json] = {}

    def write(self) -> History:
        """Write all steps."""
        for _ in range(self.rng.randint(8, 20)):
            self._order(self.history.start - HOUR)
        for _ in range(self.rng.randint(8, 30)):
            self._order(self._moment())
        self._edit_lane()
        self._windows()
        self.history.steps.sort(key=lambda step: step.at)
        return self.history

    def _rules(self, zone: str) -> dict[str, Any]:
        rng = self.rng
        rules: dict[str, Any] = {
            "store_time_zone": zone,
            "orders_page_max": rng.choice((10, 10, 20)),
            "lastupdate_granularity": rng.choice(("day", "time")),
            "lastupdateend_day": rng.choice(("inclusive", "exclusive")),
            "not_found_body": rng.choice(("empty", "result")),
            "errors_as_200": rng.random() < 0.2,
            "lists_lag_seconds": rng.choice((0.0, 0.0, 0.0, 20.0)),
            "throttle": rng.random() < 0.3,
            "throttle_size": rng.randint(3, 8),
            "throttle_retry_after": rng.random() < 0.5,
        }
        return rules

    def _settings(self, start: datetime, zone: str) -> Json:
        """Return the lane's first store settings; go-live is some hours before the history or in its middle."""
        live = start + self.rng.choice((-3, -3, -3, 1)) * timedelta(hours=12)
        return {
            "time_zone": zone,
            "import_status": self.rng.choice((self.ready, _LABELS[self.ready])),
            "go_live": live.astimezone(ZoneInfo(zone)).date(),
            **self._policy(),
        }

    def _policy(self) -> Json:
        rng = self.rng
        return {
            "bundles": rng.choice(("components", "parent")),
            "zero_value": rng.choice(("ship", "skip")),
            "gift_certificate_only": rng.choice(("ship", "ship", "skip")),
            "exclude": rng.choice(
                ({}, {}, {"skus": ["GIFT-*"]}, {"weightless": True}, {"store_warehouses": [DROP_WAREHOUSE]})
            ),
        }

    def _moment(self, after: datetime | None = None) -> datetime:
        """Return a later time, often within an hour of the clock change."""
        first = after or self.history.start
        near = self.change + timedelta(seconds=self.rng.randrange(-3600, 3600))
        if near > first and self.rng.random() < 0.3:
            return near
        seconds = int((self.history.end - first).total_seconds())
        return first + timedelta(seconds=self.rng.randrange(max(seconds, 1)))

    def _order(self, at: datetime) -> None:
        """Write one order and what becomes of it."""
        order_id, self.next_id = self.next_id, self.next_id + self.rng.choice((1, 1, 1, 7))
        content = self.contents[order_id] = self.goods.order(order_id)
        first, rest = self.rng.choice(self._fates())
        self._add(Placed(at, {"OrderID": order_id, "OrderStatusID": first, **content}))
        for status in rest:
            at = self._moment(at)
            self._add(Edited(at, order_id, *self._becoming(order_id, first, status)))
            first = status or first

    def _fates(self) -> list[tuple[int, tuple[int, ...]]]:
        """Return pairs of the first status and those that follow; 0 edits the content and keeps the status."""
        ready = self.ready
        return [
            (ready, ()), (ready, ()), (ready, (0,)), (ready, (0, 0)), (ready, (CANCEL,)), (ready, (HOLD, ready)),
            (ready, (0, CANCEL)), (ready, (SHIPPED,)), (UNPAID, (ready,)), (UNPAID, (0, ready, 0)), (UNPAID, ()),
            (UNPAID, (CANCEL,)), (CART, (ready,)), (CART, (ready, 0)), (CART, ()), (CART, (UNPAID, ready)),
            (NEW, (CUSTOM,)), (NEW, (CUSTOM, ready)), (HOLD, (ready,)), (PROCESSING, ()), (SHIPPED, ()),
            (CART, (ready, CANCEL)), (UNPAID, (ready, UNPAID)), (CUSTOM, (NEW,)),
        ]  # fmt: skip

    def _becoming(self, order_id: int, before: int, status: int) -> tuple[Json, tuple[str, ...]]:
        if status == 0:
            self.contents[order_id] = self.contents[order_id] | self.goods.changed(self.contents[order_id])
            return {name: self.contents[order_id][name] for name in ("ShipmentList", "OrderItemList")}, ()
        changes: Json = {"OrderStatusID": status}
        if before != CART:
            return changes, ()
        # The same OrderID, a new OrderDate, and sometimes an unchanged LastUpdate (3dcart-api.md, section 4.1).
        stays = {"LastUpdate": "2025-01-05T12:00:00"} if self.rng.random() < 0.2 else {}
        return changes | stays | {"InvoiceNumber": order_id}, ("OrderDate",)

    def _edit_lane(self) -> None:
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            self._add(LaneEdited(self._moment(), self._policy()))

    def _windows(self) -> None:
        """Write scheduled runs at the end of each window: on time, failing, or missing and backfilled later."""
        at, late = self.history.start, []
        while at < self.history.end:
            end = min(at + self.rng.choice((1, 1, 2, 4)) * HOUR, self.history.end)
            self.history.windows.append((at, end))
            chance = self.rng.random()
            if chance < 0.75:
                self._add(self._live(at, end, faulty=chance > 0.55))
            if chance > 0.6:
                late.append((at, end))
            at = end
        self.rng.shuffle(late)
        for start, end in late[: len(late) // 2]:
            self._add(self._backfilled(start, end))

    def _live(self, start: datetime, end: datetime, *, faulty: bool) -> Run:
        sweep, watch = self.rng.random() < 0.4, self.rng.random() < 0.5
        at = end + timedelta(seconds=self.rng.randint(0, 240))
        return Run(at, start, end, True, sweep, watch, self._faults() if faulty else (), self._meanwhile())

    def _backfilled(self, start: datetime, end: datetime) -> Run:
        at = self._moment(end) + timedelta(minutes=5)
        faults = self._faults() if self.rng.random() < 0.3 else ()
        return Run(at, start, end, newest=False, faults=faults, meanwhile=self._meanwhile())

    def _faults(self) -> tuple[Fault, ...]:
        """Return faults in the middle of the paging: passing, or lasting until the run gives up."""
        nth, times = self.rng.randint(1, 4), self.rng.choice((1, 2, 99))
        later = {"Retry-After": "1"} if self.rng.random() < 0.5 else {}
        return self.rng.choice((
            (Fault(LISTS, "reset", self.rng.choice(("before", "after", "within")), nth=nth, times=times),),
            (Fault(LISTS, "truncate", "within", nth=nth, times=times),),
            (Fault(LISTS, "status", nth=nth, times=times, status=429, headers=later),),
            (Fault(LISTS, "status", nth=nth, times=times, status=self.rng.choice((500, 502, 503)), body=""),),
            (Fault(LISTS, "garbage", nth=nth, times=times, status=200, body="<html>down</html>"),),
        ))  # fmt: skip

    def _meanwhile(self) -> tuple[Mapping[str, Any], ...]:
        """Return what others do in the store between two pages of the run."""
        if self.rng.random() < 0.6:
            return ()
        # Old orders are first in the list: when some leave it, all others move to an earlier offset.
        moved = self.rng.sample(sorted(self.contents)[:12], self.rng.randint(1, 8))
        status = self.rng.choice((self.ready, CANCEL, HOLD, UNPAID))
        edits = [{"order_id": order_id, "changes": {"OrderStatusID": status}} for order_id in moved]
        placed = []
        if self.rng.random() < 0.4:
            # An id below all others: every row moves to a later offset.
            order_id = self.low_id = self.low_id - self.rng.randint(1, 9)
            placed = [{"OrderID": order_id, "OrderStatusID": self.ready, **self.goods.order(order_id)}]
        return ({"route": LISTS, "nth": self.rng.randint(1, 4), "edits": edits, "place": placed},)

    def _add(self, step: Step) -> None:
        self.history.steps.append(step)
