"""The budget of an account obeys what each response says: waits, calls left, and the rate of the account."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from requests.structures import CaseInsensitiveDict

from cartage.errors import RateLimited
from cartage.pace import NO_BUDGET, AccountBudget, CallLimit, CallLimits, LocalPause, retry_after

SHIPBOB = CallLimits(
    CallLimit(30, 2.0), wait_headers=("x-retry-after", "Retry-After"), remaining_header="x-remaining-calls"
)
AMAZON = CallLimits(CallLimit(30, 2.0), per_operation=True, rate_header="x-amzn-RateLimit-Limit")


@dataclass
class Noted:
    """A bucket that notes each call of its methods."""

    calls: list[tuple[str, float | None]] = field(default_factory=list)

    def acquire(self, *, within: float | None = None) -> None:
        self.calls.append(("call", within))

    def penalise(self, retry_after: float | None) -> None:
        self.calls.append(("429", retry_after))

    def fill(self) -> None:
        self.calls.append(("full", None))

    def follow(self, per_second: float) -> None:
        self.calls.append(("rate", per_second))


def opened(limits: CallLimits) -> tuple[AccountBudget, dict[str, Noted]]:
    buckets: dict[str, Noted] = {}

    def open_bucket(name: str, limit: CallLimit | None) -> Noted:
        return buckets.setdefault(name, Noted())

    return AccountBudget(limits, open_bucket), buckets


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-Retry-After": "25"}, 25.0),
        ({"x-retry-after": "soon", "Retry-After": "7"}, 7.0),
        ({"Retry-After": "7", "x-retry-after": "25"}, 25.0),
        (
            {"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"},
            30.0,
        ),
        ({}, None),
        ({"x-retry-after": "-5"}, None),
        ({"x-retry-after": "nan"}, None),
    ],
)
def test_a_429_stops_the_bucket_for_as_long_as_its_own_headers_say(
    headers: dict[str, str], wait: float | None
) -> None:
    budget, buckets = opened(SHIPBOB)
    assert budget.note("", 429, CaseInsensitiveDict(headers)) == wait
    assert buckets[""].calls == [("429", wait)]


def test_a_429_stops_only_the_operation_where_operations_are_counted_by_themselves() -> None:
    budget, buckets = opened(AMAZON)
    budget.acquire("create")
    budget.acquire("get", within=3.0)
    budget.note("create", 429, {})
    assert buckets["create"].calls == [("call", None), ("429", None)]
    assert buckets["get"].calls == [("call", 3.0)]


def test_another_failure_says_how_long_to_wait_and_stops_nobody() -> None:
    budget, buckets = opened(SHIPBOB)
    assert budget.note("", 503, CaseInsensitiveDict({"Retry-After": "4"})) == 4.0
    assert buckets == {}


@pytest.mark.parametrize(("left", "calls"), [("0", [("full", None)]), ("1", [("full", None)])])
def test_with_no_calls_left_the_bucket_is_full(left: str, calls: list[tuple[str, float | None]]) -> None:
    budget, buckets = opened(SHIPBOB)
    budget.note("", 200, CaseInsensitiveDict({"X-Remaining-Calls": left}))
    assert buckets[""].calls == calls


@pytest.mark.parametrize("left", ["2", "149", "", "many", "-1"])
def test_with_calls_left_nothing_changes(left: str) -> None:
    budget, buckets = opened(SHIPBOB)
    budget.note("", 200, CaseInsensitiveDict({"X-Remaining-Calls": left}))
    assert buckets == {}


def test_a_rate_that_the_remote_names_is_followed_once_and_by_its_operation_alone() -> None:
    budget, buckets = opened(AMAZON)
    for value in ("2.0", "2.0", "0.5", "0.5", "", "0", "often", "2.0"):
        budget.note("get", 200, CaseInsensitiveDict({"x-amzn-ratelimit-limit": value}))
    assert buckets["get"].calls == [("rate", 2.0), ("rate", 0.5), ("rate", 2.0)]
    assert set(buckets) == {"get"}


def test_without_a_budget_only_failures_say_how_long_to_wait() -> None:
    NO_BUDGET.acquire("anything", within=0.0)
    assert NO_BUDGET.note("", 429, {"Retry-After": "3"}) == 3.0
    assert NO_BUDGET.note("", 200, {"Retry-After": "3"}) is None


def test_a_pause_of_this_process_ends_and_no_call_waits_longer_than_it_may() -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pause = LocalPause(remote="wms", clock=lambda: now, sleep=sleep)
    pause.acquire()
    assert now == 0
    pause.penalise(8.0)
    with pytest.raises(RateLimited, match=r"wms.*no call is free within 5 s"):
        pause.acquire(within=5.0)
    assert now == 0
    pause.acquire()
    assert now == 8


def test_the_first_header_that_can_be_read_counts() -> None:
    assert retry_after({"a": "x", "b": "2"}, ("a", "b")) == 2.0
    assert retry_after({}, ()) is None
