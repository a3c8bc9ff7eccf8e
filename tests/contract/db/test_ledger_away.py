"""A ledger that cannot be reached stops no call to a remote: the process then keeps the pace by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cartage.db import Ledger, open_ledger
from cartage.db.account_pause import SharedPause
from cartage.db.call_budget import SharedBudget
from cartage.db.waiting import Patience
from cartage.errors import RateLimited
from cartage.pace import CallLimit
from tests.pooled_postgres import without_pooler

RATE = 20.0


@pytest.fixture
def away() -> Iterator[Ledger]:
    """A ledger at an address where nothing listens."""
    ledger = open_ledger("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    yield ledger
    ledger.close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The sleeps of all callers; the clock does not move in them."""
    slept: list[float] = []
    monkeypatch.setattr("cartage.db.waiting.time", SimpleNamespace(sleep=slept.append))
    return slept


def test_a_process_keeps_the_rate_by_itself_without_a_burst(
    away: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    shared = SharedBudget(away, "wms", CallLimit(50, RATE), patience=Patience("the warehouse"))
    shared.acquire()
    started = time.monotonic()
    for _ in range(10):
        shared.acquire()
    assert time.monotonic() - started >= 9 / RATE, "others, who cannot be seen, may have used the burst"
    assert caplog.text.count("the ledger cannot be reached") == 1, "it is asked rarely, and named once"


def test_a_process_obeys_the_429s_that_it_gets_itself(away: Ledger) -> None:
    shared = SharedBudget(away, "wms", CallLimit(50, RATE), patience=Patience("the warehouse"))
    shared.penalise(100.0)
    with pytest.raises(RateLimited, match=r"the warehouse.*no call is free within 5 s"):
        shared.acquire(within=5.0)
    paused = SharedPause(away, "wms", Patience("the warehouse"))
    paused.acquire()
    paused.penalise(100.0)
    with pytest.raises(RateLimited, match=r"the warehouse.*no call is free within 5 s"):
        paused.acquire(within=5.0)


def test_what_the_remote_says_is_kept_by_the_process(away: Ledger, slept: list[float]) -> None:
    shared = SharedBudget(away, "wms", CallLimit(50, RATE), patience=Patience("the warehouse"))
    shared.follow(1000.0)
    shared.fill()
    with pytest.raises(RateLimited):
        shared.acquire(within=0.0)
    shared.acquire(within=5.0)
    assert slept, "the bucket was full"
    assert max(slept) <= 0.001


@without_pooler
def test_a_connection_that_breaks_costs_no_call(ledger: Ledger, ledger_url: str) -> None:
    """The server ends the pooled connections; the next call gets a new one, and is counted."""
    shared = SharedBudget(ledger, "wms", CallLimit(50, 0.001))
    shared.acquire()
    other = open_ledger(ledger_url)
    with other.begin() as connection:
        ended = connection.exec_driver_sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).scalar_one()
    other.close()
    assert ended >= 1
    shared.acquire()
    with ledger.begin() as connection:
        calls = connection.exec_driver_sql(
            "SELECT extract(epoch FROM full_at - clock_timestamp()) * 0.001 FROM call_bucket"
        ).scalar_one()
    assert round(calls) == 2
