"""The desk of a lane with two warehouses: every page works, and names the warehouse of an order."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import text

from cartage.db import open_ledger
from cartage.lanes import valid_lanes
from cartage.reports.rollup import refresh_reports
from tests.contract.desk.desk_client import VIEWER, DeskClient
from tests.contract.desk.test_pages import PAGES, add_lane, add_order
from tests.contract.rows import Rows

LANES: dict[str, Any] = {
    "lanes": {
        "east": {
            "store": {"connection": "threedcart_east", "time_zone": "UTC", "go_live": "2026-11-01"},
            "warehouses": {
                "ohio": {
                    "connector": "extensiv",
                    "connection": "extensiv_ohio",
                    "settings": {"customer_id": 12, "facility_id": 1},
                    "order_page": "https://ohio.example.com/{reference}",
                },
                "coast": {
                    "connector": "shipbob",
                    "connection": "shipbob_coast",
                    "settings": {"channel_id": 7},
                    "order_page": "https://coast.example.com/{reference}",
                },
            },
            "routing": [{"name": "rest", "to": "coast"}],
        }
    }
}


@pytest.fixture
def desk(desk: DeskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    """The desk of this lane. JSON is YAML."""
    file = tmp_path / "several.yaml"
    file.write_text(json.dumps(LANES))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    desk.lanes = {"east"}
    return desk


@pytest.fixture
def two_lanes(desk: DeskClient, tmp_path: Path) -> None:
    """A lane with one warehouse beside it."""
    east = LANES["lanes"]["east"]
    plain = {
        "store": {**east["store"], "connection": "threedcart_plain"},
        "warehouse": {**east["warehouses"]["ohio"], "connection": "extensiv_plain"},
    }
    (tmp_path / "several.yaml").write_text(json.dumps({"lanes": {"east": east, "plain": plain}}))


def test_every_page_works(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    add_order(rows, "blocked", warehouse="coast")
    assert {page: desk.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)


def test_the_lanes_page_names_both_connections(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    shown = desk.text("home")
    assert "Warehouse ohio extensiv_ohio extensiv" in shown
    assert "Warehouse coast shipbob_coast shipbob" in shown


@pytest.mark.parametrize(("warehouse", "other"), [("ohio", "coast"), ("coast", "ohio")])
def test_an_order_names_its_warehouse_and_links_to_its_page_there(
    desk: DeskClient, rows: Rows, warehouse: str, other: str
) -> None:
    order = add_order(rows, "acknowledged", warehouse=warehouse, remote_id="77")
    page = desk.get("order", id=order).text
    assert f"<dt>Warehouse</dt><dd>{warehouse}</dd>" in page
    assert f"https://{warehouse}.example.com/A3K_31882_0" in page
    assert f"https://{other}.example.com" not in page
    assert desk.get("payloads", id=order).status_code == 200


def test_an_order_of_a_warehouse_that_left_the_lane_is_still_shown(desk: DeskClient, rows: Rows) -> None:
    order = add_order(rows, "acknowledged", warehouse="moon", remote_id="77")
    page = desk.get("order", id=order)
    assert page.status_code == 200
    assert "<dt>Warehouse</dt><dd>moon</dd>" in page.text
    assert desk.get("payloads", id=order).status_code == 200


def test_orders_are_filtered_by_the_connection_of_their_own_warehouse(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    add_order(rows, "acknowledged", warehouse="coast")
    assert "A3K_31882_0" in desk.text("orders", warehouse="shipbob_coast")
    for connection in ("extensiv_ohio", "elsewhere"):
        assert "A3K_31882_0" not in desk.text("orders", warehouse=connection), connection


def test_an_export_says_which_warehouse_has_an_order(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    add_order(rows, "acknowledged", warehouse="coast")
    [row] = csv.DictReader(io.StringIO(desk.get("orders.csv").text))
    assert row["warehouse"] == "coast"


def test_who_may_change_every_connection_may_change_the_lane(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cartage.lanes import get_lane
    from cartage_airflow.desk import rights

    asked: list[str] = []

    def may_change(_user: object, ids: list[str], _teams: object) -> bool:
        asked.extend(ids)
        return True

    monkeypatch.setattr(rights, "_may_change", may_change)
    assert rights.changing(Mock(), [get_lane("east")]) == {"east"}
    assert sorted(asked) == ["extensiv_ohio", "shipbob_coast", "threedcart_east"]


def add_cause(rows: Rows, subject: str) -> int:
    """Add the cause of orders that no warehouse of the lane has."""
    return rows.add(
        "cause",
        lane="east",
        kind="not_routed",
        subject=subject,
        fingerprint="f",
        message="nobody has PAN",
        fix="Wait.",
    )


def test_an_order_shows_its_other_parts_and_lets_a_person_choose(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    cause = add_cause(rows, "PAN")
    order = add_order(rows, "blocked", cause_ids=[cause])
    sale = rows.one("SELECT sales_order_id FROM fulfillment_order WHERE id = :id", id=order).sales_order_id
    part = rows.order(
        "acknowledged",
        sales_order_id=sale,
        order_id=31882,
        part=1,
        reference="A3K_31882_0BA",
        warehouse="coast",
    )
    rows.one(
        "INSERT INTO fulfillment_line (fulfillment_order_id, position, line_id, sku, quantity, description) "
        "VALUES (:id, 0, 5, 'MUG', 2, 'Mug') RETURNING 1",
        id=part,
    )
    shown = desk.text("order", id=order)
    assert "Other part A3K_31882_0BA" in shown
    assert "2 MUG, at coast" in shown
    assert "No warehouse has all of it" in shown
    assert desk.post("order_routing", id=order, choice="split").status_code == 303
    assert "Now: send what the warehouses have now; the rest waits." in desk.text("order", id=order)
    assert desk.post("order_routing", id=order, choice="split").status_code == 409, "it was chosen already"
    assert desk.post("order_routing", id=order, choice="perhaps").status_code == 400


def add_waiting(rows: Rows) -> tuple[int, list[int]]:
    """Add three orders that no warehouse has, one of them held; return their cause and their ids."""
    add_lane(rows)
    cause = add_cause(rows, "PAN by rest")
    return cause, [rows.order(state, cause_ids=[cause]) for state in ("blocked", "blocked", "held")]


def test_a_choice_for_many_orders_is_previewed_order_by_order(desk: DeskClient, rows: Rows) -> None:
    _, waiting = add_waiting(rows)
    sent = rows.order("acknowledged", warehouse="coast")
    page = desk.get("orders").text
    assert all(f'value="{choice}"' in page for choice in ("wait", "split", "backorder"))
    preview = desk.post("bulk_preview", action="split", order=[*waiting, sent])
    assert preview.status_code == 200, preview.text
    assert "<strong>3</strong> of 4 orders would be set to split; 1 stays acknowledged." in preview.text
    assert preview.text.count("would be set to split:") == 3
    assert preview.text.count("would be set to split: decided once it is released") == 1
    ids = ",".join(map(str, [*waiting, sent]))
    done = desk.post("bulk", action="split", ids=ids).text
    assert "<strong>3 set to split</strong>, 1 stays acknowledged." in done
    assert "The next run of their lanes decides by it." in done
    [chosen] = rows.connection.execute(
        text("SELECT array_agg(DISTINCT actor), count(*) FROM event WHERE kind = 'routing_chosen'")
    )
    assert chosen == (["ann"], 3)
    again = desk.post("bulk_preview", action="split", order=waiting).text
    assert "None of these 3 orders allows it: 3 have this choice already." in again


def test_a_choice_for_all_orders_of_a_cause_is_a_job_with_a_preview(desk: DeskClient, rows: Rows) -> None:
    cause, waiting = add_waiting(rows)
    page = desk.get("attention").text
    assert "How all its orders go on" in page
    assert f'formaction="bulk_preview?lane=east&amp;cause={cause}"' in page
    preview = desk.client.post(
        "/cartage/bulk_preview",
        params={"lane": "east", "cause": cause},
        data={"token": desk.token(), "action": "split", "which": "all", "id": cause},
    )
    assert "<strong>2</strong> of 2 orders would be set to split." in preview.text
    response = desk.post("cause_routing", id=cause, action="split")
    [(dag_id, body)] = desk.triggered
    job = rows.one("SELECT id, kind, requested_by, input FROM desk_job")
    assert (dag_id, body["conf"]) == ("desk_jobs", {"lane": "east", "job": job.id})
    assert (job.kind, job.requested_by) == ("choose_routing", "ann")
    assert job.input == {"cause": cause, "choice": "split"}
    assert response.headers["location"] == f"job?lane=east&id={job.id}"
    assert "Choose how orders go on" in desk.text("job", id=job.id)
    assert desk.post("cause_routing", id=cause, action="skip").status_code == 400
    desk.role = VIEWER
    assert "How all its orders go on" not in desk.get("attention").text
    assert desk.post("cause_routing", id=cause, action="split").status_code == 403
    assert len(desk.triggered) == 1
    assert len(waiting) == 3


def test_the_stock_page_has_the_figures_of_each_warehouse(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    for warehouse, skus in (("ohio", 120), ("coast", 7)):
        rows.one(
            "INSERT INTO stock_reading (lane, warehouse, number, began_at, went_back, skus) "
            "VALUES ('east', :warehouse, 1, '2026-07-01', false, :skus) RETURNING 1",
            warehouse=warehouse,
            skus=skus,
        )
    shown = desk.text("stock")
    assert "The figures in use of ohio: 120 SKUs" in shown
    assert "The figures in use of coast: 7 SKUs" in shown


def test_a_warehouse_that_is_down_is_red_alone(desk: DeskClient, rows: Rows) -> None:
    add_lane(rows)
    rows.one(
        "INSERT INTO circuit (remote, what, failures, probe_at) VALUES "
        "('warehouse shipbob/shipbob_coast', 'HTTP 503', 4, now()) RETURNING 1"
    )
    page = desk.get("home", lane="east").text
    [ohio, coast] = re.findall(r"<dt>Warehouse (?:ohio|coast)</dt>.*?</dl>", page, re.DOTALL)
    assert "down for" in coast
    assert "HTTP 503" in coast
    assert "down" not in ohio


def test_the_list_of_lanes_has_each_warehouse(desk: DeskClient, rows: Rows, two_lanes: None) -> None:
    desk.lanes = {"east", "plain"}
    add_lane(rows)
    rows.one(
        "INSERT INTO circuit (remote, what, failures, probe_at) VALUES "
        "('warehouse shipbob/shipbob_coast', 'HTTP 503', 4, now()) RETURNING 1"
    )
    page = desk.get("home", lane="").text
    assert '<span>ohio <span class="quiet">never</span></span>' in page
    assert '<span>coast <span class="bad">down</span></span>' in page
    assert "counts once for each of its parts" in page


def test_reports_are_of_the_lane_or_of_one_of_its_warehouses(
    desk: DeskClient, rows: Rows, ledger_url: str
) -> None:
    add_lane(rows)
    day = datetime.now(UTC) - timedelta(days=1)
    for warehouse, count in (("ohio", 1), ("coast", 2)):
        for _ in range(count):
            order = rows.order(
                "acknowledged",
                lane="east",
                warehouse=warehouse,
                sales_order_id=rows.sales_order(lane="east", ordered_at=day),
            )
            event = {"lane": "east", "kind": "moved", "actor": "a", "run_id": "r", "to_state": "acknowledged"}
            rows.add("event", **event, fulfillment_order_id=order, at=day + timedelta(hours=1))
    ledger = open_ledger(ledger_url)
    refresh_reports(ledger, valid_lanes())
    ledger.close()
    page = desk.get("reports", lane="east", by="warehouse").text
    assert sent_of(page) == "3"
    assert "east · coast" in page
    shown = list(csv.DictReader(io.StringIO(desk.get("reports.csv", lane="east", table="warehouses").text)))
    assert {row["warehouse"]: row["sent"] for row in shown} == {"ohio": "1", "coast": "2"}
    coast = desk.get("reports", lane="east", warehouse="coast")
    assert sent_of(coast.text) == "2"
    assert "Reports of lane east, warehouse coast" in coast.text
    assert 'id="warehouses"' not in coast.text
    file = desk.get("reports.xlsx", lane="east", warehouse="coast")
    assert 'filename="report-east-coast-' in file.headers["content-disposition"]
    assert sent_of(desk.get("reports", lane="east", warehouse="moon").text) == "3", "no such warehouse"


def sent_of(page: str) -> str:
    [found] = re.findall(r"> ?sent</span> <strong>([^<]*)</strong>", page)
    return str(found)
