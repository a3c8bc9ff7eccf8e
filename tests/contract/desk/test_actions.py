"""What people do at the desk: who may, what it changes, and whose name the ledger keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, text

from cartage.lanes import get_lane
from cartage.lanes.account import account_of
from cartage.operations.order_actions import OrderAction
from cartage_airflow.desk.ledger import reading_engine
from tests.contract.desk.desk_client import ADMIN, MAPPER, OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

AT_THE_WAREHOUSE = ("sending", "unknown", "acknowledged", "partially_shipped", "shipped")
PREVIEWED = {
    "changes": 1,
    "unchanged": 0,
    "validated": 9,
    "counts": {"released": 3},
    "words": ["new: ship method '*air*' -> UPS Air"],
    "examples": [],
    "backtest": {"days": 7, "validated": 1200, "counts": {"altered": 5}, "examples": []},
}
MAPPED = {"kind": "ship_method", "store": "Ground (5-7 days)", "method": "UPS\x1fGround"}


def fetch(rows: Rows, sql: str, **values: Any) -> Sequence[Any]:
    return rows.connection.execute(text(sql), values).all()


def state_of(rows: Rows, order: int) -> str:
    return str(fetch(rows, "SELECT state FROM fulfillment_order WHERE id = :id", id=order)[0].state)


def last_event(rows: Rows, order: int) -> Any:
    return fetch(
        rows, "SELECT * FROM event WHERE fulfillment_order_id = :id ORDER BY id DESC LIMIT 1", id=order
    )[0]


def test_an_order_action_moves_the_order_in_the_name_of_its_user(desk: DeskClient, rows: Rows) -> None:
    desk.role = OPERATOR
    for before, action, after in (
        ("blocked", "retry", "imported"),
        ("rejected", "retry", "imported"),
        ("blocked", "restart", "imported"),
        ("ready", "restart", "imported"),
        ("skipped", "restart", "skipped"),
        ("blocked", "skip", "skipped"),
        ("ready", "skip", "skipped"),
        ("conflict", "skip", "skipped"),
        ("ready", "hold", "held"),
    ):
        order = rows.order(before)
        response = desk.post("order", id=order, action=action, reason="the customer called", days=2)
        assert response.status_code == 303, response.text
        assert state_of(rows, order) == after
        event = last_event(rows, order)
        assert event.actor == "ann"
        assert event.run_id.startswith("desk/")
        assert action not in ("skip", "hold") or "the customer called" in event.why


def test_no_order_action_touches_an_order_that_may_be_at_the_warehouse(desk: DeskClient, rows: Rows) -> None:
    for state in AT_THE_WAREHOUSE:
        order = rows.order(state)
        for action in OrderAction:
            assert desk.post("order", id=order, action=action.value, reason="x").status_code == 409
        assert state_of(rows, order) == state


def test_a_part_of_an_order_that_was_sent_is_not_restarted(desk: DeskClient, rows: Rows) -> None:
    sales_order = rows.sales_order()
    rows.order("acknowledged", sales_order_id=sales_order, order_id=5, shipment_id=1)
    order = rows.order("blocked", sales_order_id=sales_order, order_id=5, shipment_id=2)
    assert desk.post("order", id=order, action="restart").status_code == 409


def test_a_conflict_about_something_that_was_sent_is_not_skipped(desk: DeskClient, rows: Rows) -> None:
    order = rows.order("conflict")
    rows.add(
        "transfer",
        fulfillment_order_id=order,
        attempt=1,
        sent_at="2026-01-01",
        settle_after="2026-01-01",
        request="{}",
        run_id="r",
    )
    assert desk.post("order", id=order, action="skip", reason="x").status_code == 409


@pytest.mark.parametrize("action", ["skip", "hold"])
def test_nothing_is_held_or_skipped_without_a_reason(desk: DeskClient, rows: Rows, action: str) -> None:
    order = rows.order("ready")
    assert desk.post("order", id=order, action=action, reason="  ").status_code == 409
    assert state_of(rows, order) == "ready"


def test_a_held_order_is_released_by_hand(desk: DeskClient, rows: Rows) -> None:
    order = rows.order("ready")
    desk.post("order", id=order, action="hold", reason="fraud check", days=3)
    assert "fraud check" in desk.text("order", id=order)
    assert "fraud check" in desk.text("attention")
    desk.post("order", id=order, action="release")
    assert state_of(rows, order) == "imported"


def test_chosen_holds_are_released_and_the_others_stay(desk: DeskClient, rows: Rows) -> None:
    orders = [rows.order("ready") for _ in range(3)]
    for order in orders:
        desk.post("order", id=order, action="hold", reason="look", days=3)
    ids = [row.id for row in fetch(rows, "SELECT id FROM hold ORDER BY id")]
    assert desk.post("held", id=ids[:2]).status_code == 303
    assert [state_of(rows, order) for order in orders] == ["imported", "imported", "held"]


def test_an_exception_is_decided_once(desk: DeskClient, rows: Rows) -> None:
    exception = rows.add(
        "exception",
        lane="east",
        sales_order_id=rows.sales_order(),
        kind="cancelled_after_transfer",
        message="cancelled in the store",
        choices=["cancel", "ignore"],
        run_id="r",
        before=json.dumps({"groups": [{"shipment_id": 0, "ship_to": {"name": "Ann Lee"}}]}),
    )
    assert "Ann Lee" in desk.text("attention")
    assert desk.post("exceptions", id=exception, choice="ignore").status_code == 303
    [row] = fetch(rows, "SELECT decision, decided_by FROM exception")
    assert (row.decision, row.decided_by) == ("ignore", "ann")
    assert desk.post("exceptions", id=exception, choice="cancel").status_code == 409
    desk.role = VIEWER
    assert desk.post("exceptions", id=exception, choice="cancel").status_code == 403


def test_the_queue_reads_only_what_it_shows(desk: DeskClient, rows: Rows) -> None:
    """Two copies of an order for each of the ten that a person can compare; none for what is only counted."""
    orders = [rows.sales_order() for _ in range(250)]
    rows.connection.execute(
        text(
            "INSERT INTO exception (lane, sales_order_id, kind, message, choices, run_id, before, after)"
            " SELECT 'east', id, 'put_back', 'put back', '{ignore}', 'r', :version, :version FROM unnest(:ids) id"
        ),
        {"ids": orders, "version": json.dumps({"comments": "x" * 1000})},
    )
    rows.connection.execute(
        text(
            "UPDATE exception SET decision = 'ignore', decided_by = 'ann', decided_at = clock_timestamp()"
            " WHERE sales_order_id = ANY(:ids)"
        ),
        {"ids": orders[:120]},
    )
    read: list[tuple[bool, int]] = []

    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM exception JOIN" in statement:
            read.append(("exception.before" in statement, cursor.rowcount))

    event.listen(reading_engine(), "after_cursor_execute", note)
    shown = desk.text("attention")
    assert "130 orders" in shown and "And 120 more" in shown
    assert sorted(read) == [(False, 20), (True, 10)]


def test_a_viewer_sees_an_exception_without_the_address(desk: DeskClient, rows: Rows) -> None:
    rows.add(
        "exception",
        lane="east",
        sales_order_id=rows.sales_order(),
        kind="edited_after_transfer",
        message="edited",
        choices=["ignore"],
        run_id="r",
        before=json.dumps({"groups": [{"shipment_id": 0, "ship_to": {"name": "Ann Lee"}}]}),
    )
    desk.role = VIEWER
    assert "Ann Lee" not in desk.text("attention")
    assert 'method="post"' not in desk.get("attention").text


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("order", {"id": 1, "action": "retry"}),
        ("exceptions", {"id": 1, "choice": "ignore"}),
        ("blocked", {}),
        ("held", {"id": 1}),
        ("attention", {"kind": "cause", "key": "1"}),
        ("release_holds", {}),
        ("stock", {"id": 1, "revision": 1, "choice": "approve"}),
        ("files", {"id": 1, "choice": "release"}),
        ("mappings", MAPPED),
        ("drop_mapping", {"kind": "SKU", "text": "mug"}),
    ],
)
def test_every_action_is_refused_to_viewers_strangers_other_lanes_and_other_sites(
    in_ledger: DeskClient, rows: Rows, page: str, form: dict[str, Any]
) -> None:
    desk = in_ledger
    for token in ("", "x", "e30.abc.def"):
        assert desk.post(page, token=token, **form).status_code in (403, 422)
    mallory = DeskClient.token(_as(desk, "mallory"))
    desk.user = "ann"
    assert desk.post(page, token=mallory, **form).status_code == 403
    assert desk.post(page, lane="north", **form).status_code == 403
    desk.role = VIEWER
    assert desk.post(page, **form).status_code == 403
    token, desk.user = desk.token(), ""
    assert desk.post(page, token=token, **form).status_code == 401
    assert desk.triggered == []
    assert fetch(rows, "SELECT FROM mapping_rule") == fetch(rows, "SELECT FROM desk_job") == []


def _as(desk: DeskClient, user: str) -> DeskClient:
    desk.user = user
    return desk


def test_a_mapping_is_saved_under_its_authors_name_and_its_orders_are_checked_at_once(
    in_ledger: DeskClient, rows: Rows
) -> None:
    response = in_ledger.post("mappings", **MAPPED)
    assert response.status_code == 303, response.text
    [rule] = fetch(rows, "SELECT * FROM mapping_rule")
    assert (rule.author, rule.store, rule.target["carrier"]) == ("ann", "Ground (5-7 days)", "UPS")
    [(dag_id, body)] = in_ledger.triggered
    [job] = fetch(rows, "SELECT * FROM desk_job")
    assert (dag_id, body["conf"]) == ("desk_jobs", {"lane": "east", "job": job.id})
    assert (job.kind, job.requested_by) == ("release", "ann")
    assert response.headers["location"] == f"job?lane=east&id={job.id}"
    assert "Waiting for Airflow" in in_ledger.text("job", id=job.id)
    shown = in_ledger.text("mappings")
    assert "UPS Ground" in shown


def test_a_rule_of_the_form_is_previewed_by_a_run_and_saved_only_from_there(
    in_ledger: DeskClient, rows: Rows
) -> None:
    form = {"kind": "ship_method", "store": "*air*", "other_method": "UPS / Air", "match": "pattern"}
    response = in_ledger.post("mappings", **form, step="preview", days=7, note="for Bob")
    assert response.status_code == 303, response.text
    [job] = fetch(rows, "SELECT * FROM desk_job")
    assert response.headers["location"] == f"job?lane=east&id={job.id}"
    assert (job.kind, job.requested_by, job.input["days"], job.input["note"]) == (
        "preview_rule",
        "ann",
        7,
        "for Bob",
    )
    [rule] = job.input["put"]
    assert (rule["store"], rule["match"], rule["position"]) == ("*air*", "pattern", 10)
    assert fetch(rows, "SELECT FROM mapping_rule") == []
    assert in_ledger.post("save_mappings", id=job.id).status_code == 404
    outcome = PREVIEWED | {"seen": "0.0"}
    rows.connection.execute(
        text("UPDATE desk_job SET finished_at = clock_timestamp(), outcome = CAST(:outcome AS jsonb)"),
        {"outcome": json.dumps(outcome)},
    )
    assert "Save it" in in_ledger.text("job", id=job.id)
    assert in_ledger.post("save_mappings", id=job.id).status_code == 303
    saving = fetch(rows, "SELECT * FROM desk_job ORDER BY id")[-1]
    assert (saving.kind, saving.input["put"], saving.input["seen"]) == ("save_mappings", [rule], "0.0")


def test_every_form_of_the_mappings_page_leads_to_a_preview(in_ledger: DeskClient, rows: Rows) -> None:
    in_ledger.post("mappings", **MAPPED)
    page = in_ledger.get("mappings").text
    assert page.count('name="step" value="preview"') == page.count('action="mappings?') == 2
    response = in_ledger.post("drop_mapping", kind="ship method", text="Ground (5-7 days)", days=9)
    assert response.status_code == 303
    job = fetch(rows, "SELECT * FROM desk_job ORDER BY id")[-1]
    assert (job.kind, job.input["drop"]) == ("preview_rule", [["ship method", "Ground (5-7 days)", ""]])
    assert [row.ended_at for row in fetch(rows, "SELECT ended_at FROM mapping_rule")] == [None]


def test_a_nul_in_a_form_is_dropped(in_ledger: DeskClient, rows: Rows) -> None:
    form = {"kind": "sku", "store": "MUG\x00-6", "sku": "M\x00UG", "note": "\x00", "step": "preview"}
    assert in_ledger.post("mappings", **form).status_code == 303
    assert in_ledger.post("drop_mapping", kind="SKU", text="a\x00").status_code == 303
    [put, _] = fetch(rows, "SELECT input FROM desk_job ORDER BY id")
    assert put.input["put"][0]["store"] == "MUG-6"


def test_the_queue_fixes_a_cause_with_one_click_or_after_a_preview(in_ledger: DeskClient, rows: Rows) -> None:
    rows.add(
        "cause",
        lane="east",
        fingerprint="f",
        kind="unmapped_ship_method",
        subject="Ground (5-7 days)",
        message="it has no mapping",
        fix="Map it.",
    )
    assert "Save the mapping and release its orders Preview" in in_ledger.text("attention")
    assert 'name="step" value="preview"' in in_ledger.get("attention").text


def test_an_operator_maps_nothing(in_ledger: DeskClient, rows: Rows) -> None:
    in_ledger.role = OPERATOR
    for step in ("save", "preview"):
        assert in_ledger.post("mappings", **MAPPED, step=step).status_code == 403
    assert "Preview" not in in_ledger.text("mappings")
    in_ledger.role = ADMIN
    assert "Preview" in in_ledger.text("mappings")
    assert fetch(rows, "SELECT FROM desk_job") == []


def test_a_mapper_maps_and_sees_no_payloads(in_ledger: DeskClient, rows: Rows) -> None:
    in_ledger.role = MAPPER
    assert in_ledger.post("mappings", **MAPPED, step="save").status_code == 303
    assert len(fetch(rows, "SELECT FROM mapping_rule")) == 1
    order = rows.order("ready")
    assert in_ledger.post("order", id=order, action="skip", reason="sold").status_code == 303
    assert in_ledger.get("payloads", id=order).status_code == 403


@pytest.mark.parametrize("form", [MAPPED | {"method": ""}, {"kind": "sku", "store": "MUG-6", "sku": " "}])
def test_half_a_mapping_is_refused_with_what_is_missing(
    in_ledger: DeskClient, rows: Rows, form: dict[str, str]
) -> None:
    response = in_ledger.post("mappings", **form)
    assert response.status_code == 422
    assert "missing" in response.text
    assert fetch(rows, "SELECT FROM mapping_rule") == []


def test_a_lane_with_its_mappings_in_files_gets_lines_to_propose(desk: DeskClient, rows: Rows) -> None:
    response = desk.post("mappings", kind="sku", store="MUG-6", sku="MUG", quantity=6)
    assert response.status_code == 200
    assert "store: MUG-6" in response.text
    assert "quantity: 6" in response.text
    assert fetch(rows, "SELECT FROM mapping_rule") == []
    assert desk.triggered == []


def test_somebody_elses_change_in_the_meantime_is_not_overwritten(in_ledger: DeskClient, rows: Rows) -> None:
    assert in_ledger.post("mappings", **MAPPED, seen="17.3").status_code == 409
    assert fetch(rows, "SELECT FROM mapping_rule") == []


def test_a_job_that_airflow_does_not_start_says_why(desk: DeskClient, rows: Rows) -> None:
    desk.refusal = (404, "The Dag with ID: `desk_jobs` was not found")
    response = desk.post("blocked")
    assert response.status_code == 404
    assert "was not found" in response.text
    [job] = fetch(rows, "SELECT * FROM desk_job")
    assert "was not found" in job.failure


def test_a_skip_by_hand_keeps_the_persons_name(desk: DeskClient, rows: Rows) -> None:
    order = rows.order("ready")
    desk.post("order", id=order, action="skip", reason="sold over the counter")
    [row] = fetch(rows, "SELECT reason FROM fulfillment_order WHERE id = :id", id=order)
    assert row.reason == "by hand, ann: sold over the counter"
    desk.post("order", id=order, action="retry")
    assert state_of(rows, order) == "imported"


def test_a_mapping_file_becomes_a_job_and_only_a_trial_can_be_saved(
    in_ledger: DeskClient, rows: Rows
) -> None:
    exported = in_ledger.get("mappings_file").text
    assert exported.startswith("kind,store,match")
    assert in_ledger.get("mappings_file", form="xlsx").content.startswith(b"PK")
    file = ("rules.csv", f"{exported}sku,MUG-6,,,,,,,,MUG,6,,\n")
    response = in_ledger.post_file("mappings_file", file, what="backtest", days=7)
    assert response.status_code == 303, response.text
    [job] = fetch(rows, "SELECT * FROM desk_job")
    assert (job.kind, job.input["name"], job.input["days"]) == ("backtest", "rules.csv", 7)
    assert in_ledger.post("save_mappings", id=job.id).status_code == 404
    in_ledger.role = OPERATOR
    assert in_ledger.post_file("mappings_file", file).status_code == 403


def test_an_uploaded_file_is_kept_once_however_often_it_is_tried_and_saved(
    in_ledger: DeskClient, rows: Rows
) -> None:
    file = ("rules.csv", "kind,store,item,quantity\nsku,MUG-6,MUG,6\n")
    for what in ("backtest", "try"):
        assert in_ledger.post_file("mappings_file", file, what=what).status_code == 303
    rows.connection.execute(
        text("UPDATE desk_job SET finished_at = clock_timestamp(), outcome = CAST(:outcome AS jsonb)"),
        {"outcome": json.dumps(PREVIEWED | {"seen": "0.0"})},
    )
    trial = fetch(rows, "SELECT * FROM desk_job ORDER BY id")[-1]
    assert in_ledger.post("save_mappings", id=trial.id).status_code == 303
    jobs = fetch(rows, "SELECT * FROM desk_job ORDER BY id")
    assert [job.kind for job in jobs] == ["backtest", "try_mappings", "save_mappings"]
    assert len({job.upload_id for job in jobs}) == 1
    assert "MUG-6" not in str([job.input for job in jobs])
    [kept] = fetch(rows, "SELECT content FROM desk_upload")
    assert bytes(kept.content).decode() == file[1]


@pytest.mark.parametrize(
    ("kind", "outcome", "said"),
    [
        ("release", {"validated": 4, "ready": 3}, "Ready 3"),
        (
            "release",
            {"validated": 12, "ready": 3, "still_blocked": 9},
            "3 orders released, 9 still blocked. The lane's next",
        ),
        ("release_holds", {"released": 2, "ready": 2}, "Released 2"),
        (
            "release_holds",
            {"released": 2, "ready": 1, "still_blocked": 0},
            "2 holds ended. 1 order released, 0 still",
        ),
        ("save_mappings", {"words": ["new: <b>"], "ready": 1}, "new: <b>"),
        (
            "try_mappings",
            {
                "changes": 1,
                "unchanged": 2,
                "validated": 9,
                "counts": {"released": 3},
                "words": [],
                "examples": [],
            },
            "3 would be released",
        ),
        (
            "backtest",
            {"changes": 0, "unchanged": 2, "validated": 9, "counts": {}, "words": [], "examples": []},
            "9 orders of the last 7 days, none would change",
        ),
        ("preview_rule", PREVIEWED, "Of 9 orders that are not sent yet: 3 would be released"),
        (
            "preview_rule",
            PREVIEWED,
            "Of 1,200 orders placed in that time, validated as if they arrived now: 5 would",
        ),
        ("preview_rule", PREVIEWED | {"changes": 0}, "nothing would change"),
    ],
)
def test_a_job_that_has_ended_shows_its_outcome(
    desk: DeskClient, rows: Rows, kind: str, outcome: dict[str, Any], said: str
) -> None:
    job = rows.add(
        "desk_job",
        lane="east",
        kind=kind,
        requested_by="ann",
        input='{"days": 7}',
        outcome=json.dumps(outcome),
        finished_at="2026-11-01T00:00:00Z",
    )
    shown = desk.text("job", id=job)
    assert "Done" in shown
    assert said in shown
    assert "hx-trigger" not in desk.get("job", id=job).text


def test_a_trial_names_the_rows_with_mistakes_and_cannot_be_saved(in_ledger: DeskClient, rows: Rows) -> None:
    file = ("rules.csv", "kind,store,item\nsku,MUG-6,MUG\nsku,<b>,#N/A\n")
    assert in_ledger.post_file("mappings_file", file).status_code == 303
    bad = {"bad_rows": 1, "mistakes": ["row 3, column item (C): is the <b>"], "notes": ["It is <i>."]}
    rows.connection.execute(
        text("UPDATE desk_job SET finished_at = clock_timestamp(), outcome = CAST(:outcome AS jsonb)"),
        {"outcome": json.dumps(PREVIEWED | bad)},
    )
    [job] = fetch(rows, "SELECT * FROM desk_job")
    shown = in_ledger.text("job", id=job.id)
    assert "1 row of the file has a mistake" in shown
    assert "row 3, column item (C): is the <b>" in shown
    assert "It is <i>." in shown
    assert "<b>" not in in_ledger.get("job", id=job.id).text
    assert "Save it" not in shown
    refused = in_ledger.post("save_mappings", id=job.id)
    assert (refused.status_code, "mistakes" in refused.text) == (422, True)


def test_a_patch_of_the_lanes_file_is_shown_and_nothing_can_be_saved(desk: DeskClient, rows: Rows) -> None:
    outcome = {"changes": 1, "unchanged": 0, "validated": 0, "counts": {}, "words": [], "seen": "0.0"}
    example = {"effect": "released", "order": "AB-1", "reference": "A3K_1_0", "before": "x", "after": ""}
    job = rows.add(
        "desk_job",
        lane="east",
        kind="try_mappings",
        requested_by="ann",
        input="{}",
        outcome=json.dumps(outcome | {"patch": "+  - {store: Ground}", "examples": [example]}),
        finished_at="2026-11-01T00:00:00Z",
    )
    shown = desk.text("job", id=job)
    assert "+ - {store: Ground}" in shown
    assert "AB-1 released x ready to send" in shown
    assert "Save it" not in shown


def test_a_check_of_blocked_orders_ends_with_a_sentence(desk: DeskClient, rows: Rows) -> None:
    outcome = {"validated": 12, "ready": 3, "held": 1, "blocked": 8, "causes_closed": 1, "looked_up": 0}
    job = rows.add(
        "desk_job",
        lane="east",
        kind="release",
        requested_by="ann",
        input="{}",
        outcome=json.dumps(outcome),
        finished_at="2026-11-01T00:00:00Z",
    )
    assert "UTC: 3 released , 8 still blocked, 1 held. The next run" in desk.text("job", id=job)


def offer(rows: Rows, lane: str = "east") -> None:
    """Let the lane's warehouse offer UPS Ground and UPS 2nd Day Air."""
    methods = [
        {"carrier": "UPS", "service": service, "billing": "", "account": "", "scac": "", "title": title}
        for service, title in (("03", "Ground"), ("02", "2nd Day Air"))
    ]
    account = account_of(get_lane(lane))
    rows.connection.execute(
        text("INSERT INTO ship_method_offer (account, methods) VALUES (:account, CAST(:methods AS jsonb))"),
        {"account": account, "methods": json.dumps(methods)},
    )


