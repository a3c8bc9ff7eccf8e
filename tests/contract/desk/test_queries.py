"""What the page of a task's changes reads, on a real ledger; and the limits of the desk's connections."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from cartage_airflow.desk.ledger import reading_engine, writing_engine
from cartage_airflow.desk.pages.moved import query
from tests.contract.rows import Rows

RUN = "orders__demo/scheduled__2026-11-23T12:05:00+00:00/transfer_to_warehouse/1"


def moved(rows: Rows, order: int, to: str, *, run: str = RUN, **more: str) -> int:
    found = {"lane": "demo", "kind": "moved", "actor": "transfer_to_warehouse", "from_state": "ready"} | more
    return rows.add("event", fulfillment_order_id=order, to_state=to, run_id=run, **found)


def test_the_moves_of_one_try_are_returned_in_their_order(rows: Rows) -> None:
    order = rows.order(
        "acknowledged", sales_order_id=rows.sales_order(invoice="AB-1001"), reference="A3K_77_0"
    )
    moved(rows, order, "sending")
    moved(rows, order, "acknowledged", from_state="sending", why="found at the warehouse")
    first, second = query.order_changes_of_run(RUN, after=0, limit=10)
    assert (first.reference, first.order_number) == ("A3K_77_0", "AB-1001")
    assert (first.from_state, first.to_state) == ("ready", "sending")
    assert (second.from_state, second.to_state) == ("sending", "acknowledged")
    assert second.why == "found at the warehouse"
    assert second.at.utcoffset() is not None


def test_postings_to_the_store_are_included(rows: Rows) -> None:
    sales_order = rows.sales_order(invoice="AB-1002")
    order = rows.order("shipped", sales_order_id=sales_order, reference="A3K_78_0")
    posted = {"lane": "demo", "actor": "update_order_status", "run_id": RUN}
    rows.add(
        "event", kind="tracking_posted", sales_order_id=sales_order, fulfillment_order_id=order, **posted
    )
    rows.add("event", kind="status_posted", sales_order_id=sales_order, **posted)
    tracking, status = query.order_changes_of_run(RUN, after=0, limit=10)
    assert (tracking.reference, tracking.to_state) == ("A3K_78_0", "tracking posted to the store")
    assert (status.reference, status.order_number) == ("", "AB-1002")


def test_other_tries_and_events_that_change_nothing_are_left_out(rows: Rows) -> None:
    order = rows.order()
    moved(rows, order, "sending", run=f"{RUN}1")
    rows.add("event", lane="demo", kind="noted", actor="a", run_id=RUN, fulfillment_order_id=order)
    assert query.order_changes_of_run(RUN, after=0, limit=10) == []


def test_a_page_continues_after_the_last_event_of_the_page_before(rows: Rows) -> None:
    order = rows.order()
    ids = [moved(rows, order, "sending") for _ in range(3)]
    assert [move.id for move in query.order_changes_of_run(RUN, after=0, limit=2)] == ids[:2]
    assert [move.id for move in query.order_changes_of_run(RUN, after=ids[1], limit=2)] == ids[2:]


def test_stock_that_a_run_wrote_to_the_store_is_returned(rows: Rows) -> None:
    push = rows.add(
        "stock_push",
        lane="demo",
        run_id=RUN,
        everything=False,
        compared=2,
        lease_until="2030-01-01T00:00:00Z",
    )
    given = {"push_id": push, "catalog_id": 14, "code": "", "sku": "MUG"}
    done = {"finished_at": "2026-11-24T00:00:00Z"}
    rows.add("stock_change", value=9, before=20, outcome="written", **given, **done)
    last = rows.add("stock_change", value=8, outcome="refused", message="gone", **given, **done)
    first, second = query.stock_changes_of_run(RUN, after=0, limit=10)
    assert (first.sku, first.before, first.value, first.outcome) == ("MUG", "20", 9, "written")
    assert (second.before, second.outcome) == ("", "refused gone")
    assert query.stock_changes_of_run(RUN, after=last, limit=10) == []
    assert query.stock_changes_of_run(f"{RUN}1", after=0, limit=10) == []


def test_the_desk_cannot_change_the_ledger() -> None:
    with reading_engine().connect() as connection, pytest.raises(SQLAlchemyError, match="read-only"):
        connection.execute(text("DELETE FROM event"))


def test_a_query_of_the_desk_has_a_time_limit() -> None:
    with reading_engine().connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "2s"
        connection.execute(text("SET statement_timeout = '5ms'"))
        with pytest.raises(OperationalError, match="statement timeout"):
            connection.execute(text("SELECT pg_sleep(10)"))


@pytest.mark.parametrize(("engine", "most"), [(reading_engine, 2), (writing_engine, 1)])
def test_the_desk_uses_no_more_connections_than_the_docs_state(
    engine: Callable[[], Engine], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = engine().pool
    monkeypatch.setattr(pool, "_timeout", 0.01)
    with ExitStack() as held:
        for _ in range(most):
            held.enter_context(engine().connect())
        with pytest.raises(NoConnectionLeft, match="QueuePool limit"):
            engine().connect()
