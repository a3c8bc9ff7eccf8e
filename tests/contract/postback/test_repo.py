"""Post-backs and transfers: what one run records never overwrites what another has done meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, text

from cartage.errors import LeaseLost
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


@pytest.mark.parametrize(
    ("left", "renewed"),
    [(LEASE * 0.9, False), (LEASE * 0.4, True), (timedelta(seconds=1), True)],
    ids=["lasts long", "past half", "at its end"],
)
def test_a_claim_is_written_again_only_after_half_of_its_time(
    connection: Connection, rows: Rows, left: timedelta, renewed: bool
) -> None:
    order = rows.sales_order()
    minute = timedelta(minutes=1)
    for renew in (
        partial(claims.check_lease, connection, [order], owner="run/1", lease=LEASE, longest=minute),
        partial(claims.renew_claims, connection, owner="run/1", lease=LEASE),
    ):
        claims.claim_orders(connection, [order], owner="run/1", lease=left)
        before = rows.one("SELECT lease_until FROM sales_order WHERE id = :id", id=order)
        renew()
        after = rows.one("SELECT lease_until FROM sales_order WHERE id = :id", id=order)
        assert (after > before, after != before) == (renewed, renewed)


def test_a_claim_lasts_for_the_longest_request_although_half_of_its_time_would_not(
    connection: Connection, rows: Rows
) -> None:
    order = rows.sales_order()
    claims.claim_orders(connection, [order], owner="run/1", lease=timedelta(seconds=50))
    claims.check_lease(
        connection, [order], owner="run/1", lease=timedelta(seconds=90), longest=timedelta(seconds=60)
    )
    claims.claim_orders(connection, [order], owner="run/1", lease=timedelta(seconds=50))
    with pytest.raises(LeaseLost, match="1 of 1 claims"):
        claims.check_lease(
            connection, [order], owner="run/1", lease=timedelta(seconds=55), longest=timedelta(seconds=60)
        )
    with pytest.raises(LeaseLost, match="1 of 1 claims"):
        claims.check_lease(connection, [order], owner="run/2", lease=LEASE, longest=timedelta(seconds=1))


def test_a_posted_status_ends_the_claim_of_the_run_that_posted_it_and_of_no_other(
    connection: Connection, rows: Rows
) -> None:
    ours, others = rows.sales_order(), rows.sales_order()
    claims.claim_orders(connection, [ours], owner="run/1", lease=LEASE)
    claims.claim_orders(connection, [others], owner="run/2", lease=LEASE)
    assert statuses.note_posted(connection, [ours, others], PROCESSING, BY, release="run/1") == 2
    held = connection.execute(text("SELECT id FROM sales_order WHERE lease_owner IS NOT NULL")).scalars()
    assert list(held) == [others]


def test_a_later_status_that_the_reading_showed_is_kept(connection: Connection, rows: Rows) -> None:
    shown, posted_since = rows.sales_order(), rows.sales_order()
    statuses.note_posted(connection, [shown], PROCESSING, BY)
    read_at = now(connection)
    statuses.note_posted(connection, [posted_since], PROCESSING, BY)
    posted = dict.fromkeys([shown, posted_since], PROCESSING)
    later = dict.fromkeys(posted, HOLD)
    assert statuses.note_verified(connection, posted, STATUSES, read_at=read_at, shown=later) == 1
    assert unverified(connection) == {posted_since: PROCESSING}
    for order in posted:
        assert rows.one("SELECT status_id FROM sales_order WHERE id = :id", id=order) == (HOLD,)


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
