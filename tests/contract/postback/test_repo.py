"""Post-backs and transfers: what one run records never overwrites what another has done meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from cartage.intake.repo.orders import note_seen
from cartage.lifecycle import claims
from cartage.lifecycle.transitions import By
from cartage.model.statuses import PARTIAL, PROCESSING, SHIPPED, StatusMap
from cartage.postback.repo import post_backs, statuses
from cartage.postback.repo.post_backs import PostBackIntent
from cartage.sending.repo import transfers
from cartage.sending.repo.transfers import FinishedTransfer
from tests.contract.rows import Rows

BY = By("update_order_status", "run/1")
STATUSES = StatusMap(import_status=1)
LEASE = timedelta(minutes=5)
CANCEL, HOLD = 5, 6


def unverified(connection: Connection) -> dict[int, int]:
    rows = statuses.unverified_orders(
        connection, "east", statuses=[PROCESSING, PARTIAL, SHIPPED], owner="run/1"
    )
    return {row.id: row.posted_status for row in rows}


def now(connection: Connection) -> datetime:
    instant: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return instant


def test_a_status_is_verified_by_a_reading_of_that_status_only(connection: Connection, rows: Rows) -> None:
    order = rows.sales_order()
    statuses.note_posted(connection, [order], PROCESSING, BY)
    was_read = unverified(connection)
    statuses.note_posted(connection, [order], SHIPPED, BY)  # by another run, after the reading
    statuses.note_verified(connection, was_read, STATUSES, read_at=now(connection))
    assert unverified(connection) == {order: SHIPPED}
    statuses.note_verified(connection, unverified(connection), STATUSES, read_at=now(connection))
    assert unverified(connection) == {}
    assert rows.one("SELECT status_id FROM sales_order WHERE id = :id", id=order) == (SHIPPED,)


def test_a_lost_status_is_not_forgotten_over_a_later_one(connection: Connection, rows: Rows) -> None:
    order = rows.sales_order()
    statuses.note_posted(connection, [order], PROCESSING, BY)
    statuses.note_posted(connection, [order], SHIPPED, BY)
    statuses.forget_posted(connection, [order], PROCESSING, read_at=now(connection))
    assert unverified(connection) == {order: SHIPPED}


def test_a_reading_from_before_the_write_neither_verifies_nor_forgets_it(
    connection: Connection, rows: Rows
) -> None:
    order, read_at = rows.sales_order(), now(connection)
    statuses.note_posted(connection, [order], PROCESSING, BY)
    assert statuses.note_verified(connection, {order: PROCESSING}, STATUSES, read_at=read_at) == 0
    statuses.forget_posted(connection, [order], PROCESSING, read_at=read_at)
    assert unverified(connection) == {order: PROCESSING}
    assert rows.one("SELECT status_id FROM sales_order WHERE id = :id", id=order) == (1,)


@pytest.mark.parametrize("newer_first", [True, False])
def test_the_later_reading_of_a_status_stands_whichever_is_recorded_first(
    connection: Connection, rows: Rows, *, newer_first: bool
) -> None:
    order = rows.sales_order()
    earlier, later = now(connection), now(connection)
    readings = [(earlier, PROCESSING), (later, PARTIAL)]
    for read_at, status in reversed(readings) if newer_first else readings:
        statuses.note_read(connection, {order: status}, read_at)
    found = rows.one("SELECT status_id, status_read_at, read_at < :later FROM sales_order", later=later)
    assert found == (PARTIAL, later, True), "a status that is read alone does not make the copy newer"
    assert statuses.note_read(connection, {order: PROCESSING}, earlier) == set()


@pytest.mark.parametrize("newer_first", [True, False])
def test_a_persons_status_that_was_read_earlier_does_not_replace_a_later_one(
    connection: Connection, rows: Rows, *, newer_first: bool
) -> None:
    order = rows.sales_order()
    earlier, later = now(connection), now(connection)
    readings = [(earlier, HOLD), (later, CANCEL)]
    for read_at, status in reversed(readings) if newer_first else readings:
        statuses.note_person_statuses(connection, {order: status}, BY, read_at=read_at)
    assert rows.one("SELECT status_id, person_status FROM sales_order") == (CANCEL, CANCEL)


def test_a_page_keeps_the_status_that_was_read_alone_later(connection: Connection, rows: Rows) -> None:
    order = rows.sales_order()
    earlier, later = now(connection), now(connection)
    statuses.note_person_statuses(connection, {order: HOLD}, BY, read_at=later)
    note_seen(connection, {order: 1}, earlier, back=[order])
    found = rows.one("SELECT status_id, person_status, read_at FROM sales_order")
    assert found == (HOLD, HOLD, earlier)


def test_an_order_that_was_posted_since_it_was_read_is_not_claimed(
    connection: Connection, rows: Rows
) -> None:
    order = rows.sales_order()
    read_at = now(connection)

    def claimed(since: datetime) -> set[int]:
        return claims.claim_orders(connection, [order], owner="run/1", lease=LEASE, read_at=since)

    assert claimed(read_at) == {order}
    post_backs.intend_post_backs(connection, [PostBackIntent(order, "status", SHIPPED)], BY)
    assert claimed(read_at) == set()
    assert claimed(now(connection)) == {order}


def test_a_write_that_a_dead_run_left_open_is_closed_by_the_reading_that_sees_it(
    connection: Connection, rows: Rows
) -> None:
    order = rows.sales_order()
    post_backs.intend_post_backs(connection, [PostBackIntent(order, "status", SHIPPED)], BY)
    statuses.note_posted(connection, [order], SHIPPED, BY)
    claim = text("UPDATE sales_order SET lease_owner = 'run/2', lease_until = clock_timestamp() + :ahead")
    connection.execute(claim, {"ahead": LEASE})
    assert unverified(connection) == {}, "the holder of the claim may be about to write"
    connection.execute(claim, {"ahead": -LEASE})
    statuses.note_verified(connection, unverified(connection), STATUSES, read_at=now(connection))
    assert rows.one("SELECT outcome, error FROM post_back") == ("unknown", "the run ended")


def test_an_outcome_that_another_run_closed_stands(connection: Connection, rows: Rows) -> None:
    order = rows.order("sending")
    attempt = rows.add("transfer", fulfillment_order_id=order, attempt=1, request="{}", run_id="run/1")
    transfers.finish_transfers(connection, [FinishedTransfer(attempt, "unknown", error="the run ended")])
    transfers.finish_transfers(
        connection, [FinishedTransfer(attempt, "not_sent", error="too late to matter")]
    )
    assert rows.one("SELECT outcome, error FROM transfer WHERE id = :id", id=attempt) == (
        "unknown",
        "the run ended",
    )
