"""The page of routing rules: what each took, and a preview of other rules; an order's page explains its warehouse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.desk.desk_client import OPERATOR, VIEWER, DeskClient
from tests.contract.desk.test_several_warehouses import LANES
from tests.contract.rows import Rows

RULES = [
    {"name": "coast", "when": {"states": ["CA", "OR"]}, "to": "coast"},
    {"name": "north", "when": {"countries": ["CA"]}, "nobody": True, "lines": "all"},
]
TO_CALIFORNIA = json.dumps({"name": "Ann", "state": "CA", "country": "US", "zip_code": "94105"})


@pytest.fixture
def desk(desk: DeskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    """The desk of a lane with two warehouses."""
    lanes = json.loads(json.dumps(LANES))
    lanes["lanes"]["east"]["routing"] = RULES
    file = tmp_path / "several.yaml"
    file.write_text(json.dumps(lanes, indent=2))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    desk.lanes = {"east"}
    return desk


def add_routed(rows: Rows, rule: str, warehouse: str, *, days_ago: float, **columns: Any) -> int:
    """Add an order that a rule (empty: none) gave to a warehouse, with one line."""
    placed = rows.sales_order(document='{"order_id": 1, "status_id": 1}')
    given: dict[str, Any] = {"state": "imported", "warehouse": warehouse, "sales_order_id": placed}
    given |= {"ship_to": TO_CALIFORNIA}
    order = rows.order(**(given | columns))
    rows.add(
        "fulfillment_line",
        fulfillment_order_id=order,
        position=0,
        line_id=1,
        sku="MUG",
        quantity=1,
        description="mug",
    )
    at = datetime.now(UTC) - timedelta(days=days_ago)
    steps = [{"rule": rule, "outcome": "sent", "lines": [0], "warehouses": [warehouse], "stock": []}]
    rows.add(
        "event", lane="east", fulfillment_order_id=order, kind="routed", actor="validate_mappings", run_id="r",
        at=at, why=f"1 line to {warehouse} by {rule or 'no rule'}", detail=json.dumps({"steps": steps}),
    )  # fmt: skip
    return order


def test_the_lane_page_counts_the_orders_of_each_rule(desk: DeskClient, rows: Rows) -> None:
    add_routed(rows, "coast", "coast", days_ago=1)
    add_routed(rows, "coast", "coast", days_ago=20)
    add_routed(rows, "coast", "coast", days_ago=40)
    add_routed(rows, "", "ohio", days_ago=2)
    rows.order("skipped", reason="shipped by others: rule north")
    for page in ("home", "routing"):
        shown = desk.text(page)
        assert "coast states: CA, OR to coast 1 2" in shown, page
        assert "north countries: CA all lines for nobody here 1 1" in shown, page
        assert "no rule what no rule takes to ohio 1 1" in shown, page


def test_an_order_that_is_decided_again_counts_for_the_later_rule(desk: DeskClient, rows: Rows) -> None:
    order = add_routed(rows, "", "ohio", days_ago=2)
    steps = {"steps": [{"rule": "coast", "outcome": "sent", "lines": [0], "warehouses": ["coast"]}]}
    again = {"lane": "east", "fulfillment_order_id": order, "kind": "routed", "actor": "a", "run_id": "r"}
    rows.add("event", **again, detail=json.dumps(steps))
    shown = desk.text("routing")
    assert "to coast 1 1" in shown
    assert "to ohio 0 0" in shown


def test_the_orders_of_a_rule_are_listed(desk: DeskClient, rows: Rows) -> None:
    add_routed(rows, "coast", "coast", days_ago=1, reference="A3K_1_0")
    add_routed(rows, "coast", "coast", days_ago=9, reference="A3K_2_0")
    add_routed(rows, "", "ohio", days_ago=1, reference="A3K_3_0")
    rows.order("skipped", reason="shipped by others: rule north", reference="A3K_4_0")

    def listed(**query: Any) -> set[str]:
        shown = desk.text("routing", **query)
        return {name for name in ("A3K_1_0", "A3K_2_0", "A3K_3_0", "A3K_4_0") if name in shown}

    assert listed(rule="coast", days=30) == {"A3K_1_0", "A3K_2_0"}
    assert listed(rule="coast", days=7) == {"A3K_1_0"}
    assert listed(rule="", days=30) == {"A3K_3_0"}
    assert listed(rule="north", days=30) == {"A3K_4_0"}
    assert listed() == set()


def test_other_rules_start_a_preview(desk: DeskClient, rows: Rows) -> None:
    rules = "- {name: coast, when: {states: [CA]}, to: ohio}"
    response = desk.post("routing", rules=rules, days=7)
    assert response.status_code == 303
    job = rows.one("SELECT kind, input, requested_by FROM desk_job")
    assert (job.kind, job.requested_by) == ("preview_routing", "ann")
    assert job.input == {"rules": rules, "days": 7}
    assert [dag for dag, _ in desk.triggered] == ["desk_jobs"]


def test_rules_with_mistakes_are_shown_again_with_every_mistake(desk: DeskClient, rows: Rows) -> None:
    rules = "- {name: coast, to: moon}\n- {name: coast, prefer: [ohio, ohio]}"
    response = desk.post("routing", rules=rules, days=7)
    assert response.status_code == 422
    assert "line 1: routing[1].to: there is no warehouse &#39;moon&#39;" in response.text
    assert "line 2: routing[2].prefer: has &#39;ohio&#39; twice" in response.text
    assert "name: coast, to: moon" in response.text, "what was typed is kept"
    assert rows.one("SELECT count(*) AS jobs FROM desk_job").jobs == 0


@pytest.mark.parametrize("role", [VIEWER, OPERATOR])
def test_who_may_not_map_sees_the_rules_and_tries_none(desk: DeskClient, role: str) -> None:
    desk.role = role
    assert "Try other rules" not in desk.text("routing")
    assert desk.post("routing", rules="[]", days=7).status_code == 403


def test_an_unsent_order_is_explained_rule_by_rule(desk: DeskClient, rows: Rows) -> None:
    order = add_routed(rows, "", "ohio", days_ago=1)
    shown = desk.text("order", id=order)
    assert "What the rules say now: coast 1 line to coast by rule coast." in shown
    assert "coast states: CA, OR to coast decides" in shown
    assert "north countries: CA all lines for nobody here not reached: earlier rules took every line" in shown


def test_a_sent_order_says_where_it_went_and_that_it_stays(desk: DeskClient, rows: Rows) -> None:
    order = add_routed(rows, "", "ohio", days_ago=1, state="acknowledged")
    sent = datetime(2026, 11, 28, 12, 5, tzinfo=UTC)
    attempt = {"fulfillment_order_id": order, "run_id": "r", "attempt": 1, "request": "{}", "sent_at": sent}
    rows.add("transfer", **attempt, settle_after=sent, outcome="created", finished_at=sent)
    shown = desk.text("order", id=order)
    assert "1 line to ohio by no rule." in shown
    assert "a request for it left for ohio on 2026-11-28 at 12:05 UTC, so it stays there" in shown
    assert "What the present rules would say: coast" in shown


def test_a_lane_with_one_warehouse_has_no_rules(desk: DeskClient, tmp_path: Path) -> None:
    lanes = json.loads(json.dumps(LANES))
    east = lanes["lanes"]["east"]
    east["warehouse"] = east.pop("warehouses")["ohio"]
    del east["routing"]
    (tmp_path / "several.yaml").write_text(json.dumps(lanes))
    assert "This lane has one warehouse" in desk.text("routing")
    assert "Routing" not in desk.text("home")
    assert desk.post("routing", rules="- {name: a, to: ohio}", days=7).status_code == 422
