"""PostgreSQL rejects impossible rows: each constraint is violated on purpose, in raw SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Connection, UniqueConstraint, text
from sqlalchemy.exc import IntegrityError

from cartage.db.schema import metadata
from cartage.model.states import State
from tests.contract.rows import Rows

LATER = datetime(2030, 1, 1, tzinfo=UTC)
# Impossible fulfillment orders: the constraint that rejects them, the state, the columns.
BROKEN_ORDERS = [
    ("fulfillment_order_state_check", "lost", {}),
    ("fulfillment_order_part_check", "imported", {"part": -1}),
    ("fulfillment_order_routing_choice_check", "imported", {"routing_choice": "perhaps"}),
    ("fulfillment_order_reference_check", "imported", {"reference": "a3k_1_0"}),
    ("fulfillment_order_reference_check", "imported", {"reference": "A3K_123456789012345678_0"}),
    ("fulfillment_order_reference_check", "imported", {"reference": "A3K_1_0-1"}),
    ("fulfillment_order_blocked_has_cause_check", "blocked", {"cause_ids": []}),
    ("fulfillment_order_held_has_until_check", "held", {"held_until": None}),
    ("fulfillment_order_held_has_until_check", "held", {"reason": ""}),
    ("fulfillment_order_stop_has_reason_check", "skipped", {"reason": ""}),
    ("fulfillment_order_stop_has_reason_check", "rejected", {"reason": ""}),
    ("fulfillment_order_stop_has_reason_check", "conflict", {"reason": ""}),
    ("fulfillment_order_lease_check", "ready", {"lease_owner": "run/1"}),
    ("fulfillment_order_lease_check", "ready", {"lease_until": LATER}),
    ("fulfillment_order_sending_has_lease_check", "sending", {"lease_owner": None, "lease_until": None}),
    ("fulfillment_order_ready_has_request_check", "ready", {"request": None}),
    ("fulfillment_order_ready_has_request_check", "sending", {"request": None}),
    ("fulfillment_order_present_has_remote_id_check", "acknowledged", {"remote_id": None}),
    ("fulfillment_order_present_has_remote_id_check", "partially_shipped", {"remote_id": None}),
    ("fulfillment_order_present_has_remote_id_check", "shipped", {"remote_id": None}),
    ("fulfillment_order_sales_order_id_fkey", "imported", {"sales_order_id": 999_999}),
]


def refused_by(error: pytest.ExceptionInfo[IntegrityError]) -> str | None:
    diagnosis: Any = error.value.orig
    name: str | None = diagnosis.diag.constraint_name
    return name


@pytest.mark.parametrize("state", State)
def test_every_state_is_accepted_with_what_it_requires(rows: Rows, state: str) -> None:
    rows.order(state)


@pytest.mark.parametrize(("constraint", "state", "columns"), BROKEN_ORDERS)
def test_an_impossible_fulfillment_order_is_rejected(
    rows: Rows, constraint: str, state: str, columns: dict[str, Any]
) -> None:
    rows.store()
    with pytest.raises(IntegrityError) as error:
        rows.order(state, **columns)
    assert refused_by(error) == constraint


def test_a_reference_exists_only_once(rows: Rows) -> None:
    rows.order(reference="A3K_1_0")
    with pytest.raises(IntegrityError) as error:
        rows.order(reference="A3K_1_0")
    assert refused_by(error) == "fulfillment_order_reference_key"


def test_a_ship_group_has_one_live_generation(rows: Rows, connection: Connection) -> None:
    first = rows.order("cancelled", order_id=5)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.order(order_id=5, generation=1)
    assert refused_by(error) == "fulfillment_order_live_key"
    connection.execute(
        text("UPDATE fulfillment_order SET superseded_at = now() WHERE id = :id"), {"id": first}
    )
    rows.order(order_id=5, generation=1)
    with pytest.raises(IntegrityError) as error:
        rows.order(order_id=5, generation=1, superseded_at=LATER)
    assert refused_by(error) == "fulfillment_order_generation_key"


def test_the_parts_of_a_ship_group_live_side_by_side(rows: Rows) -> None:
    rows.order(order_id=5, warehouse="east")
    rows.order(order_id=5, warehouse="west", part=1)
    rows.order(order_id=5, warehouse="west", part=1, generation=1, superseded_at=LATER)
    with pytest.raises(IntegrityError) as error:
        rows.order(order_id=5, warehouse="north", part=1, generation=2)
    assert refused_by(error) == "fulfillment_order_live_key"


def test_an_order_number_may_exist_in_two_stores_but_only_once_in_each(rows: Rows) -> None:
    rows.sales_order(order_id=5)
    rows.sales_order(order_id=5, store_id=rows.store("B7Q", "two.example.com"))
    with pytest.raises(IntegrityError) as error:
        rows.sales_order(order_id=5, lane="west")
    assert refused_by(error) == "sales_order_store_id_order_id_key"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("sales_order_lease_check", {"lease_owner": "run/1"}),
        ("sales_order_posted_check", {"posted_status": 2}),
        ("sales_order_posted_check", {"posted_at": LATER}),
    ],
)
def test_an_impossible_sales_order_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as error:
        rows.sales_order(**columns)
    assert refused_by(error) == constraint


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_line_without_quantity_is_rejected(rows: Rows, quantity: int) -> None:
    order = rows.order()
    with pytest.raises(IntegrityError) as error:
        rows.add(
            "fulfillment_line", fulfillment_order_id=order, position=0, line_id=1, sku="A", quantity=quantity,
            description="",
        )  # fmt: skip
    assert refused_by(error) == "fulfillment_line_quantity_check"


def transfer(rows: Rows, order: int, **columns: Any) -> int:
    return rows.add(
        "transfer",
        **({"fulfillment_order_id": order, "attempt": 1, "request": "{}", "run_id": "r"} | columns),
    )


def test_an_order_has_at_most_one_open_transfer(rows: Rows) -> None:
    order = rows.order("sending")
    transfer(rows, order, outcome="refused", finished_at=LATER)
    transfer(rows, order, attempt=2)
    with pytest.raises(IntegrityError) as error:
        transfer(rows, order, attempt=3)
    assert refused_by(error) == "transfer_open_key"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("transfer_outcome_check", {"outcome": "fine", "finished_at": LATER}),
        ("transfer_finished_check", {"outcome": "created"}),
        ("transfer_finished_check", {"finished_at": LATER}),
        ("transfer_sent_check", {"sent_at": LATER}),
        ("transfer_sent_check", {"settle_after": LATER}),
    ],
)
def test_an_impossible_transfer_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    order = rows.order("sending")
    with pytest.raises(IntegrityError) as error:
        transfer(rows, order, **columns)
    assert refused_by(error) == constraint


def test_an_attempt_number_exists_only_once(rows: Rows) -> None:
    order = rows.order("sending")
    transfer(rows, order, outcome="not_sent", finished_at=LATER)
    with pytest.raises(IntegrityError) as error:
        transfer(rows, order)
    assert refused_by(error) == "transfer_fulfillment_order_id_attempt_key"


def shipment(rows: Rows, **columns: Any) -> int:
    defaults = {
        "lane": "east", "key": "k", "remote_id": "9", "reference": "A3K_1_0", "voided": False, "final": True,
    }  # fmt: skip
    return rows.add("shipment", **(defaults | columns))


def package(rows: Rows, shipment_id: int, **columns: Any) -> int:
    defaults = {
        "shipment_id": shipment_id, "key": "p", "position": 0, "tracking": "1Z", "carrier": "UPS",
        "service": "", "contents": "[]",
    }  # fmt: skip
    return rows.add("package", **(defaults | columns))


def test_a_shipment_and_its_packages_exist_only_once(rows: Rows, connection: Connection) -> None:
    first = shipment(rows)
    package(rows, first)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        shipment(rows)
    assert refused_by(error) == "shipment_lane_warehouse_key_key"
    shipment(rows, warehouse="west")
    with pytest.raises(IntegrityError) as error:
        package(rows, first, tracking="another")
    assert refused_by(error) == "package_shipment_id_key_key"


def test_a_package_is_posted_only_in_a_known_place(rows: Rows) -> None:
    with pytest.raises(IntegrityError) as error:
        package(rows, shipment(rows), posted_in="a letter")
    assert refused_by(error) == "package_posted_in_check"


def post_back(rows: Rows, order: int, kind: str = "processing", **columns: Any) -> int:
    return rows.add("post_back", **({"sales_order_id": order, "kind": kind, "run_id": "r"} | columns))


def test_an_order_has_at_most_one_open_post_back_of_a_kind(rows: Rows, connection: Connection) -> None:
    order = rows.sales_order()
    post_back(rows, order, outcome="written", finished_at=LATER)
    post_back(rows, order)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        post_back(rows, order)
    assert refused_by(error) == "post_back_open_key"
    first, second = (rows.order("shipped", sales_order_id=order, shipment_id=group) for group in (0, 1))
    post_back(rows, order, "tracking", fulfillment_order_id=first)
    post_back(rows, order, "tracking", fulfillment_order_id=second)
    with pytest.raises(IntegrityError) as error:
        post_back(rows, order, "tracking", fulfillment_order_id=second)
    assert refused_by(error) == "post_back_open_key"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("post_back_kind_check", {"kind": "gossip"}),
        ("post_back_outcome_check", {"outcome": "fine", "finished_at": LATER}),
        ("post_back_finished_check", {"outcome": "written"}),
        ("post_back_tracking_has_order_check", {"kind": "tracking"}),
    ],
)
def test_an_impossible_post_back_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    order = rows.sales_order()
    with pytest.raises(IntegrityError) as error:
        post_back(rows, order, **columns)
    assert refused_by(error) == constraint


def cause(rows: Rows, **columns: Any) -> int:
    defaults = {"lane": "east", "fingerprint": "f", "kind": "k", "subject": "s", "message": "m", "fix": "d"}
    return rows.add("cause", **(defaults | columns))


def test_a_cause_exists_only_once_per_lane(rows: Rows) -> None:
    cause(rows)
    cause(rows, lane="west")
    with pytest.raises(IntegrityError) as error:
        cause(rows)
    assert refused_by(error) == "cause_lane_fingerprint_key"


def test_an_unreadable_entry_exists_only_once_and_has_a_cause(rows: Rows, connection: Connection) -> None:
    entry = {"lane": "east", "content_hash": "h", "what": "a number", "run_id": "r"}
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.add("unreadable_order", cause_id=999_999, **entry)
    assert refused_by(error) == "unreadable_order_cause_id_fkey"
    rows.add("unreadable_order", cause_id=cause(rows), **entry)
    with pytest.raises(IntegrityError) as error:
        rows.add("unreadable_order", cause_id=cause(rows, fingerprint="g"), **entry)
    assert refused_by(error) == "unreadable_order_lane_content_hash_key"


def test_an_unreadable_row_of_the_warehouse_exists_only_once_and_has_a_cause(
    rows: Rows, connection: Connection
) -> None:
    names = ("name", "what", "remote_id")
    row = {"lane": "east", "kind": "order", "key": "7", "run_id": "r", **dict.fromkeys(names, "")}
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.add("unreadable_row", cause_id=999_999, **row)
    assert refused_by(error) == "unreadable_row_cause_id_fkey"
    rows.add("unreadable_row", cause_id=cause(rows), **row)
    with pytest.raises(IntegrityError) as error:
        rows.add("unreadable_row", cause_id=cause(rows, fingerprint="g"), **row)
    assert refused_by(error) == "unreadable_row_lane_warehouse_kind_key_key"


@pytest.mark.parametrize("code", ["a3k", "3AK", "A3", "A3KK", "A-3"])
def test_a_store_code_that_does_not_fit_a_reference_is_rejected(rows: Rows, code: str) -> None:
    with pytest.raises(IntegrityError) as error:
        rows.add("store", code=code, secure_url="one.example.com")
    assert refused_by(error) == "store_code_check"


def test_a_store_and_its_code_exist_only_once(rows: Rows, connection: Connection) -> None:
    rows.store()
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.add("store", code="A3K", secure_url="two.example.com")
    assert refused_by(error) == "store_code_key"
    with pytest.raises(IntegrityError) as error:
        rows.add("store", code="B7Q", secure_url="one.example.com")
    assert refused_by(error) == "store_secure_url_key"


def test_a_lane_has_a_store(rows: Rows, connection: Connection) -> None:
    with pytest.raises(IntegrityError) as error:
        connection.execute(text("INSERT INTO lane_state (lane, store_id) VALUES ('east', 999)"))
    assert refused_by(error) == "lane_state_store_id_fkey"


def test_a_ledger_belongs_to_one_installation(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as error:
        connection.execute(text("INSERT INTO installation (singleton, id, place) VALUES (false, 'a', 'b')"))
    assert refused_by(error) == "installation_singleton_check"


def test_the_progress_of_reports_is_one_row(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as error:
        connection.execute(
            text("INSERT INTO report_progress (singleton, event_id, read_to) VALUES (false, 0, now())")
        )
    assert refused_by(error) == "report_progress_singleton_check"


def test_a_carrier_has_one_number_in_reports(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as error:
        connection.execute(text("INSERT INTO report_carrier (name) VALUES ('UPS'), ('UPS')"))
    assert refused_by(error) == "report_carrier_name_key"


@pytest.mark.parametrize(
    ("constraint", "of_lane", "of_warehouse", "warehouse"),
    [
        ("report_order_counts_check", False, False, ""),
        ("report_order_whole_check", True, False, "west"),
    ],
)
def test_an_order_counts_for_its_lane_or_a_warehouse_in_reports(
    rows: Rows, constraint: str, of_lane: bool, of_warehouse: bool, warehouse: str
) -> None:
    order = rows.order("imported")
    with pytest.raises(IntegrityError) as error:
        rows.connection.execute(
            text(
                "INSERT INTO report_order (fulfillment_order_id, of_lane, of_warehouse, lane, warehouse, carrier_id,"
                " partly, packages) VALUES (:order, :of_lane, :of_warehouse, 'east', :warehouse, 0, false, 0)"
            ),
            {"order": order, "of_lane": of_lane, "of_warehouse": of_warehouse, "warehouse": warehouse},
        )
    assert refused_by(error) == constraint


@pytest.mark.parametrize("pace", [0, -1, 1.1])
def test_the_pace_of_calls_is_a_share_between_0_and_1(connection: Connection, pace: float) -> None:
    with pytest.raises(IntegrityError) as error:
        connection.execute(
            text("INSERT INTO call_bucket (name, full_at, pace) VALUES ('s', now(), :pace)"), {"pace": pace}
        )
    assert refused_by(error) == "call_bucket_pace_check"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("exception_choices_check", {"choices": []}),
        ("exception_decision_check", {"decision": "shrug", "decided_by": "Ann", "decided_at": LATER}),
        ("exception_decided_check", {"decision": "ignore"}),
        ("exception_decided_check", {"decided_by": "Ann"}),
        ("exception_ended_check", {"ended_at": LATER}),
    ],
)
def test_an_impossible_exception_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as error:
        ask(rows, rows.sales_order(), **columns)
    assert refused_by(error) == constraint


def test_an_order_has_at_most_one_open_exception_of_a_kind(rows: Rows, connection: Connection) -> None:
    order = rows.sales_order()
    ask(rows, order)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        ask(rows, order)
    assert refused_by(error) == "exception_present_key"
    connection.execute(text("UPDATE exception SET closed_at = now(), ended_at = now()"))
    ask(rows, order)


def test_an_order_of_the_earlier_system_is_adopted_only_once(rows: Rows) -> None:
    rows.order("acknowledged", adopted_as="AB-1001")
    with pytest.raises(IntegrityError) as error:
        rows.order("acknowledged", adopted_as="ab-1001")
    assert refused_by(error) == "fulfillment_order_adopted_key"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("paused_push_reasons_check", {"reasons": []}),
        ("paused_push_known_reasons_check", {"reasons": ["mood"]}),
        ("paused_push_decision_check", {"decision": "shrug", "decided_by": "Ann", "decided_at": LATER}),
        ("paused_push_decided_check", {"decision": "approve"}),
        ("paused_push_decided_check", {"decided_by": "Ann"}),
    ],
)
def test_an_impossible_paused_push_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as error:
        pause_push(rows, **columns)
    assert refused_by(error) == constraint


def test_a_lane_has_at_most_one_open_push_and_one_paused_push(rows: Rows, connection: Connection) -> None:
    push(rows)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        push(rows)
    assert refused_by(error) == "stock_push_open_key"
    pause_push(rows)
    with pytest.raises(IntegrityError) as error:
        pause_push(rows)
    assert refused_by(error) == "paused_push_open_key"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("stock_change_outcome_check", {"outcome": "perhaps", "finished_at": LATER}),
        ("stock_change_finished_check", {"outcome": "written"}),
        ("stock_change_finished_check", {"finished_at": LATER}),
        ("stock_change_value_check", {"value": -1}),
    ],
)
def test_an_impossible_stock_change_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    given = {"push_id": push(rows), "catalog_id": 14, "code": "", "sku": "MUG", "value": 3}
    with pytest.raises(IntegrityError) as error:
        rows.add("stock_change", **(given | columns))
    assert refused_by(error) == constraint


def push(rows: Rows) -> int:
    return rows.add("stock_push", lane="east", run_id="r/1", everything=False, compared=0, lease_until=LATER)


def pause_push(rows: Rows, **columns: Any) -> int:
    given = {"lane": "east", "reasons": ["zeroed"], "compared": 9, "zeroed": 5, "swung": 0, "suspects": []}
    return rows.add("paused_push", run_id="r/1", **(given | columns))


def ask(rows: Rows, sales_order_id: int, **columns: Any) -> int:
    given = {"lane": "east", "kind": "put_back", "message": "which?", "choices": ["ignore"], "run_id": "r/1"}
    return rows.add("exception", sales_order_id=sales_order_id, **(given | columns))


def test_a_condition_has_at_most_one_open_alert(rows: Rows, connection: Connection) -> None:
    same = {
        "lane": "east",
        "kind": "cause",
        "key": "7",
        "stage": "s",
        "title": "t",
        "meaning": "m",
        "fix": "m",
    }
    rows.add("alert", **same)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.add("alert", **same)
    assert refused_by(error) == "alert_open_key"
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        connection.execute(text("UPDATE alert SET closed_at = now()"))
    assert refused_by(error) == "alert_closed_check"
    connection.execute(text("UPDATE alert SET cleared_at = now(), closed_at = now()"))
    rows.add("alert", **same)


def test_an_uploaded_file_is_kept_only_once_per_lane(rows: Rows, connection: Connection) -> None:
    upload = {"sha256": "ab12", "content": b"store,carrier"}
    rows.add("desk_upload", lane="east", **upload)
    rows.add("desk_upload", lane="west", **upload)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.add("desk_upload", lane="east", **upload)
    assert refused_by(error) == "desk_upload_lane_sha256_key"


def test_a_desk_job_is_finished_if_and_only_if_it_has_an_outcome_or_a_failure(rows: Rows) -> None:
    work = {"lane": "east", "kind": "release", "requested_by": "ann", "input": "{}"}
    rows.add("desk_job", **work)
    for broken in ({"finished_at": LATER}, {"outcome": "{}"}, {"failure": "no such rule"}):
        with pytest.raises(IntegrityError) as error, rows.connection.begin_nested():
            rows.add("desk_job", **(work | broken))
        assert refused_by(error) == "desk_job_outcome_check"


def test_a_note_about_what_needs_attention_says_something(rows: Rows) -> None:
    with pytest.raises(IntegrityError) as error:
        rows.add("attention", lane="east", kind="cause", key="7", changed_by="ann")
    assert refused_by(error) == "attention_says_something_check"


VIEW = {"owner": "ann", "name": "Late", "shared": False, "query": "{}"}


def test_a_person_saves_a_view_of_a_name_only_once(rows: Rows) -> None:
    rows.add("saved_view", **VIEW)
    rows.add("saved_view", **(VIEW | {"owner": "kim"}))
    rows.add("saved_view", **(VIEW | {"name": "Early"}))
    with pytest.raises(IntegrityError) as error:
        rows.add("saved_view", **(VIEW | {"shared": True}))
    assert refused_by(error) == "saved_view_owner_name_key"


def test_a_saved_view_has_a_name(rows: Rows) -> None:
    with pytest.raises(IntegrityError) as error:
        rows.add("saved_view", **(VIEW | {"name": ""}))
    assert refused_by(error) == "saved_view_name_check"


def test_a_lane_is_looked_at_for_orders_or_shipments_only(rows: Rows) -> None:
    with pytest.raises(IntegrityError) as error:
        rows.add("lookout", lane="east", part="stock", next_at=LATER)
    assert refused_by(error) == "lookout_part_check"


DIFFERENCE = {
    "lane": "east",
    "side": "store",
    "kind": "status",
    "key": "A3K_1_0",
    "ours": "shipped",
    "theirs": "new",
    "reconciliation_id": 1,
}
IGNORED = {"ignored_at": LATER, "ignored_by": "ann", "ignore_reason": "known"}


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("difference_kind_check", {"kind": "mood"}),
        *(("difference_ignored_check", {name: value}) for name, value in IGNORED.items()),
        *(("difference_ignored_check", IGNORED | {name: None}) for name in IGNORED),
        ("difference_ignored_for_a_reason_check", IGNORED | {"ignore_reason": ""}),
        ("difference_fix_started_check", {"fix_started_at": LATER}),
        ("difference_fix_started_check", {"fix_started_by": "ann"}),
    ],
)
def test_an_impossible_difference_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as error:
        rows.add("difference", **(DIFFERENCE | columns))
    assert refused_by(error) == constraint


def test_a_difference_is_open_only_once(rows: Rows, connection: Connection) -> None:
    fixed = {"fix_started_at": LATER, "fix_started_by": "ann"}
    rows.add("difference", **(DIFFERENCE | IGNORED | fixed))
    for columns in ({"lane": "west"}, {"side": "shipbob"}, {"kind": "tracking"}, {"key": "A3K_2_0"}):
        rows.add("difference", **(DIFFERENCE | columns))
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        rows.add("difference", **DIFFERENCE)
    assert refused_by(error) == "difference_open_key"
    connection.execute(text("UPDATE difference SET ended_at = now()"))
    rows.add("difference", **DIFFERENCE)


BROKEN_ACTIONS = [
    ("required_action_outcome_check", {"settled_at": LATER, "outcome": "forgotten"}),
    ("required_action_settled_check", {"settled_at": LATER}),
    ("required_action_settled_check", {"outcome": "mapped"}),
    ("required_action_decided_check", {"decision": "Skip"}),
    ("required_action_cause_id_opening_key", {}),
]


@pytest.mark.parametrize(("constraint", "columns"), BROKEN_ACTIONS)
def test_an_impossible_required_action_is_rejected(
    rows: Rows, constraint: str, columns: dict[str, Any]
) -> None:
    texts = {"kind": "po_box", "subject": "s", "message": "m", "fix": "m"}
    asked = {"lane": "east", "cause_id": rows.add("cause", lane="east", fingerprint="f", **texts)}
    rows.add("required_action", **asked, opening=1)
    with pytest.raises(IntegrityError) as error:
        rows.add("required_action", **asked, **({"opening": 2 if columns else 1} | columns))
    assert refused_by(error) == constraint


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("required_action_subject_check", {"cause_id": None, "paused_push_id": None}),
        ("required_action_subject_check", {}),
        ("required_action_paused_push_id_opening_key", {"cause_id": None, "opening": 1}),
    ],
)
def test_an_opening_has_at_most_one_required_action_about_one_subject(
    rows: Rows, constraint: str, columns: dict[str, Any]
) -> None:
    texts = {"kind": "po_box", "subject": "s", "message": "m", "fix": "m"}
    stop = {"lane": "east", "paused_push_id": pause_push(rows)}
    rows.add("required_action", **stop, opening=1)
    both = {**stop, "cause_id": rows.add("cause", lane="east", fingerprint="f", **texts), "opening": 2}
    with pytest.raises(IntegrityError) as error:
        rows.add("required_action", **(both | columns))
    assert refused_by(error) == constraint


METHOD = {"kind": "ship_method", "store": "Ground", "match": "exact", "target": "{}", "author": "ann"}
BROKEN_RULES = [
    ("mapping_rule_kind_check", {"kind": "carrier", "match": None}),
    ("mapping_rule_named_check", {"store": ""}),
    ("mapping_rule_named_check", {"author": ""}),
    ("mapping_rule_match_check", {"match": None}),
    ("mapping_rule_match_check", {"kind": "sku", "target": "[]"}),
    ("mapping_rule_match_word_check", {"match": "regex"}),
    ("mapping_rule_valid_check", {"valid_from": LATER, "valid_until": LATER}),
    ("mapping_rule_ended_check", {"ended_at": LATER}),
    ("mapping_rule_target_check", {"target": "[]"}),
]


@pytest.mark.parametrize(("constraint", "columns"), BROKEN_RULES)
def test_an_impossible_mapping_rule_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    rows.add("mapping_rule", lane="east", **METHOD)
    with pytest.raises(IntegrityError) as error:
        rows.add("mapping_rule", lane="east", **(METHOD | columns))
    assert refused_by(error) == constraint


HOLD = {"source": "person", "reason": "looked at", "owner": "ann", "until": LATER, "placed_by": "ann"}
BROKEN_HOLDS = [
    ("hold_source_check", {"source": "moon"}),
    ("hold_reason_check", {"reason": ""}),
    ("hold_rule_has_name_check", {"source": "rule"}),
    ("hold_rule_has_name_check", {"rule": "big"}),
    ("hold_released_check", {"released_at": LATER}),
]


@pytest.mark.parametrize(("constraint", "columns"), BROKEN_HOLDS)
def test_an_impossible_hold_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    order = rows.order()
    with pytest.raises(IntegrityError) as error:
        rows.add("hold", lane="east", fulfillment_order_id=order, **(HOLD | columns))
    assert refused_by(error) == constraint


def test_a_rule_holds_an_order_only_once_and_a_person_any_number_of_times(rows: Rows) -> None:
    order = rows.order()
    by_rule = HOLD | {"source": "rule", "rule": "big"}
    for columns in (HOLD, HOLD, by_rule, by_rule | {"rule": "new"}):
        rows.add("hold", lane="east", fulfillment_order_id=order, **columns)
    with pytest.raises(IntegrityError) as error:
        rows.add("hold", lane="east", fulfillment_order_id=order, **by_rule)
    assert refused_by(error) == "hold_once_key"


NOW = datetime(2026, 3, 1, tzinfo=UTC)
DOCUMENT = {
    "account": "files/sftp",
    "number": 7,
    "lane": "east",
    "kind": "orders",
    "name": "ord_7.csv",
    "content": b"A",
    "sha256": "0",
    "created_at": NOW,
    "made_with": "files/sftp/1",
}
BROKEN_DOCUMENTS = [
    ("outbound_document_account_number_key", {"number": 7}),
    ("outbound_document_kind_check", {"kind": "invoice"}),
    ("outbound_document_cancels_check", {"kind": "cancel"}),
    ("outbound_document_response_check", {"response": "maybe", "responded_at": NOW}),
    ("outbound_document_responded_check", {"response": "partly"}),
    ("outbound_document_responded_check", {"responded_at": NOW}),
    ("outbound_document_dispatched_check", {"published_at": NOW}),
    ("outbound_document_dispatched_check", {"withdrawn_at": NOW}),
    (
        "outbound_document_published_or_withdrawn_check",
        {"dispatched_at": NOW, "published_at": NOW, "withdrawn_at": NOW},
    ),
]


@pytest.mark.parametrize(("constraint", "columns"), BROKEN_DOCUMENTS)
def test_an_impossible_document_is_rejected(rows: Rows, constraint: str, columns: dict[str, Any]) -> None:
    rows.add("outbound_document", **DOCUMENT)
    with pytest.raises(IntegrityError) as error:
        rows.add("outbound_document", **(DOCUMENT | {"number": 8} | columns))
    assert refused_by(error) == constraint


def test_one_document_asks_for_the_cancel_of_an_order(rows: Rows) -> None:
    cancel = DOCUMENT | {"kind": "cancel", "cancels": rows.order()}
    rows.add("outbound_document", **cancel)
    with pytest.raises(IntegrityError) as error:
        rows.add("outbound_document", **(cancel | {"number": 8}))
    assert refused_by(error) == "outbound_document_cancels_key"


def test_numbers_are_unique_in_an_account_only(rows: Rows) -> None:
    rows.add("outbound_document", **DOCUMENT)
    rows.add("outbound_document", **(DOCUMENT | {"account": "files/other"}))


@pytest.mark.parametrize("columns", [{"position": 1}, {"document_id": 1}, {"document_id": 1, "position": 0}])
def test_a_transfer_has_a_position_in_a_document_or_neither(rows: Rows, columns: dict[str, Any]) -> None:
    if "document_id" in columns:
        columns = columns | {"document_id": rows.add("outbound_document", **DOCUMENT)}
    with pytest.raises(IntegrityError) as error:
        rows.add(
            "transfer",
            fulfillment_order_id=rows.order(),
            attempt=1,
            request="{}",
            run_id="run/1",
            **columns,
        )
    assert refused_by(error) == "transfer_position_check"


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("transfer_responded_check", {"document_response": "accepted"}),
        ("transfer_document_response_check", {"document_response": "partly", "position": 1}),
    ],
)
def test_a_response_is_about_an_order_in_a_document(
    rows: Rows, constraint: str, columns: dict[str, Any]
) -> None:
    if "position" in columns:
        columns = columns | {"document_id": rows.add("outbound_document", **DOCUMENT)}
    transfer = {"fulfillment_order_id": rows.order(), "attempt": 1, "request": "{}", "run_id": "run/1"}
    with pytest.raises(IntegrityError) as error:
        rows.add("transfer", **transfer, **columns)
    assert refused_by(error) == constraint


INBOUND = {
    "account": "files/sftp",
    "lane": "east",
    "sha256": "0",
    "part": "orders",
    "path": "/out/ship.csv",
    "version": 1,
    "size": 1,
    "run_id": "run/1",
    "state": "taken",
}
BROKEN_INBOUND = [
    ("inbound_document_account_lane_sha256_part_key", {"sha256": "0"}),
    ("inbound_document_part_check", {"part": "prices"}),
    ("inbound_document_state_check", {"state": "lost"}),
    ("inbound_document_decided_check", {"state": "dropped", "decided_at": NOW}),
    ("inbound_document_decision_check", {"state": "released"}),
    ("inbound_document_decision_check", {"decided_by": "kim", "decided_at": NOW}),
    ("inbound_document_read_again_check", {"read_again_at": NOW}),
]


@pytest.mark.parametrize(("constraint", "columns"), BROKEN_INBOUND)
def test_an_impossible_inbound_document_is_rejected(
    rows: Rows, constraint: str, columns: dict[str, Any]
) -> None:
    rows.add("inbound_document", **INBOUND)
    with pytest.raises(IntegrityError) as error:
        rows.add("inbound_document", **(INBOUND | {"sha256": "1"} | columns))
    assert refused_by(error) == constraint


def test_a_content_is_taken_in_once_for_each_lane_and_part(rows: Rows) -> None:
    for columns in ({}, {"part": "stock"}, {"lane": "west"}, {"account": "files/other"}):
        rows.add("inbound_document", **(INBOUND | columns))


@pytest.mark.parametrize(
    ("constraint", "table", "columns"),
    [
        (
            "inbound_finding_kind_check",
            "inbound_finding",
            {"kind": "odd", "place": "", "reason": "", "fix": ""},
        ),
        (
            "stock_movement_kind_check",
            "stock_movement",
            {"lane": "east", "sku": "MUG", "quantity": 1, "kind": "theft", "reason": "", "reference": ""},
        ),
    ],
)
def test_what_a_file_says_is_of_a_known_kind(
    rows: Rows, constraint: str, table: str, columns: dict[str, Any]
) -> None:
    document = rows.add("inbound_document", **INBOUND)
    with pytest.raises(IntegrityError) as error:
        rows.add(table, document_id=document, **columns)
    assert refused_by(error) == constraint


def test_every_check_and_unique_constraint_is_tested_here() -> None:
    source = Path(__file__).read_text()
    guards = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }
    guards |= {
        str(index.name) for table in metadata.tables.values() for index in table.indexes if index.unique
    }
    assert {name for name in guards if f'"{name}"' not in source} == set()


def test_a_rate_that_a_remote_names_lets_calls_through(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as error:
        connection.execute(text("INSERT INTO call_bucket (name, full_at, rate) VALUES ('s', now(), 0)"))
    assert refused_by(error) == "call_bucket_rate_check"


def test_nothing_refers_to_events_or_attempts() -> None:
    """A plan keeps it possible to partition them by month: docs/ledger-at-scale.md."""
    referred_to = {key.column.table.name for table in metadata.tables.values() for key in table.foreign_keys}
    assert {"fulfillment_order", "sales_order"} <= referred_to
    assert referred_to & {"event", "transfer", "post_back"} == set()


def put(rows: Rows, table: str, **columns: Any) -> None:
    """Insert a row of a table whose key is no number."""
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    rows.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), columns)


def test_what_is_kept_about_a_warehouse_belongs_to_a_known_lane(rows: Rows, connection: Connection) -> None:
    connection.execute(
        text("INSERT INTO lane_state (lane, store_id) VALUES ('east', :id)"), {"id": rows.store()}
    )
    for warehouse in ("", "coast"):
        put(rows, "warehouse_state", lane="east", warehouse=warehouse)
    with pytest.raises(IntegrityError) as error, connection.begin_nested():
        put(rows, "warehouse_state", lane="east", warehouse="coast")
    assert refused_by(error) == "warehouse_state_pkey"
    with pytest.raises(IntegrityError) as error:
        put(rows, "warehouse_state", lane="west")
    assert refused_by(error) == "warehouse_state_lane_fkey"


@pytest.mark.parametrize("table", ["stock_level", "stock_reading"])
def test_each_warehouse_of_a_lane_has_stock_of_its_own(rows: Rows, table: str) -> None:
    figures = dict.fromkeys(("on_hand", "available", "allocated", "on_hold", "ordered_not_allocated"), 1)
    columns: dict[str, Any] = (
        {"sku": "A", **figures}
        if table == "stock_level"
        else {"began_at": LATER, "went_back": False, "skus": 1}
    )
    for warehouse in ("", "coast"):
        put(rows, table, lane="east", warehouse=warehouse, number=1, **columns)
    with pytest.raises(IntegrityError) as error:
        put(rows, table, lane="east", warehouse="coast", number=2, **columns)
    assert refused_by(error) == f"{table}_pkey"
