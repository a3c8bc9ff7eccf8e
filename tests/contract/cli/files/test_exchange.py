"""`cartage files preview` and `read` with a file lane: what would be written, and what a sample would do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage_sandbox.files import FileForm
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
from tests.contract.world import ORDERS_STAGES

Cartage = Callable[..., Result]


@pytest.fixture
def world(make_file_world: MakeFileWorld) -> FileWorld:
    return make_file_world(FileForm.PLAIN)


@pytest.fixture
def cartage(world: FileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """Run a command for the lane of `world`, as it is when the command runs."""
    file = tmp_path / "lanes.yaml"
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))

    def run(*arguments: str, group: str = "files") -> Result:
        settings = {**world.settings, "name": None}
        del settings["name"]
        file.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
        return CliRunner().invoke(app, [group, *arguments, "--lane", "demo"])

    return run


def test_the_file_of_an_order_is_shown_and_nothing_is_sent(
    world: FileWorld, cartage: Cartage, tmp_path: Path
) -> None:
    [order_id] = world.place("single")
    world.go("import_orders", "validate_mappings")
    before = world.rows("SELECT count(*) AS n FROM event")
    shown = cartage("preview", str(order_id))
    assert shown.exit_code == 0, shown.output
    reference = world.reference_of(order_id)
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("order,order_number,ordered_at,name")
    assert lines[1].startswith(f"{reference},")
    assert f"{reference} (ready): orders_0_" in shown.stderr
    found = json.loads(cartage("preview", reference.lower(), "--json").stdout)
    assert [(entry["reference"], entry["problems"]) for entry in found] == [(reference, [])]
    assert found[0]["content"].splitlines() == lines
    assert cartage("preview", reference, "--to", str(tmp_path)).exit_code == 0
    [written] = tmp_path.glob("orders_0_*.csv")
    assert written.read_bytes().decode().splitlines() == lines
    assert world.rows("SELECT count(*) AS n FROM event") == before
    assert world.names("in") == []


def test_what_is_sent_later_is_what_was_shown(world: FileWorld, cartage: Cartage) -> None:
    [order_id] = world.place("multi_line")
    world.go("import_orders", "validate_mappings")
    shown = cartage("preview", str(order_id)).stdout
    world.go(*ORDERS_STAGES)
    [name] = world.names("in")
    home = world.files.warehouse.premises.home(world.files.account.login)
    assert (home / "in" / name).read_text() == shown


def test_an_order_that_cannot_be_written_shows_its_problems(world: FileWorld, cartage: Cartage) -> None:
    [blocked] = world.place("unmapped_method")
    [new] = world.place("single")
    world.go("import_orders")
    waiting = cartage("preview", str(new))
    assert waiting.exit_code == 1
    assert "not validated yet" in waiting.stderr
    world.go("validate_mappings")
    shown = cartage("preview", str(blocked))
    assert shown.exit_code == 1
    assert (shown.stdout, "has no mapping" in shown.stderr) == ("", True)
    assert cartage("preview", "4711").exit_code == 2


def test_a_profile_that_changed_is_checked_again(world: FileWorld, cartage: Cartage, tmp_path: Path) -> None:
    [order_id] = world.place("single")
    world.go("import_orders", "validate_mappings")
    (tmp_path / "profiles").mkdir()
    columns = "[{heading: o, field: reference, max_length: 3}, {heading: s, field: line.sku}"
    columns += ", {heading: q, field: line.quantity}]"
    (tmp_path / "profiles" / "short.yaml").write_text(f"extends: plain\norders: {{columns: {columns}}}\n")
    world.settings["warehouse"]["settings"]["profile"] = "short"
    shown = cartage("preview", str(order_id))
    assert shown.exit_code == 1
    assert "3 characters" in shown.stderr


def test_a_lane_without_files_is_refused(world: FileWorld, cartage: Cartage) -> None:
    world.settings["warehouse"] = {
        "connector": "extensiv",
        "connection": "extensiv_demo",
        "settings": {"customer_id": 1, "facility_id": 1},
    }
    shown = cartage("preview", "1")
    assert shown.exit_code == 1
    assert "exchanges no files" in shown.output


SHIPMENTS = (
    "order,sku,quantity,tracking,carrier,shipped_at\r\n"
    "A3_1_0,MUG,2,1Z999,UPS,2026-11-02T10:00:00Z\r\n"
    "A3_2_0,MUG,1.23E+11,1Z998,UPS,2026-11-02T10:00:00Z\r\n"
)


def test_a_sample_shows_what_it_would_do_and_names_what_cannot_be_read(
    world: FileWorld, cartage: Cartage, tmp_path: Path
) -> None:
    sample = tmp_path / "shipments_1.csv"
    sample.write_text(SHIPMENTS, newline="")
    shown = cartage("read", str(sample))
    assert shown.exit_code == 1
    assert "A3_1_0" in shown.stdout
    assert "UPS 1Z999" in shown.stdout
    [fault] = [line for line in shown.stdout.splitlines() if line.startswith("cannot be read")]
    assert all(part in fault for part in ("order (A3_2_0)", "'quantity'", "not a number, row 3"))
    found = json.loads(cartage("read", str(sample), "--json").stdout)
    assert [row["order"] for row in found["shipments"]] == ["A3_1_0"]
    assert len(found["faults"]) == 1
    assert world.rows("SELECT count(*) AS n FROM inbound_document")[0].n == 0


def test_a_file_that_was_cut_off_would_go_into_quarantine_and_can_be_read_as_if_released(
    cartage: Cartage, tmp_path: Path
) -> None:
    sample = tmp_path / "cut.csv"
    sample.write_text(SHIPMENTS.rsplit("A3_2_0", 1)[0] + "A3_2_0,MUG,1,1Z", newline="")
    left_alone = cartage("read", str(sample))
    assert left_alone.exit_code == 1
    assert "left alone: no pattern matches its name: shipments_*.csv" in left_alone.stdout
    shown = cartage("read", str(sample), "--name", "shipments_2.csv")
    assert shown.exit_code == 1
    assert "it would go into quarantine" in shown.stdout
    assert "quarantine: " in shown.stdout
    released = cartage("read", str(sample), "--name", "shipments_2.csv", "--released")
    assert "A3_1_0" in released.stdout


def test_a_sample_of_stock_says_whether_it_is_all_of_it(cartage: Cartage, tmp_path: Path) -> None:
    sample = tmp_path / "inventory_1.csv"
    sample.write_text("sku,available\r\nMUG,5\r\nTEA,0\r\n", newline="")
    shown = cartage("read", str(sample))
    assert shown.exit_code == 0, shown.output
    assert "full stock: 2" in shown.stdout


def test_the_files_of_a_lane_in_shadow_are_written_to_a_folder(
    world: FileWorld, cartage: Cartage, tmp_path: Path
) -> None:
    world.settings["mode"] = "shadow"
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES)
    folder = tmp_path / "shown"
    folder.mkdir()
    written = CliRunner().invoke(app, ["shadow", "--lane", "demo", "--files", str(folder)])
    assert cartage("list").exit_code == 0
    written = CliRunner().invoke(app, ["shadow", "--lane", "demo", "--files", str(folder)])
    assert written.exit_code == 0, written.output
    [file] = folder.iterdir()
    assert file.name.startswith(f"{world.reference_of(order_id)}_orders_0_")
    assert world.reference_of(order_id) in file.read_text()
    assert world.names("in") == []