UNOFFERED = {"kind": "ship_method", "store": "Ground (5-7 days)", "other_method": "UPS / Grond"}


def test_a_service_that_the_warehouse_does_not_offer_is_saved_only_with_a_reason(
    in_ledger: DeskClient, rows: Rows
) -> None:
    offer(rows)
    refused = in_ledger.post("mappings", **UNOFFERED)
    assert refused.status_code == 422
    assert "offers no service &#39;Grond&#39; of UPS. It offers 2nd Day Air, Ground." in refused.text
    assert fetch(rows, "SELECT FROM mapping_rule") == []
    assert in_ledger.post("mappings", **(UNOFFERED | {"other_method": "ups / ground"})).status_code == 303
    forced = in_ledger.post("mappings", **UNOFFERED, forced="it is new, EXT ticket 7", note="asked them")
    assert forced.status_code == 303
    [rule] = fetch(rows, "SELECT note FROM mapping_rule WHERE ended_at IS NULL")
    assert rule.note == "asked them; forced: it is new, EXT ticket 7"


def test_a_proposal_for_the_lanes_file_is_checked_too(desk: DeskClient, rows: Rows) -> None:
    offer(rows)
    assert desk.post("mappings", **UNOFFERED).status_code == 422
    assert "service: Grond" in desk.post("mappings", **UNOFFERED, forced="new").text


