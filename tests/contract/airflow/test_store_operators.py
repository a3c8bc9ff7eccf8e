"""The operators for the 3dcart API against the sandbox."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from cartage.errors import NotFound, OutcomeUnknown, SettingsError
from cartage_airflow import (
    ThreeDCartGetOrderOperator,
    ThreeDCartListOrdersOperator,
    ThreeDCartListProductsOperator,
    ThreeDCartPostTrackingOperator,
    ThreeDCartSetOrderStatusOperator,
)
from tests.contract.airflow.conftest import WriteLane
from tests.contract.world import HOLD, NEW, SHIPPED, World

Context: Any = {}


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class TestListOrders:
    def test_a_file_has_every_order_in_the_status_and_xcom_only_the_count(
        self, world: World, lane: str, tmp_path: Path
    ) -> None:
        new, held = world.place(count=3), world.place()
        world.shop.store.edit(held[0], OrderStatusID=HOLD)
        path = tmp_path / "out" / "orders.jsonl"
        found = ThreeDCartListOrdersOperator(
            task_id="list", lane=lane, status="New", output_path=str(path)
        ).execute(Context)
        assert found == {"orders": 3, "path": str(path)}
        orders = json_lines(path)
        assert sorted(order["OrderID"] for order in orders) == sorted(new)
        assert all(order["ShipmentList"] for order in orders)
        assert "CardNumber" not in path.read_text()
        assert [left.name for left in path.parent.iterdir()] == ["orders.jsonl"]

    def test_a_csv_file_has_no_personal_data_unless_asked_for(
        self, world: World, lane: str, tmp_path: Path
    ) -> None:
        [order_id] = world.place(BillingEmail="=cmd()")
        plain, chosen = tmp_path / "plain.csv", tmp_path / "chosen.csv"
        for path, fields in ((plain, None), (chosen, ["OrderID", "BillingEmail"])):
            ThreeDCartListOrdersOperator(
                task_id="list", lane=lane, output_path=str(path), fields=fields
            ).execute(Context)
        [row] = csv.DictReader(plain.open())
        assert (row["OrderID"], row["OrderStatusID"]) == (str(order_id), str(NEW))
        assert "BillingEmail" not in row
        [row] = csv.DictReader(chosen.open())
        assert row == {"OrderID": str(order_id), "BillingEmail": "'=cmd()"}

    def test_spans_of_time_are_exact(self, world: World, lane: str, tmp_path: Path) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        for hours in (1, 2, 3):
            world.place_at(now - timedelta(hours=hours))
        path = tmp_path / "orders.jsonl"
        for span in ("ordered", "updated"):
            ends: dict[str, Any] = {
                f"{span}_from": (now - timedelta(hours=2)).isoformat(),
                f"{span}_to": (now - timedelta(hours=1)).isoformat(),
            }
            found = ThreeDCartListOrdersOperator(
                task_id="list", lane=lane, output_path=str(path), **ends
            ).execute(Context)
            assert found["orders"] == 1, span

    def test_counting_costs_one_call(self, world: World, lane: str) -> None:
        world.place(count=4)
        found = ThreeDCartListOrdersOperator(task_id="count", lane=lane, count_only=True).execute(Context)
        assert found == {"orders": 4}
        assert len(world.calls()) == 1

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"output_path": "/tmp/orders.xml"}, "must end in .jsonl or .csv"),
            ({"output_path": "/tmp/o.csv", "ordered_from": "yesterday"}, "ordered_from"),
            ({"output_path": "/tmp/o.csv", "ordered_to": "2026-11-23T14:00:00"}, "time zone"),
            ({"output_path": "/tmp/o.csv", "status": "No Such Label"}, "No Such Label"),
        ],
    )
    def test_a_wrong_argument_is_named(self, lane: str, wrong: dict[str, Any], named: str) -> None:
        with pytest.raises(SettingsError, match=named):
            ThreeDCartListOrdersOperator(task_id="list", lane=lane, **wrong).execute(Context)

    def test_a_file_or_a_count_must_be_chosen(self) -> None:
        both: list[dict[str, Any]] = [{}, {"output_path": "o.csv", "count_only": True}]
        for given in both:
            with pytest.raises(ValueError, match="either output_path or count_only"):
                ThreeDCartListOrdersOperator(task_id="list", lane="demo", **given)


class TestGetOrder:
    def test_xcom_has_no_personal_data_unless_asked_for(self, world: World, lane: str) -> None:
        [order_id] = world.place()
        found = ThreeDCartGetOrderOperator(task_id="get", lane=lane, order_id=f"{order_id}").execute(Context)
        assert (found["OrderID"], found["OrderStatusID"]) == (order_id, NEW)
        assert "ShipmentList" not in found
        whole = ThreeDCartGetOrderOperator(task_id="get", lane=lane, order_id=order_id, fields=None).execute(
            Context
        )
        assert whole["ShipmentList"]

    def test_an_order_that_does_not_exist_is_not_found(self, lane: str) -> None:
        with pytest.raises(NotFound, match="no such order"):
            ThreeDCartGetOrderOperator(task_id="get", lane=lane, order_id=999_999).execute(Context)


class TestSetOrderStatus:
    def test_many_orders_get_a_status_by_its_label(self, world: World, lane: str) -> None:
        ids = world.place(count=3)
        counts = ThreeDCartSetOrderStatusOperator(
            task_id="set", lane=lane, order_ids=ids, status="Hold"
        ).execute(Context)
        assert counts == {"orders": 3, "written": 3, "left": 0}
        assert {world.store_status(order_id) for order_id in ids} == {HOLD}

    @pytest.mark.parametrize("suffix", ["jsonl", "csv"])
    def test_the_orders_may_come_from_a_file_and_what_a_person_set_stays(
        self, world: World, lane: str, tmp_path: Path, suffix: str
    ) -> None:
        first, second = world.place(count=2)
        path = str(tmp_path / f"orders.{suffix}")
        ThreeDCartListOrdersOperator(task_id="list", lane=lane, output_path=path).execute(Context)
        world.shop.store.edit(second, OrderStatusID=SHIPPED)
        counts = ThreeDCartSetOrderStatusOperator(
            task_id="set", lane=lane, orders_path=path, status=HOLD, expected="New"
        ).execute(Context)
        assert counts == {"orders": 2, "written": 1, "left": 1}
        assert (world.store_status(first), world.store_status(second)) == (HOLD, SHIPPED)

    def test_a_refused_order_fails_the_task_without_a_retry_and_the_others_are_written(
        self, world: World, lane: str
    ) -> None:
        [order_id] = world.place()
        with pytest.raises(AirflowFailException, match="999999"):
            ThreeDCartSetOrderStatusOperator(
                task_id="set", lane=lane, order_ids=f"{order_id}, 999999", status=HOLD
            ).execute(Context)
        assert world.store_status(order_id) == HOLD

    def test_a_lost_response_is_an_unknown_outcome_that_a_retry_settles(
        self, world: World, lane: str
    ) -> None:
        [order_id] = world.place()
        world.store_fault("PUT", "reset", "after", times=1)
        task = ThreeDCartSetOrderStatusOperator(task_id="set", lane=lane, order_ids=order_id, status=HOLD)
        with pytest.raises(OutcomeUnknown, match=str(order_id)):
            task.execute(Context)
        assert task.execute(Context)["written"] == 1
        assert world.store_status(order_id) == HOLD

    @pytest.mark.parametrize("mode", ["off", "shadow"])
    def test_a_lane_that_writes_nothing_skips_the_task(
        self, world: World, write_lane: WriteLane, mode: str
    ) -> None:
        world.settings["mode"] = mode
        write_lane(world)
        [order_id] = world.place()
        with pytest.raises(AirflowSkipException, match=mode):
            ThreeDCartSetOrderStatusOperator(
                task_id="set", lane="demo", order_ids=order_id, status=HOLD
            ).execute(Context)
        assert world.store_status(order_id) == NEW


class TestPostTracking:
    def test_tracking_is_written_and_read_back(self, world: World, lane: str) -> None:
        [order_id] = world.place()
        ThreeDCartPostTrackingOperator(
            task_id="post",
            lane=lane,
            order_id=order_id,
            tracking_number="1Z999",
            carrier_method="UPS Ground",
            shipped_at="2026-11-23T14:00:00Z",
        ).execute(Context)
        assert world.tracking(order_id).strip() == "1Z999"
        assert world.shop.store.order(order_id)["ShipmentList"][0]["ShipmentMethodName"] == "UPS Ground"

    def test_an_order_that_the_store_does_not_have_is_refused(self, lane: str) -> None:
        with pytest.raises(AirflowFailException, match="999999"):
            ThreeDCartPostTrackingOperator(
                task_id="post", lane=lane, order_id=999_999, tracking_number="1Z999"
            ).execute(Context)


class TestListProducts:
    def test_a_file_has_every_product_and_option(self, world: World, lane: str, tmp_path: Path) -> None:
        now = datetime.now(UTC)
        world.shop.fill(1, start=now - timedelta(hours=1), end=now, products=30)
        plain, options = tmp_path / "plain.csv", tmp_path / "options.csv"
        counted = ThreeDCartListProductsOperator(task_id="count", lane=lane, count_only=True).execute(Context)
        listed: list[Mapping[str, Any]] = [
            ThreeDCartListProductsOperator(
                task_id="list", lane=lane, output_path=str(path), options=path is options
            ).execute(Context)
            for path in (plain, options)
        ]
        assert counted["products"] == listed[0]["products"] >= 30
        assert listed[1]["products"] >= listed[0]["products"]
        rows = list(csv.DictReader(plain.open()))
        assert len(rows) == counted["products"]
        assert set(rows[0]) == {"catalog_id", "sku", "name", "stock"}
