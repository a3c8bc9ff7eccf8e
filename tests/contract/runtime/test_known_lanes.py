"""What the ledger keeps about a lane: its store, its sweeps, its cursor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from cartage.db import Ledger
from cartage.errors import LedgerError, SettingsError
from cartage.intake.coverage.repo import coverage_summary, extend_coverage
from cartage.intake.repo import sweeps
from cartage.runtime import known_lanes as lane_state
from cartage.shipments.repo import polls
from tests.contract.rows import Rows

EVERY = timedelta(minutes=5)


@pytest.fixture
def lane(connection: Connection, rows: Rows) -> str:
    lane_state.ensure_lane(connection, "east", rows.store())
    return "east"


def age_of_claim(connection: Connection, minutes: float) -> None:
    connection.execute(
        text("UPDATE lane_state SET sweep_claimed_at = clock_timestamp() - CAST(:age AS interval)"),
        {"age": timedelta(minutes=minutes)},
    )


def age_of_sweep(connection: Connection, minutes: float) -> None:
    connection.execute(
        text(
            "UPDATE lane_state SET sweep_claimed_at = NULL, "
            "swept_at = clock_timestamp() - CAST(:age AS interval)"
        ),
        {"age": timedelta(minutes=minutes)},
    )


def test_the_first_sweep_is_due_at_once(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)


def test_a_sweep_under_way_is_not_joined(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)
    assert not sweeps.claim_sweep(connection, lane, EVERY)


def test_a_finished_sweep_is_repeated_when_it_is_old_enough(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)
    sweeps.end_sweep(connection, lane)
    assert not sweeps.claim_sweep(connection, lane, EVERY)
    age_of_sweep(connection, 4)
    assert not sweeps.claim_sweep(connection, lane, EVERY)
    age_of_sweep(connection, 4.75)  # this run comes a little early because the last one came a little late
    assert sweeps.claim_sweep(connection, lane, EVERY)


def test_a_sweep_that_died_is_repeated_soon(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)
    age_of_claim(connection, 9)
    assert not sweeps.claim_sweep(connection, lane, EVERY)
    age_of_claim(connection, 11)
    assert sweeps.claim_sweep(connection, lane, EVERY)


def test_the_age_of_a_sweep_counts_from_its_beginning(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)
    age_of_claim(connection, 6)
    sweeps.end_sweep(connection, lane)
    assert sweeps.claim_sweep(connection, lane, EVERY)


def test_a_slow_sweep_does_not_set_back_a_later_one(connection: Connection, lane: str) -> None:
    later, earlier = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 11, tzinfo=UTC)
    sweeps.end_sweep(connection, lane, later)
    sweeps.end_sweep(connection, lane, earlier)
    assert connection.scalar(text("SELECT swept_at FROM lane_state")) == later


def test_never_due_means_never(connection: Connection, lane: str) -> None:
    assert not sweeps.claim_sweep(connection, lane, None)


def test_only_one_of_many_runs_sweeps(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        lane_state.ensure_lane(connection, "east", Rows(connection).store())

    def claim(_: int) -> bool:
        with ledger.begin() as connection:
            return sweeps.claim_sweep(connection, "east", EVERY)

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(claim, range(12))) == 1


def test_the_cursor_is_kept(connection: Connection, rows: Rows, lane: str) -> None:
    assert polls.shipments_cursor(connection, lane) == ""
    polls.save_cursor(connection, lane, "", "2026-03-01T12:00:00")
    polls.save_cursor(connection, lane, "coast", "7")
    lane_state.ensure_lane(connection, lane, rows.store())
    assert polls.shipments_cursor(connection, lane) == "2026-03-01T12:00:00"
    assert polls.shipments_cursor(connection, lane, "coast") == "7"


def test_keeping_anything_for_an_unknown_lane_is_an_error(connection: Connection) -> None:
    assert polls.shipments_cursor(connection, "west") == ""
    assert not sweeps.claim_sweep(connection, "west", EVERY)
    with pytest.raises(LedgerError, match="west"):
        polls.save_cursor(connection, "west", "", "x")
    with pytest.raises(LedgerError, match="west"):
        sweeps.end_sweep(connection, "west")


@pytest.mark.parametrize(
    "state", ["imported", "blocked", "sending", "acknowledged", "partially_shipped", "conflict"]
)
def test_a_lane_with_open_orders_keeps_its_store(
    connection: Connection, rows: Rows, lane: str, state: str
) -> None:
    rows.order(state)
    other = rows.store("B7Q", "two.example.com")
    with pytest.raises(SettingsError, match=r"one\.example\.com to two\.example\.com") as refused:
        lane_state.ensure_lane(connection, lane, other)
    assert "lane of its own" in str(refused.value)
    lane_state.ensure_lane(connection, lane, rows.store())


def test_a_lane_without_open_orders_may_change_its_store_and_forgets_the_old_one(
    connection: Connection, rows: Rows, lane: str
) -> None:
    for state in ("shipped", "cancelled", "skipped"):
        rows.order(state)
    assert sweeps.claim_sweep(connection, lane, EVERY)
    sweeps.end_sweep(connection, lane)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    extend_coverage(connection, lane, start, start + EVERY)
    other = rows.store("B7Q", "two.example.com")
    lane_state.ensure_lane(connection, lane, other)
    assert connection.scalar(text("SELECT store_id FROM lane_state")) == other
    assert coverage_summary(connection, lane, start, start + EVERY).covered == ()
    assert sweeps.claim_sweep(connection, lane, EVERY)


def test_a_lane_that_left_the_file_with_open_orders_is_orphaned(
    connection: Connection, rows: Rows, lane: str
) -> None:
    lane_state.ensure_lane(connection, "west", rows.store())
    rows.order("acknowledged")
    rows.order("blocked")
    for state in ("shipped", "cancelled", "skipped", "rejected"):
        rows.order(state)
        rows.order(state, lane="west")
    assert lane_state.orphaned_lanes(connection, []) == {"east": 2}
    assert lane_state.orphaned_lanes(connection, {"west"}) == {"east": 2}
    assert lane_state.orphaned_lanes(connection, {"east"}) == {}


def test_a_superseded_order_does_not_make_a_lane_orphaned(
    connection: Connection, rows: Rows, lane: str
) -> None:
    rows.order("conflict", superseded_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert lane_state.orphaned_lanes(connection, []) == {}


def test_only_one_run_claims_a_watch_and_it_gets_its_start(connection: Connection, lane: str) -> None:
    first = sweeps.claim_watch(connection, lane, EVERY)
    assert first is not None
    assert first.since is None
    assert sweeps.claim_watch(connection, lane, EVERY) is None
    at = datetime.now(UTC) - timedelta(hours=1)
    sweeps.end_watch(connection, lane, at)
    again = sweeps.claim_watch(connection, lane, EVERY)
    assert again is not None
    assert again.since == at


def test_a_watch_that_was_given_back_is_due_and_what_it_read_up_to_stays(
    connection: Connection, lane: str
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    sweeps.end_watch(connection, lane, at)
    assert sweeps.claim_watch(connection, lane, EVERY) is not None
    sweeps.release_watch(connection, lane)
    again = sweeps.claim_watch(connection, lane, EVERY)
    assert again is not None
    assert again.since == at


def test_a_lane_that_never_watches_claims_nothing(connection: Connection, lane: str) -> None:
    assert sweeps.claim_watch(connection, lane, None) is None


def test_a_sweep_that_was_given_back_is_due_at_once(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)
    sweeps.release_sweep(connection, lane)
    assert sweeps.claim_sweep(connection, lane, EVERY)


def test_a_long_sweep_keeps_its_claim_with_each_page(connection: Connection, lane: str) -> None:
    assert sweeps.claim_sweep(connection, lane, EVERY)
    age_of_claim(connection, 11)
    sweeps.extend_sweep_claim(connection, lane)
    assert not sweeps.claim_sweep(connection, lane, EVERY)