def test_a_preview_and_a_file_carry_the_reason_to_the_job(in_ledger: DeskClient, rows: Rows) -> None:
    in_ledger.post("mappings", **UNOFFERED, step="preview", forced="new")
    in_ledger.post_file("mappings_file", ("rules.csv", "kind,store\n"), forced="all new")
    assert [job.input["forced"] for job in fetch(rows, "SELECT input FROM desk_job ORDER BY id")] == [
        "new",
        "all new",
    ]


@pytest.mark.parametrize(("scores", "chosen"), [((100.0, 80.0), 1), ((87.4, 86.9), 0)])
def test_a_tie_of_suggestions_is_not_decided_for_the_person(
    in_ledger: DeskClient, rows: Rows, scores: tuple[float, float], chosen: int
) -> None:
    for kind, names in (
        ("unmapped_ship_method", ("carrier", "service")),
        ("unknown_sku", ("sku", "description")),
    ):
        suggestions = [dict.fromkeys(names, f"N{score:.0f}") | {"score": score} for score in scores]
        rows.add(
            "cause",
            lane="east",
            fingerprint=kind,
            kind=kind,
            subject="Ground",
            message="it has no mapping",
            fix="Map it.",
            suggestions=json.dumps(suggestions),
        )
    page = in_ledger.get("blocked").text
    assert page.count(" checked") == chosen
    assert ('value="N100"' in page) == bool(chosen)
    assert ("Equally similar: N87, N87" in page) == (not chosen)


def test_the_warehouses_catalogue_is_searched_by_sku_and_description(desk: DeskClient, rows: Rows) -> None:
    for lane, sku, description in (
        ("east", "TEA-MUG", "a set"),
        ("east", "MUG-RED", "<b>Red mug</b>"),
        ("east", "LAMP", "Like a mug"),
        ("east", "BOWL", "100%_pure"),
        ("west", "MUG-WEST", ""),
    ):
        rows.connection.execute(
            text(
                "INSERT INTO catalogue (account, sku, folded, description, active)"
                " VALUES (:account, :sku, lower(:sku), :description, true)"
            ),
            {"account": account_of(get_lane(lane)), "sku": sku, "description": description},
        )
    found = desk.get("catalogue", sku=" mug ")
    assert re.findall(r'value="([^"]+)"', found.text) == ["MUG-RED", "LAMP", "TEA-MUG"]
    assert "<b>" not in found.text
    assert re.findall(r'value="([^"]+)"', desk.get("catalogue", sku="%_").text) == ["BOWL"]
    assert desk.get("catalogue", sku="").text.strip() == ""
