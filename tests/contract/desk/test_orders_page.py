"""The order list over all lanes: who sees what, actions on many orders, saved views, files; and one order's page."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from tests.contract.desk.desk_client import ADMIN, MAPPER, OPERATOR, VIEWER, DeskClient
from tests.contract.desk.test_pages import EVIL, add_order, add_package
from tests.contract.rows import Rows


def add_named(rows: Rows, name: str, state: str = "ready", *, lane: str = "east", **columns: Any) -> int:
    groups = [{"shipment_id": 0, "ship_to": {"name": name}}]
    document = {"email": f"{name.split(maxsplit=1)[0].lower()}@example.com", "groups": groups}
    sales_order = rows.sales_order(lane=lane, document=json.dumps(document))
    columns = {"ship_to": json.dumps({"name": name, "country": "US"})} | columns
    return rows.order(state, lane=lane, sales_order_id=sales_order, **columns)


def state_of(rows: Rows, order: int) -> str:
    return str(rows.one("SELECT state FROM fulfillment_order WHERE id = :id", id=order).state)


def test_the_list_is_over_all_lanes_that_the_user_may_see(desk: DeskClient, rows: Rows) -> None:
    for lane in ("east", "west", "north"):
        add_named(rows, f"Ann {lane.title()}", lane=lane)
    shown = desk.text("orders", lane="")
    assert "Ann East" in shown and "Ann West" in shown
    assert "Ann North" not in shown, "the lanes file has no such lane"
    assert "Ann West" not in desk.text("orders", lane="east")
    desk.lanes = {"east"}
    shown = desk.text("orders", lane="")
    assert "Ann East" in shown and "west" not in shown.lower()
    assert desk.get("orders", lane="west").status_code == 403
    assert "No order matches" in desk.text("orders", lane="", q="Ann West")


def test_a_lane_that_a_user_may_only_see_hides_its_names_and_cannot_be_searched_by_them(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = add_named(rows, "Ann East"), add_named(rows, "Ann West", lane="west")
    allowed = desk.manager.is_authorized_dag.side_effect
    desk.manager.is_authorized_dag.side_effect = lambda **asked: (
        allowed(**asked) and (asked["method"] == "GET" or asked["details"].id == "orders__east")
    )
    for read in (desk.text("orders", lane=""), desk.get("orders.csv", lane="").text):
        assert "Ann East" in read and "Ann West" not in read and "hidden" in read
    response = desk.client.get("/cartage/orders", params={"q": "ann"}, follow_redirects=False)
    assert response.headers["location"] == f"order?lane=east&id={ours}"
    page = desk.get("orders", lane="").text
    assert f'name="order" value="{ours}"' in page
    assert f'name="order" value="{theirs}"' not in page
    for order in (ours, theirs):
        desk.post("bulk", lane="", action="skip", ids=str(order), reason="sold")
    assert (state_of(rows, ours), state_of(rows, theirs)) == ("skipped", "ready")


def test_columns_sort_both_ways(desk: DeskClient, rows: Rows) -> None:
    for amount in (30, 10, 20):
        rows.order(sales_order_id=rows.sales_order(amount=amount))
    for query, wanted in (
        ({"sort": "amount"}, ["30.00", "20.00", "10.00"]),
        ({"sort": "amount", "up": "1"}, ["10.00", "20.00", "30.00"]),
        ({"sort": "nonsense"}, ["20.00", "10.00", "30.00"]),
    ):
        page = desk.get("orders", **query).text
        assert re.findall(r'class="number">([0-9.]+)<', page) == wanted, query
    assert 'aria-sort="ascending"' in desk.get("orders", sort="amount", up="1").text


def test_a_bulk_action_is_previewed_and_then_says_what_became_of_each(desk: DeskClient, rows: Rows) -> None:
    blocked = [rows.order("blocked") for _ in range(3)]
    shipped = [rows.order("shipped") for _ in range(2)]
    chosen = [*blocked, *shipped]
    page = desk.post("bulk_preview", action="retry", which="chosen", order=chosen)
    assert page.status_code == 200, page.text
    assert "<strong>3</strong> of 5 orders would be retried; 2 stay shipped" in page.text
    assert [state_of(rows, order) for order in blocked] == ["blocked"] * 3, "a preview changes nothing"
    ids = re.search(r'name="ids" value="([0-9,]+)"', page.text)
    assert ids and ids[1] == ",".join(map(str, blocked))
    done = desk.post("bulk", action="retry", ids=",".join(map(str, chosen)))
    assert "<strong>3 retried</strong>, 2 stay shipped." in done.text
    assert [state_of(rows, order) for order in blocked] == ["imported"] * 3
    [actors] = rows.connection.execute(
        text("SELECT array_agg(DISTINCT actor) FROM event WHERE kind = 'moved'")
    )
    assert actors[0] == ["ann"]


def test_all_that_match_are_those_of_the_address_over_all_lanes(desk: DeskClient, rows: Rows) -> None:
    ready = [rows.order("ready", lane=lane) for lane in ("east", "west", "east")]
    others = [rows.order("blocked"), rows.order("ready", lane="north")]
    response = desk.client.post(
        "/cartage/bulk_preview",
        params={"lane": "", "state": "ready"},
        data={"token": desk.token(), "action": "hold", "which": "all"},
    )
    assert "<strong>3</strong> of 3 orders would be held" in response.text
    found = re.search(r'name="ids" value="([0-9,]+)"', response.text)
    assert found and sorted(map(int, found[1].split(","))) == sorted(ready)
    done = desk.post("bulk", lane="", action="hold", ids=found[1], reason="fraud check", days=2)
    assert "<strong>3 held</strong>" in done.text
    assert [state_of(rows, order) for order in (*ready, *others)] == ["held"] * 3 + ["blocked", "ready"]
    holds = rows.connection.execute(text("SELECT reason, owner FROM hold")).all()
    assert holds == [("fraud check", "ann")] * 3


def test_held_orders_are_released_together(desk: DeskClient, rows: Rows) -> None:
    orders = [rows.order("ready") for _ in range(2)]
    desk.post("bulk", action="hold", ids=",".join(map(str, orders)), reason="look", days=1)
    done = desk.post("bulk", action="release", ids=",".join(map(str, orders)))
    assert "<strong>2 released</strong>" in done.text
    assert rows.one("SELECT count(*) AS open FROM hold WHERE released_at IS NULL").open == 0


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"action": "skip", "ids": "1"}, 422),
        ({"action": "restart", "ids": "1"}, 422),
        ({"action": "skip", "ids": "1; DROP TABLE event", "reason": "x"}, 422),
        ({"action": "retry", "ids": "9" * 30}, 200),
        ({"action": "retry", "ids": ",,,"}, 200),
        ({"action": "retry", "ids": "1", "token": "forged"}, 403),
    ],
)
def test_a_bulk_action_without_reason_order_or_token_changes_nothing(
    desk: DeskClient, rows: Rows, form: dict[str, str], status: int
) -> None:
    order = rows.order("ready")
    assert desk.post("bulk", **form).status_code == status
    assert state_of(rows, order) == "ready"


def test_an_order_that_a_run_works_on_is_left_with_its_batch_and_said(
    desk: DeskClient, rows: Rows, ledger_url: str
) -> None:
    from sqlalchemy import create_engine

    order = rows.order("blocked")
    engine = create_engine(ledger_url)
    with engine.begin() as run:
        run.execute(text("SELECT FROM fulfillment_order WHERE id = :id FOR UPDATE"), {"id": order})
        done = desk.post("bulk", action="retry", ids=str(order))
    engine.dispose()
    assert "0 retried" in done.text
    assert "1 could not be changed because a run works on them: try again" in done.text
    assert state_of(rows, order) == "blocked"


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, MAPPER, ADMIN])
def test_who_may_act_on_many_orders_and_save_views(desk: DeskClient, rows: Rows, role: str) -> None:
    order = rows.order("ready")
    desk.role = role
    may = role != VIEWER
    assert ('name="order"' in desk.get("orders").text) == may
    for page, form in (
        ("bulk_preview", {"action": "skip", "order": [order]}),
        ("bulk", {"action": "skip", "ids": str(order), "reason": "sold"}),
        ("save_view", {"name": "mine", "query": "state=ready"}),
        ("order_note", {"id": order, "text": "called Ann"}),
    ):
        assert (desk.post(page, **form).status_code < 400) == may, page
    assert state_of(rows, order) == ("skipped" if may else "ready")


def test_a_view_is_saved_shared_opened_and_deleted(desk: DeskClient, rows: Rows) -> None:
    query = "lane=east&state=ready&state=held&q=ann%40example.com&country=CA&sort=amount&evil=1"
    response = desk.post("save_view", lane="", name=f"Canada {EVIL}", query=query, shared="true")
    assert response.headers["location"] == "orders?lane=east&state=ready&state=held&country=CA&sort=amount"
    [view] = rows.connection.execute(text("SELECT * FROM saved_view"))
    assert set(view.query) == {"lane", "state", "country", "sort"}, "no search text, nothing unknown"
    page = desk.get("orders")
    assert EVIL not in page.text and "Canada &lt;script&gt;" in page.text
    desk.user = "bob"
    assert "by ann" in desk.text("orders")
    assert desk.post("delete_view", lane="", id=view.id).status_code == 409
    desk.user = "ann"
    assert desk.post("delete_view", lane="", id=view.id).status_code == 303
    assert "Canada" not in desk.text("orders")


def test_an_export_has_lines_parcels_and_country_as_text_in_both_forms(desk: DeskClient, rows: Rows) -> None:
    order = add_named(rows, "=cmd|' /C calc'!A0", "shipped")
    for position, sku in enumerate(("MUG", "@SUM(1)")):
        rows.add(
            "fulfillment_line",
            fulfillment_order_id=order,
            position=position,
            line_id=position,
            sku=sku,
            quantity="2.50",
            description="",
        )
    add_package(rows, order, "1Z1")
    add_package(rows, order, "1Z2")
    rows.connection.execute(text("UPDATE shipment SET shipped_at = '2026-11-20T10:00:00Z'"))
    rows.connection.execute(text("UPDATE package SET voided_at = now() WHERE tracking = '1Z2'"))
    [row] = csv.DictReader(io.StringIO(desk.get("orders.csv").text))
    wanted = {
        "lane": "east",
        "state": "shipped",
        "country": "US",
        "lines": "2.5 x MUG; 2.5 x @SUM(1)",
        "carrier": "UPS Ground",
        "tracking": "1Z1",
        "shipped": "2026-11-20 10:00:00",
        "name": "'=cmd|' /C calc'!A0",
    }
    assert {name: row[name] for name in wanted} == wanted
    response = desk.get("orders.xlsx")
    assert response.headers["content-disposition"].endswith('.xlsx"')
    book: Any = load_workbook(io.BytesIO(response.content))
    heading, cells = list(book.worksheets[0].iter_rows())
    found = {name.value: cell for name, cell in zip(heading, cells, strict=True)}
    assert found["name"].value == "=cmd|' /C calc'!A0"
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert found["lines"].value == wanted["lines"]


def test_an_order_shows_what_is_open_about_it_and_takes_the_decision(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "acknowledged")
    [sales_order] = rows.connection.execute(text("SELECT id FROM sales_order")).scalars()
    before, after = ({"groups": [{"shipment_id": 0, "ship_to": {"city": city}}]} for city in ("Troy", "Rome"))
    exception = rows.add(
        "exception",
        lane="east",
        sales_order_id=sales_order,
        kind="edited_after_transfer",
        message=f"the store changed the address {EVIL}",
        choices=["resend", "ignore"],
        run_id="r",
        before=json.dumps(before),
        after=json.dumps(after),
    )
    page = desk.get("order", id=order).text
    assert page.index("exception-") < page.index("Warehouse's number"), "it is on top"
    assert EVIL not in page
    assert "Rome" in page
    response = desk.post("order_decision", id=order, exception=exception, choice="ignore")
    assert response.headers["location"] == f"order?lane=east&id={order}"
    closed = rows.one("SELECT decision, decided_by, closed_at FROM exception")
    assert (closed.decision, closed.decided_by) == ("ignore", "ann")
    assert "exception-" not in desk.get("order", id=order).text
    assert (
        desk.post("order_decision", lane="west", id=order, exception=exception, choice="ignore").status_code
        == 404
    )
    desk.role = VIEWER
    assert "Rome" not in desk.get("order", id=order).text


def test_notes_stand_on_top_with_their_authors_for_those_who_may_act(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "shipped")
    assert desk.post("order_note", id=order, text=f" Ann called {EVIL} ").status_code == 303
    assert desk.post("order_note", id=order, text="  ").status_code == 409
    assert desk.post("order_note", lane="west", id=order, text="x").status_code == 409
    page = desk.get("order", id=order).text
    assert EVIL not in page
    assert re.search(r"ann , \d+ \w+ ago: Ann called <script>", desk.text("order", id=order))
    desk.role = VIEWER
    assert "Ann called" not in desk.get("order", id=order).text


def test_a_voided_number_says_so_and_leads_nowhere(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "shipped")
    add_package(rows, order, "1Z1")
    add_package(rows, order, "1Z2")
    rows.connection.execute(
        text("UPDATE package SET voided_at = now(), former = ARRAY['1Z0'] WHERE tracking = '1Z2'")
    )
    page = desk.get("order", id=order).text
    assert "tracknum=1Z1" in page and "tracknum=1Z2" not in page
    shown = desk.text("order", id=order)
    assert "1Z2 before: 1Z0" in shown
    assert "voided : no parcel has this number" in shown


def test_an_order_leads_to_the_store_the_warehouse_and_the_runs_in_airflow(
    desk: DeskClient, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = Path(os.environ["CARTAGE_LANES_FILE"])
    pages = ("https://shop.example/admin/order?id={order_id}", "https://wms.example/{remote_id}")
    content = lanes.read_text().replace("store: {", f'store: {{order_page: "{pages[0]}", ')
    lanes.write_text(content.replace("warehouse: {", f'warehouse: {{order_page: "{pages[1]}", '))
    order = add_order(rows, "acknowledged", remote_id="9 00")
    run = "orders__east/scheduled__2026-11-23T12:05:00+00:00/transfer_to_warehouse/1"
    for run_id in (run, "desk/2026"):
        rows.add("event", lane="east", kind="noted", actor="a", run_id=run_id, fulfillment_order_id=order)
    page = unescape(desk.get("order", id=order).text)
    assert 'href="https://shop.example/admin/order?id=31882" target="_blank"' in page
    assert 'href="https://wms.example/9%2000" target="_blank"' in page
    assert page.count('target="_top"') == 1
    assert (
        "/dags/orders__east/runs/scheduled__2026-11-23T12%3A05%3A00%2B00%3A00/tasks/transfer_to_warehouse"
        in page
    )


def test_an_order_is_corrected_in_place_before_it_is_sent(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "blocked")
    page = desk.get("order", id=order).text
    assert 'name="address1" value="1 Elm St"' in page
    typed = {
        "name": "Ann Lee",
        "address1": f"2 Oak St {EVIL}",
        "city": "Troy",
        "state": "NY",
        "zip_code": "12180",
    }
    form: dict[str, Any] = typed | {"id": order, "ship_method": "Ground", "reason": "she moved"}
    assert desk.post("correct_order", **form | {"reason": ""}).status_code == 409
    assert desk.post("correct_order", **form).headers["location"] == f"order?lane=east&id={order}"
    assert EVIL not in desk.get("order", id=order).text
    shown = desk.text("order", id=order)
    assert "2 Oak St" in shown and "by ann; the store has another address" in shown and "she moved" in shown
    desk.role = VIEWER
    hidden = desk.get("order", id=order).text
    assert "2 Oak St" not in hidden and "she moved" not in hidden and "correct_order" not in hidden
    assert desk.post("correct_order", **form).status_code == 403


def test_amounts_have_the_currency_of_their_lane(desk: DeskClient, rows: Rows) -> None:
    lanes = Path(os.environ["CARTAGE_LANES_FILE"])
    east, _, west = lanes.read_text().partition("  west:")
    lanes.write_text(f"{east.replace('store: {', 'store: {currency: CAD, ', 1)}  west:{west}")
    order = rows.order("skipped", sales_order_id=rows.sales_order(amount=1234.5))
    rows.order("skipped", lane="west", sales_order_id=rows.sales_order(amount=7, lane="west"))
    cause = rows.add(
        "cause", lane="east", fingerprint="f", kind="address_incomplete", subject="x", message="m", fix="f"
    )
    rows.order("blocked", cause_ids=[cause], sales_order_id=rows.sales_order(amount=20))
    for page, query in (("order", {"id": order}), ("skipped", {}), ("orders", {"lane": ""})):
        assert "1,234.50 CAD" in desk.text(page, **query), page
    listed = desk.text("orders", lane="")
    assert "7.00" in listed
    assert "7.00 CAD" not in listed
    assert "worth 20.00 CAD" in desk.text("attention")
