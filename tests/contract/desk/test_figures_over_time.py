"""Coverage is what the store was asked for and answered; a usual day is what the warehouse did on the days before.

As in `test_figures`, what the pages should show is counted from the sandboxes' journals, and never from the ledger.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from cartage.errors import AuthFailed
from cartage.runtime.run import Window
from tests.contract.conftest import MakeWorld
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.figures import LANE, desk_of, number, table
from tests.contract.desk.test_figures import line
from tests.contract.world import ORDERS_STAGES, STORE_ZONE, World

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
# Its clocks never change: a store is asked for an hour more where they do.
PHOENIX = ZoneInfo("America/Phoenix")
FORMAT = "%Y-%m-%d %H:%M"


# Coverage


def hours(start: datetime, end: datetime) -> list[datetime]:
    """Return the hours of a range, by their begin."""
    return [start + number * HOUR for number in range(int((end - start) / HOUR))]


@dataclass(frozen=True)
class Asked:
    """The hours that the store was asked for: all of it answered, or not."""

    answered: frozenset[datetime]
    refused: frozenset[datetime]

    @classmethod
    def of(cls, world: World) -> Asked:
        """Read the journal: each range of order dates, with the calls that followed until the next range."""
        readings: list[tuple[tuple[str, str], list[int | None]]] = []
        for call in world.calls(method="GET", path="/Orders?"):
            query = parse_qs(urlsplit(call["path"]).query)
            if "datestart" in query:
                span = query["datestart"][0], query["dateend"][0]
                if not readings or readings[-1][0] != span:
                    readings.append((span, []))
            if readings:
                readings[-1][1].append(call["status"])
        answered = cls._hours(span for span, statuses in readings if set(statuses) == {200})
        return cls(answered, cls._hours(span for span, _ in readings) - answered)

    @staticmethod
    def _hours(spans: Iterable[tuple[str, str]]) -> frozenset[datetime]:
        found: set[datetime] = set()
        for span in spans:
            start, end = (
                datetime.strptime(end, "%m/%d/%Y %H:%M:%S").replace(tzinfo=PHOENIX).astimezone(UTC)
                for end in span
            )
            found |= set(hours(start, end))
        return frozenset(found)

    def why(self, hour: datetime) -> str:
        """Return why an hour is a gap, as the page says it; empty for one that is covered."""
        if hour in self.answered:
            return ""
        return "a run failed" if hour in self.refused else "no run imported it"


def in_hours(count: int) -> str:
    """Return a number of hours as days and hours."""
    days, rest = divmod(count, 24)
    return " ".join([f"{days} d"] * bool(days) + [f"{rest} h"] * bool(rest))


def state_of_day(reasons: list[str]) -> str:
    """Return the state of a day from the reasons of its hours."""
    if "a run failed" in reasons:
        return "failed"
    if "no run imported it" in reasons:
        return "partly" if "" in reasons else "missing"
    return "covered"


@pytest.fixture
def covered(make_world: MakeWorld) -> World:
    """A lane of six days: some windows were imported, two failed, the others never ran."""
    first = datetime.combine(datetime.now(UTC).date() - 6 * DAY, time(), UTC)
    world = make_world(
        store_rules={"store_time_zone": PHOENIX.key},
        store={"time_zone": PHOENIX.key, "go_live": first.date()},
        schedules={"orders": "0 * * * *", "sweep_every": "never", "watch_every": "never"},
    )
    world.execute(
        "INSERT INTO task_run (lane, task, first_at, started_at) VALUES (:lane, 'import_orders', :at, :at)",
        lane=LANE,
        at=first + 7 * HOUR,
    )
    for hour in hours(first + 9 * HOUR, datetime.now(UTC))[::3]:
        stamp = (hour + HOUR / 2).astimezone(PHOENIX).replace(tzinfo=None).isoformat(timespec="seconds")
        world.place_at(hour, OrderDate=stamp, LastUpdate=stamp)
    for start, end, fails in (
        (7, 24, False),
        (24, 48, False),
        (48, 54, False),
        (58, 62, False),
        (72, 78, False),
        (84, 90, True),
        (96, 120, True),
    ):
        if fails:
            world.store_fault("GET .*/Orders", "status", status=401)
        with suppress(AuthFailed):
            window = Window(first + start * HOUR, first + end * HOUR)
            world.go("import_orders", window=window, sweep=False)
    return world


def shown_days(page: str) -> dict[date, tuple[str, str, str]]:
    """Return what the calendar shows of each day: its mark, its state, and how much of it is not covered."""
    days = re.findall(
        r'<td class="\S+ shade-\d" title="(\S+): ([^",]+)(?:, ([^"]+) not covered)?">(.)</td>', page
    )
    return {date.fromisoformat(day): (mark, state, length) for day, state, length, mark in days}


def span_of(page: str) -> tuple[datetime, datetime]:
    found = re.search(r'<p class="run">(\S+ \S+) to (\S+ \S+) UTC</p>', page)
    assert found
    since, until = (datetime.strptime(text, FORMAT).replace(tzinfo=UTC) for text in found.groups())
    return since, until


def due() -> datetime:
    """Return the end of the newest hour that a run must have imported by now: it has ten minutes for it."""
    return (datetime.now(UTC) - timedelta(minutes=10)).replace(minute=0, second=0, microsecond=0)


def known(desk: DeskClient) -> set[int]:
    rows = csv.DictReader(io.StringIO(desk.get("orders.csv", lane=LANE).text))
    return {int(row["order_id"]) for row in rows}


def placed(world: World) -> dict[int, datetime]:
    """Return when each order was placed in the store."""
    orders = [entry.data() for entry in world.shop.store.state.orders.entries()]
    return {
        order["OrderID"]: datetime.fromisoformat(order["OrderDate"]).replace(tzinfo=PHOENIX)
        for order in orders
    }


def test_the_calendar_and_the_gaps_are_the_hours_that_the_store_was_not_asked_for(
    covered: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(covered, tmp_path / "lanes.yaml", monkeypatch)
    before, page, after = due(), desk.get("coverage", lane=LANE).text, due()
    since, until = span_of(page)
    assert since == datetime.combine(covered.lane.store.go_live, time(), PHOENIX)
    assert until in (before, after)
    asked = Asked.of(covered)
    whole = [(hour, asked.why(hour)) for hour in hours(since, until)]
    assert {why for _, why in whole} == {"", "a run failed", "no run imported it"}

    days = {
        day: [why for _, why in of_day] for day, of_day in groupby(whole, key=lambda each: each[0].date())
    }
    shown = shown_days(page)
    assert {day: (state, length) for day, (_, state, length) in shown.items()} == {
        day: (state_of_day(reasons), in_hours(sum(map(bool, reasons)))) for day, reasons in days.items()
    }
    assert {state for _, state, _ in shown.values()} >= {"covered", "partly", "failed", "missing"}
    legend = dict(re.findall(r'<span class="\w+">(.)</span> ([a-z ]+)', page))
    assert all(legend[mark] == state for mark, state, _ in shown.values())

    gaps = [
        (why, [hour for hour, _ in of_gap]) for why, of_gap in groupby(whole, key=lambda each: each[1]) if why
    ]
    assert len(gaps) >= 6
    assert table(page, "<h2>Gaps</h2>") == [
        [f"{gap[0]:{FORMAT}}", f"{gap[-1] + HOUR:{FORMAT}}", in_hours(len(gap)), why] for why, gap in gaps
    ]
    assert f"Fill {len(gaps)} gaps" in desk.text("home", lane=LANE)
    assert backfilled(page) >= {hour for hour, why in whole if why}
    # What is covered is known, and nothing else is.
    orders = placed(covered)
    imported = {
        order for order, at in orders.items() if at.replace(minute=0).astimezone(UTC) in asked.answered
    }
    assert 0 < len(imported) < len(orders)
    assert known(desk) == imported
    assert line(desk)["Coverage"] == "gap"


def backfilled(page: str) -> set[datetime]:
    """Return the hours that the suggested backfills import; each must have as many windows as it says."""
    found: set[datetime] = set()
    plans = re.findall(r"<h3>(.+?) to (.+?)</h3>\s*<p>([\d,]+) windows? of (\w+), about", page)
    assert plans
    for first, last, windows, dag_id in plans:
        start, end = (datetime.strptime(text, FORMAT).replace(tzinfo=UTC) for text in (first, last))
        length = DAY if dag_id == f"orders_history__{LANE}" else HOUR
        assert number(windows) == (end - start) / length, (first, last, dag_id)
        found |= set(hours(start, end))
    return found


def test_what_a_sweep_read_is_not_missing(
    covered: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked.of(covered)
    covered.settings["schedules"]["sweep_every"] = "1s"
    covered.go("import_orders")
    assert any(
        "orderstatus=1" in call["path"] and "datestart" not in call["path"] for call in covered.calls()
    )
    desk = desk_of(covered, tmp_path / "lanes.yaml", monkeypatch)
    page = desk.get("coverage", lane=LANE).text
    whole = hours(*span_of(page))
    gaps = {
        day: sum(hour not in asked.answered for hour in of_day)
        for day, of_day in groupby(whole, key=lambda hour: hour.date())
    }
    assert {day: (state, length) for day, (_, state, length) in shown_days(page).items()} == {
        day: ("open orders only" if count else "covered", in_hours(count)) for day, count in gaps.items()
    }
    assert sum(gaps.values()) > 0
    assert {row[3] for row in table(page, "<h2>Gaps</h2>")} == {
        "only a sweep has read it: open orders are imported"
    }
    # Every order is open in the store, and so every one is known.
    assert known(desk) == set(placed(covered))
    assert line(desk)["Coverage"] == "complete"


# The usual day


@dataclass
class Weeks:
    """A lane that works on days of the past: what happens is put back in the ledger, and in what was recorded of it."""

    world: World
    back: dict[tuple[str, str], timedelta] = field(default_factory=dict)

    def work(self, ago: timedelta, orders: int, ships: int = 0) -> list[int]:
        """Let orders come and go, so long ago by the store's clock; return those that have not left."""
        there = datetime.now(UTC) - at_the_store(ago)
        ids = self.world.place("single", orders)
        self.world.go(*ORDERS_STAGES)
        self._put_back("order.created", ids, "created_at, state_since", there)
        self.ship(ids[:ships], there)
        return ids[ships:]

    def ship(self, ids: list[int], there: timedelta = timedelta(0)) -> None:
        """Let orders leave the warehouse; `there` is how long ago that was."""
        for order_id in ids:
            self.world.ship(order_id)
        self.world.go("poll_tracking")
        self._put_back("order.shipped", ids, "state_since", there)

    def times(self, kind: str) -> list[datetime]:
        """Return when the warehouse recorded each effect of this kind."""
        return [
            datetime.fromisoformat(entry["at"]) - self.back[kind, entry["key"]]
            for entry in self.world.shop.warehouse.journal.entries(kind)
        ]

    def _put_back(self, kind: str, ids: list[int], columns: str, by: timedelta) -> None:
        self.back |= {(kind, self.world.reference_of(order_id)): by for order_id in ids}
        changes = ", ".join(f"{column} = {column} - CAST(:by AS interval)" for column in columns.split(", "))
        self.world.execute(
            f"UPDATE fulfillment_order SET {changes} WHERE order_id = ANY(:ids)", by=by, ids=ids
        )


