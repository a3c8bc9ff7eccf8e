"""A file exchange in Airflow: its connection is Airflow's own, and hook and operators work as with other warehouses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.errors import NotSupported
from cartage_airflow import (
    WarehouseFindOrderOperator,
    WarehouseHook,
    WarehouseStockOperator,
    WarehouseSubmitOrderOperator,
)
from cartage_sandbox.files import FileForm
from tests.contract.airflow.test_warehouse_operators import REQUEST, context
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld


@pytest.fixture
def world(make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileWorld:
    """A file lane that is in the lanes file."""
    world = make_file_world(FileForm.DSFX)
    file = tmp_path / "lanes.yaml"
    settings = {name: value for name, value in world.settings.items() if name != "name"}
    file.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    return world


def test_airflows_own_test_button_accepts_the_connection(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = SFTPHook(ssh_conn_id=world.files.warehouse_connection)
    assert hook.test_connection() == (True, "Connection successfully tested")
    world.files.warehouse.sftp.change_host_key()
    ok, _ = SFTPHook(ssh_conn_id=world.files.warehouse_connection).test_connection()
    assert not ok
    with WarehouseHook(lane="demo").client() as warehouse:
        assert not warehouse.check().ok


def test_an_order_is_found_in_its_file(world: FileWorld) -> None:
    [order_id] = world.place("single")
    world.go("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    reference = world.reference_of(order_id)
    [found] = WarehouseFindOrderOperator(task_id="find", lane="demo", reference=reference).execute(context())
    assert (found["reference"], found["state"]) == (reference, "open")


def test_the_stock_of_named_skus_is_that_of_the_latest_files(world: FileWorld, tmp_path: Path) -> None:
    world.stock("MUG", "TEA", qty=7)
    with world.files.warehouse.premises.lock:
        world.files.warehouse.floor.send_inventory(world.files.account, full=True)
    path = tmp_path / "stock.jsonl"
    task: Any = WarehouseStockOperator(task_id="stock", lane="demo", output_path=str(path), skus=["mug"])
    assert task.execute(context())["skus"] == 1
    [row] = [json.loads(line) for line in path.read_text().splitlines()]
    assert (row["sku"], row["available"]) == ("MUG", "7")


def test_orders_leave_by_the_lanes_stages_only(world: FileWorld) -> None:
    with pytest.raises(NotSupported, match="documents"):
        WarehouseSubmitOrderOperator(task_id="submit", lane="demo", request=REQUEST).execute(context())
    assert world.names("in") == []


def test_without_a_lane_the_default_connection_is_that_of_airflows_type(world: FileWorld) -> None:
    settings = world.files.lane_warehouse()["settings"]
    assert WarehouseHook(connector="files", settings=settings).warehouse_conn_id == "sftp_default"
    assert WarehouseHook(connector="extensiv").warehouse_conn_id == "extensiv_default"


def test_a_mounted_folder_needs_no_connection(world: FileWorld) -> None:
    home = world.files.warehouse.premises.home(world.files.account.login)
    settings = {**world.files.lane_warehouse()["settings"], "folder": str(home)}
    with WarehouseHook(
        connector="files", warehouse_conn_id="no_such", settings=settings
    ).client() as warehouse:
        assert warehouse.check().ok
