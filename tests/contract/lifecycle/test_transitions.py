"""Moves of fulfillment orders: guarded, with their event in the same transaction, and made by only one of many runs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from cartage.db import Ledger
from cartage.errors import TransitionRefused
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.states import TRANSITIONS, State
from tests.contract.rows import Rows

BY = By("transfer_to_warehouse", "run/1")
LEASE = timedelta(minutes=5)
CLAIM: dict[str, Any] = {"lease_owner": "run/1", "lease": LEASE}
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)

ALLOWED = [(here, there) for here, targets in TRANSITIONS.items() for there in sorted(targets)]
FORBIDDEN = [(here, there) for here in State for there in State if there not in TRANSITIONS[here]]


def full_move(order: int) -> Move:
    """Return a move with what any state requires."""
    return Move(
        order,
        why="because",
        remote_id="900",
        remote_etag="e",
        cause_ids=(7,),
        held_until=UNTIL,
        request={"lines": []},
        detail={"status": 200},
    )


def state_of(connection: Connection, order: int) -> str:
    return str(connection.scalar(text("SELECT state FROM fulfillment_order WHERE id = :id"), {"id": order}))


def events(connection: Connection) -> list[tuple[Any, ...]]:
    query = "SELECT fulfillment_order_id, from_state, to_state, actor, run_id, why FROM event ORDER BY id"
    return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize(("here", "there"), ALLOWED)
def test_an_allowed_move_is_made_with_its_event(
    connection: Connection, rows: Rows, here: State, there: State
) -> None:
    order = rows.order(here)
    claim = CLAIM if there == State.SENDING else {}
    assert move(connection, [full_move(order)], there, BY, **claim) == {order}
    assert state_of(connection, order) == there
    assert events(connection) == [(order, here, there, "transfer_to_warehouse", "run/1", "because")]


@pytest.mark.parametrize(("here", "there"), FORBIDDEN)
def test_a_move_that_is_not_in_the_table_is_refused(
    connection: Connection, rows: Rows, here: State, there: State
) -> None:
    order = rows.order(here)
    claim = CLAIM if there == State.SENDING else {}
    with pytest.raises(TransitionRefused, match=f"could not move to {there}"):
        move(connection, [full_move(order)], there, BY, **claim)
    assert state_of(connection, order) == here
    assert events(connection) == []


def test_a_move_sets_what_it_names_and_keeps_the_rest(connection: Connection, rows: Rows) -> None:
    order = rows.order("sending", remote_etag="old")
    move(connection, [Move(order, why="accepted", remote_id="31")], State.ACKNOWLEDGED, BY)
    row = rows.one("SELECT * FROM fulfillment_order WHERE id = :id", id=order)
    assert (row.remote_id, row.remote_etag, row.reason, row.request) == ("31", "old", "accepted", {})
    assert (row.lease_owner, row.lease_until, row.cause_ids, row.held_until) == (None, None, [], None)


def test_the_event_is_rolled_back_with_the_move(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        order = Rows(connection).order("ready")
    with pytest.raises(TransitionRefused), ledger.begin() as connection:  # noqa: PT012
        move(connection, [Move(order)], State.SENDING, BY, **CLAIM)
        move(connection, [Move(order)], State.SHIPPED, BY)
    with ledger.begin() as connection:
        assert state_of(connection, order) == "ready"
        assert events(connection) == []


def test_the_move_is_rolled_back_when_its_event_cannot_be_written(connection: Connection, rows: Rows) -> None:
    order = rows.order("ready")
    with pytest.raises(IntegrityError), connection.begin_nested():
        move(connection, [Move(order)], State.SENDING, By(None, "run/1"), **CLAIM)  # type: ignore[arg-type]
    assert state_of(connection, order) == "ready"


def test_a_refused_move_names_its_order_and_moves_nothing(connection: Connection, rows: Rows) -> None:
    fine, late = rows.order("ready"), rows.order("shipped")
    with pytest.raises(TransitionRefused, match=rf"1 of 2 .* \(ids \[{late}\]\)"):
        move(connection, [Move(fine), Move(late)], State.SENDING, BY, **CLAIM)


def test_a_move_that_is_not_strict_moves_what_it_can(connection: Connection, rows: Rows) -> None:
    fine, late = rows.order("ready"), rows.order("shipped")
    moved = move(connection, [Move(fine), Move(late)], State.SENDING, BY, **CLAIM, strict=False)
    assert moved == {fine}
    assert [event[0] for event in events(connection)] == [fine]


def test_nothing_to_move_runs_no_statement(connection: Connection) -> None:
    assert move(connection, [], State.SHIPPED, BY) == set()


def test_a_requested_cancel_stops_sending_and_nothing_else(connection: Connection, rows: Rows) -> None:
    order = rows.order("ready", cancel_wanted_at=UNTIL)
    with pytest.raises(TransitionRefused):
        move(connection, [Move(order)], State.SENDING, BY, **CLAIM)
    assert move(connection, [Move(order, why="cancelled")], State.SKIPPED, BY) == {order}


def test_sending_needs_a_lease(connection: Connection, rows: Rows) -> None:
    order = rows.order("ready")
    with pytest.raises(IntegrityError, match="sending_has_lease"), connection.begin_nested():
        move(connection, [Move(order)], State.SENDING, BY)
    move(connection, [Move(order)], State.SENDING, BY, **CLAIM)
    row = rows.one(
        "SELECT lease_owner, lease_until - clock_timestamp() AS rest FROM fulfillment_order WHERE id = :id",
        id=order,
    )
    assert row.lease_owner == "run/1"
    assert timedelta(minutes=4) < row.rest <= LEASE


def test_only_the_owner_of_the_claim_moves_an_order(connection: Connection, rows: Rows) -> None:
    order = rows.order("sending", lease_owner="run/2")
    outcome = [Move(order, remote_id="31")]
    with pytest.raises(TransitionRefused):
        move(connection, outcome, State.ACKNOWLEDGED, BY, held_lease="run/1")
    assert move(connection, outcome, State.ACKNOWLEDGED, BY, held_lease="run/2") == {order}


def test_a_repeated_move_moves_nothing_twice(ledger: Ledger) -> None:
    """The commit succeeded, its response was lost, and the step is repeated."""
    with ledger.begin() as connection:
        order = Rows(connection).order("sending")
    outcome = [Move(order, remote_id="31")]
    with ledger.begin() as connection:
        move(connection, outcome, State.ACKNOWLEDGED, BY, held_lease="run/1")
    with pytest.raises(TransitionRefused), ledger.begin() as connection:
        move(connection, outcome, State.ACKNOWLEDGED, BY, held_lease="run/1")
    with ledger.begin() as connection:
        assert len(events(connection)) == 1


def test_only_one_of_two_runs_moves_an_order(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        rows = Rows(connection)
        orders = [rows.order("ready") for _ in range(20)]
    start = Barrier(4)

    def send(run: int) -> set[int]:
        wanted = [Move(order) for order in (orders if run % 2 else orders[::-1])]
        start.wait()
        with ledger.begin() as connection:
            owner = f"run/{run}"
            return move(
                connection,
                wanted,
                State.SENDING,
                By("t", owner),
                lease_owner=owner,
                lease=LEASE,
                strict=False,
            )

    with ThreadPoolExecutor(4) as pool:
        moved = list(pool.map(send, range(4)))
    assert sorted(order for each in moved for order in each) == orders
    with ledger.begin() as connection:
        assert sorted(event[0] for event in events(connection)) == orders


def test_a_move_that_waited_for_another_checks_the_state_again(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        order = Rows(connection).order("sending")
    with ThreadPoolExecutor(1) as pool:
        with ledger.begin() as first:
            move(first, [Move(order, why="no response")], State.UNKNOWN, BY)
            waiting = pool.submit(_move_alone, ledger, order)
            _await_waiter(ledger)
        assert waiting.result() == {order}
    with ledger.begin() as connection:
        assert [event[1:3] for event in events(connection)] == list(
            pairwise(["sending", "unknown", "acknowledged"])
        )


def _move_alone(ledger: Ledger, order: int) -> set[int]:
    with ledger.begin() as connection:
        return move(connection, [Move(order, remote_id="31")], State.ACKNOWLEDGED, BY)


def _await_waiter(ledger: Ledger) -> None:
    for waiting in _lock_waiters(ledger):
        if waiting:
            return


def _lock_waiters(ledger: Ledger) -> Iterator[int]:
    query = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    while datetime.now(UTC) < deadline:
        with ledger.begin() as connection:
            yield int(connection.scalar(query) or 0)
    pytest.fail("the second move never met the first")