def at_the_store(ago: timedelta) -> datetime:
    """Return the instant of so long ago by the clock in the store, whose clocks may have changed since."""
    return (datetime.now(STORE_ZONE).replace(tzinfo=None) - ago).replace(tzinfo=STORE_ZONE).astimezone(UTC)


def counted(times: list[datetime], weeks_ago: int, now: datetime) -> int:
    """Return how many instants lie on this weekday so many weeks ago, from midnight to the time of day of now."""
    day = now.astimezone(STORE_ZONE).date() - weeks_ago * WEEK
    until = datetime.combine(day, now.astimezone(STORE_ZONE).time(), STORE_ZONE)
    return sum(datetime.combine(day, time(), STORE_ZONE) <= at <= until for at in times)


def test_what_is_usual_is_the_mean_of_this_weekday_since_the_lane_went_live(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = datetime.now(STORE_ZONE).date() - 3 * WEEK
    world = make_world(store={"go_live": live})
    weeks = Weeks(world)
    # Before its go-live, on another weekday, and later on this weekday: none of them is usual at this time.
    weeks.work(4 * WEEK, 5, 5)
    weeks.work(WEEK + DAY, 4, 4)
    weeks.work(WEEK - 2 * HOUR, 2, 2)
    weeks.work(3 * WEEK, 4, 2)
    late = weeks.work(2 * WEEK, 6, 3)
    weeks.work(WEEK, 3, 2)
    weeks.work(timedelta(0), 2, 1)
    weeks.ship(late)
    desk = desk_of(world, tmp_path / "lanes.yaml", monkeypatch)

    now = datetime.now(UTC)
    came, went = (
        [counted(weeks.times(kind), ago, now) for ago in range(4)]
        for kind in ("order.created", "order.shipped")
    )
    assert all(came)
    assert all(went)
    usual = [round(sum(found[1:]) / 3) for found in (came, went)]
    assert usual[0] != usual[1]
    text = desk.text("home", lane=LANE)
    assert f"In today: {came[0]} , usually {usual[0]} by now." in text
    assert f"Out today: {went[0]} , usually {usual[1]} by now." in text
    shown = line(desk)
    assert (shown["In today"], shown["Out today"]) == (
        f"{came[0]} usually {usual[0]}",
        f"{went[0]} usually {usual[1]}",
    )
