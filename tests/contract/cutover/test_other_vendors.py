"""The cutover of lanes at ShipBob and Amazon: what the old system sent is adopted, and its tracking comes back."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID
from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from cartage_sandbox.stack.storefront import ApiShop
from tests.contract.cutover.old_system import invoice_of
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, World, lane_settings
from tests.emptied_ledger import opened_once


@pytest.fixture(params=[ShipBobShop, SellerShop], ids=["shipbob", "mcf"])
def world(
    request: pytest.FixtureRequest, world_ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A lane at a vendor that the command line can find."""
    monkeypatch.setenv("CARTAGE_LEDGER_URL", world_ledger_url)
    shop = request.param(seed=7, store_rules={"throttle": False}, warehouse_rules={"throttle": False})
    with shop:
        for name, value in shop.connections().items():
            monkeypatch.setenv(name, value)
        settings = {
            **lane_settings(limits={"warehouse_burst": 100_000, "warehouse_calls_per_second": 10_000.0}),
            "warehouse": shop.lane_warehouse(visibility_delay="0s"),
            "ship_methods": [{"store": name, **shop.ship_method} for name in SHIP_METHODS],
        }
        lanes = tmp_path / "lanes.yaml"
        written = {name: value for name, value in settings.items() if name != "name"}
        lanes.write_text(yaml.safe_dump({"lanes": {"demo": written}}))
        monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
        world = World(shop, opened_once(world_ledger_url), settings)
        world.settle_in()
        yield world
        world.ledger.close()


def cutover(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["--quiet", "cutover", "--lane", "demo", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def old_system_sends(shop: ApiShop[Any], order: dict[str, Any], reference: str) -> None:
    """Put an order into the account without Cartage."""
    to, lines = order["ShipmentList"][0], order["OrderItemList"]
    name = f"{to['ShipmentFirstName']} {to['ShipmentLastName']}"
    if isinstance(shop, ShipBobShop):
        address = {"address1": to["ShipmentAddress"], "city": to["ShipmentCity"], "country": "US"}
        more = {"state": to["ShipmentState"], "zip_code": to["ShipmentZipCode"]}
        products = [
            {"reference_id": line["ItemID"].strip(), "name": "-", "quantity": int(line["ItemQuantity"])}
            for line in lines
        ]
        body = {
            "reference_id": reference,
            "type": "DTC",
            "shipping_method": "Standard",
            "recipient": {"name": name, "address": {**address, **more}},
            "products": products,
        }
        shop.warehouse.desk.create(body, shop.warehouse.state.channels[DEFAULT_CHANNEL_ID])
        return
    shop.warehouse.desk.create(
        {
            "sellerFulfillmentOrderId": reference,
            "displayableOrderId": reference,
            "displayableOrderDate": "2026-03-01T00:00:00Z",
            "displayableOrderComment": "Thank you.",
            "shippingSpeedCategory": "Standard",
            "destinationAddress": {
                "name": name,
                "addressLine1": to["ShipmentAddress"],
                "city": to["ShipmentCity"],
                "stateOrRegion": to["ShipmentState"],
                "postalCode": to["ShipmentZipCode"],
                "countryCode": "US",
            },
            "items": [
                {
                    "sellerSku": line["ItemID"].strip(),
                    "sellerFulfillmentOrderItemId": str(number),
                    "quantity": int(line["ItemQuantity"]),
                }
                for number, line in enumerate(lines)
            ],
        }
    )


def test_what_the_old_system_sent_is_adopted_and_ships_once(world: World, tmp_path: Path) -> None:
    shop: Any = world.shop
    adopted, imported = world.place("single", 2)
    reference = invoice_of(world, adopted)
    old_system_sends(shop, shop.store.order(adopted), reference)
    path = tmp_path / "cutover.csv"
    cutover("--write", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        decisions = {int(row["order_id"]): row["decision"] for row in csv.DictReader(file)}
    assert decisions == {adopted: "adopt", imported: "import"}
    done = json.loads(cutover("--apply", str(path), "--by", "Ann", "--json"))
    assert (done["adopted"], done["imported"]) == (1, 1)
    world.go(*ORDERS_STAGES)
    assert shop.references() == {reference: 1, world.reference_of(imported): 1}
    shop.warehouse.floor.ship(list(shop.warehouse.state.orders.values()))
    world.go(*SHIPMENT_STAGES)
    assert world.states() == {"shipped": 2}
    assert [world.store_status(order_id) for order_id in (adopted, imported)] == [SHIPPED] * 2
    numbers = {number for _, codes in shop.packages() for number in codes}
    shown = {
        shipment["ShipmentTrackingCode"]
        for order_id in (adopted, imported)
        for shipment in shop.store.order(order_id)["ShipmentList"]
    }
    assert len(numbers) == 2
    assert shown == numbers
