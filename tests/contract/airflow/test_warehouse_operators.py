"""The operators for a warehouse's API against the sandbox."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from cartage.errors import NotFound, OutcomeUnknown, ReferenceConflict, SettingsError
from cartage.warehouses.contract import DuplicatePolicy, Reconcile
from cartage.warehouses.extensiv.connector import ExtensivWarehouse
from cartage_airflow import (
    WarehouseCancelOrderOperator,
    WarehouseFindOrderOperator,
    WarehouseGetOrderOperator,
    WarehouseHook,
    WarehouseStockOperator,
    WarehouseSubmitOrderOperator,
)
from tests.contract.airflow.conftest import WriteLane
from tests.contract.world import ORDERS_STAGES, World

REQUEST: dict[str, Any] = {
    "reference": "SAMPLE_1",
    "ship_to": {
        "name": "Ada Lovelace",
        "address1": "1 Main St",
        "city": "Boise",
        "state": "ID",
        "zip_code": "83701",
        "country": "US",
    },
    "ship_method": {"carrier": "UPS", "service": "Ground"},
    "lines": [{"line_id": 1, "sku": "SAMPLE-1", "quantity": "2"}],
}


def context(try_number: int = 1) -> Any:
    return {"ti": SimpleNamespace(try_number=try_number)}


def submit(lane: str, *, try_number: int = 1, **changes: Any) -> dict[str, str]:
    task = WarehouseSubmitOrderOperator(task_id="submit", lane=lane, request={**REQUEST, **changes})
    return task.execute(context(try_number))


@pytest.fixture(autouse=True)
def stocked(world: World) -> None:
    world.stock("SAMPLE-1")


@contextmanager
def abilities(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Iterator[list[float]]:
    """Let the connector claim other capabilities; yields the seconds that a task waited."""
    with WarehouseHook(lane="demo").client() as warehouse:
        claimed = replace(warehouse.capabilities, **changes)
    waited: list[float] = []
    monkeypatch.setattr(ExtensivWarehouse, "capabilities", claimed)
    monkeypatch.setattr("cartage_airflow.operators.api.warehouse.time.sleep", waited.append)
    yield waited


class TestSubmit:
    def test_an_order_is_sent_once_however_often_the_task_runs(self, world: World, lane: str) -> None:
        assert submit(lane)["outcome"] == "created"
        assert submit(lane, try_number=2)["outcome"] == "already_exists"
        assert world.references() == {"SAMPLE_1": 1}

    def test_a_lost_response_is_settled_by_the_retry(self, world: World, lane: str) -> None:
        world.warehouse_fault("POST /orders$", "reset", "after", times=1)
        with pytest.raises(OutcomeUnknown):
            submit(lane)
        assert submit(lane, try_number=2)["outcome"] == "already_exists"
        assert world.references() == {"SAMPLE_1": 1}

    def test_a_warehouse_that_accepts_repeats_is_asked_before_anything_is_sent(
        self, world: World, lane: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit(lane)
        delays = {"longest_request": timedelta(seconds=7), "visibility_delay": timedelta(seconds=5)}
        with abilities(monkeypatch, duplicate_policy=DuplicatePolicy.UNKNOWN, **delays) as waited:
            assert submit(lane, try_number=2)["outcome"] == "already_exists"
            assert waited == [12.0]
            with pytest.raises(ReferenceConflict):
                submit(lane, lines=[{"line_id": 1, "sku": "SAMPLE-1", "quantity": "3"}])
        assert world.references() == {"SAMPLE_1": 1}

    def test_a_retry_sends_nothing_where_absence_is_not_certain(
        self, world: World, lane: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        claims = {"duplicate_policy": DuplicatePolicy.UNKNOWN, "reconcile": Reconcile.EVENTUAL}
        with (
            abilities(monkeypatch, **claims),
            pytest.raises(AirflowFailException, match="cannot say for certain"),
        ):
            submit(lane, try_number=2)
        assert world.references() == {}

    def test_an_incomplete_request_is_named_without_personal_data(self, world: World, lane: str) -> None:
        with pytest.raises(SettingsError) as raised:
            submit(lane, lines=[{"line_id": "x", "sku": "SAMPLE-1"}])
        assert "lines.0.quantity" in str(raised.value)
        assert "lines.0.line_id" in str(raised.value)
        assert "Lovelace" not in str(raised.value)
        assert world.references() == {}

    def test_a_lane_in_shadow_sends_nothing(self, world: World, write_lane: WriteLane) -> None:
        world.settings["mode"] = "shadow"
        write_lane(world)
        with pytest.raises(AirflowSkipException):
            submit("demo")
        assert world.references() == {}


class TestFindGetAndCancel:
    def test_an_order_of_the_lane_is_found_by_its_reference_without_its_address(
        self, world: World, lane: str
    ) -> None:
        [order_id] = world.place()
        world.go(*ORDERS_STAGES)
        reference = world.reference_of(order_id)
        [found] = WarehouseFindOrderOperator(task_id="find", lane=lane, reference=reference).execute(
            context()
        )
        assert (found["reference"], found["state"], found["packages"]) == (reference, "open", [])
        assert found["lines"]
        assert set(found) == {"remote_id", "reference", "state", "lines", "packages"}
        [tracking] = world.ship(order_id)
        shipped = WarehouseGetOrderOperator(task_id="get", lane=lane, remote_id=found["remote_id"]).execute(
            context()
        )
        assert shipped["state"] == "shipped"
        assert [package["tracking"] for package in shipped["packages"]] == [tracking]

    def test_what_the_warehouse_does_not_have_is_an_empty_list_or_not_found(self, lane: str) -> None:
        find = WarehouseFindOrderOperator(task_id="find", lane=lane, reference="NONE_1")
        assert find.execute(context()) == []
        with pytest.raises(NotFound):
            WarehouseGetOrderOperator(task_id="get", lane=lane, remote_id="999999").execute(context())

    def test_an_order_that_has_not_shipped_is_cancelled(self, world: World, lane: str) -> None:
        remote_id = submit(lane)["remote_id"]
        cancel = WarehouseCancelOrderOperator(
            task_id="cancel", lane=lane, remote_id=remote_id, reason="test order"
        )
        assert cancel.execute(context()) == {"remote_id": remote_id, "outcome": "cancelled"}
        [found] = WarehouseFindOrderOperator(task_id="find", lane=lane, reference="SAMPLE_1").execute(
            context()
        )
        assert found["state"] == "cancelled"


class TestByConnection:
    def test_a_connector_and_its_connection_do_without_a_lane(self, world: World) -> None:
        find = WarehouseFindOrderOperator(
            task_id="find",
            connector="extensiv",
            warehouse_conn_id="extensiv_demo",
            warehouse_settings={"customer_id": 12, "facility_id": 1},
            reference="NONE_1",
        )
        assert find.execute(context()) == []

    def test_neither_lane_nor_connector_is_a_mistake(self) -> None:
        with pytest.raises(SettingsError, match="give a lane, or a connector"):
            WarehouseFindOrderOperator(task_id="find", reference="x").execute(context())


def test_stock_is_written_to_a_file(world: World, lane: str, tmp_path: Path) -> None:
    world.stock("B-2", qty=5)
    path = tmp_path / "stock.csv"
    found = WarehouseStockOperator(task_id="stock", lane=lane, output_path=str(path)).execute(context())
    rows = {row["sku"]: row for row in csv.DictReader(path.open())}
    assert found == {"skus": len(rows), "path": str(path)}
    assert float(rows["B-2"]["on_hand"]) == 5
    chosen = WarehouseStockOperator(task_id="stock", lane=lane, output_path=str(path), skus=["B-2"]).execute(
        context()
    )
    assert chosen["skus"] == 1
