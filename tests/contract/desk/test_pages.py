"""The desk's pages on a real ledger: what they show, to whom, and that nothing that was sent runs in them."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.contract.desk.office import ADMIN, OPERATOR, VIEWER, Office
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
PAGES = (
    "overview",
    "orders",
    "blocked",
    "mappings",
    "questions",
    "stock",
    "alerts",
    "held",
    "skipped",
    "coverage",
)


def an_order(rows: Rows, state: str = "ready", **columns: object) -> int:
    """An order of Ann's with everything that is personal about it."""
    document = {"email": "ann@example.com", "comments": "Ring twice"}
    ship_to = {"name": "Ann Lee", "address1": "1 Elm St", "city": "Troy", "state": "NY", "zip_code": "12180"}
    sales_order = rows.sales_order(invoice="AB-1001", order_id=31882, document=json.dumps(document))
    columns = {"reference": "A3K_31882_0", "order_id": 31882, "ship_to": json.dumps(ship_to)} | columns
    return rows.order(state, sales_order_id=sales_order, **columns)


def a_package(rows: Rows, order: int, tracking: str = "1Z999") -> None:
    shipment = rows.add(
        "shipment",
        lane="east",
        key=tracking,
        fulfillment_order_id=order,
        remote_id="9",
        reference="A3K_31882_0",
        voided=False,
        final=True,
    )
    contents = json.dumps([{"sku": "MUG", "quantity": "2.0"}])
    rows.add(
        "package",
        shipment_id=shipment,
        key="1",
        position=0,
        tracking=tracking,
        carrier="UPS",
        service="Ground",
        contents=contents,
    )


def known(rows: Rows) -> None:
    """Let the ledger know the lane."""
    rows.connection.execute(
        text("INSERT INTO lane_state (lane, store_id) VALUES ('east', :store)"), {"store": rows.store()}
    )


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, ADMIN])
def test_every_page_of_an_empty_ledger_says_that_there_is_nothing(office: Office, role: str) -> None:
    office.role = role
    assert [office.get(page).status_code for page in PAGES] == [200] * len(PAGES)


def test_an_order_is_found_by_any_of_its_numbers(office: Office, rows: Rows) -> None:
    known(rows)
    order = an_order(rows, "shipped", remote_id="9001")
    a_package(rows, order)
    rows.order()
    for words in ("AB-1001", "ab-10", "31882", "a3k_31882_0", "9001", "1z999", "ann@Example.com"):
        query = {"lane": "east", "q": words}
        decision = office.client.get("/cartage/orders", params=query, follow_redirects=False)
        assert decision.headers.get("location") == f"order?lane=east&id={order}", words


def test_what_means_something_to_a_database_is_only_text(office: Office, rows: Rows) -> None:
    an_order(rows)
    for words in ("%", "_", "AB%", "'; DROP TABLE event; --", "\\", "\x00", "9" * 190):
        assert "No order is like that" in office.text("orders", q=words + "x"), words


def test_a_viewer_sees_no_personal_data_anywhere_and_cannot_search_by_it(office: Office, rows: Rows) -> None:
    order = an_order(rows, "blocked")
    office.role = VIEWER
    for decision in (office.get("orders"), office.get("order", id=order), office.get("orders.csv")):
        for private in ("Ann", "Elm St", "12180", "ann@example.com", "Ring twice"):
            assert private not in decision.text
    assert "You may not search by e-mail" in office.text("orders", q="ann@example.com")


def test_who_acts_sees_them(office: Office, rows: Rows) -> None:
    order = an_order(rows)
    office.role = OPERATOR
    shown = office.text("order", id=order)
    for private in ("Ann Lee", "1 Elm St", "ann@example.com", "Ring twice"):
        assert private in shown


def test_payloads_are_for_administrators(office: Office, rows: Rows) -> None:
    order = an_order(rows)
    for role, status in ((VIEWER, 403), (OPERATOR, 403), (ADMIN, 200)):
        office.role = role
        assert office.get("payloads", id=order).status_code == status
        assert ("payloads?" in office.get("order", id=order).text) == (status == 200)


def an_attempt(rows: Rows, order: int, **columns: object) -> None:
    at = "2026-11-02T00:00:00Z"
    given = {"request": "{}", "run_id": "r", "sent_at": at, "settle_after": at, "finished_at": at}
    rows.add(
        "transfer", fulfillment_order_id=order, **(given | {"attempt": 1, "outcome": "created"} | columns)
    )


