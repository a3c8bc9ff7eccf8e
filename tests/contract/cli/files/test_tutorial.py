"""The tutorial "A new 3PL by files", carried out: its profile, its commands, and the 3PL that it is about."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage_sandbox.files import FileForm
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED

PAGE = Path(__file__).parents[4] / "docs" / "new-3pl-by-files.md"
FENCE = re.compile(r"^```(yaml|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ORDER_IN_PAGE = "31882"
# The 3PL of the page, as an account of the sandbox: its headings (in lower case), its names of files, its dates.
LAYOUT = {
    "orders": {
        "orderno": "reference",
        "po": "po_number",
        "name": "name",
        "street": "address1",
        "street2": "address2",
        "city": "city",
        "state": "state",
        "zip": "zip",
        "country": "country",
        "shipvia": "ship_method",
        "item": "sku",
        "qty": "quantity",
    },
    "prefixes": ["SHIP", "STOCK", "ACK"],
    "shipments": [
        ["OrderNo", "reference"],
        ["Item", "sku"],
        ["QtyShipped", "quantity"],
        ["TrackingNo", "tracking"],
        ["Carrier", "carrier"],
        ["ShipDate", "date"],
    ],
    "inventory": [["Item", "sku"], ["QtyAvailable", "available"], ["QtyOnHand", "on_hand"]],
    "date_format": "%m/%d/%Y",
}
SAMPLES = {
    "SHIP_1001.csv": "OrderNo,Item,QtyShipped,TrackingNo,Carrier,ShipDate\r\nA3_1_0,MUG,2,1Z1,UPSN,11/02/2026\r\n",
    "STOCK_1001.csv": "Item,QtyAvailable,QtyOnHand\r\nMUG,5,7\r\n",
}


def blocks(kind: str) -> list[str]:
    """Return the fenced blocks of the page of one kind, in order."""
    return [found[2] for found in FENCE.finditer(PAGE.read_text()) if found[1] == kind]


def commands(of: str = "") -> list[str]:
    """Return the commands of the page with this word in them, in order."""
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ") and of in line]


@pytest.fixture
def world(make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileWorld:
    """The lane `acme` with the profile of the page, in a folder that is the present one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(tmp_path / "lanes.yaml"))
    orders, lane, inbound, _ = blocks("yaml")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "acme.yaml").write_text(orders)
    for name, content in SAMPLES.items():
        (tmp_path / name).write_text(content, newline="")
    settings = yaml.safe_load(lane)["warehouse"]["settings"]
    world = make_file_world(FileForm.PLAIN, settings=settings)
    assert settings["profile"] == "acme"
    world.settings["name"] = "acme"
    world.settle_in()
    world.files.warehouse.premises.add_account(
        type(world.files.account).parse(
            {
                "login": world.files.account.login,
                "password": world.files.account.password,
                "form": "plain",
                "layout": LAYOUT,
            }
        )
    )
    write_lane(world, mode="shadow")
    (tmp_path / "profiles" / "later.yaml").write_text(inbound)
    return world


def write_lane(world: FileWorld, **changes: Any) -> None:
    world.settings |= changes
    lane = {name: value for name, value in world.settings.items() if name != "name"}
    Path("lanes.yaml").write_text(yaml.safe_dump({"lanes": {"acme": lane}}))


def cartage(command: str, order_id: int = 0) -> Result:
    words = shlex.split(command.replace(ORDER_IN_PAGE, str(order_id)))
    assert words[0] == "cartage", command
    return CliRunner().invoke(app, words[1:])


def test_the_settings_that_send_the_first_orders_at_once_are_valid(world: FileWorld) -> None:
    at_once = yaml.safe_load(blocks("yaml")[-1])["warehouse"]
    warehouse = world.settings["warehouse"]
    settings = warehouse["settings"] | at_once.pop("settings")
    write_lane(world, warehouse=warehouse | at_once | {"settings": settings})
    checked = cartage("cartage lanes check")
    assert checked.exit_code == 0, checked.output


def test_every_command_of_the_page_does_what_the_page_says(world: FileWorld) -> None:
    """All but `cartage init`, whose own tests are test_init_files.py."""
    [order_id] = world.place("single")
    done: list[str] = []

    def run(of: str) -> list[Result]:
        found = commands(of)
        assert found, of
        done.extend(found)
        results = [cartage(command, order_id) for command in found]
        outputs = [result.output for result in results]
        assert [result.exit_code for result in results] == [0] * len(results), outputs
        return results

    run("files profiles check acme")
    run("lanes check")
    run("connections check")
    run("run import_orders")
    run("run validate_mappings")
    [shown] = run("files preview")
    reference = world.reference_of(order_id)
    assert shown.stdout.startswith("OrderNo,PO,Name,Attention,Street")
    assert f"\n{reference}," in shown.stdout.replace("\r\n", "\n")
    # Step 5: the first try ends in a reason, and the corrected profile reads every row.
    first = cartage(commands("files read")[0])
    assert (first.exit_code, "no pattern matches its name" in first.stdout) == (1, True)
    profile, later = Path("profiles/acme.yaml"), Path("profiles/later.yaml")
    profile.write_text(profile.read_text() + later.read_text())
    later.unlink()
    run("files profiles check acme")
    confirmed, _, stock = run("files read")
    assert "UPS 1Z1" in confirmed.stdout
    assert "full stock: 1" in stock.stdout
    cut = Path("SHIP_1002.csv")
    cut.write_bytes(SAMPLES["SHIP_1001.csv"].encode()[:-12])
    assert "it would go into quarantine" in cartage(f"cartage files read --lane acme {cut}").stdout
    # Steps 6 and 7.
    run("preflight")
    run("run transfer_to_warehouse")
    Path("shown").mkdir()
    run("shadow")
    [file] = Path("shown").iterdir()
    assert file.name.startswith(f"SO_{reference}_")
    assert world.names("in") == []
    assert {command for command in commands() if "cartage init" not in command} == set(done)


def test_the_first_order_arrives_and_comes_back_shipped(world: FileWorld) -> None:
    profile, later = Path("profiles/acme.yaml"), Path("profiles/later.yaml")
    profile.write_text(profile.read_text() + later.read_text())
    write_lane(world, mode="live")
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES)
    world.work()
    reference = world.reference_of(order_id)
    assert world.copies() == {reference: 1}
    [held] = world.held(reference)
    assert held.file.startswith(f"SO_{reference}_")
    numbers = world.ship(order_id, carrier="UPSN")
    world.go(*SHIPMENT_STAGES)
    assert (world.store_status(order_id), world.tracking(order_id)) == (SHIPPED, numbers[0])
