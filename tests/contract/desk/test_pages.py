"""The desk's pages on a real ledger: what they show, to whom, and that foreign text stays text."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import text

from tests.contract.desk.desk_client import ADMIN, OPERATOR, VIEWER, DeskClient
from tests.contract.rows import Rows

EVIL = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
PAGES = (
    "home",
    "attention",
    "orders",
    "activity",
    "reports",
    "mappings",
    "stock",
    "files",
    "skipped",
    "coverage",
)


def add_order(rows: Rows, state: str = "ready", **columns: object) -> int:
    """Add an order of Ann's with all her personal data."""
    ship_to = {"name": "Ann Lee", "address1": "1 Elm St", "city": "Troy", "state": "NY", "zip_code": "12180"}
    groups = [{"shipment_id": 0, "ship_to": ship_to}]
    document = {"email": "ann@example.com", "comments": "Ring twice", "groups": groups}
    sales_order = rows.sales_order(invoice="AB-1001", order_id=31882, document=json.dumps(document))
    columns = {"reference": "A3K_31882_0", "order_id": 31882, "ship_to": json.dumps(ship_to)} | columns
    return rows.order(state, sales_order_id=sales_order, **columns)


def add_package(rows: Rows, order: int, tracking: str = "1Z999") -> None:
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


def add_lane(rows: Rows) -> None:
    """Add the lane to the ledger."""
    rows.connection.execute(
        text("INSERT INTO lane_state (lane, store_id) VALUES ('east', :store)"), {"store": rows.store()}
    )


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, ADMIN])
def test_every_page_works_on_an_empty_ledger(desk: DeskClient, role: str) -> None:
    desk.role = role
    assert [desk.get(page).status_code for page in PAGES] == [200] * len(PAGES)