def test_what_was_received_stands_beside_what_was_sent(office: Office, rows: Rows) -> None:
    order = an_order(rows, "acknowledged")
    found = json.dumps([{"remote_id": "900"}])
    an_attempt(rows, order, response_status=201, decision='{"readOnly":{"orderId":900}}')
    an_attempt(
        rows, order, attempt=2, outcome="unknown", response_status=502, decision=f"<h1>Away</h1>{EVIL}"
    )
    an_attempt(rows, order, attempt=3, outcome="found", found=found)
    an_attempt(rows, order, attempt=4, outcome="refused", response_status=400, decision=None)
    shown = office.text("payloads", id=order)
    assert 'Received: HTTP 201 { "readOnly": { "orderId": 900 } }' in shown
    assert "Received: HTTP 502 <h1>Away</h1><script>alert(1)</script>" in shown
    assert 'No answer came. Shown by the warehouse when asked for it [ { "remote_id": "900" } ]' in shown
    assert "HTTP 400 The body is no longer kept" in shown
    assert EVIL not in office.get("payloads", id=order).text


def test_an_order_whose_payloads_are_no_longer_kept_has_a_page_that_says_so(
    office: Office, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With a connection, what was sent is shown in the warehouse's own form; of what retention took there is none.
    credentials = {"login": "id", "password": "secret", "extra": {"user_login": "1", "tpl": "{abc}"}}
    monkeypatch.setenv("AIRFLOW_CONN_EXTENSIV_EAST", json.dumps({"conn_type": "extensiv", **credentials}))
    order = an_order(rows, "acknowledged")
    line = {"line_id": 1, "sku": "A", "quantity": "1"}
    whole: dict[str, object] = {"reference": "E_1_0", "display_number": "1"}
    whole |= {"ordered_at": "2026-11-02T00:00:00Z", "ship_to": {"name": "Ann", "country": "US"}}
    whole |= {"ship_method": {"carrier": "UPS"}, "lines": [line]}
    an_attempt(rows, order)
    an_attempt(rows, order, attempt=2, request=json.dumps(whole))
    shown = office.text("payloads", id=order)
    assert "Sent It is no longer kept." in shown
    assert '"referenceNum": "E_1_0"' in shown


def test_what_the_store_was_told_and_made_of_it_is_shown(office: Office, rows: Rows) -> None:
    order = an_order(rows, "shipped")
    [sales_order] = rows.one("SELECT sales_order_id FROM fulfillment_order WHERE id = :id", id=order)
    told = {"kind": "status", "status_id": 4, "outcome": "refused", "error": "no such status", "run_id": "r"}
    rows.add("post_back", sales_order_id=sales_order, finished_at="2026-11-02T00:00:00Z", **told)
    shown = office.text("payloads", id=order)
    assert "status Shipped refused: no such status 2026-11-02 00:00:00 r" in shown


def test_an_order_of_another_lane_is_not_there(office: Office, rows: Rows) -> None:
    order = an_order(rows)
    office.lanes = {"west"}
    assert office.get("order", id=order).status_code == 403
    assert office.get("order", lane="west", id=order).status_code == 404
    assert "No order is like that" in office.text("orders", lane="west", q="AB-1001")
    assert "east" not in office.get("overview", lane="").text


def test_the_list_goes_on_where_a_page_ended_with_every_order_once(office: Office, rows: Rows) -> None:
    for _ in range(120):
        rows.order("ready")
    for query in ({}, {"state": "ready"}, {"since": "2020-01-01", "state": "ready"}):
        seen: list[str] = []
        page = office.get("orders", **query).text
        while True:
            seen += [part.split("<")[0] for part in page.split('class="reference">A3K')[1:]]
            if "before=" not in page:
                break
            page = office.get("orders", **query, before=page.split("before=")[1].split('"')[0]).text
        assert len(seen) == len(set(seen)) == 120


def test_filters_let_through_what_they_say(office: Office, rows: Rows) -> None:
    an_order(rows)
    for query, shown in (
        ({"state": "blocked"}, False),
        ({"state": "ready"}, True),
        ({"state": "no such state"}, True),
        ({"since": "2999-01-01"}, False),
        ({"until": "2000-01-01"}, False),
        ({"since": "2000-01-01", "until": "2999-01-01", "state": "ready"}, True),
        ({"since": "2999-01-01", "state": "ready"}, False),
        ({"since": "yesterday"}, True),
    ):
        assert ("A3K_31882_0" in office.text("orders", **query)) == shown, query


def test_the_overview_counts_each_state_and_says_how_old_the_oldest_is(office: Office, rows: Rows) -> None:
    for _ in range(3):
        rows.order("ready", state_since="2020-01-01T00:00:00Z")
    rows.order("ready", superseded_at="2020-01-01T00:00:00Z")
    known(rows)
    shown = office.text("overview")
    assert "ready 3 oldest 2" in shown
    assert "shipped 0 none" in shown
    assert "as agreed" in shown


def test_a_days_work_is_a_bar_for_each_hour(office: Office, rows: Rows) -> None:
    order = rows.order()
    for to_state, count in (("acknowledged", 4), ("shipped", 2)):
        for _ in range(count):
            rows.add(
                "event",
                lane="east",
                kind="moved",
                to_state=to_state,
                actor="a",
                run_id="r",
                fulfillment_order_id=order,
            )
    page = office.get("overview").text
    assert "4 orders sent and 2 shipped in the last 24 hours, at most 4 in an hour" in page
    assert 'height="120.0"' in page
    assert 'height="60.0"' in page


def test_a_cause_shows_how_many_orders_it_blocks_what_they_are_worth_and_its_mend(
    office: Office, rows: Rows
) -> None:
    cause = rows.add(
        "cause",
        lane="east",
        fingerprint="f",
        kind="unmapped_ship_method",
        subject="Ground (5-7 days)",
        message="ship method 'Ground (5-7 days)' has no mapping",
        fix="Map it.",
        suggestions=json.dumps([{"carrier": "UPS", "service": "Ground", "score": 100.0}]),
    )
    both = rows.sales_order(amount=Decimal(30))
    for shipment in (1, 2):
        rows.order("blocked", cause_ids=[cause], sales_order_id=both, order_id=7, shipment_id=shipment)
    rows.order("blocked", cause_ids=[cause], sales_order_id=rows.sales_order(amount=Decimal("12.5")))
    shown = office.text("blocked")
    assert "3 orders, worth 42.50" in shown
    assert "UPS Ground reads alike: 100 of 100" in shown
    office.role = OPERATOR
    assert "Suggested: UPS Ground" in office.text("blocked")
    assert "other_method" not in office.get("blocked").text
    assert "A3K" in office.text("orders", cause=cause)


def test_skipped_orders_are_shown_with_their_reasons(office: Office, rows: Rows) -> None:
    for reason in ("status Unpaid", "status Unpaid", "amount 0"):
        rows.order("skipped", reason=reason)
    shown = office.text("skipped")
    assert "status Unpaid 2" in shown
    assert "amount 0 1" in shown


def test_what_was_sent_by_others_is_shown_as_text(office: Office, rows: Rows) -> None:
    sales_order = rows.sales_order(invoice=EVIL, document=json.dumps({"email": EVIL, "comments": EVIL}))
    ship_to = json.dumps({"name": EVIL, "city": EVIL, "state": EVIL, "country": EVIL})
    order = rows.order("skipped", sales_order_id=sales_order, reason=EVIL, ship_to=ship_to, ship_method=EVIL)
    rows.add(
        "fulfillment_line",
        fulfillment_order_id=order,
        position=0,
        line_id=1,
        sku=EVIL,
        quantity=1,
        description=EVIL,
    )
    cause = rows.add(
        "cause", lane="east", fingerprint="f", kind="unknown_sku", subject=EVIL, message=EVIL, fix=EVIL
    )
    rows.order("blocked", cause_ids=[cause], reason=EVIL)
    pages = [office.get(page) for page in ("orders", "skipped", "blocked")]
    pages += [office.get("orders", q=EVIL), office.get("order", id=order), office.get("payloads", id=order)]
    for decision in pages:
        assert decision.status_code == 200
        assert "<script>alert" not in decision.text
    assert "&lt;script&gt;alert" in pages[-1].text


def test_an_export_holds_every_order_and_no_formula(office: Office, rows: Rows) -> None:
    for number, start in enumerate(("=", "+", "-", "@", "\t", "fine ")):
        sales_order = rows.sales_order(invoice=f"{start}1+{number}", document=json.dumps({"email": FORMULA}))
        rows.order(sales_order_id=sales_order, ship_to=json.dumps({"name": FORMULA}))
    decision = office.get("orders.csv")
    found = list(csv.DictReader(io.StringIO(decision.text)))
    assert "attachment" in decision.headers["content-disposition"]
    assert len(found) == 6
    cells = [cell for row in found for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
    assert {row["name"] for row in found} == {f"'{FORMULA}"}
    assert "fine 1+5" in {row["invoice"] for row in found}


def test_a_long_export_is_read_in_batches(
    office: Office, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartage_airflow.desk.routes.orders._BATCH", 7)
    for _ in range(21):
        rows.order("ready")
    found = list(csv.DictReader(io.StringIO(office.get("orders.csv", state="ready").text)))
    assert len({row["reference"] for row in found}) == 21


def test_a_page_needs_nothing_that_its_policy_forbids(office: Office, rows: Rows) -> None:
    known(rows)
    order = an_order(rows, "blocked")
    for decision in [*(office.get(page) for page in PAGES), office.get("order", id=order)]:
        for forbidden in ("<style", " style=", "javascript:", " onclick", "https://cdn", "hx-on"):
            assert forbidden not in decision.text
        assert decision.text.count("<script") == decision.text.count('<script src="static/')
        assert "default-src 'none'" in decision.headers["content-security-policy"]