def test_an_order_is_found_by_any_of_its_numbers(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    order = add_order(rows, "shipped", remote_id="9001")
    add_package(rows, order)
    rows.order()
    wanted = (
        "AB-1001",
        "ab-10",
        "#AB-1001",
        "AB 1001",
        "1001",
        "31882",
        "a3k_31882_0",
        "9001",
        "1z999",
        "1Z 99-9",
    )
    for words in (*wanted, "ann@Example.com", "example.c", "ann lee", "LEE", "le"):
        query = {"lane": "east", "q": words}
        response = desk.client.get("/cartage/orders", params=query, follow_redirects=False)
        assert response.headers.get("location") == f"order?lane=east&id={order}", words


def test_sql_and_wildcards_in_a_search_are_only_text(desk: DeskClient, rows: Rows) -> None:
    add_order(rows)
    for words in ("%", "_", "AB%", "'; DROP TABLE event; --", "\\", "\x00", "9" * 190):
        assert "No order matches" in desk.text("orders", q=words + "x"), words


def test_a_viewer_sees_no_personal_data_anywhere_and_cannot_search_by_it(
    desk: DeskClient, rows: Rows
) -> None:
    order = add_order(rows, "blocked")
    desk.role = VIEWER
    for response in (desk.get("orders"), desk.get("order", id=order), desk.get("orders.csv")):
        for private in ("Ann", "Elm St", "12180", "ann@example.com", "Ring twice"):
            assert private not in response.text
    assert "You may not search by e-mail" in desk.text("orders", q="ann@example.com")


def test_an_operator_sees_personal_data(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows)
    desk.role = OPERATOR
    shown = desk.text("order", id=order)
    for private in ("Ann Lee", "1 Elm St", "ann@example.com", "Ring twice"):
        assert private in shown


def test_a_line_shows_each_option_beside_its_sku_to_those_who_may_see_personal_data(
    desk: DeskClient, rows: Rows
) -> None:
    order = add_order(rows)
    options = [
        {"title": "Engraving", "value": f"For Ann {EVIL}"},
        {"title": "Color", "value": "Red", "item": "MUG-RED"},
        {"title": "", "value": "gift wrap"},
    ]
    line = {"fulfillment_order_id": order, "line_id": 7, "quantity": 2, "description": "Mug"}
    rows.add("fulfillment_line", **line, position=1, sku="SET-1", options=json.dumps(options))
    rows.add("fulfillment_line", **line, position=2, sku="TEA-1", options="[]")
    desk.role = OPERATOR
    page = desk.get("order", id=order).text
    assert _options_of(page) == {
        "SET-1": f"Engraving: For Ann {EVIL}\nMUG-RED Color: Red\ngift wrap",
        "TEA-1": "",
    }
    desk.role = VIEWER
    page = desk.get("order", id=order).text
    assert _options_of(page) == {"SET-1": "hidden\nhidden\nhidden", "TEA-1": ""}
    assert "For Ann" not in page and "gift wrap" not in page


def _options_of(page: str) -> dict[str, str]:
    """Return what the table of lines shows under Options, by SKU."""
    table = page.partition('<h2 id="lines">')[2].partition("</table>")[0]
    headings = re.findall(r"<th [^>]*>(.*?)</th>", table)
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr>")[2:]]
    lines = [dict(zip(headings, cells, strict=True)) for cells in found]
    return {unescape(line["SKU"]): unescape(line["Options"]) for line in lines}


def test_payloads_are_for_administrators(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows)
    for role, status in ((VIEWER, 403), (OPERATOR, 403), (ADMIN, 200)):
        desk.role = role
        assert desk.get("payloads", id=order).status_code == status
        assert ("payloads?" in desk.get("order", id=order).text) == (status == 200)


def add_attempt(rows: Rows, order: int, **columns: object) -> None:
    at = "2026-11-02T00:00:00Z"
    given = {"request": "{}", "run_id": "r", "sent_at": at, "settle_after": at, "finished_at": at}
    rows.add(
        "transfer", fulfillment_order_id=order, **(given | {"attempt": 1, "outcome": "created"} | columns)
    )


def test_each_response_is_shown_beside_its_request(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "acknowledged")
    found = json.dumps([{"remote_id": "900"}])
    add_attempt(rows, order, response_status=201, response='{"readOnly":{"orderId":900}}')
    add_attempt(
        rows, order, attempt=2, outcome="unknown", response_status=502, response=f"<h1>Away</h1>{EVIL}"
    )
    add_attempt(rows, order, attempt=3, outcome="found", found=found)
    add_attempt(rows, order, attempt=4, outcome="refused", response_status=400, response=None)
    shown = desk.text("payloads", id=order)
    assert 'Response: HTTP 201 { "readOnly": { "orderId": 900 } }' in shown
    assert "Response: HTTP 502 <h1>Away</h1><script>alert(1)</script>" in shown
    assert (
        'No response. Found when the warehouse was asked for the reference [ { "remote_id": "900" } ]'
        in shown
    )
    assert "HTTP 400 The body is no longer kept" in shown
    assert EVIL not in desk.get("payloads", id=order).text


def test_payloads_that_are_no_longer_kept_are_named(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With a connection, a request is shown in the warehouse's own form; retention has emptied the first one.
    credentials = {
        "login": "id",
        "password": "secret",
        "extra": {"user_login": "1", "tpl_secret": "{abcdef}"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_EXTENSIV_EAST", json.dumps({"conn_type": "extensiv", **credentials}))
    order = add_order(rows, "acknowledged")
    line = {"line_id": 1, "sku": "A", "quantity": "1"}
    whole: dict[str, object] = {"reference": "E_1_0", "display_number": "1"}
    whole |= {"ordered_at": "2026-11-02T00:00:00Z", "ship_to": {"name": "Ann", "country": "US"}}
    whole |= {"ship_method": {"carrier": "UPS"}, "lines": [line]}
    add_attempt(rows, order)
    add_attempt(rows, order, attempt=2, request=json.dumps(whole))
    shown = desk.text("payloads", id=order)
    assert "Request It is no longer kept." in shown
    assert '"referenceNum": "E_1_0"' in shown


def test_each_write_to_the_store_is_shown_with_its_outcome(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "shipped")
    [sales_order] = rows.one("SELECT sales_order_id FROM fulfillment_order WHERE id = :id", id=order)
    written = {
        "kind": "status",
        "status_id": 4,
        "outcome": "refused",
        "error": "no such status",
        "run_id": "r",
    }
    rows.add("post_back", sales_order_id=sales_order, finished_at="2026-11-02T00:00:00Z", **written)
    shown = desk.text("payloads", id=order)
    assert "status Shipped refused: no such status 2026-11-02 00:00:00 r" in shown


def test_an_order_of_another_lane_is_not_shown(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows)
    desk.lanes = {"west"}
    assert desk.get("order", id=order).status_code == 403
    assert desk.get("order", lane="west", id=order).status_code == 404
    assert "No order matches" in desk.text("orders", lane="west", q="AB-1001")
    assert "east" not in desk.get("home", lane="").text


def test_the_list_continues_where_a_page_ended_with_every_order_once(desk: DeskClient, rows: Rows) -> None:
    for _ in range(120):
        rows.order("ready")
    for query in ({}, {"state": "ready"}, {"since": "2020-01-01", "state": "ready"}):
        seen: list[str] = []
        page = desk.get("orders", **query).text
        while True:
            seen += re.findall(r"A3K_\d+_0", page)
            further = re.search(r'rel="next" href="orders\?([^"]+)"', page)
            if further is None:
                break
            page = desk.client.get(f"/cartage/orders?{unescape(further[1])}").text
        assert len(seen) == len(set(seen)) == 120


def test_filters_keep_the_orders_that_they_name(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, ship_to=json.dumps({"name": "Ann Lee", "country": "FR"}))
    add_package(rows, order)
    rows.add(
        "fulfillment_line",
        fulfillment_order_id=order,
        position=0,
        line_id=1,
        sku="SET-1",
        quantity=1,
        description="",
    )
    for query, shown in (
        ({"state": "blocked"}, False),
        ({"state": "ready"}, True),
        ({"state": "no such state"}, True),
        ({"since": "2999-01-01"}, False),
        ({"until": "2000-01-01"}, False),
        ({"since": "2000-01-01", "until": "2999-01-01", "state": "ready"}, True),
        ({"since": "2999-01-01", "state": "ready"}, False),
        ({"since": "yesterday"}, True),
        ({"country": "us"}, False),
        ({"country": "fr"}, True),
        ({"method": "GROUND"}, True),
        ({"method": "overnight"}, False),
        ({"least": "9.5", "most": "10"}, True),
        ({"least": "10.01"}, False),
        ({"least": "much"}, True),
        ({"older": "1"}, False),
        ({"older": "-1"}, True),
        ({"sku": "mug"}, False),
        ({"sku": "set-1"}, True),
        ({"sku": "SET*"}, True),
        ({"carrier": "ups"}, True),
        ({"carrier": "fedex"}, False),
        ({"warehouse": "extensiv_east"}, True),
        ({"warehouse": "extensiv_west", "lane": ""}, False),
    ):
        assert ("A3K_31882_0" in desk.text("orders", **query)) == shown, query


@pytest.mark.parametrize(
    ("bucket", "whose"),
    [("one.example.com", "store"), ("extensiv/5eed", "warehouse"), ("extensiv/5eed/get", "warehouse")],
)
def test_a_lanes_page_shows_what_has_slowed_the_lane_down(
    desk: DeskClient, rows: Rows, bucket: str, whose: str
) -> None:
    add_lane(rows)
    rows.connection.execute(
        text(
            "INSERT INTO warehouse_state (lane, counted_account) SELECT lane, 'extensiv/5eed' FROM lane_state"
        )
    )
    rows.connection.execute(
        text("INSERT INTO call_bucket (name, full_at, pace, slowed_at) VALUES (:name, now(), 0.5, now())"),
        {"name": bucket},
    )
    slowed = desk.text("home")
    assert f"50% of the agreed rate, because the {whose} asked to slow down" in slowed
    assert "as agreed" in slowed, "the other is not concerned"
    rows.connection.execute(text("UPDATE call_bucket SET blocked_until = now() + interval '1 hour'"))
    assert f"the {whose} accepts no call until" in desk.text("home")


def test_a_cause_shows_its_orders_their_value_and_its_fix(desk: DeskClient, rows: Rows) -> None:
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
    shown = desk.text("attention")
    assert "3 orders, worth 42.50" in shown
    assert "UPS Ground 100% similar" in shown
    desk.role = OPERATOR
    assert "Suggested: UPS Ground" in desk.text("attention")
    assert "other_method" not in desk.get("attention").text
    assert "A3K" in desk.text("orders", cause=cause)


def test_rows_of_the_warehouse_that_cannot_be_read_are_counted_named_and_listed_by_a_command(
    desk: DeskClient, rows: Rows
) -> None:
    cause = rows.add(
        "cause",
        lane="east",
        fingerprint="f",
        kind="unreadable_at_warehouse",
        subject="order: readOnly.packages[]",
        message="the warehouse reports an order in a way that cannot be read (order: readOnly.packages[])",
        fix="`cartage shipments unreadable` lists what it is about.",
    )
    for number in range(4):
        rows.add(
            "unreadable_row",
            lane="east",
            kind="order",
            key=str(number),
            name=f"A3K_{number}_0" if number else EVIL,
            what="readOnly.packages[]",
            remote_id=str(number),
            cause_id=cause,
            run_id="run/1",
        )
    shown = desk.text("attention")
    assert "4 entries of the warehouse's list that could not be read" in shown
    assert "A3K_1_0, A3K_2_0, ..." in shown
    assert "`cartage shipments unreadable` lists what it is about" in shown
    assert EVIL not in desk.get("attention").text
    assert "Show its orders" not in shown


def test_skipped_orders_are_shown_with_their_reasons(desk: DeskClient, rows: Rows) -> None:
    for reason in ("status Unpaid", "status Unpaid", "amount 0"):
        rows.order("skipped", reason=reason)
    shown = desk.text("skipped")
    assert "status Unpaid 2" in shown
    assert "amount 0 1" in shown


def test_foreign_text_is_shown_as_text(desk: DeskClient, rows: Rows) -> None:
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
    pages = [desk.get(page) for page in ("orders", "skipped", "attention", "activity")]
    pages += [desk.get("orders", q=EVIL), desk.get("order", id=order), desk.get("payloads", id=order)]
    for response in pages:
        assert response.status_code == 200
        assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in pages[-1].text


def test_an_export_holds_every_order_and_no_formula(desk: DeskClient, rows: Rows) -> None:
    for number, start in enumerate(("=", "+", "-", "@", "\t", "fine ")):
        sales_order = rows.sales_order(invoice=f"{start}1+{number}", document=json.dumps({"email": FORMULA}))
        rows.order(sales_order_id=sales_order, ship_to=json.dumps({"name": FORMULA}))
    response = desk.get("orders.csv")
    found = list(csv.DictReader(io.StringIO(response.text)))
    assert "attachment" in response.headers["content-disposition"]
    assert len(found) == 6
    cells = [cell for row in found for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
    assert {row["name"] for row in found} == {f"'{FORMULA}"}
    assert "fine 1+5" in {row["invoice"] for row in found}


def test_a_long_export_is_read_in_batches(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cartage.operations.views.order_list._BATCH", 7)
    for _ in range(21):
        rows.order("ready")
    found = list(csv.DictReader(io.StringIO(desk.get("orders.csv", state="ready").text)))
    assert len({row["reference"] for row in found}) == 21


def test_a_page_needs_no_more_than_its_policy_allows(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    order = add_order(rows, "blocked")
    for response in [*(desk.get(page) for page in PAGES), desk.get("order", id=order)]:
        for forbidden in ("<style", " style=", "javascript:", " onclick", "https://cdn", "hx-on"):
            assert forbidden not in response.text
        assert response.text.count("<script") == response.text.count('<script src="static/')
        assert "default-src 'none'" in response.headers["content-security-policy"]
